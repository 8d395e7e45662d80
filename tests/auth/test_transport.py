"""CA bundle, client certificate and proxy reach the token calls."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr

from azure_connector import CredentialError
from azure_connector.auth import Authenticator, http_options
from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.entra.routes import entra_application
from azure_connector.emulator.serving import ServerThread
from azure_connector.transport import TransportOptions
from tests.support.waiting import PATIENCE

Make = Callable[..., Authenticator]
SECRET = "s3cret-value"


class Proxy:
    """A forward proxy that knows CONNECT and notes where it was asked to connect to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.authorization: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            lines = head.decode().split("\r\n")
            self.asked.append(lines[0])
            self.authorization += [line for line in lines if line.lower().startswith("proxy-authorization")]
            host, _, port = lines[0].split()[1].partition(":")
            with socket.create_connection((host, int(port))) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=pump, args=(server, client), daemon=True)
                back.start()
                pump(client, server)
                back.join(PATIENCE)


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    running = Proxy()
    yield running
    running.close()


def test_token_calls_go_through_the_proxy(entra: EntraID, via_entra: Make, proxy: Proxy) -> None:
    transport = TransportOptions(ca_bundle=str(entra.ca_file), proxy=f"http://me:c4nary-pass@{proxy.address}")
    authenticator = via_entra(entra.register_app(secret=SECRET), client_secret=SecretStr(SECRET), transport=transport)
    assert authenticator.headers()["Authorization"]
    assert proxy.asked
    assert {line.split()[1] for line in proxy.asked} == {entra.authority_host.removeprefix("https://")}
    assert proxy.authorization


def test_a_proxy_that_is_not_there(entra: EntraID, via_entra: Make) -> None:
    transport = TransportOptions(ca_bundle=str(entra.ca_file), proxy="http://me:c4nary-pass@127.0.0.1:9")
    authenticator = via_entra(entra.register_app(secret=SECRET), client_secret=SecretStr(SECRET), transport=transport)
    with pytest.raises(CredentialError) as caught:
        authenticator.headers()
    assert "AZURE_CONNECTOR_PROXY" in str(caught.value)
    assert "c4nary" not in str(caught.value) + str(caught.value.__cause__)


def test_without_the_ca_bundle_nothing_is_trusted(entra: EntraID, via_entra: Make) -> None:
    authenticator = via_entra(
        entra.register_app(secret=SECRET), client_secret=SecretStr(SECRET), transport=TransportOptions()
    )
    with pytest.raises(CredentialError, match="AZURE_CONNECTOR_CA_BUNDLE"):
        authenticator.headers()
    assert entra.token_requests == []


@pytest.mark.parametrize("separate_key", [False, True])
def test_the_client_certificate_is_shown(separate_key: bool, entra: EntraID, make: Make, tmp_path: Path) -> None:
    authority = trustme.CA()
    bundle, pem, key = tmp_path / "ca.pem", tmp_path / "client.pem", tmp_path / "client.key"
    authority.cert_pem.write_to_path(bundle)
    mine = authority.issue_cert("client.example")
    mine.private_key_and_cert_chain_pem.write_to_path(pem)
    mine.private_key_pem.write_to_path(key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(server)
    server.verify_mode = ssl.CERT_REQUIRED
    front = ServerThread(entra_application(entra), tls=server)
    front.start()
    try:
        app = entra.register_app(federated="subject")
        settings = {
            "tenant_id": app.tenant_id,
            "client_id": app.client_id,
            "federated_token_file": str(entra.write_federated_token("subject")),
            "authority_host": f"https://localhost:{front.port}",
        }
        with pytest.raises(CredentialError):
            make(transport=TransportOptions(ca_bundle=str(bundle)), **settings).headers()
        assert entra.token_requests == []
        options = TransportOptions(str(bundle), str(pem), str(key) if separate_key else None)
        assert make(transport=options, **settings).headers()["Authorization"]
    finally:
        front.stop()


def test_in_azure_cores_words() -> None:
    assert http_options(TransportOptions()) == {}
    assert http_options(TransportOptions("ca.pem", "c.pem", "k.pem", "http://p:1")) == {
        "connection_verify": "ca.pem",
        "connection_cert": ("c.pem", "k.pem"),
        "proxies": {"http": "http://p:1", "https": "http://p:1"},
    }
    assert http_options(TransportOptions(client_certificate="c.pem")) == {"connection_cert": "c.pem"}
