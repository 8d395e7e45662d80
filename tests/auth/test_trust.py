"""A credential goes to its resource's own origin and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import SecretStr

from azure_connector import ConfigurationError
from azure_connector.auth import Authenticator
from azure_connector.settings._endpoint import Endpoint

Make = Callable[..., Authenticator]
BASE = "https://resource.openai.azure.com"

AT_HOME = [
    f"{BASE}/openai/v1/chat/completions",
    f"{BASE}:443/openai/v1/responses?x=y",
    "https://RESOURCE.OpenAI.Azure.com/openai/deployments/d/embeddings?api-version=2024-10-21",
]

ELSEWHERE = [
    # (attack, where the request would go)
    ("redirect off-origin", "https://evil.example/openai/v1/chat/completions"),
    ("another resource", "https://other.openai.azure.com/openai/v1/chat/completions"),
    ("anyone's name under a known suffix", "https://mine.azure-api.net/openai/v1/chat/completions"),
    ("look-alike host", "https://resource.openai.azure.com.evil.example/openai/v1/chat/completions"),
    ("look-alike before the suffix", "https://evil-resource.openai.azure.com/"),
    ("user before the host", "https://resource.openai.azure.com@evil.example/openai/v1"),
    ("user before the right host", "https://me:pass@resource.openai.azure.com/openai/v1"),
    ("http instead of https", "http://resource.openai.azure.com/openai/v1/chat/completions"),
    ("another port", "https://resource.openai.azure.com:8443/openai/v1/chat/completions"),
    ("no host", "https:///openai/v1"),
    ("relative", "/openai/v1/chat/completions"),
    ("another scheme", "file:///etc/passwd"),
    ("nonsense", "https://[::1/openai"),
    ("port that is none", "https://resource.openai.azure.com:port/"),
    ("backslash", "https://evil.example\\@resource.openai.azure.com/"),
    ("a dotless i", "https://resource.opena\u0131.azure.com/"),
]


@pytest.mark.parametrize("url", AT_HOME)
async def test_at_home(url: str, make: Make) -> None:
    authenticator = make(api_key=SecretStr("key-1234567"))
    assert dict(authenticator.headers_for(url)) == {"api-key": "key-1234567"}
    assert dict(await authenticator.aheaders_for(url)) == {"api-key": "key-1234567"}


@pytest.mark.parametrize("url", [url for _, url in ELSEWHERE], ids=[attack for attack, _ in ELSEWHERE])
async def test_elsewhere(url: str, make: Make) -> None:
    asked: list[str] = []

    def provider() -> str:
        asked.append(url)
        return "token-1234567"

    for auth in ({"api_key": SecretStr("key-1234567")}, {"azure_ad_token_provider": provider}):
        authenticator = make(**auth)
        with pytest.raises(ConfigurationError, match="Nothing was sent") as caught:
            authenticator.headers_for(url)
        assert "pass" not in str(caught.value).replace("/etc/passwd", "")
        with pytest.raises(ConfigurationError):
            await authenticator.aheaders_for(url)
    # Nothing was even fetched.
    assert asked == []


def test_loopback_over_http(make: Make) -> None:
    authenticator = make(Endpoint("http://127.0.0.1:4000", kind="loopback"), api_key=SecretStr("key-1234567"))
    assert authenticator.headers_for("http://127.0.0.1:4000/openai/v1/models")
    for url in ("http://127.0.0.1:4001/", "http://localhost:4000/", "https://127.0.0.1:4000/"):
        with pytest.raises(ConfigurationError):
            authenticator.headers_for(url)
