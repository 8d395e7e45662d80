"""What an error carries of its request and reply: credentials masked, and pickled without the prompt."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import openai

__all__ = ["MASK", "carried_state", "is_plain_header", "mask_request", "restore"]

MASK = "**********"

# Headers that hold no secret; whatever a gateway, a user or a setting adds may be one.
_PLAIN = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "idempotency-key",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-ms-client-request-id",
        "x-request-id",
    }
)
_PLAIN_PREFIX = "x-stainless-"
# Of a reply: what support and routing go by.
_KEPT = ("apim-request-id", "x-request-id", "x-ms-region", "retry-after", "retry-after-ms", "content-type")


def is_plain_header(name: str) -> bool:
    """Whether a request's header can hold no secret."""
    return name.lower() in _PLAIN or name.lower().startswith(_PLAIN_PREFIX)


def mask_request(request: object) -> None:
    """The request itself, its credentials masked: it has been sent, and nobody needs them any more."""
    headers = getattr(request, "headers", None)
    if headers is not None:
        for name in list(headers):
            if not is_plain_header(name):
                headers[name] = MASK
    extensions = getattr(request, "extensions", None)
    if extensions is not None:
        extensions.pop("azure_auth", None)


def carried_state(error: BaseException) -> dict[str, Any]:
    """What a pickle holds of an error: its own attributes, and of the reply its status, address and ids.

    The request's body (the prompt), the reply's body (which may quote it), every header that may be secret and the
    exceptions before it are left out.
    """
    state = {name: value for name, value in vars(error).items() if not name.startswith("_")}
    for name in ("request", "response", "body"):
        state.pop(name, None)
    request = getattr(error, "request", None)
    response = getattr(error, "response", None)
    sent = (str(getattr(request, "method", "POST")), _address(request)) if request is not None else None
    reply = None
    if response is not None:
        reply = response.status_code, {name: response.headers[name] for name in _KEPT if name in response.headers}
    return {"vars": state, "sent": sent, "reply": reply}


def restore(cls: type[Any], arguments: tuple[object, ...], state: Mapping[str, Any]) -> Any:
    """An error out of a pickle, as `carried_state` left it."""
    error: Any = cls.__new__(cls, *arguments)
    error.args = arguments
    for name, value in state["vars"].items():
        setattr(error, name, value)
    library: Any = sys.modules[openai.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0]]
    if (sent := state["sent"]) is not None:
        request = library.Request(*sent)
        error.request = request
        if (reply := state["reply"]) is not None:
            error.response = library.Response(reply[0], headers=reply[1], request=request)
    if isinstance(error, openai.APIError):
        error.body = None
    return error


def _address(request: object) -> str:
    """A URL without user, password and query."""
    parts = urlsplit(str(getattr(request, "url", "")))
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
