"""HTTPS with a certificate authority of the emulator's own."""

from __future__ import annotations

import shutil
import ssl
import tempfile
from pathlib import Path

from .installing import install_hint

__all__ = ["LoopbackTls"]


class LoopbackTls:
    """A certificate for the loopback names, from an authority that lives as long as this object is open.

    Attributes:
        ca_file: the authority's certificate, for clients that shall trust the server.
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
        self._folder = Path(tempfile.mkdtemp(prefix="azure-emulator-"))
        self.ca_file = self._folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1", "::1").configure_cert(self.context)

    def close(self) -> None:
        """Remove the files."""
        shutil.rmtree(self._folder, ignore_errors=True)
