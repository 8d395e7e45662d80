"""The emulated Entra ID itself: its apps, its keys, its server."""

from __future__ import annotations

import shutil
import ssl
import tempfile
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azure_connector.emulator.serving import ServerThread

from .apps import (
    DEFAULT_ROLE,
    App,
    Directory,
    Federation,
    load_certificate,
    new_id,
)
from .certificates import CertificateFile, server_context, write_client_certificate, write_private, write_tls
from .claims import access_token_claims
from .environments import cli_environment, environment
from .faults import SeenRequest
from .jose import Signer, process_signer
from .routes import entra_application
from .scripted import ScriptedServer
from .verification import PUBLIC_AUDIENCES, TokenVerifier

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from cryptography import x509

    from .azure_cli import CliState
    from .environments import Kind

TENANT_ID = "72f0e2a4-0000-4000-8000-c0ffee000001"
CLUSTER_ISSUER = "https://oidc.emulated-cluster.example/"
DEFAULT_RESOURCES = (
    *PUBLIC_AUDIENCES,
    "https://cognitiveservices.azure.us",
    "https://cognitiveservices.azure.cn",
    "https://management.azure.com",
    "https://vault.azure.net",
)


class EntraID(ScriptedServer):
    """An emulated Entra ID. Use it as a context manager, or call `start` and `stop`, once: `stop` removes its files.

    Args:
        tenant_id: the tenant in which apps are registered unless they say otherwise.
        token_lifetime: seconds; fractions are honoured below a minute, but replies announce whole seconds.
        latency: seconds that every token reply is held back.
        resources: resources that tokens can be asked for, beside Azure's own.
        port: 0 takes a free one.
    """

    def __init__(
        self,
        *,
        tenant_id: str = TENANT_ID,
        token_lifetime: float = 3600.0,
        latency: float = 0.0,
        resources: Sequence[str] = (),
        port: int = 0,
    ) -> None:
        super().__init__()
        self.tenant_id = tenant_id
        self.token_lifetime = token_lifetime
        self.files = Path(tempfile.mkdtemp(prefix="emulated-entra-"))
        self._cleaner = weakref.finalize(self, shutil.rmtree, self.files, ignore_errors=True)
        self.ca_file, self._server_file = write_tls(self.files)
        self.signer: Signer = process_signer()
        self.directory = Directory([tenant_id], [*DEFAULT_RESOURCES, *resources])
        self.faults.latency = latency
        self.issued: list[str] = []
        self._revoked: set[str] = set()
        self._server = ServerThread(entra_application(self), port=port, tls=self.server_context())

    def stop(self) -> None:
        super().stop()
        self._cleaner()

    @property
    def authority_host(self) -> str:
        """E.g. `https://localhost:41234`."""
        return f"https://localhost:{self._server.port}"

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

    def revoke_tokens(self) -> None:
        """Make every token issued so far invalid on the API side, although its time has not come."""
        self._revoked.update(self.issued)

    def verifier(
        self, *, audience: str | Sequence[str] | None = None, required_role: str | None = None
    ) -> TokenVerifier:
        """What an API does with a bearer token of this Entra ID; by default it takes both public audiences."""
        audience = PUBLIC_AUDIENCES if audience is None else audience
        return TokenVerifier(
            self.signer,
            tenants=self.directory.tenants,
            audiences=(audience,) if isinstance(audience, str) else audience,
            required_role=required_role,
            revoked=self._revoked,
        )

    @property
    def token_requests(self) -> list[SeenRequest]:
        """The requests for tokens so far; they are noted before a gate or a latency holds them."""
        return [seen for seen in self.log.all() if seen.method == "POST"]

    def wait_for_token_requests(self, count: int, timeout: float = 30.0) -> list[SeenRequest]:
        """Block until so many token requests have arrived, answered or not.

        Raises: TimeoutError.
        """
        return self.log.wait_for(count, method="POST", timeout=timeout)

    @property
    def gate(self) -> threading.Event | None:
        """While this event is unset, token replies are held back; None means open."""
        return self.faults.gate

    @gate.setter
    def gate(self, event: threading.Event | None) -> None:
        self.faults.gate = event

    def environment(
        self, kind: Kind, *, expired: bool = False, roles: Sequence[str] = (DEFAULT_ROLE,)
    ) -> dict[str, str]:
        """The variables to log in as a freshly registered app; see `environments.environment`."""
        return environment(self, kind, expired=expired, roles=roles)

    def cli_environment(
        self, *, state: CliState = "logged_in", delay: float = 0.0, roles: Sequence[str] = (DEFAULT_ROLE,)
    ) -> dict[str, str]:
        """A `PATH` with a stand-in `az` in front; see `environments.cli_environment`."""
        return cli_environment(self, state=state, delay=delay, roles=roles)

    def ca_environment(self) -> dict[str, str]:
        """The variables by which requests, and aiohttp if it is not imported yet, come to trust this server."""
        return {"REQUESTS_CA_BUNDLE": str(self.ca_file), "SSL_CERT_FILE": str(self.ca_file)}

    def server_context(self) -> ssl.SSLContext:
        """A TLS context for another loopback server under the same authority, e.g. the API itself."""
        return server_context(self._server_file)

    def client_context(self) -> ssl.SSLContext:
        """A TLS context that trusts this server, e.g. for `httpx.Client(verify=…)`."""
        return ssl.create_default_context(cafile=self.ca_file)

    def credential_options(self) -> dict[str, Any]:
        """The keyword arguments that point any azure-identity credential here."""
        return {
            "authority": self.authority_host,
            "disable_instance_discovery": True,
            "connection_verify": str(self.ca_file),
        }
