"""A credential goes to its resource's own origin and nowhere else."""

from __future__ import annotations

from urllib.parse import urlsplit

from azure_connector.errors._classes import ConfigurationError
from azure_connector.settings._hosts import same_origin
from azure_connector.settings._resources import Resource

__all__ = ["check_origin"]


def check_origin(url: str, resource: Resource) -> None:
    """Refuse to let the credential of `resource` go to another origin, whatever its suffix.

    The resource's own address was checked when the settings were read: https, or http on loopback and hosts that the
    settings allow.

    Raises:
        ConfigurationError: the URL's scheme, host or port is not the resource's, or it names a user.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if "@" not in parts.netloc and same_origin(url, resource.endpoint.base):
        return
    # Without user and password, path and query, which may be secret.
    asked = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    raise ConfigurationError(
        f"The credential of the resource {resource.name!r} is for {resource.endpoint.base}, not for {asked!r}. "
        "Nothing was sent.",
        hint="Give the other host its own credential: a resource of its own in the settings, or a key or token in the "
        "call.",
    )
