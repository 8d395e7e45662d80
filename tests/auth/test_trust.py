"""A credential goes to its resource's own origin and nowhere else."""

from __future__ import annotations

import contextlib
from typing import Any

import openai
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.transport import http_library

HTTP = http_library()
KEY = "c4nary-key-1234567"
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


@pytest.fixture
def seen() -> list[Any]:
    """The requests that left."""
    return []


async def ask(url: str, seen: list[Any], base: str = BASE, **credential: Any) -> None:
    """A GET of an absolute URL through both clients."""

    def handle(request: Any) -> Any:
        seen.append(request)
        return HTTP.Response(200, json={})

    async def ahandle(request: Any) -> Any:
        return handle(request)

    transport = HTTP.MockTransport(handle)
    with (
        openai.DefaultHttpxClient(transport=transport) as http,
        AzureConnector(azure_endpoint=base, max_attempts=1, http_client=http, **credential) as client,
        contextlib.suppress(Exception),  # what cannot be sent at all is refused by the HTTP library
    ):
        client.get(url, cast_to=object)
    async with (
        openai.DefaultAsyncHttpxClient(transport=HTTP.MockTransport(ahandle)) as http,
        AsyncAzureConnector(azure_endpoint=base, max_attempts=1, http_client=http, **credential) as client,
    ):
        with contextlib.suppress(Exception):
            await client.get(url, cast_to=object)


@pytest.mark.parametrize("url", AT_HOME)
async def test_at_home(url: str, seen: list[Any]) -> None:
    await ask(url, seen, api_key=KEY)
    assert [request.headers.get("api-key") for request in seen] == [KEY, KEY]


@pytest.mark.parametrize("url", [url for _, url in ELSEWHERE], ids=[attack for attack, _ in ELSEWHERE])
async def test_elsewhere(url: str, seen: list[Any]) -> None:
    asked: list[str] = []

    def provider() -> str:
        asked.append(url)
        return "c4nary-token-1234567"

    await ask(url, seen, api_key=KEY)
    await ask(url, seen, azure_ad_token_provider=provider)
    away = [request for request in seen if not is_home(request.url)]
    assert "c4nary" not in repr([request.headers.raw for request in away])
    if len(away) == len(seen):
        assert asked == []  # nothing was even fetched


def is_home(url: Any) -> bool:
    """Where a request went: what stands before an @ names no host."""
    return (url.scheme, url.host, url.port) == ("https", "resource.openai.azure.com", None)


async def test_loopback_over_http(seen: list[Any]) -> None:
    await ask("http://127.0.0.1:4000/openai/v1/models", seen, base="http://127.0.0.1:4000", api_key=KEY)
    assert [request.headers.get("api-key") for request in seen] == [KEY, KEY]
    seen.clear()
    for url in ("http://127.0.0.1:4001/", "http://localhost:4000/", "https://127.0.0.1:4000/"):
        await ask(url, seen, base="http://127.0.0.1:4000", api_key=KEY)
    assert "c4nary" not in repr([request.headers.raw for request in seen])
