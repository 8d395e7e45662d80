"""The attack table: whoever is not the configured resource receives no credential."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from azure_connector import AsyncAzureConnector, AzureConnector, ConfigurationError
from azure_connector.emulator.serving import Receive, Scope, Send, ServerThread

KEY = "c4nary-key-1234567"
TOKEN = "c4nary-token-1234567"
SUBSCRIPTION = "c4nary-subscription-1234567"
CREDENTIALS: dict[str, dict[str, Any]] = {
    "key": {"api_key": KEY},
    "token": {"azure_ad_token": TOKEN},
    "key behind a gateway": {"api_key": KEY, "apim_subscription_key": SUBSCRIPTION},
    "token behind a gateway": {"azure_ad_token": TOKEN, "apim_subscription_key": SUBSCRIPTION, "apim_header": "X-Key"},
}
ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}


class Host:
    """A host that notes what it is sent, and answers with an error or a redirect."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.redirect: str | None = None
        self.status = 307
        self._server = ServerThread(self._app)
        self._server.start()
        self.url = self._server.url

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.seen.append((scope["raw_path"].decode(), dict(request.headers)))
        reply: Response = JSONResponse({"error": {"code": "BadRequest", "message": "no"}}, status_code=400)
        if self.redirect is not None:
            reply = Response(status_code=self.status, headers={"location": self.redirect})
        await reply(scope, receive, send)

    def close(self) -> None:
        self._server.stop()

    def received(self) -> str:
        return repr(self.seen)


@pytest.fixture
def resource() -> Iterator[Host]:
    host = Host()
    yield host
    host.close()


@pytest.fixture
def elsewhere() -> Iterator[Host]:
    host = Host()
    yield host
    host.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("credential", CREDENTIALS)
async def test_a_redirect_to_another_origin(status: int, credential: str, resource: Host, elsewhere: Host) -> None:
    resource.redirect, resource.status = f"{elsewhere.url}/openai/v1/chat/completions", status
    options = {"azure_endpoint": resource.url, "max_attempts": 1, **CREDENTIALS[credential]}
    # What the caller hears of it is tested elsewhere; here only what the other host hears.
    with AzureConnector(**options) as client, contextlib.suppress(openai.OpenAIError):
        client.chat.completions.create(**ASK)
    async with AsyncAzureConnector(**options) as client:
        with contextlib.suppress(openai.OpenAIError):
            await client.chat.completions.create(**ASK)
    assert len(resource.seen) == 2
    assert "c4nary" in resource.received()
    assert "c4nary" not in elsewhere.received()


def test_a_redirect_by_way_of_the_own_host(resource: Host, elsewhere: Host) -> None:
    """First to itself, then away: the first hop may carry the credential, the second may not."""
    resource.redirect = "/elsewhere"
    with AzureConnector(azure_endpoint=resource.url, api_key=KEY, max_attempts=1) as client:
        with pytest.raises(openai.OpenAIError):
            client.chat.completions.create(**ASK)
        resource.redirect = f"{elsewhere.url}/x"
        with pytest.raises(openai.OpenAIError):
            client.chat.completions.create(**ASK)
    assert "c4nary" not in elsewhere.received()


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_a_call_that_overrides_the_host(credential: str, resource: Host, elsewhere: Host) -> None:
    with AzureConnector(azure_endpoint=resource.url, max_attempts=1, **CREDENTIALS[credential]) as client:
        with pytest.raises(openai.OpenAIError):
            client.with_options(base_url=f"{elsewhere.url}/openai/v1/").chat.completions.create(**ASK)
        assert elsewhere.seen == []
        # With a credential of its own it may go, and takes ours nowhere.
        own = client.with_options(base_url=f"{elsewhere.url}/openai/v1/", api_key="its-own-key-1234567")
        with pytest.raises(openai.OpenAIError):
            own.chat.completions.create(**ASK)
    assert "its-own-key-1234567" in elsewhere.received()
    assert "c4nary" not in elsewhere.received()


def test_an_absolute_url_in_a_call(resource: Host, elsewhere: Host) -> None:
    client = AzureConnector(azure_endpoint=resource.url, api_key=KEY, max_attempts=1)
    with client, contextlib.suppress(openai.OpenAIError):
        client.get(f"{elsewhere.url}/openai/v1/models", cast_to=object)
    assert "c4nary" not in elsewhere.received()


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("https://user:pass@resource.openai.azure.com", "user name or password"),
        ("https://resource.openai.azure.com@evil.example", "user name or password"),
        ("https://resource.openai.azure.com.evil.example", "only looks like Azure's"),
        ("https://openai.azure.com.evil.example/openai/v1", "only looks like Azure's"),
        ("http://resource.openai.azure.com", "uses http"),
        ("http://gateway.example/openai", "uses http"),
        ("ftp://resource.openai.azure.com", "scheme"),
    ],
)
def test_an_endpoint_that_is_not_to_be_trusted(endpoint: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        AzureConnector(azure_endpoint=endpoint, api_key=KEY)


@pytest.mark.parametrize("form", ["v1", "classic"])
@pytest.mark.parametrize(
    "name", ["../../evil", "..", "a/b", "x?api-version=1", "x#y", "%2e%2e/%2e%2e/x", "x y", "//evil.example/x"]
)
def test_a_deployment_name_with_path_characters(name: str, form: str, resource: Host) -> None:
    version = {"api_version": "2024-10-21"} if form == "classic" else {}
    client = AzureConnector(azure_endpoint=resource.url, api_key=KEY, max_attempts=1, **version)
    with client, pytest.raises(openai.OpenAIError):
        client.chat.completions.create(**(ASK | {"model": name}))
    for path, _ in resource.seen:
        segments = path.split("/")
        if form == "v1":
            assert path == "/openai/v1/chat/completions"
        else:
            assert segments[:3] == ["", "openai", "deployments"]
            assert segments[4:] == ["chat", "completions"]
            assert len(segments) == 6


@pytest.mark.parametrize("setting", ["api_key", "azure_ad_token", "apim_subscription_key"])
@pytest.mark.parametrize("bad", ["c4nary\r\nX-Evil: 1", "c4nary\nx", "c4\x00nary"])
def test_header_injection(setting: str, bad: str, resource: Host) -> None:
    with pytest.raises(ConfigurationError) as caught:
        AzureConnector(azure_endpoint=resource.url, **{setting: bad}).chat.completions.create(**ASK)
    assert "c4" not in str(caught.value)
    assert resource.seen == []
