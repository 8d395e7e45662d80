"""The error for a redirect that is not followed: who may not have the credential may not have the request either."""

from __future__ import annotations

from typing import Any

from ..errors import RedirectRefusedError, status_error
from ..settings import Resource
from ..transport import Redirect

__all__ = ["is_bad_location", "refused_redirect"]


def is_bad_location(cause: BaseException | None) -> bool:
    """Whether a caller's own HTTP client choked on a `location` that is no URL; the request's own URL was read."""
    return type(cause).__name__ == "InvalidURL" or "location header" in str(cause)


def refused_redirect(
    response: Any, redirect: Redirect, resource: Resource, *, circle: bool = False, followed: bool = True
) -> RedirectRefusedError | None:
    """The exception for a redirect that is not followed; None where it is.

    Args:
        response: the reply that redirects.
        redirect: where to.
        resource: whose hosts may be followed to.
        circle: it leads where the request has been, or has led on too often.
        followed: whether such a request follows redirects at all.
    """
    if redirect.url is None:
        why = "which cannot be followed"
    elif not redirect.keeps_method:
        why = "and such a redirect would turn the request into a GET"
    elif not resource.owns(redirect.url):
        why = "which is not one of its hosts; neither the request nor a credential was sent there"
    elif circle:
        why = "which leads in a circle"
    elif not followed:
        why = "which such a request does not follow"
    else:
        return None
    base = resource.endpoint.base
    message = f"{base} answered {response.status_code} and pointed to {redirect.shown}, {why}."
    trusting = ", or name it in trusted_hosts (AZURE_CONNECTOR_TRUSTED_HOSTS)" if followed else ""
    hint = (
        f"If that host is yours, make it the endpoint (AZURE_OPENAI_ENDPOINT){trusting}. "
        "Otherwise ask whoever runs what stands before the resource."
    )
    made = status_error(RedirectRefusedError, message, response, None, hint=hint)
    assert isinstance(made, RedirectRefusedError)
    return made
