"""A resource's address and API form, and the URL of each operation there."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from ..deployments import operation_of
from ..errors import ConfigurationError, InvalidRequestError
from ._endpoint_url import ApiStyle, EndpointUrl, parse_endpoint_url
from ._hosts import AUTHORITY_HOSTS, SCOPES, Cloud, HostKind, same_origin

__all__ = [
    "AUTHORITY_HOSTS",
    "DEFAULT_API_VERSION",
    "SCOPES",
    "ApiStyle",
    "Cloud",
    "Endpoint",
    "HostKind",
    "base_of",
    "default_scope",
    "form_for",
    "form_url",
    "operation_query",
    "operation_url",
    "parse_endpoint",
    "same_origin",
    "takes_deployment",
]

# The last general-availability version of the classic data plane; used where a classic URL comes without one.
DEFAULT_API_VERSION = "2024-10-21"

# Of a project's older form, and of what it serves beside `/openai`.
_PROJECT_VERSION, _SERVICES_VERSION = "2025-11-15-preview", "v1"

# Users of the SDK's AzureOpenAI write these as api_version to get v1, which itself takes no api-version.
_V1_WORDS = frozenset({"v1", "preview", "latest"})

_API_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-[a-z0-9.-]+)?", re.IGNORECASE)

_log = logging.getLogger("azure_connector")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A resource's address.

    Attributes:
        base: `scheme://host[:port][/gateway/prefix]`, no trailing slash, without `/openai`.
        form: the API form: `v1`; `classic` with the deployment in the path and an api-version in the query; or `as-is`,
            where nothing stands between a gateway's address and the operation.
        api_version: for the classic form; None for v1, which refuses one.
        deployment: the deployment that the pasted URL named.
        operation: the operation that the pasted URL named, such as `/embeddings`; it does not tell endpoints apart.
        kind: whose host it is.
        cloud: the Azure cloud, which decides the token's scope and authority.
        root: what stands between `base` and the form's path: `/openai`, or nothing where a gateway has none.
        project: where the Foundry project is that the pasted URL named: what lives only there is called there.
        agent: where the published agent is that the pasted URL named: Responses are called there.
        services: of a project's own endpoint, the address of what it serves beside `/openai`, such as agents.
        brings_model: it is a published agent's own endpoint.
    """

    base: str
    form: ApiStyle = "v1"
    api_version: str | None = None
    deployment: str | None = None
    kind: HostKind = "other"
    cloud: Cloud = "public"
    root: str = "/openai"
    operation: str | None = field(default=None, compare=False)
    project: Endpoint | None = None
    agent: Endpoint | None = None
    services: str = ""
    brings_model: bool = False

    @property
    def host(self) -> str:
        """The host, lower case, without port and brackets."""
        return urlsplit(self.base).hostname or ""


def parse_endpoint(
    text: str,
    *,
    api_version: str | None = None,
    form: ApiStyle | None = None,
    default_api_version: str | None = None,
    allow_insecure_hosts: Collection[str] = (),
) -> Endpoint:
    """Read an endpoint in any of the forms that users paste.

    Args:
        text: the URL; `pasted.py` lists the forms.
        api_version: goes before the one in the URL. `v1`, `preview` and `latest` mean the v1 form.
        form: goes before the form that the URL shows.
        default_api_version: used only where nothing else decides form or version (a variable that lies around).
        allow_insecure_hosts: hosts (`host` or `host:port`) to which plain http is allowed; loopback always is.

    Raises:
        ConfigurationError: the URL cannot be used, is unsafe, or contradicts `api_version`.
    """
    pasted = parse_endpoint_url(text, allow_insecure_hosts, as_is=form == "as-is")
    asked = _Asked(form, _clean(api_version))
    shown = _Asked(pasted.form, pasted.version if pasted.project is None else None)
    decided, version = _decide(asked, shown, _clean(default_api_version))
    project, agent = _project_endpoints(pasted)
    return Endpoint(
        base=pasted.base,
        form=decided,
        api_version=version,
        deployment=pasted.deployment,
        kind=pasted.kind,
        cloud=pasted.cloud,
        root=pasted.root,
        operation=pasted.operation,
        project=project,
        agent=agent,
    )


def _project_endpoints(pasted: EndpointUrl) -> tuple[Endpoint | None, Endpoint | None]:
    """Where the project and the published agent of a pasted URL are."""
    found, version = pasted.project, _clean(pasted.version)
    if found is None:
        return None, None
    whose: dict[str, Any] = {"kind": pasted.kind, "cloud": pasted.cloud}
    base = f"{pasted.base}/api/projects/{found.name}"
    if found.dated and version not in _V1_WORDS:
        form: dict[str, Any] = {"form": "as-is", "api_version": version or _PROJECT_VERSION}
    else:
        form = {"form": "v1"}
    project = Endpoint(base, services=base, **form, **whose)
    if not found.agent:
        return project, None
    address = "/".join((base, *found.agent))
    return project, Endpoint(address, "as-is", version or found.agent_version, root="", brings_model=True, **whose)


def base_of(address: object) -> str | None:
    """An address's `Endpoint.base`, to be compared and not to be sent to; None for what is no address."""
    if not isinstance(address, str):
        return None
    try:
        # Nothing is sent: what is compared may be plain http.
        return parse_endpoint(address, allow_insecure_hosts=(urlsplit(address.strip()).hostname or "",)).base
    except (ConfigurationError, ValueError):
        return None


