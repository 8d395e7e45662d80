"""`ConnectorPool`: one connector for each distinct set of settings, closed when nobody uses it any more."""

from __future__ import annotations

import asyncio
import gc
import threading

import httpx
import openai
import pytest

import azure_connector as ac
from azure_connector import ConfigurationError, ConnectorPool
from azure_connector.errors import NoCredentialError
from tests.support.asking import HELLO


@pytest.fixture
def pool(azure):
    with_key = ConnectorPool({"azure_endpoint": azure.endpoint, "api_key": azure.api_key}, limit=2)
    yield with_key
    with_key.close()


def asked(client):
    return client.chat.completions.create(model="gpt-4o", messages=HELLO).choices[0].message.content


def test_equal_settings_share_a_connector_and_others_do_not(pool, azure):
    own, same = pool.sync({}), pool.sync({})
    assert own is same
    other = pool.sync({"api_key": "another-key"})
    assert other is not own
    assert pool.sync({"api_key": "another-key"}) is other
    assert "Oslo" in asked(own)
    with pytest.raises(openai.AuthenticationError):
        asked(other)
    assert repr(pool) == "ConnectorPool(2 sync, 0 async)"
    assert azure.api_key not in repr(pool)


def test_threads_share_a_connector(pool):
    found = []
    threads = [threading.Thread(target=lambda: found.append(pool.sync({}))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(one) for one in found}) == 1


def test_the_least_recently_used_is_dropped_and_closed_once_its_last_user_is_gone(pool):
    first = pool.sync({"timeout": 11.0})
    pool.sync({"timeout": 12.0})
    pool.sync({"timeout": 11.0})  # used again: the other one is older now
    pool.sync({"timeout": 13.0})
    assert pool.sync({"timeout": 11.0}) is first
    pool.sync({"timeout": 14.0})
    pool.sync({"timeout": 15.0})
    assert "Oslo" in asked(first)  # dropped, and still in use
    http = first._client
    del first
    gc.collect()
    assert http.is_closed


def test_settings_that_cannot_be_hashed_are_told_apart(pool):
    mapping = {"fast": "gpt-4o"}
    assert pool.sync({"deployment_mapping": mapping}) is pool.sync({"deployment_mapping": mapping})


def test_another_address_must_bring_its_own_credential(pool):
    with pytest.raises(NoCredentialError):
        pool.sync({"azure_endpoint": "https://elsewhere.openai.azure.com"})
    pool.sync({"azure_endpoint": "https://elsewhere.openai.azure.com", "api_key": "k" * 32})
    with pytest.raises(ConfigurationError):
        pool.sync({"no_such_setting": 1})


def test_refresh_reads_anew_and_keeps_what_is_equal(azure, monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", azure.endpoint)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", azure.api_key)
    pool = ConnectorPool({})
    first = pool.sync({})
    pool.refresh()
    assert pool.sync({}) is first
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "another-key")
    pool.refresh()
    assert pool.sync({}) is not first
    with pytest.raises(openai.AuthenticationError):
        asked(pool.sync({}))
    pool.close()


def test_closed_pools_make_new_connectors(pool):
    first = pool.sync({})
    pool.close()
    assert pool.sync({}) is not first
    assert "Oslo" in asked(pool.sync({}))


def test_async_connectors_close_with_the_pool(pool):
    async def calls():
        client = pool.asynchronous({})
        assert client is pool.asynchronous({})
        reply = await client.chat.completions.create(model="gpt-4o", messages=HELLO)
        await pool.aclose()
        assert client.is_closed()
        return reply.choices[0].message.content

    assert "Oslo" in asyncio.run(calls())


def test_the_callers_own_client(pool, azure):
    with openai.OpenAI(base_url=f"{azure.endpoint}/openai/v1/", api_key=azure.api_key) as own:
        assert pool.client(openai.OpenAI, {}, own) is own
        with pytest.raises(ConfigurationError, match="an async"):
            pool.client(openai.AsyncOpenAI, {}, own)
    with pytest.raises(ConfigurationError, match="a sync"):
        pool.client(openai.OpenAI, {}, openai.AsyncOpenAI(api_key="k"))
    assert isinstance(pool.client(openai.AsyncOpenAI, {}), ac.AsyncAzureConnector)


def test_an_http_client_of_the_callers_stays_open(pool):
    http = openai.DefaultHttpxClient()
    client = pool.client(openai.OpenAI, {}, http)
    assert client is pool.sync({}, http)
    assert "Oslo" in asked(client)
    pool.close()
    if isinstance(http, httpx.Client):
        assert not http.is_closed
    http.close()
