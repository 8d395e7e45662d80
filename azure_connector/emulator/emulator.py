"""The emulator in process: started, scripted and inspected by tests, notebooks and demos."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .app import Application, Outage
from .chance import RandomFaults
from .faults import Fault
from .identifiers import Identifiers
from .limits import Limits
from .models import Deployment, as_deployments
from .records import RequestLog
from .relay import Relay
from .resource import BearerCheck, Resource
from .rules import Rules
from .scripting import Reply
from .serving import ServerThread
from .shelves import Thing
from .tls import LoopbackTls
from .upstream import Upstream

if TYPE_CHECKING:
    from .entra import EntraID
    from .recording import Recorder
    from .replaying import Player

__all__ = ["Emulator"]


def _upstream_of(upstream: Upstream | Relay | str | None, *, recorded: bool) -> Upstream | Relay | None:
    """What stands behind an emulator that was given an address: where a bare host is recorded, all goes there."""
    if not isinstance(upstream, str):
        return upstream
    return Relay(upstream) if recorded and not urlsplit(upstream).path.strip("/") else Upstream(upstream)


class Emulator:
    """A local Azure OpenAI resource on a loopback port.

        with Emulator() as azure:
            client = openai.OpenAI(base_url=f"{azure.endpoint}/openai/v1/", api_key=azure.api_key)

    Args:
        deployments: `Deployment`s or names of base models, or a mapping of deployment names to base models; by default
            gpt-4o, gpt-4.1, gpt-5, gpt-5-mini, o4-mini and text-embedding-3-small, each named as its model.
        host: the interface to bind.
        port: the port; 0 picks a free one.
        api_key: the key; a random one by default.
        verify_bearer: checks a bearer token and returns what is wrong with it; by default only `bearer_token` passes.
        entra: verifies bearer tokens as Azure does with tokens of this emulated Entra ID; instead of `verify_bearer`.
        audience: with `entra`, the audience (or audiences) that tokens must have; by default both public ones.
        required_role: with `entra`, the role that tokens must carry.
        keys_disabled: refuse keys, as a resource does whose policy allows Entra ID only.
        region: the resource's region.
        clock: seconds since the epoch, for timestamps, quotas and the `Date` of replies.
        seed: makes ids repeatable; without it, each emulator's ids are its own.
        latency: seconds before every reply.
        chunk_latency: seconds before every event of a stream.
        tls: serve HTTPS with this context, e.g. `entra.server_context()`; True makes a certificate of its own, which
            clients trust by `ca_file`.
        faults: faults by chance.
        upstream: answer by forwarding to this OpenAI-compatible server; Azure's paths, checks, errors and annotations
            stay the emulator's. With `record`, an Azure resource's endpoint (or a `Relay`): all goes on as it is.
        record: write what is asked and answered to this tape, without secrets.
        replay: answer from this tape; what is not on it is refused with what is nearest.
        replay_speed: how much faster than recorded streams come; 0 sends them at once.
        limits: how much it takes, makes and keeps.
        strict_versions: refuse every api-version on v1, also `v1` and `preview`, as strict resources do.
        small_schemas: hold structured outputs to Azure's published limits (100 properties, 5 levels), not to OpenAI's.
        bare_codes: send refusals of parameters and values without a `code`, as many come: only the text tells.
    """

    def __init__(
        self,
        deployments: Iterable[Deployment | str] | Mapping[str, str] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str | None = None,
        verify_bearer: BearerCheck | None = None,
        entra: EntraID | None = None,
        audience: str | Sequence[str] | None = None,
        required_role: str | None = None,
        keys_disabled: bool = False,
        region: str = "Sweden Central",
        clock: Callable[[], float] = time.time,
        seed: int | None = None,
        latency: float = 0.0,
        chunk_latency: float = 0.0,
        tls: ssl.SSLContext | bool = False,
        faults: RandomFaults | None = None,
        upstream: Upstream | Relay | str | None = None,
        record: str | Path | None = None,
        replay: str | Path | None = None,
        replay_speed: float = 1.0,
        limits: Limits | None = None,
        strict_versions: bool = False,
        small_schemas: bool = False,
        bare_codes: bool = False,
    ) -> None:
        if entra is not None:
            verify_bearer = entra.verifier(audience=audience, required_role=required_role)
        self.resource = Resource(
            deployments=as_deployments(deployments),
            verify_bearer=verify_bearer,
            keys_disabled=keys_disabled,
            region=region,
            clock=clock,
            ids=Identifiers(seed),
            limits=limits or Limits(),
            rules=Rules(strict_versions, small_schemas, bare_codes),
        )
        if api_key is not None:
            self.resource.api_key = api_key
        upstream = _upstream_of(upstream, recorded=record is not None)
        recorder, player = self._tapes(upstream, record, replay, replay_speed)
        self._app = Application(self.resource, faults, upstream, recorder, player)
        self.latency, self.chunk_latency = latency, chunk_latency
        self._wants_tls = tls is True
        self._tls: LoopbackTls | None = None
        context = None if isinstance(tls, bool) else tls
        self._server = ServerThread(self._app, host=host, port=port, tls=context, clock=clock, websockets=True)

    def _tapes(
        self, upstream: object, record: str | Path | None, replay: str | Path | None, speed: float
    ) -> tuple[Recorder | None, Player | None]:
        """What records, or what replays.

        Raises:
            ValueError: both are asked for.
        """
        if record is not None and replay is not None:
            raise ValueError("record and replay exclude each other")
        if replay is not None:
            from .replaying import Player

            return None, Player(replay, speed)
        if record is None:
            return None, None
        from .recording import Recorder

        secrets = [upstream.api_key] if isinstance(upstream, Relay) and upstream.api_key else []
        return Recorder(record, lambda: [self.api_key, self.bearer_token, *secrets]), None

    @property
    def endpoint(self) -> str:
        """What a user would paste as the Azure endpoint: `http://127.0.0.1:PORT`."""
        return self._server.url

    @property
    def api_key(self) -> str:
        """The key that it takes."""
        return self.resource.api_key

    @api_key.setter
    def api_key(self, key: str) -> None:
        self.resource.api_key = key

    @property
    def bearer_token(self) -> str:
        """A bearer token that always passes."""
        return self.resource.bearer_token

    @property
    def deployments(self) -> dict[str, Deployment]:
        """The deployments by name."""
        return self.resource.deployments

    @property
    def requests(self) -> RequestLog:
        """The requests so far, in order."""
        return self._app.requests

    @property
    def latency(self) -> float:
        """Seconds before every reply."""
        return self._app.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self._app.latency = seconds

    @property
    def chunk_latency(self) -> float:
        """Seconds before every event of a stream."""
        return self._app.chunk_latency

    @chunk_latency.setter
    def chunk_latency(self, seconds: float) -> None:
        self._app.chunk_latency = seconds

    @property
    def ca_file(self) -> str:
        """With `tls=True`: the file of the certificate authority that clients must trust.

        Raises:
            RuntimeError: it is not running, or serves no certificate of its own.
        """
        if self._tls is None:
            raise RuntimeError("there is a ca_file only while an Emulator(tls=True) runs")
        return str(self._tls.ca_file)

    def script(
        self,
        *wanted: Reply | Fault,
        deployment: str | None = None,
        path: str | None = None,
        times: int | None = 1,
    ) -> None:
        """Queue replies or faults; each is used up by the first request that matches it.

        Args:
            wanted: what to do, in order.
            deployment: only for requests to this deployment.
            path: only for requests whose operation is this (`/chat/completions`) or whose path contains it.
            times: how often each is used before the next one; None means until `clear()`.
        """
        self._app.script.add(wanted, deployment, path, times)

    @property
    def down(self) -> Outage:
        """How the whole resource is out of order: `reset`, `unavailable` (503), `hang`; an empty string is up."""
        return self._app.down

    @down.setter
    def down(self, how: Outage | bool) -> None:
        self._app.down = "reset" if how is True else how or ""
        if self._app.down == "reset":
            self._server.drop_connections()

    @contextlib.contextmanager
    def outage(self, how: Outage = "reset") -> Generator[Emulator]:
        """The whole resource is out of order within the `with` block; with `reset`, open connections are cut too."""
        self.down = how
        try:
            yield self
        finally:
            self.down = ""

    def ring(self) -> str:
        """Let a realtime call come in, as SIP's do; returns the id by which it is accepted or rejected."""
        identity = f"rtc_{self.resource.ids.hexadecimal(32)}"
        self.resource.shelves.calls.keep(Thing({"id": identity, "status": "ringing", "session": None}))
        return identity

    def clear(self) -> None:
        """Forget the recorded requests and the unused scripts."""
        self._app.requests.clear()
        self._app.script.clear()

    def start(self) -> Emulator:
        """Serve; returns once connections are accepted.

        Raises:
            OSError: the address cannot be bound.
        """
        if self._wants_tls and self._tls is None:
            self._tls = LoopbackTls()
            self._server.tls = self._tls.context
        self._server.start()
        self.resource.endpoint = self.endpoint
        return self

    def stop(self) -> None:
        """Drop all connections and stop serving."""
        self._server.stop()
        if self._tls is not None:
            self._tls.close()
            self._tls = None

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Emulator:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
