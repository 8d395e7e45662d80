"""Redirects, followed by the connector itself.

The SDK's HTTP client would follow them with the `api-key` header still on the request (openai 2), and no version takes
API Management's subscription key off (tried on 2.54 and 3.52). Here a redirect becomes a new request, which gets
credentials only where it stays on the resource's own origin.
"""

from __future__ import annotations

from typing import Any

__all__ = ["redirected"]


def redirected(response: Any) -> str | None:
    """The absolute URL that a reply redirects to, or None where it does not, or not with the same method.

    Args:
        response: the reply; 307 and 308 keep the method, 301 and 302 only where it was a GET.
    """
    location = response.headers.get("location")
    if not location:
        return None
    if response.status_code in (307, 308):
        return str(response.request.url.join(location))
    if response.status_code in (301, 302, 303) and response.request.method == "GET":
        return str(response.request.url.join(location))
    return None
