"""A bare environment, small servers that are no Azure, and the doctor's report in one call."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from azure_connector.cli.doctor import Finding, Report, examine
from azure_connector.emulator import Emulator
from azure_connector.settings import ConnectorSettings
from tests.support.machine import forget_azure

TERMINAL = ("no_color", "force_color", "columns", "lines")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    forget_azure(monkeypatch, also=TERMINAL)
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def diagnose() -> Callable[..., Report]:
    """Runs the examination with these settings."""

    def run(*, only: tuple[str, ...] = (), **settings: Any) -> Report:
        examination = examine(lambda: ConnectorSettings(**settings), only=only)
        events: list[Any] = []
        while True:
            try:
                events.append(next(examination))
            except StopIteration as finished:
                report: Report = finished.value
                assert [event for event in events if isinstance(event, Finding)] == list(report.findings)
                return report

    return run


@contextlib.contextmanager
def serving(status: int, body: str, headers: Mapping[str, str], date: Callable[[], str] | None) -> Generator[str]:
    """An HTTP server on loopback that answers every request alike."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(status)
            for name, value in {"content-length": str(len(body.encode())), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_CONNECT = answer

        def date_time_string(self, timestamp: float | None = None) -> str:
            return date() if date is not None else super().date_time_string(timestamp)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def server() -> Iterator[Callable[..., str]]:
    """Starts servers that are no Azure; gives their addresses."""
    with contextlib.ExitStack() as stack:

        def start(
            status: int, body: str, headers: Mapping[str, str] | None = None, date: Callable[[], str] | None = None
        ) -> str:
            return stack.enter_context(serving(status, body, headers or {}, date))

        yield start


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """The command line sets the package's log up for a process of its own."""
    logger = logging.getLogger("azure_connector")
    before = (logger.level, logger.propagate, list(logger.handlers))
    yield
    logger.setLevel(before[0])
    logger.propagate, logger.handlers = before[1], before[2]


@pytest.fixture
def here(azure: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator as the environment's resource."""
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", azure.endpoint)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", azure.api_key)
    return azure


@pytest.fixture
def run() -> Callable[..., Result]:
    """Runs a command line in this process."""

    def invoke(*arguments: str, stdin: str | None = None) -> Result:
        from azure_connector.cli._app import app

        return CliRunner().invoke(app, arguments, input=stdin, prog_name="azure-connector")

    return invoke
