"""Redirects, followed by the connector itself.

The SDK's HTTP client would follow them with the `api-key` header still on the request (openai 2), and no version takes
API Management's subscription key off (tried on 2.54 and 3.52). Here a redirect becomes a new request, and only to a
host that may have the resource's credential: whoever may not have that may not have the prompt either.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit, urlunsplit

__all__ = ["Redirect", "redirect_of", "redirect_to"]

_KEEP_METHOD = (307, 308)
_STATUSES = (301, 302, 303, *_KEEP_METHOD)
# What no URL holds (https://www.rfc-editor.org/rfc/rfc3986#section-2): libraries read it in different ways.
_NO_URL = re.compile(r"[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_WEB = re.compile(r"(?:https?|wss?)://[^/?#]", re.IGNORECASE)


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
    request = response.request
    location = response.headers.get("location")
    return redirect_to(str(request.url), response.status_code, location, get=request.method == "GET")


def redirect_to(url: str, status: int, location: str | None, *, get: bool) -> Redirect | None:
    """As `redirect_of`, for what another library has read.

    Args:
        url: the request's URL.
        status: the reply's status.
        location: its `location`, if it has one.
        get: whether the request was a GET.
    """
    if status not in _STATUSES:
        return None
    keeps = get or status in _KEEP_METHOD
    if not location:
        return Redirect(None, "nowhere (it has no location)", keeps)
    target = _joined(url, location)
    if target is None:
        return Redirect(None, "an address that is no URL", keeps)
    parts = urlsplit(target)
    shown = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return Redirect(None if "@" in parts.netloc else target, shown[:200], keeps)


def _joined(url: str, location: str) -> str | None:
    """The absolute URL; None where `location` is no URL of the web, or of a path."""
    if _NO_URL.search(location):
        return None
    first = re.split(r"[/?#]", location, maxsplit=1)[0]
    if _SCHEME.match(location) or ":" in first:  # a path whose first segment has a colon is none either
        if not _WEB.match(location):
            return None
    elif location.startswith("//") and not _WEB.match(f"https:{location}"):
        return None
    try:
        target = urljoin(url, location).partition("#")[0]
        parts = urlsplit(target)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return target if usable else None
