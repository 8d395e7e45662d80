"""Reading whatever address the user pasted.

Understood, with or without a closing slash, a scheme, a port or a gateway's prefix before it:

    r                                                                   the resource's bare name: r.openai.azure.com
    https://r.openai.azure.com                                          nothing said: v1, or classic with an api-version
    https://r.openai.azure.com/openai
    https://r.openai.azure.com/openai/v1[/chat/completions]             v1
    https://r.openai.azure.com/openai/deployments/x[/chat/completions]  classic, deployment x
    https://r.openai.azure.com/openai/responses?api-version=y           classic
    https://r.services.ai.azure.com/api/projects/p                      a project and its resource (`_project_url`)
    https://r.services.ai.azure.com/models[/chat/completions]           the resource; v1 serves the same deployments
    https://gateway.example/prefix                                      .../prefix/openai/v1/... unless the path shows
    https://gateway.example/prefix/v1                                   that the gateway has no /openai
    https://gateway.example/prefix/deployments/x
    https://gateway.example/prefix/models/chat/completions              as on a resource
    https://gateway.example/prefix/chat/completions                     as-is: the operations stand below the prefix
    wss://r.openai.azure.com/openai/realtime?api-version=y&deployment=x realtime, deployment x; also with https
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from ..deployments import OPERATIONS, REALTIME
from ..errors import ENDPOINTS, ConfigurationError
from ._foreign import refuse_foreign
from ._hosts import DEFAULT_PORTS, Cloud, HostKind, ascii_host, classify, host_is_listed, is_loopback, refuse_lookalike
from ._other_products import refuse_other_product
from ._project_url import ProjectPath, read_project

__all__ = ["ApiStyle", "EndpointUrl", "parse_endpoint_url"]

ApiStyle = Literal["v1", "classic", "as-is"]

# First path segments of the API's operations: they mark the end of the part that belongs to the endpoint.
_SERVED = [row for row in OPERATIONS if not row.instead and row.project != "root"]
_OPERATION_WORDS = frozenset({row.path.split("/")[1] for row in _SERVED}) | {"video"}  # `video`: Sora's old jobs

# Endings that show a whole target URI of an API in neither form; but for words that people give an API as its name.
_NAMES = frozenset({"/decisions", "/evals", "/live"})
_OPERATION_ENDS = tuple(
    row.path for row in _SERVED if row.names_deployment and "{" not in row.path and row.path not in _NAMES
)
# What stays as it is in a gateway's prefix; a percent sign too, so that quoting twice changes nothing.
_KEPT = "%!$&'()*+,;=:@~"
# A word without a dot or port: a resource's bare name.
_BARE_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?", re.IGNORECASE)
_PUBLIC_SUFFIX = "openai.azure.com"
# Azure's keys: 32 hexadecimal digits, or 84 letters and digits; and those of OpenAI's own service.
_KEY = re.compile(r"[\da-fA-F]{32}|[A-Za-z0-9]{60,}|sk-[\w-]{20,}")
_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f\\]")
# A realtime target URI may have the scheme of WebSockets.
_WEB_SOCKETS = {"wss": "https", "ws": "http"}
# What belongs elsewhere than into an address, and where.
_SUBSCRIPTION = "Leave it out, and set apim_subscription_key (AZURE_APIM_SUBSCRIPTION_KEY): a key belongs in a header."
_ELSEWHERE = {
    "subscription-key": _SUBSCRIPTION,
    "ocp-apim-subscription-key": _SUBSCRIPTION,
    "api-key": "Leave it out, and set api_key (AZURE_OPENAI_API_KEY): a key belongs in a header.",
    "intent": 'Leave it out, and say it when you connect: client.realtime.connect(extra_query={"intent": "…"}).',
}
_PLACEHOLDER = re.compile(r"\{[\w-]+\}|<[\w -]+>")
_EXAMPLE = "It should look like https://RESOURCE.openai.azure.com (or the target URI that the Azure portal shows)."


@dataclass(frozen=True, slots=True)
class EndpointUrl:
    """What a pasted address says.

    Attributes:
        base: `scheme://host[:port][/gateway/prefix]`.
        kind: whose host it is.
        cloud: the host's cloud.
        root: what stands between `base` and the form's path.
        form: the API form, where the path shows one.
        version: the api-version of its query.
        deployment: the deployment in its path.
        operation: the operation in its path.
        project: the Foundry project in its path; `version` is the project's then.
    """

    base: str
    kind: HostKind
    cloud: Cloud
    root: str
    form: ApiStyle | None
    version: str | None
    deployment: str | None
    operation: str | None
    project: ProjectPath | None = None


class _Path(NamedTuple):
    """What a pasted path says: gateway prefix, root, form and deployment."""

    prefix: Sequence[str]
    root: str = "/openai"
    form: ApiStyle | None = None
    deployment: str | None = None
    operation: Sequence[str] = ()
    serves_version: bool = True  # False: the api-version in the query belongs to another API
    project: ProjectPath | None = None


def parse_endpoint_url(text: str, allow_insecure_hosts: Collection[str] = (), *, as_is: bool = False) -> EndpointUrl:
    """Read an address in any of the forms above.

    Args:
        text: the URL.
        allow_insecure_hosts: hosts (`host` or `host:port`) to which plain http is allowed; loopback always is.
        as_is: nothing is inserted between the address and the operation.

    Raises:
        ConfigurationError: the address cannot be used, or is unsafe.
    """
    parts = _split(text)
    host, netloc = _host(parts, allow_insecure_hosts)
    kind, cloud = classify(host)
    path = _read_path(parts.path, owned_by_azure=kind in ("azure", "foundry"), as_is=as_is)
    operation = "/" + "/".join(path.operation).lower() if path.operation else None
    version, deployment = _read_query(parts.query, names_deployment=operation == REALTIME)
    return EndpointUrl(
        base=f"{parts.scheme}://{netloc}" + "".join("/" + segment for segment in path.prefix),
        kind=kind,
        cloud=cloud,
        root=path.root,
        form=path.form,
        version=version if path.serves_version else None,
        deployment=path.deployment or deployment,
        operation=operation,
        project=path.project,
    )


def _split(text: str) -> SplitResult:
    """The URL's parts, after everything that makes it ambiguous has been refused."""
    # Copied text brings quotes (Docker keeps those of an env file) and invisible marks along.
    cleaned = text.strip(" \t\r\n\"'\ufeff\u200b")
    if not cleaned:
        raise ConfigurationError("The endpoint is blank.", hint=_EXAMPLE)
    if _KEY.fullmatch(cleaned):
        # Not shown, and not looked up in the DNS as a resource's name.
        raise ConfigurationError("The endpoint looks like a key, not like an address.", hint=_EXAMPLE)
    named = cleaned.partition("?")[0].rpartition("@")[2]  # never what stands where passwords do
    if (found := _PLACEHOLDER.search(named)) is not None:
        raise ConfigurationError(
            f"The endpoint still holds the placeholder {found[0]}.",
            hint=f"Put the name in its place, or leave out what stands behind the resource. {_EXAMPLE} {ENDPOINTS} "
            "lists yours.",
        )
    if _UNPRINTABLE.search(cleaned):
        raise ConfigurationError("The endpoint contains a space, a control character or a backslash.", hint=_EXAMPLE)
    if "://" not in cleaned:
        cleaned = _with_scheme(cleaned.lstrip("/"))
    scheme, colon, rest = cleaned.partition(":")
    if rest.partition("?")[0].rstrip("/").lower().endswith(REALTIME):
        cleaned = _WEB_SOCKETS.get(scheme.lower(), scheme) + colon + rest
    try:
        parts = urlsplit(cleaned)
    except ValueError:
        raise ConfigurationError("The endpoint is not a URL.", hint=_EXAMPLE) from None
    if parts.scheme not in ("http", "https"):
        raise ConfigurationError(f"The endpoint's scheme is {parts.scheme!r}; only https can be used.", hint=_EXAMPLE)
    refuse_foreign((parts.hostname or "").rstrip("."))  # before all else: a portal's address has a fragment, too
    if "@" in parts.netloc:
        # Never shown: it is where passwords stand, and `https://r.openai.azure.com@evil.example` goes to evil.example.
        raise ConfigurationError("The endpoint holds a user name or password before the host (an @).", hint=_EXAMPLE)
    if "#" in cleaned:
        raise ConfigurationError("The endpoint holds a fragment (#...), which is never sent.", hint=_EXAMPLE)
    return parts