class _Asked(NamedTuple):
    """A form and an api-version from one side: the caller's arguments, or the URL."""

    form: ApiStyle | None
    version: str | None


def _clean(version: str | None) -> str | None:
    return (version or "").strip().lower() or None


def _decide(asked: _Asked, pasted: _Asked, fallback: str | None) -> tuple[ApiStyle, str | None]:
    """The form and the api-version in force: what was asked for, else what the URL shows, else v1."""
    if "as-is" in (asked.form, asked.form or pasted.form):
        version = asked.version or pasted.version
        return "as-is", None if version in _V1_WORDS else version
    asked, pasted = _words(asked), _words(pasted)
    clash = asked.form is None and (pasted.form == "v1" or pasted.version not in (None, asked.version))
    if asked.version and (asked.form == "v1" or clash):
        raise ConfigurationError(
            f"The api_version {asked.version!r} contradicts the endpoint or the form, which says "
            f"{'v1, and takes none' if not pasted.version else repr(pasted.version)}.",
            hint="Leave out api_version, or give the endpoint without the part that contradicts it.",
        )
    form = asked.form or ("classic" if asked.version else None) or pasted.form
    version = asked.version or pasted.version
    if form is None and not version:
        form, version = _words(_Asked(None, fallback))
    if form == "v1" or not (form or version):
        return "v1", None
    version = version or _words(_Asked(None, fallback)).version or DEFAULT_API_VERSION
    if not _API_VERSION.fullmatch(version):
        raise ConfigurationError(
            f"The api_version {version!r} is not a date such as {DEFAULT_API_VERSION} or 2025-03-01-preview.",
            hint="Leave it out (AZURE_OPENAI_API_VERSION, OPENAI_API_VERSION, or api-version in the endpoint) to use "
            f"the v1 form, or give a date: `export AZURE_OPENAI_API_VERSION={DEFAULT_API_VERSION}`.",
        )
    return "classic", version


def _words(side: _Asked) -> _Asked:
    """`v1`, `preview` and `latest` as an api-version are another way to say v1."""
    if side.version in _V1_WORDS:
        return _Asked(side.form or "v1", None)
    return side


def takes_deployment(path: str, method: str = "POST") -> bool:
    """Whether the classic form puts the deployment into this operation's path."""
    return operation_of(path, method).below_deployment


def form_url(endpoint: Endpoint, form: ApiStyle | None = None) -> str:
    """The address below which the operations stand: `.../openai/v1`, or `.../openai` for the classic form."""
    return endpoint.base + endpoint.root + ("/v1" if (form or endpoint.form) == "v1" else "")


def operation_url(
    endpoint: Endpoint,
    path: str,
    deployment: str | None = None,
    form: ApiStyle | None = None,
    method: str = "POST",
) -> str:
    """The absolute URL of an operation, without its query (see `operation_query`).

    Args:
        endpoint: the resource.
        path: the operation, such as `/chat/completions`.
        deployment: needed by the classic form for the operations that stand below a deployment.
        form: overrides the endpoint's form for this one call.
        method: the HTTP verb.

    Raises:
        InvalidRequestError: the deployment's name is missing, holds control characters, or is `.` or `..`, which no
            quoting keeps in its place.
    """
    wanted = form or endpoint.form
    if endpoint.services and operation_of(path, method).project == "root":
        return endpoint.services + path
    if wanted != "classic" or not takes_deployment(path, method):
        return form_url(endpoint, wanted) + path
    if not deployment or deployment in (".", "..") or not deployment.isprintable():
        raise InvalidRequestError(f"{deployment!r} is no deployment's name.", param="model")
    return f"{form_url(endpoint, wanted)}/deployments/{quote(deployment, safe='')}{path}"


def operation_query(
    endpoint: Endpoint, form: ApiStyle | None = None, path: str = "", method: str = "POST"
) -> dict[str, str]:
    """The query that the form demands: the api-version for classic, nothing for v1; as-is where one is set.

    Args:
        endpoint: the resource.
        form: overrides the endpoint's form for this one call.
        path: the operation: what a project serves beside `/openai` has a version of its own.
        method: the HTTP verb.
    """
    wanted = form or endpoint.form
    if endpoint.services and operation_of(path, method).project == "root":
        return {"api-version": _SERVICES_VERSION}
    if wanted == "v1" or (wanted == "as-is" and not endpoint.api_version):
        return {}
    return {"api-version": endpoint.api_version or DEFAULT_API_VERSION}


def default_scope(endpoint: Endpoint) -> str:
    """The scope of a token for this host: Foundry's own on its hosts, else that of Cognitive Services in its cloud."""
    return SCOPES[endpoint.cloud][-1 if endpoint.kind == "foundry" else 0]


def form_for(endpoint: Endpoint, operation: str, method: str = "POST") -> ApiStyle:
    """The resource's own URL form, but v1 for what its classic api-version does not have.

    Args:
        endpoint: the resource.
        operation: the SDK's path.
        method: the HTTP verb.
    """
    if endpoint.form != "classic":
        return endpoint.form
    row, version = operation_of(operation, method), endpoint.api_version or DEFAULT_API_VERSION
    if row.v1 and (row.classic == "no" or version < row.since):
        _log.info("api-version %s has no %s: %s is called in the v1 form", version, operation, endpoint.base)
        return "v1"
    return endpoint.form
