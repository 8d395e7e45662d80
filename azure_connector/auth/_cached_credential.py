"""Methods whose credential object we build, and may therefore build anew."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import SecretStr

from ._credential_sources import ObjectSource
from ._tokens import FetchedToken, PendingToken

__all__ = ["CachedCredential", "CredentialReader", "Reader"]


class Reader(Protocol):
    """Something built that gives a credential."""

    def read(self) -> FetchedToken | PendingToken: ...

    def close(self) -> None: ...


class CredentialReader:
    """Reads tokens of one scope from an azure-identity credential that is ours."""

    def __init__(self, credential: Any, scope: str) -> None:
        self._source = ObjectSource(credential, scope)
        self._credential = credential

    def read(self) -> FetchedToken | PendingToken:
        return self._source.fetch(None)

    def close(self) -> None:
        self._credential.close()


class CachedCredential:
    """Builds its reader when it is first needed, and anew when the old one's cache must not answer.

    Args:
        build: makes the reader; may block.
        fresh: whether a value that has come before is a reason to build anew and read again.
    """

    asynchronous = False

    def __init__(self, build: Callable[[], Reader], *, fresh: bool) -> None:
        self._build = build
        self._fresh = fresh
        self._lock = threading.Lock()
        self._built: _Built | None = None

    def fetch(self, previous: SecretStr | None) -> FetchedToken | PendingToken:
        try:
            got = self._read()
            if self._fresh and previous is not None and isinstance(got, FetchedToken) and got.value == previous:
                # azure-identity keeps tokens itself, some until they expire and most for 30 s at least.
                self.renew()
                got = self._read()
        except BaseException:  # any failure, and it goes on
            # What it has read (a certificate, a federated token) may be why: read it again next time.
            self.renew()
            raise
        return got

    async def afetch(self, previous: SecretStr | None, pending: PendingToken | None = None) -> FetchedToken:
        raise NotImplementedError("built credentials are synchronous")

    def renew(self) -> None:
        with self._lock:
            built, self._built = self._built, None
        # One that is at work is closed when it is done.
        if built is not None and not built.reading:
            built.close()

    def close(self) -> None:
        self.renew()

    def after_fork(self) -> None:
        """In the child: the connections are the parent's, so they are left alone."""
        self._lock = threading.Lock()
        if self._built is not None:
            self._built.close.detach()
            self._built = None

    def _read(self) -> FetchedToken | PendingToken:
        built = self._open()
        built.reading += 1
        try:
            return built.reader.read()
        finally:
            built.reading -= 1
            if self._built is not built:
                built.close()

    def _open(self) -> _Built:
        if (built := self._built) is not None:
            return built
        reader = self._build()
        # Whoever forgets to close the client still leaves no open connection behind.
        built = _Built(reader, weakref.finalize(self, reader.close))
        with self._lock:
            self._built = built
        return built


@dataclass(slots=True, eq=False)
class _Built:
    """A reader, how to close it (once), and how many are reading."""

    reader: Reader
    close: weakref.finalize[..., Any]
    reading: int = 0