def _with_scheme(bare: str) -> str:
    """An address of a host without a scheme, or a resource's bare name, as a URL."""
    name = bare.partition("/")[0]
    host = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    local = is_loopback(host.lower())
    if not local and _BARE_NAME.fullmatch(name):
        if bare.rstrip("/") != name:
            raise ConfigurationError(f"The endpoint begins with {name!r}, which is no host.", hint=_EXAMPLE)
        bare = f"{name.lower()}.{_PUBLIC_SUFFIX}"  # as AZURE_RESOURCE_NAME; never the host https://NAME
    return f"{'http' if local else 'https'}://{bare}"


def _host(parts: SplitResult, allow_insecure_hosts: Collection[str]) -> tuple[str, str]:
    """The host to compare by, and the host with its port as the URL needs it."""
    host = ascii_host(parts.hostname or "")
    if not host:
        raise ConfigurationError("The endpoint has no valid host name.", hint=_EXAMPLE)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ConfigurationError(f"The endpoint's port is not a number from 1 to 65535 (host {host}).", hint=_EXAMPLE)
    refuse_lookalike(host)
    if (
        parts.scheme == "http"
        and not is_loopback(host)
        and not host_is_listed(host, port or DEFAULT_PORTS["http"], allow_insecure_hosts)
    ):
        raise ConfigurationError(
            f"The endpoint uses http, which would send the credential to {host} unencrypted.",
            hint=f"Use https, or add {host!r} to allow_insecure_hosts if the network between is yours.",
        )
    netloc = f"[{host}]" if ":" in host else host
    return host, netloc if port in (None, DEFAULT_PORTS[parts.scheme]) else f"{netloc}:{port}"


