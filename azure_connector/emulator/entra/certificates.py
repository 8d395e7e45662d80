"""Keys and certificates that the emulator makes: its own TLS certificate, and client certificates for tests."""

from __future__ import annotations

import ssl
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class CertificateFile:
    """A client certificate with its private key, in one PEM file.

    Attributes:
        path: what `AZURE_CLIENT_CERTIFICATE_PATH` wants.
        certificate: the public half, to register with an app.
        password: of the private key, or None.
    """

    path: Path
    certificate: x509.Certificate
    password: str | None = None


def write_tls(directory: Path) -> tuple[Path, Path]:
    """Make a certificate authority and a certificate for the loopback names.

    Returns: the authority's file, for clients; and the server's file with its key.
    """
    authority = trustme.CA(organization_name="azure-connector emulator")
    ca_file, server_file = directory / "ca.pem", directory / "server.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    authority.issue_cert(*LOOPBACK_NAMES).private_key_and_cert_chain_pem.write_to_path(str(server_file))
    server_file.chmod(PRIVATE)
    return ca_file, server_file


def server_context(server_file: Path) -> ssl.SSLContext:
    """The TLS settings of a server that shows the certificate in this file."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server_file)
    return context


def write_client_certificate(directory: Path, *, expired: bool = False, password: str | None = None) -> CertificateFile:
    """Write a self-signed RSA certificate with its key: what `az ad sp create-for-rbac --create-cert` leaves behind.

    Args:
        directory: where the file goes.
        expired: it ended yesterday.
        password: encrypts the private key.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "azure-connector emulator client")])
    now = datetime.now(UTC)
    end = now - timedelta(days=1) if expired else now + timedelta(days=30)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=60))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    encryption = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    key_pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    path = directory / f"client-{uuid.uuid4().hex[:8]}.pem"
    write_private(path, key_pem + certificate.public_bytes(serialization.Encoding.PEM))
    return CertificateFile(path, certificate, password)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read."""
    path.touch(mode=PRIVATE)
    path.write_bytes(content)
