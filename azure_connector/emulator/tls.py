"""HTTPS with a certificate authority of the emulator's own."""

from __future__ import annotations

import shutil
import ssl
import tempfile
import weakref
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from .installing import install_hint

__all__ = ["LoopbackTls"]


class LoopbackTls:
    """A certificate for the loopback names, from an authority that lives as long as this object is open.

    Attributes:
        context: the server's TLS settings.

    Raises:
        ImportError: trustme is not installed.
    """

    def __init__(self) -> None:
        try:
            import trustme
        except ImportError as error:
            raise ImportError(f"HTTPS needs trustme: {install_hint('emulator')}", name="trustme") from error
        authority = trustme.CA(organization_name="azure-connector emulator")
        self._authority = authority.cert_pem.bytes()
        self._cleaner: Callable[[], object] | None = None
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1", "::1").configure_cert(self.context)
        # A client that reads in one thread and writes in another (websockets' sync one) may take a ticket while it
        # sends its first request. Python below 3.13 has no lock around that: one handshake in 100 stays stuck.
        self.context.num_tickets = 0

    @cached_property
    def ca_file(self) -> Path:
        """The authority's certificate, for clients that shall trust the server; no file is made before it is asked for.

        It goes with `close()`, with this object, or at the latest when Python ends.
        """
        folder = Path(tempfile.mkdtemp(prefix="azure-emulator-"))
        self._cleaner = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        made = folder / "ca.pem"
        made.write_bytes(self._authority)
        return made

    def close(self) -> None:
        """Remove the files."""
        if self._cleaner is not None:
            self._cleaner()