def _read_query(query: str, *, names_deployment: bool) -> tuple[str | None, str | None]:
    """The api-version and the deployment of a pasted query, which may hold nothing else."""
    version: str | None = None
    deployment: str | None = None
    for name, value in parse_qsl(query, keep_blank_values=True):
        if names_deployment and name.lower() in ("deployment", "model"):
            deployment = value.strip() or None
            continue
        if name.lower() != "api-version":
            shown = f" {name!r}" if value and re.fullmatch(r"[A-Za-z][\w.-]{0,30}", name) else ""
            raise ConfigurationError(
                f"The endpoint's query holds a parameter{shown} that would not be sent.",
                hint=_ELSEWHERE.get(name.lower(), "Remove it from the endpoint; only api-version may stand there."),
            )
        version = value.strip() or None
    return version, deployment


def _read_path(path: str, *, owned_by_azure: bool, as_is: bool) -> _Path:
    """What the path says; on Azure's own hosts nothing may stand before it but a Foundry project."""
    segments = [quote(segment, safe=_KEPT) for segment in path.split("/") if segment]
    if any(unquote(segment) in (".", "..") for segment in segments):
        raise ConfigurationError("The endpoint's path contains '.' or '..'.", hint=_EXAMPLE)
    if as_is:
        return _as_is(segments)
    project = read_project(segments)
    if project is not None and not (owned_by_azure and project.before):
        return _Path(project.before, operation=project.operation, project=project)
    found = _find_form(segments, owned_by_azure=owned_by_azure)
    prefix = [word.lower() for word in found.prefix]
    if not owned_by_azure and ("/" + "/".join(prefix)).endswith(_OPERATION_ENDS):
        return _as_is(segments)
    if prefix and owned_by_azure:
        refuse_other_product(prefix, "/".join(segments))
        raise ConfigurationError(
            f"The endpoint's path '/{'/'.join(segments)}' is none that Azure OpenAI serves.",
            hint="Give the resource alone, or with /openai/v1 or /openai/deployments/NAME behind it.",
        )
    return found


def _as_is(segments: Sequence[str]) -> _Path:
    """A path below which the operations stand as they are, without the operation that ends it."""
    whole = "/" + "/".join(segment.lower() for segment in segments)
    ends = max((end for end in _OPERATION_ENDS if whole.endswith(end)), key=len, default="")
    kept = len(segments) - ends.count("/")
    return _Path(segments[:kept], root="", form="as-is", operation=segments[kept:])


def _find_form(segments: Sequence[str], *, owned_by_azure: bool) -> _Path:
    """Find the part of the path that shows the form: first below `openai`, then where a gateway has no `openai`."""
    for index, segment in enumerate(segments):
        read = _read_tail(segments[index + 1 :]) if segment.lower() == "openai" else None
        if read is not None:
            return read._replace(prefix=segments[:index], root="/openai")
    for index, segment in enumerate(segments):
        word = segment.lower()
        read = _read_tail(segments[index:]) if word in ("v1", "deployments") else None
        if read is not None:
            return read._replace(prefix=segments[:index], root="/openai" if owned_by_azure else "")
        target = [one.lower() for one in segments[index + 1 : index + 2]]
        if word == "models" and (owned_by_azure or target in (["chat"], ["embeddings"])):
            return _Path(segments[:index], form="v1", operation=segments[index + 1 :], serves_version=False)
    return _Path(segments)


def _read_tail(tail: Sequence[str]) -> _Path | None:
    """What follows `openai`; None where it is nothing that Azure serves."""
    if not tail:
        return _Path(())
    head = tail[0].lower()
    if head == "deployments":
        return _Path((), form="classic", deployment=unquote(tail[1]) if len(tail) > 1 else None, operation=tail[2:])
    if head == "v1" and (len(tail) == 1 or tail[1].lower() in _OPERATION_WORDS):
        return _Path((), form="v1", operation=tail[1:])
    return _Path((), form="classic", operation=tail) if head in _OPERATION_WORDS else None
