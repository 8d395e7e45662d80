"""Resources, an emulated Entra ID, and an environment without any Azure setting of the machine's own."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from azure_connector.auth import Authenticator
from azure_connector.emulator.entra import App, EntraID
from azure_connector.settings import AuthSettings, Resource
from azure_connector.settings._endpoint import Endpoint
from azure_connector.transport import TransportOptions
from tests.support.machine import forget_azure

BASE = "https://resource.openai.azure.com"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    forget_azure(monkeypatch)
    # No metadata service unless a test makes one: nothing listens on port 9 of loopback.
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9")
    # No developer tools of this machine, and none of its signed-in users.
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def authenticators() -> Iterator[list[Authenticator]]:
    made: list[Authenticator] = []
    yield made
    for authenticator in made:
        authenticator.close()


@pytest.fixture
def make(authenticators: list[Authenticator]) -> Callable[..., Authenticator]:
    """Makes an authenticator of the given auth settings, closed at the test's end."""

    def build(
        endpoint: Endpoint | None = None,
        transport: TransportOptions | None = None,
        within: float = 20.0,
        **auth: Any,
    ) -> Authenticator:
        made = Authenticator(
            Resource("default", endpoint or Endpoint(BASE, kind="azure"), AuthSettings(**auth)),
            transport=transport,
            within=within,
        )
        authenticators.append(made)
        return made

    return build


@pytest.fixture
def via_entra(make: Callable[..., Authenticator], entra: EntraID) -> Callable[..., Authenticator]:
    """Makes an authenticator whose built credentials go to the emulated Entra ID."""

    def build(app: App | None = None, **auth: Any) -> Authenticator:
        if app is not None:
            auth = {"tenant_id": app.tenant_id, "client_id": app.client_id} | auth
        auth.setdefault("transport", TransportOptions(ca_bundle=str(entra.ca_file)))
        return make(authority_host=entra.authority_host, disable_instance_discovery=True, **auth)

    return build


@pytest.fixture
def secret() -> SecretStr:
    return SecretStr("s3cret-value")


@pytest.fixture
def black_hole() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def full_backlog() -> Iterator[str]:
    """An address at which connecting itself hangs: its queue of connections is full."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = []
    try:
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
            waiting.append(client)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        for client in waiting:
            client.close()
        listener.close()
