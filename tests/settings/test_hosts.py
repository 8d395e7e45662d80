from __future__ import annotations

from azure_connector.settings._hosts import AUTHORITY_HOSTS, SCOPES, is_loopback, same_origin
from azure_connector.settings._trust import TrustedHosts
from tests.support.tables import each_row


@each_row(
    ("a", "b", "same"),
    [
        ("https://r.openai.azure.com", "https://R.OPENAI.azure.com:443/openai/v1", True),
        ("http://localhost:80/x", "http://localhost", True),
        ("https://[::1]", "https://[0:0::1]:443", True),
        ("https://r.openai.azure.com", "http://r.openai.azure.com", False),
        ("https://r.openai.azure.com", "https://r.openai.azure.com:8443", False),
        ("https://r.openai.azure.com", "https://q.openai.azure.com", False),
        ("https://r.openai.azure.com", "https://r.openai.azure.com.evil.example", False),
        ("https://r.openai.azure.com", "/relative", False),
        ("no url", "no url", False),
        ("https://a:b", "https://a:b", False),
    ],
)
def test_same_origin(a: str, b: str, same: bool) -> None:
    assert same_origin(a, b) is same
    assert same_origin(b, a) is same


@each_row(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("x.localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("10.0.0.1", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@each_row(
    ("url", "trusted", "allowed"),
    [
        ("https://r.openai.azure.com/openai/v1/x", (), True),
        ("https://q.openai.azure.com/openai/v1/x", (), False),  # Azure's own suffix is no reason
        ("https://gw.azure-api.net/x", (), False),
        ("https://gw.azure-api.net/x", ("GW.azure-api.net",), True),
        ("https://gw.azure-api.net:8443/x", ("gw.azure-api.net:8443",), True),
        ("https://gw.azure-api.net:8443/x", ("gw.azure-api.net:443",), False),
        ("http://gw.azure-api.net/x", ("gw.azure-api.net",), False),
        ("http://localhost:9/x", ("localhost",), True),
        ("https://evil-gw.azure-api.net/x", ("gw.azure-api.net",), False),
        ("/relative", ("gw.azure-api.net",), False),
    ],
)
def test_who_may_receive_credentials(url: str, trusted: tuple[str, ...], allowed: bool) -> None:
    assert TrustedHosts(("https://r.openai.azure.com",), trusted).confirm(url) is allowed


def test_every_cloud_has_a_scope_and_an_authority_of_its_own() -> None:
    assert SCOPES.keys() == AUTHORITY_HOSTS.keys()
    assert len(set(AUTHORITY_HOSTS.values())) == len(AUTHORITY_HOSTS)
    assert all(scope.endswith("/.default") for scopes in SCOPES.values() for scope in scopes)
