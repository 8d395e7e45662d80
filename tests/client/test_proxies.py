"""Proxies and certificates are read once, rightly, by both clients, for calls, tokens and the doctor alike."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from azure_connector import AsyncAzureConnector, AzureConnector, ConfigurationError, ConnectorSettings
from azure_connector.emulator import Emulator
from azure_connector.errors import EndpointUnreachableError
from azure_connector.settings._settings import _say_once
from azure_connector.transport import proxy_rules
from azure_connector.transport._proxies import Bypass
from tests.support import asking

CLIENTS = [AzureConnector, AsyncAzureConnector]
ENDPOINT = "https://r.openai.azure.com"
SECRET = "s3cret"
VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class Proxy(ThreadingHTTPServer):
    """A forward proxy for plain http that notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the server's name for it
                asked.append(self.path)
                self.rfile.read(int(self.headers["content-length"]))
                body = b'{"error": {"code": "from-the-proxy", "message": "from the proxy"}}'
                self.send_response(418)
                self.send_header("content-length", str(len(body)))
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # the server's name for it
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


WRONG = {
    "proxy.corp:8080": "no scheme",
    "//proxy.corp:8080": "no scheme",
    f"http://user:p@{SECRET}@proxy.corp:8080": "special characters",
    f"http://user:p#{SECRET}@proxy.corp:8080": "special characters",
    f"http://user:p/{SECRET}@proxy.corp:8080": "special characters",
    f"http://user:p?{SECRET}@proxy.corp:8080": "special characters",
    f"http://user:p%{SECRET}@proxy.corp:8080": "special characters",
    f"http://user:p {SECRET}@proxy.corp:8080": "special characters",
    f"http://user:p[{SECRET}]@proxy.corp:8080": "special characters",
    f"http://user:pä{SECRET}@proxy.corp:8080": "special characters",
    f"socks5://user:{SECRET}@proxy.corp:1080": "SOCKS",
    "socks5h://proxy.corp:1080": "SOCKS",
    "socks4://proxy.corp:1080": "SOCKS",
    "ftp://proxy.corp:21": "ftp://",
    "http://proxy.corp:80x": "host and port",
    "http://:8080": "host and port",
    "http://": "host and port",
}


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("url", WRONG)
def test_a_proxy_that_is_written_wrongly(kind: type, url: str) -> None:
    with pytest.raises(ConfigurationError, match=WRONG[url]) as caught:
        kind(azure_endpoint=ENDPOINT, api_key="k", proxy=url)
    said = str(caught.value)
    assert "http://HOST:PORT" in said
    assert "proxy (argument)" in said
    assert SECRET not in said
    assert ("socks]" in said) == url.startswith("socks")


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("url", [url for url in WRONG if "://" in url])
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_one_of_the_environment(kind: type, url: str, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, url)
    with pytest.raises(ConfigurationError, match=WRONG[url]) as caught:
        kind(azure_endpoint=ENDPOINT, api_key="k")
    assert variable in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://proxy.corp:8080",
        "https://proxy.corp",
        "http://user:p%40ss%23%3A@proxy.corp:8080",
        "http://user@proxy.corp:8080/",
        "http://DOMAIN%5Cuser:pass@10.0.0.1:3128",
        "http://[fd00::1]:3128",
    ],
)
@pytest.mark.parametrize("kind", CLIENTS)
def test_one_that_is_right(kind: type, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind(azure_endpoint=ENDPOINT, api_key="k", proxy=url)
    monkeypatch.setenv("HTTPS_PROXY", url)
    kind(azure_endpoint=ENDPOINT, api_key="k")


@pytest.mark.parametrize("way", asking.WAYS)
@pytest.mark.parametrize("named", ["setting", "HTTP_PROXY", "ALL_PROXY", "without a scheme"])
def test_calls_go_through_it(
    way: str, named: str, proxy: Proxy, azure: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://127.0.0.1:{proxy.server_address[1]}"
    options = asking.options(azure, max_attempts=1)
    if named == "setting":
        options["proxy"] = url
    else:
        monkeypatch.setenv(named if "PROXY" in named else "HTTP_PROXY", url if "PROXY" in named else url[7:])
    with pytest.raises(Exception, match="from the proxy"):
        asking.ask(way, **options)
    assert proxy.asked == [f"{azure.endpoint}/openai/v1/chat/completions"]
    assert not azure.requests


@pytest.mark.parametrize("way", asking.WAYS)
@pytest.mark.parametrize(
    "entry", ["127.0.0.0/8", "10.0.0.0/8, 127.0.0.0/16", "fd00::/8,127.0.0.1", "127.0.0.1/32", "*"]
)
def test_a_network_has_none(
    way: str, entry: str, proxy: Proxy, azure: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.server_address[1]}")
    monkeypatch.setenv("NO_PROXY", entry)
    assert asking.text_of(asking.ask(way, **asking.options(azure)))
    assert not proxy.asked


def test_other_networks_do(proxy: Proxy, azure: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.server_address[1]}")
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8,fd00::/8,example.com,127.0.0.1:1")
    with pytest.raises(Exception, match="from the proxy"):
        asking.ask("sync", **asking.options(azure, max_attempts=1))
    assert len(proxy.asked) == 1


@pytest.mark.parametrize(
    ("text", "host", "port", "covered"),
    [
        ("example.com", "example.com", 443, True),
        ("example.com", "www.example.com", 443, True),
        ("example.com", "notexample.com", 443, False),
        (".example.com", "www.example.com", 443, True),
        ("*.example.com", "www.example.com", 443, True),
        ("EXAMPLE.com", "www.Example.com.", 443, True),
        ("example.com:8443", "example.com", 443, False),
        ("example.com:443", "example.com", 443, True),
        ("10.0.0.0/8", "10.1.2.3", 443, True),
        ("10.0.0.7/8", "10.1.2.3", 443, True),
        ("10.0.0.0/8", "11.1.2.3", 443, False),
        ("10.0.0.0/8", "name.example", 443, False),
        ("fd00::/8", "fd12::1", 443, True),
        ("fd00::/8", "[fd12::1]", 443, True),
        ("[fd00::1]:8443", "fd00::1", 8443, True),
        ("10.0.0.1:99", "10.0.0.1", 99, True),
        ("10.0.0.1:99", "10.0.0.1", 98, False),
        ("1", "10.0.0.1", 80, False),
        ("*", "anything", 1, True),
        ("", "anything", 1, False),
        ("a b, ,c", "b", 1, True),
    ],
)
def test_who_has_none(text: str, host: str, port: int, covered: bool) -> None:
    assert Bypass(text).covers(host, port) is covered


def test_the_rules_show_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{SECRET}@proxy.corp:8080")
    assert SECRET not in repr(proxy_rules(None))
    assert proxy_rules(None).of("https", "r.openai.azure.com", 443) == (
        f"http://user:{SECRET}@proxy.corp:8080",
        "HTTPS_PROXY",
    )


class TestCertificates:
    @pytest.mark.parametrize("kind", CLIENTS)
    def test_one_that_is_not_trusted_names_the_setting(self, kind: type) -> None:
        with Emulator(tls=True) as azure:
            assert "AZURE_CONNECTOR_CA_BUNDLE" in self.hint(kind, azure)
            assert "ca_bundle" in self.hint(kind, azure)
            asking.ask("async", **asking.options(azure, ca_bundle=azure.ca_file))

    @pytest.mark.parametrize("kind", CLIENTS)
    def test_one_for_another_name(self, kind: type, tmp_path: Path) -> None:
        import ssl

        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("elsewhere.example").configure_cert(context)
        with Emulator(tls=context) as azure:
            hint = self.hint(kind, azure, ca_bundle=tmp_path / "ca.pem")
        assert "not for the name" in hint
        assert "ca_bundle" not in hint

    @staticmethod
    def hint(kind: type, azure: Emulator, **options: Any) -> str:
        way = "async" if kind is AsyncAzureConnector else "sync"
        with pytest.raises(EndpointUnreachableError) as caught:
            asking.ask(way, **asking.options(azure, max_attempts=1, **options))
        return caught.value.hint


class TestTwoBundles:
    """httpx reads one variable and requests the other: what one connector uses for both is said."""

    @pytest.fixture(autouse=True)
    def files(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        _say_once.cache_clear()
        for name in ("one.pem", "two.pem"):
            trustme.CA().cert_pem.write_to_path(str(tmp_path / name))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "one.pem"))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "two.pem"))

    def test_it_is_said_once(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING, "azure_connector"):
            settings = [ConnectorSettings(azure_endpoint=ENDPOINT) for _ in range(3)]
        (said,) = [one.getMessage() for one in caplog.records]
        for words in ("SSL_CERT_FILE", "one.pem", "REQUESTS_CA_BUNDLE", "two.pem", "AZURE_CONNECTOR_CA_BUNDLE"):
            assert words in said
        assert settings[0].ca_bundle is not None
        assert settings[0].ca_bundle.endswith("one.pem")
        assert [one for one in settings[0].remarks if "two.pem" in one]

    def test_not_where_something_decides_it(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        with caplog.at_level(logging.WARNING, "azure_connector"):
            assert not ConnectorSettings(azure_endpoint=ENDPOINT, ca_bundle=tmp_path / "two.pem").remarks
            monkeypatch.setenv("AZURE_CONNECTOR_CA_BUNDLE", str(tmp_path / "two.pem"))
            assert not ConnectorSettings(azure_endpoint=ENDPOINT).remarks
            monkeypatch.delenv("AZURE_CONNECTOR_CA_BUNDLE")
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "one.pem"))
            assert not ConnectorSettings(azure_endpoint=ENDPOINT).remarks
        assert not caplog.records
