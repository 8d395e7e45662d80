"""What to do about an address that cannot be right: a placeholder, or the wrong one of http and https."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ._commands import ENDPOINTS

__all__ = ["placeholder_hint", "scheme_hint"]

_PLACEHOLDERS = re.compile(
    r"(?:your|my|the|some)?-?(?:azure-?)?(?:openai-?|aoai-?|ai-?)?(?:resource|endpoint|instance)(?:-?(?:name|here))?"
    r"|your-?[a-z-]+|name|example|xxx+|contoso",
)
_PLAIN_PORT = ("wrong_version_number", "wrong version number", "http_request", "record layer failure")
_TLS_PORT = (
    "server disconnected without sending",
    "remoteprotocolerror",
    "illegal request line",
    "invalidhttpresponse",
)


def placeholder_hint(where: str) -> str:
    """The advice where the resource's name is one that documents write for yours; else empty.

    Args:
        where: the endpoint's address.
    """
    name, dot, _ = (urlsplit(where).hostname or "").partition(".")
    if not dot or not _PLACEHOLDERS.fullmatch(name):
        return ""
    return (
        f"{name!r} is a placeholder, not the name of a resource: put your resource's own endpoint into "
        f"AZURE_OPENAI_ENDPOINT. Yours: {ENDPOINTS}."
    )


def scheme_hint(said: str, where: str) -> str:
    """The advice where http meets a port of https, or the other way round; else empty.

    Args:
        said: what the HTTP library or OpenSSL said.
        where: the endpoint's address.
    """
    said, (scheme, separator, rest) = said.lower(), where.partition("://")
    if scheme == "https" and any(words in said for words in _PLAIN_PORT):
        return (
            f"The port of {where} speaks plain http, no TLS. Where that is meant (an emulator, a gateway on this "
            f"machine): `export AZURE_OPENAI_ENDPOINT=http{separator}{rest}`; otherwise correct the port."
        )
    if scheme == "http" and any(words in said for words in _TLS_PORT):
        return (
            f"Something accepts connections at {where} and ends them without a word, as a port of https does: "
            f"`export AZURE_OPENAI_ENDPOINT=https{separator}{rest}`. If that is not it, look at what listens there."
        )
    return ""
