"""What carries the requests: aiohttp where it may, httpx where it must, and both fail in the same words."""

from __future__ import annotations

import socket
import ssl

import openai
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import faults
from azure_connector.transport import TransportOptions, async_http_client, http_library
from azure_connector.transport._async_backend import transport_class
from tests.support.waiting import PATIENCE

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
ASKED = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


async def test_aiohttp_carries_the_async_client_by_default():
    client = async_http_client(TransportOptions())
    assert isinstance(client._transport, transport_class())
    await client.aclose()


async def test_httpx_carries_it_where_aiohttp_is_missing(monkeypatch):
    monkeypatch.setattr("azure_connector.transport._clients.transport_class", lambda: None)
    client = async_http_client(TransportOptions())
    assert isinstance(client._transport, http_library().AsyncHTTPTransport)
    await client.aclose()


@pytest.mark.parametrize("variable", PROXIES)
async def test_with_a_proxy_in_the_environment_httpx_applies_its_rules(monkeypatch, variable):
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    client = async_http_client(TransportOptions())
    assert not isinstance(client._transport, transport_class())
    await client.aclose()


async def test_with_a_proxy_in_the_settings_too():
    client = async_http_client(TransportOptions(proxy="http://127.0.0.1:9"))
    assert not isinstance(client._transport, transport_class())
    await client.aclose()


async def test_equal_settings_share_one_tls_context():
    first, second = async_http_client(TransportOptions()), async_http_client(TransportOptions())
    assert first._transport._context is second._transport._context
    await first.aclose()
    await second.aclose()


@pytest.mark.parametrize("trusted", [True, False])
async def test_aiohttp_trusts_the_bundle_that_is_named_and_nothing_else(azure, tmp_path, trusted):
    trustme = pytest.importorskip("trustme")
    import asyncio

    authority, bundle = trustme.CA(), tmp_path / "ca.pem"
    (authority if trusted else trustme.CA()).cert_pem.write_to_path(str(bundle))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        client = async_http_client(TransportOptions(ca_bundle=str(bundle)))
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        if trusted:
            assert (await client.get(url)).status_code == 204
        else:
            with pytest.raises(http_library().ConnectError, match="certificate"):
                await client.get(url)
        await client.aclose()


async def test_failures_have_httpxs_names(azure):
    library = http_library()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    client = async_http_client(TransportOptions())
    with pytest.raises(library.ConnectError):
        await client.get(nobody)
    azure.script(faults.reset("before"), faults.hang())
    url = f"{azure.endpoint}/openai/v1/chat/completions"
    with pytest.raises((library.RemoteProtocolError, library.ReadError)):
        await client.post(url, json=ASKED, headers={"api-key": azure.api_key})
    with pytest.raises(library.ReadTimeout):
        await client.post(
            url, json=ASKED, headers={"api-key": azure.api_key}, timeout=library.Timeout(PATIENCE, read=0.2)
        )
    await client.aclose()


async def test_the_short_way_raises_the_sdks_errors(azure):
    options = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, "max_retries": 0}
    async with AsyncAzureConnector(**options) as client:
        await client.chat.completions.create(**ASKED)
        azure.script(faults.hang())
        with pytest.raises(openai.APITimeoutError):
            await client.chat.completions.create(**ASKED, timeout=0.2)
        with pytest.raises(openai.NotFoundError) as refused:
            await client.chat.completions.create(**{**ASKED, "model": "no-such-deployment"})
        assert refused.value.response.status_code == 404
    with AzureConnector(**options) as client:
        client.chat.completions.create(**ASKED)
        azure.script(faults.hang())
        with pytest.raises(openai.APITimeoutError):
            client.chat.completions.create(**ASKED, timeout=0.2)
