"""The emulated Entra ID itself: its apps, its keys, its server."""

from __future__ import annotations

import shutil
import ssl
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from azure_connector.emulator.serving import ServerThread

from .apps import DEFAULT_ROLE, Directory
from .certificates import server_context, write_tls
from .environments import cli_environment, environment
from .faults import SeenRequest
from .jose import process_signer
from .routes import entra_application
from .scripted import ScriptedServer
from .state import EntraState
from .verification import PUBLIC_AUDIENCES, TokenVerifier

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from .azure_cli import CliState
    from .environments import Kind

TENANT_ID = "72f0e2a4-0000-4000-8000-c0ffee000001"
DEFAULT_RESOURCES = (
    *PUBLIC_AUDIENCES,
    "https://cognitiveservices.azure.us",
    "https://cognitiveservices.azure.cn",
    "https://management.azure.com",
    "https://vault.azure.net",
)


class EntraID(ScriptedServer, EntraState):
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
        ScriptedServer.__init__(self)
        files = Path(tempfile.mkdtemp(prefix="emulated-entra-"))
        self._cleaner = weakref.finalize(self, shutil.rmtree, files, ignore_errors=True)
        ca_file, self._server_file = write_tls(files)
        EntraState.__init__(
            self,
            tenant_id=tenant_id,
            token_lifetime=token_lifetime,
            files=files,
            ca_file=ca_file,
            signer=process_signer(),
            directory=Directory([tenant_id], [*DEFAULT_RESOURCES, *resources]),
            faults=self.faults,
            log=self.log,
        )
        self.faults.latency = latency
        self._revoked: set[str] = set()
        self._server = ServerThread(entra_application(self), port=port, tls=self.server_context())

    def start(self) -> Self:
        super().start()
        self.port = self._server.port
        return self

    def stop(self) -> None:
        super().stop()
        self._cleaner()

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
