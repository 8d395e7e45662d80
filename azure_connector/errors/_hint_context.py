"""What a call looked like, for the hint of its error. It never holds a secret."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["HintContext"]

_USERINFO = re.compile(r"//[^/@\s]*@")


def _unknown(model: str | None) -> tuple[str, ...]:
    return ()


def _changed(setting: str, value: str) -> str:
    return f"set {setting} to {value}"


def _left_out(setting: str) -> str:
    return f"leave {setting} out"


@dataclass(frozen=True, slots=True)
class HintContext:
    """What a call looked like, for the hint of its error.

    Attributes:
        resource: the resource's name in the settings.
        endpoint: the resource's base URL.
        form: `v1` or `classic`.
        api_version: the api-version sent, or None.
        deployment: the deployment asked, or None.
        model: the model as the caller named it, or None.
        rule: what chose the deployment (`Plan.rule`).
        credential: the kind of credential in words (`API key`, `managed identity`), or None.
        credential_origin: the setting or variable that it came from, or None.
        not_repeated: the call ended since the request may have been executed and repeating it was not allowed.
        operation: the SDK's path of the call.
        instead: what to use instead of an operation that Azure does not have.
        beside: the other models that the request names: where, the model, and its deployment.
        served_by: a base model (None: the target's own) -> the operations that it answers; none where it is unknown.
        gateway: what answered is another kind of server, below whose address a /v1 is missing.
        scopes: the token's scope, then the others that resources of the same cloud take.
        source: what led to the rule, in words (`Plan.source`).
        tenant: the tenant of the settings, or None.
        change: setting and value -> how to change it where its value stands: a command, or the line of a file.
        leave_out: setting -> how to take it away where its value stands.
        account: the resource's own name, where the address tells it.
        resource_id: its id in the management plane, where the settings have it.
        principal: the identity's object id, where the token or the settings have it.
        expired: the token says itself that its time is over.
        foreign_scope: the token was asked for a scope that no resource of the cloud takes.
        proxy: the proxy on the way, without user and password; empty where there is none.
        proxy_origin: where it is set.
        existing: the deployments that the resource listed; empty where it was not asked.
        discovers: models find their deployments by that listing.
        odd_key: what the key looks like instead of a key, and what to do; empty where it looks like one.
        other_resource: a sentence where the environment names another resource than the one that was asked.
    """

    resource: str = "default"
    endpoint: str = ""
    form: str = "v1"
    api_version: str | None = None
    deployment: str | None = None
    model: str | None = None
    rule: str | None = None
    credential: str | None = None
    credential_origin: str | None = None
    scopes: tuple[str, ...] = ()
    not_repeated: bool = False
    operation: str = ""
    instead: str = ""
    beside: tuple[tuple[str, str, str], ...] = ()
    served_by: Callable[[str | None], tuple[str, ...]] = _unknown
    gateway: str = ""
    tenant: str | None = None
    other_resource: str = ""
    source: str = ""
    odd_key: str = ""
    change: Callable[[str, str], str] = _changed
    leave_out: Callable[[str], str] = _left_out
    account: str = ""
    resource_id: str = ""
    principal: str = ""
    expired: bool = False
    foreign_scope: bool = False
    proxy: str = ""
    proxy_origin: str = ""
    existing: tuple[str, ...] = ()
    discovers: bool = False

    @property
    def named(self) -> str:
        """The model, where a mapping could name it: `NAME@RESOURCE` names a deployment, and is no key of a mapping."""
        return "" if "@" in (self.model or "") else self.model or ""

    @property
    def where(self) -> str:
        """The endpoint for display: a user name or password in the URL stays out."""
        endpoint = _USERINFO.sub("//", self.endpoint.partition("?")[0])
        return endpoint or f"resource {self.resource!r}"

    @property
    def by(self) -> str:
        """The credential in words."""
        kind = self.credential or "the credential"
        return f"{kind} (from {self.credential_origin})" if self.credential_origin else kind
