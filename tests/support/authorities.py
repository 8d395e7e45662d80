"""Tests trust one authority of the world's instead of all of them: nothing leaves loopback."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import certifi

__all__ = ["trust_few"]

_END = "-----END CERTIFICATE-----\n"
_MANY = 100_000


def trust_few() -> None:
    """Makes contexts read one certificate where they would read a bundle of a hundred and more.

    Stock clients make a context each, and OpenSSL takes 25 ms for each of those bundles: minutes in a run. A bundle of
    a test's own is read as it is.
    """
    text = Path(certifi.where()).read_text(encoding="ascii", errors="replace")
    start = text.index("-----BEGIN CERTIFICATE-----")
    one = text[start : text.index(_END, start) + len(_END)]
    stock = ssl.SSLContext.load_verify_locations

    def load_verify_locations(self: ssl.SSLContext, cafile: Any = None, capath: Any = None, cadata: Any = None) -> None:
        if cafile is not None and Path(cafile).is_file() and Path(cafile).stat().st_size > _MANY:
            return stock(self, cadata=one)
        return stock(self, cafile, capath, cadata)

    def load_default_certs(self: ssl.SSLContext, purpose: Any = ssl.Purpose.SERVER_AUTH) -> None:
        stock(self, cadata=one)

    ssl.SSLContext.load_verify_locations = load_verify_locations  # type: ignore[method-assign,assignment]
    ssl.SSLContext.load_default_certs = load_default_certs  # type: ignore[method-assign,assignment]
