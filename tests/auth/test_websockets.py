"""WebSockets: what holds for every other call holds for their handshakes."""

from __future__ import annotations

import asyncio
import logging
import ssl
import traceback
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import azure_connector as ac
from azure_connector.emulator import Emulator
from tests.support.catching import Host

KEY = "c4nary-key-1234567"
SECRETS = {
    "a key": {"api_key": KEY, "apim_subscription_key": "c4nary-subscription"},
    "a token": {"azure_ad_token": "c4nary-token-1234567", "apim_subscription_key": "c4nary-subscription"},
}
CONNECT = {
    "realtime": lambda client, **how: client.realtime.connect(model="my-voice", **how),
    "responses": lambda client, **how: client.responses.connect(**how),
    "beta.realtime": lambda client, **how: client.beta.realtime.connect(model="my-voice", **how),
    "beta.responses": lambda client, **how: client.beta.responses.connect(**how),
}
WAYS = ("sync", "async", "enter", "async enter")
# Which of them the SDK lets follow a redirect to another host; from openai 3 on it holds back the asyncio client, too.
FOLLOW = ("async",) if find_spec("openai.lib._azure_websocket") is None else ()


def connect(way: str, made: dict[str, Any], dial: Any, **how: Any) -> None:
    """Opens a WebSocket and closes it."""

    async def dial_async() -> None:
        async with ac.AsyncAzureConnector(**made) as client:
            if way == "async enter":
                await (await dial(client, **how).enter()).close()
            else:
                async with dial(client, **how):
                    pass

    if way.startswith("async"):
        asyncio.run(dial_async())
        return
    with ac.AzureConnector(**made) as client:
        if way == "enter":
            dial(client, **how).enter().close()
        else:
            with dial(client, **how):
                pass


