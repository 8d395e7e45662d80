"""What one emulated Entra ID knows and can make: the part below its server, its routes and its environments."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .apps import DEFAULT_ROLE, App, Directory, Federation, load_certificate, new_id
from .certificates import CertificateFile, write_client_certificate, write_private
from .claims import access_token_claims
from .faults import ReplyFaults, SeenRequests
from .verification import PUBLIC_AUDIENCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509

    from .jose import Signer

__all__ = ["CLUSTER_ISSUER", "EntraState"]

CLUSTER_ISSUER = "https://oidc.emulated-cluster.example/"


@dataclass(kw_only=True, eq=False, repr=False)
class EntraState:
    """A tenant with its apps and keys, which registers apps and issues tokens without a server.

    Attributes:
        tenant_id: the tenant in which apps are registered unless they say otherwise.
        token_lifetime: seconds.
        files: where certificates and tokens are written.
        ca_file: the certificate authority of its server.
        signer: signs its access tokens.
        directory: its apps.
        faults: what its token endpoint is told to do wrong.
        log: the requests so far.
        port: where it is served, once it is.
        issued: the `uti` of every token so far.
    """

    tenant_id: str
    token_lifetime: float
    files: Path
    ca_file: Path
    signer: Signer
    directory: Directory
    faults: ReplyFaults = field(default_factory=ReplyFaults)
    log: SeenRequests = field(default_factory=SeenRequests)
    port: int = 0
    issued: list[str] = field(default_factory=list[str])

    @property
    def authority_host(self) -> str:
        """E.g. `https://localhost:41234`."""
        return f"https://localhost:{self.port}"

    def register_app(
        self,
        client_id: str | None = None,
        *,
        secret: str | None = None,
        expired_secret: str | None = None,
        certificate: CertificateFile | x509.Certificate | str | Path | bytes | None = None,
        federated: str | Federation | None = None,
        roles: Sequence[str] = (DEFAULT_ROLE,),
        tenant_id: str | None = None,
    ) -> App:
        """Register a client, with any number of ways to prove who it is.

        Args:
            client_id: a fresh one when None.
            secret: a client secret that is good.
            expired_secret: one that was.
            certificate: from `write_certificate`, a PEM file, or PEM bytes.
            federated: a subject of the emulated cluster (see `write_federated_token`), or a whole federation.
            roles: what its tokens may do.
            tenant_id: registers the app, and the tenant, elsewhere.
        """
        app = App(client_id or new_id(), tenant_id or self.tenant_id, object_id=new_id(), roles=tuple(roles))
        if secret is not None:
            app.secrets.add(secret)
        if expired_secret is not None:
            app.expired_secrets.add(expired_secret)
        if isinstance(certificate, CertificateFile):
            certificate = certificate.certificate
        if certificate is not None:
            app.certificates.append(load_certificate(certificate))
        if federated is not None:
            federation = Federation(federated, CLUSTER_ISSUER) if isinstance(federated, str) else federated
            self.directory.trust(federation.issuer)
            app.federations.append(federation)
        self.directory.add(app)
        return app

    def write_certificate(self, *, expired: bool = False, password: str | None = None) -> CertificateFile:
        """Write a client certificate with its key into `files`; register it with `register_app(certificate=…)`."""
        return write_client_certificate(self.files, expired=expired, password=password)

    def federated_token(
        self,
        subject: str,
        *,
        issuer: str = CLUSTER_ISSUER,
        audience: str = "api://AzureADTokenExchange",
        lifetime: float = 3600.0,
        signer: Signer | None = None,
    ) -> str:
        """A token of an outside issuer, as a cluster projects it into a pod; a negative lifetime has passed."""
        now = int(time.time())
        start = now - 7200 if lifetime < 0 else now
        claims = {"iss": issuer, "sub": subject, "aud": [audience], "iat": start, "nbf": start, "exp": now + lifetime}
        return (signer or self.directory.trust(issuer)).sign(claims)

    def write_federated_token(self, subject: str, *, lifetime: float = 3600.0, **options: Any) -> Path:
        """Write a federated token where `AZURE_FEDERATED_TOKEN_FILE` can point to; options as `federated_token`."""
        path = self.files / f"federated-{new_id()[:8]}"
        write_private(path, self.federated_token(subject, lifetime=lifetime, **options).encode())
        return path

    def issue_token(
        self,
        app: App,
        *,
        audience: str = PUBLIC_AUDIENCES[0],
        lifetime: float | None = None,
        signer: Signer | None = None,
    ) -> str:
        """A signed access token without any request, e.g. for `azure_ad_token`; a negative lifetime has passed."""
        lifetime = self.token_lifetime if lifetime is None else lifetime
        claims = access_token_claims(app, audience=audience, lifetime=lifetime, now=time.time())
        self.issued.append(claims["uti"])
        return (signer or self.signer).sign(claims)
