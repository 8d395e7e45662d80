"""Redirects, followed by the connector itself.

The SDK's HTTP client would follow them with the `api-key` header still on the request (openai 2), and no version takes
API Management's subscription key off (tried on 2.54 and 3.52). Here a redirect becomes a new request, and only to a
host that may have the resource's credential: whoever may not have that may not have the prompt either.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

__all__ = ["Redirect", "redirect_of"]

_KEEP_METHOD = (307, 308)


class Redirect(NamedTuple):
    """Where a reply points.

    Attributes:
        url: the absolute URL; None where its `location` is none.
        shown: that address for an error's text: without user, password and query.
        keeps_method: whether the same request is to be sent there: 307 and 308, others only for a GET.
    """

    url: str | None
    shown: str
    keeps_method: bool


def redirect_of(response: Any) -> Redirect | None:
    """Where a reply redirects to; None where it does not."""
    location = response.headers.get("location")
    if not location or response.status_code not in (301, 302, 303, *_KEEP_METHOD):
        return None
    keeps = response.status_code in _KEEP_METHOD or response.request.method == "GET"
    try:
        url = str(response.request.url.join(location))
        parts = urlsplit(url)
        shown = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
        usable = bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except Exception:  # noqa: BLE001  # each HTTP library has a class of its own for what is no URL
        return Redirect(None, "an address that is no URL", keeps)
    return Redirect(url if usable else None, shown[:200], keeps)
