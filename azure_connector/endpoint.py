"""Whatever address the user pasted becomes a resource's base URL and API form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Cloud", "Endpoint", "Form", "HostKind", "parse_endpoint"]

Form = Literal["v1", "classic"]
HostKind = Literal["azure", "foundry", "gateway", "loopback", "other"]
Cloud = Literal["public", "usgov", "china"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A resource's address.

    Attributes:
        base: `scheme://host[:port][/gateway/prefix]`, no trailing slash, without `/openai`.
        form: the API form: `v1`, or `classic` with the deployment in the path and an api-version in the query.
        api_version: for the classic form; None for v1, which refuses one.
        deployment: the deployment that the pasted URL named.
        kind: whose host it is.
        cloud: the Azure cloud, which decides the token's scope and authority.
        root: what stands between `base` and the form's path: `/openai`, or nothing where a gateway has none.
    """

    base: str
    form: Form = "v1"
    api_version: str | None = None
    deployment: str | None = None
    kind: HostKind = "other"
    cloud: Cloud = "public"
    root: str = "/openai"


def parse_endpoint(text: str, *, api_version: str | None = None, form: Form | None = None) -> Endpoint:
    """First, plain version: the resource's address as it stands."""
    base = text.strip().rstrip("/")
    return Endpoint(base=base, form=form or ("classic" if api_version else "v1"), api_version=api_version)
