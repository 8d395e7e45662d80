"""Which hosts a credential may go to."""

from __future__ import annotations

from urllib.parse import urlsplit

from azure_connector.errors import ConfigurationError

__all__ = ["check_origin", "origin_of"]

_DEFAULT_PORTS = {"https": 443, "http": 80}


def origin_of(url: str) -> str:
    """`scheme://host:port` of a URL, in lower case and with the port written out.

    Raises:
        ConfigurationError: the URL has none, or names a user.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or parts.scheme not in _DEFAULT_PORTS:
        raise ConfigurationError(f"{_shown(url)!r} is no http or https address.")
    if "@" in parts.netloc:
        raise ConfigurationError(f"{_shown(url)!r} names a user before the host; credentials are not sent there.")
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}:{port or _DEFAULT_PORTS[parts.scheme]}"


def check_origin(url: str, origin: str, resource: str) -> None:
    """Refuse to let the credential of `resource` go anywhere but to `origin`.

    Raises:
        ConfigurationError: the URL's scheme, host or port is another.
    """
    asked = origin_of(url)
    if asked != origin:
        raise ConfigurationError(
            f"The credential of the resource {resource!r} is for {origin} and is not sent to {asked}.",
            hint="Give the other host its own credential: a resource of its own in the settings, or a key or token "
            "in the call.",
        )


def _shown(url: str) -> str:
    """The URL without what may be secret in it: user, password, query."""
    return url.partition("?")[0].rpartition("@")[2][:200]