@pytest.fixture(params=[False, True], ids=["ws", "wss"])
def hosts(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[tuple[Host, Host, str | None]]:
    """The resource, another host, and a file with the authorities of both."""
    with Host(tls=request.param) as home, Host(tls=request.param) as elsewhere:
        bundle = None
        if request.param:
            bundle = tmp_path / "both.pem"
            both = [Path(host.ca_file).read_text(encoding="utf-8") for host in (home, elsewhere)]
            bundle.write_text("".join(both), encoding="utf-8")
        yield home, elsewhere, None if bundle is None else str(bundle)


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("dial", CONNECT.values(), ids=CONNECT)
@pytest.mark.parametrize("way", WAYS)
def test_a_redirect_of_a_handshake(
    way: str, dial: Any, secret: dict[str, Any], hosts: tuple[Host, Host, str | None]
) -> None:
    home, elsewhere, bundle = hosts
    home.redirect(307, elsewhere.url.replace("http", "ws", 1) + "/openai/v1/realtime?model=x")
    made = {"azure_endpoint": home.url, "ca_bundle": bundle, **secret}
    with pytest.raises(ac.RedirectRefusedError) as caught:
        connect(way, made, dial, extra_headers={"X-Call": "c4nary-call"})
    assert elsewhere.seen == []
    assert "c4nary" in repr(home.seen)
    assert home.netloc in str(caught.value)
    assert elsewhere.netloc in str(caught.value)


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_redirect_to_a_trusted_host_is_followed_with_the_credential_where_the_sdk_follows_one(
    secret: dict[str, Any], way: str
) -> None:
    with Host() as home, Emulator({"my-voice": "gpt-realtime"}) as friend:
        if "api_key" in secret:
            friend.api_key = secret["api_key"]
        given = secret if "api_key" in secret else {**secret, "azure_ad_token": friend.bearer_token}
        home.redirect(307, friend.endpoint.replace("http", "ws", 1) + "/openai/v1/realtime?model=my-voice")
        netloc = friend.endpoint.partition("://")[2]
        made = {"azure_endpoint": home.url, "trusted_hosts": [netloc], **given}
        if way in FOLLOW:
            connect(way, made, CONNECT["realtime"])
            assert friend.requests.last.url == "/openai/v1/realtime?model=my-voice"
            return
        with pytest.raises(ac.RedirectRefusedError, match="which such a request does not follow") as caught:
            connect(way, made, CONNECT["realtime"])
        assert "make it the endpoint (AZURE_OPENAI_ENDPOINT). Otherwise" in caught.value.hint
        assert len(friend.requests) == 0


@pytest.mark.parametrize("location", [None, "", "ws://", "mailto:x@y", "http://[::1"])
@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_location_that_is_no_url(way: str, location: str | None) -> None:
    with Host() as home:
        home.redirect(302, location)
        with pytest.raises(ac.RedirectRefusedError, match="cannot be followed"):
            connect(way, {"azure_endpoint": home.url, "api_key": KEY}, CONNECT["realtime"])


@pytest.mark.parametrize("dial", CONNECT.values(), ids=CONNECT)
@pytest.mark.parametrize("way", ["sync", "async"])
def test_an_address_that_was_changed(way: str, dial: Any) -> None:
    def changed(client: Any, **how: Any) -> Any:
        client.websocket_base_url = elsewhere.url.replace("http", "ws", 1) + "/openai/v1"
        return dial(client, **how)

    def replaced(client: Any, **how: Any) -> Any:
        client.websocket_base_url = None
        client.base_url = elsewhere.url
        return dial(client, **how)

    with Host() as home, Host() as elsewhere:
        for change in (changed, replaced):
            with pytest.raises(ac.InvalidRequestError, match="Nothing was sent"):
                connect(way, {"azure_endpoint": home.url, "api_key": KEY}, change)
        assert elsewhere.seen == home.seen == []


def test_the_settings_certificates_hold() -> None:
    with Emulator({"my-voice": "gpt-realtime"}, tls=True) as azure:
        made = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}
        connect("async", {**made, "ca_bundle": str(azure.ca_file)}, CONNECT["realtime"])
        with pytest.raises(ac.EndpointUnreachableError) as raised:
            connect("async", made, CONNECT["realtime"])
        assert isinstance(raised.value.__cause__, ssl.SSLCertVerificationError)
        assert len(azure.requests) == 1


def test_the_settings_proxy_holds() -> None:
    """It is asked to connect, and refuses; nobody else is."""
    with Host() as proxy, Host() as home:
        made = {"azure_endpoint": home.url.replace("127.0.0.1", "localhost"), "api_key": KEY}
        with pytest.raises(Exception, match=r"400|proxy"):  # of a class of websockets' own
            connect("async", {**made, "proxy": proxy.url}, CONNECT["realtime"])
        assert home.seen == []
        assert "c4nary" not in repr(proxy.seen)


def everything_about(error: BaseException) -> str:
    """A traceback with the locals of all frames but the tests'."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    parts, todo = [], [told]
    while todo:
        part = todo.pop()
        part.stack[:] = [frame for frame in part.stack if "/tests/" not in frame.filename]
        parts.append("".join(part.format(chain=False)))
        todo += [link for link in (part.__cause__, part.__context__) if link is not None]
    return "".join(parts) + repr(vars(error))


@pytest.mark.parametrize("fault", ["refused", "status", "redirect", "certificate"])
@pytest.mark.parametrize("dial", CONNECT.values(), ids=CONNECT)
@pytest.mark.parametrize("way", ["sync", "async"])
def test_neither_logs_nor_locals_hold_the_credential(
    way: str, dial: Any, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Host(tls=fault == "certificate") as home:
        home.redirect(307, "https://evil.example/") if fault == "redirect" else None
        if fault == "refused":
            home.close()
        made = {"azure_endpoint": home.url, "proxy": None, **SECRETS["a key"]}
        with pytest.raises(Exception) as caught:  # whatever it is, it must not show the key
            connect(way, made, dial)
        assert "c4nary" not in everything_about(caught.value)
        assert "c4nary" not in caplog.text
