"""App registrations: what the emulated directory knows about a client, and how the client may prove who it is."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from .jose import Signer, process_signer

if TYPE_CHECKING:
    from collections.abc import Sequence

EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"
DEFAULT_ROLE = "Cognitive Services OpenAI User"


@dataclass(frozen=True, slots=True)
class Federation:
    """A federated identity credential: whose tokens the app accepts instead of a secret.

    Attributes:
        subject: e.g. `system:serviceaccount:default:workload`.
        issuer: the outside issuer's URL; it must be registered with its key.
        audience: what the outside token must be meant for.
    """

    subject: str
    issuer: str
    audience: str = EXCHANGE_AUDIENCE


@dataclass(slots=True)
class App:
    """A client of the directory: an app registration with its service principal, or a managed identity."""

    client_id: str
    tenant_id: str
    object_id: str
    secrets: set[str] = field(default_factory=set[str])
    expired_secrets: set[str] = field(default_factory=set[str])
    certificates: list[x509.Certificate] = field(default_factory=list[x509.Certificate])
    federations: list[Federation] = field(default_factory=list[Federation])
    roles: tuple[str, ...] = (DEFAULT_ROLE,)

    def certificate(self, thumbprint: str) -> x509.Certificate | None:
        """The registered certificate that a token's `x5t` or `x5t#S256` names."""
        for certificate in self.certificates:
            if thumbprint.rstrip("=") in thumbprints(certificate):
                return certificate
        return None


class Directory:
    """What one emulated Entra ID knows: tenants, their apps, resources, and issuers outside that are trusted."""

    def __init__(self, tenants: Sequence[str], resources: Sequence[str]) -> None:
        self.tenants = set(tenants)
        self.resources = {resource.rstrip("/") for resource in resources}
        self.issuers: dict[str, Signer] = {}
        self._apps: dict[tuple[str, str], App] = {}

    def add(self, app: App) -> None:
        self.tenants.add(app.tenant_id)
        self._apps[app.tenant_id, app.client_id.lower()] = app

    def app(self, tenant: str, client_id: str) -> App | None:
        return self._apps.get((tenant, client_id.lower()))

    def trust(self, issuer: str, signer: Signer | None = None) -> Signer:
        """Register an outside issuer (a cluster, a CI service); the same signer comes back for a known one."""
        return self.issuers.setdefault(issuer, signer or process_signer())


def thumbprints(certificate: x509.Certificate) -> set[str]:
    """SHA-1 and SHA-256 thumbprints as they stand in a token's header, without padding."""
    # SHA-1 only names the certificate, as Entra's `x5t` does; nothing is proven with it.
    digests = (certificate.fingerprint(algorithm) for algorithm in (hashes.SHA1(), hashes.SHA256()))  # noqa: S303
    return {base64.urlsafe_b64encode(digest).rstrip(b"=").decode() for digest in digests}


def load_certificate(source: str | Path | bytes | x509.Certificate) -> x509.Certificate:
    """Read a certificate from a PEM file, from PEM text as bytes, or take one as it is."""
    if isinstance(source, x509.Certificate):
        return source
    return x509.load_pem_x509_certificate(source if isinstance(source, bytes) else Path(source).read_bytes())


def new_id() -> str:
    return str(uuid.uuid4())
