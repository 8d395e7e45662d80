"""What follows a redirect or an absolute URL, over http and https: nothing of the user's reaches another host."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Iterator
from typing import Any

import openai
import pytest

import azure_connector as ac
from azure_connector.emulator import Emulator
from tests.support.catching import Host

KEY = "c4nary-key-1234567"
HEADERS = {"X-Gateway-Key": "c4nary-header"}
ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "c4nary prompt"}]}
CLIENTS = ("sync", "async")


@pytest.fixture(params=[False, True], ids=["http", "https"])
def home(request: pytest.FixtureRequest) -> Iterator[Host]:
    with Host(tls=request.param) as host:
        yield host


@pytest.fixture(params=[False, True], ids=["to http", "to https"])
def elsewhere(request: pytest.FixtureRequest) -> Iterator[Host]:
    with Host(tls=request.param) as host:
        yield host


def options(home: Host, **more: Any) -> dict[str, Any]:
    """What leads a client to a host, with everything that could get lost on the way."""
    trust = {"ca_bundle": home.ca_file} if home.url.startswith("https") else {}
    return {
        "azure_endpoint": home.url,
        "api_key": KEY,
        "apim_subscription_key": "c4nary-subscription",
        "default_headers": HEADERS,
        "max_attempts": 2,
        **trust,
        **more,
    }


def run(kind: str, made: dict[str, Any], call: Any) -> Any:
    """The same call through the sync and the async client."""
    if kind == "sync":
        with ac.AzureConnector(**made) as client:
            return call(client)

    async def main() -> Any:
        async with ac.AsyncAzureConnector(**made) as client:
            return await call(client)

    return asyncio.run(main())


def create(client: Any) -> Any:
    return client.chat.completions.create(**ASK, extra_headers={"X-Call": "c4nary-call"})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("kind", CLIENTS)
def test_a_redirect_to_another_origin(kind: str, status: int, home: Host, elsewhere: Host) -> None:
    home.redirect(status, f"{elsewhere.url}/openai/v1/chat/completions?sig=c4nary")
    with pytest.raises(ac.RedirectRefusedError) as caught:
        run(kind, options(home), create)
    assert elsewhere.seen == []
    assert len(home.seen) == 1
    said = str(caught.value)
    assert home.netloc in said
    assert elsewhere.netloc in said  # a 302 says where it pointed, too
    assert "c4nary" not in said
    assert caught.value.status_code == status
    assert b"c4nary" not in pickle.dumps(caught.value)


@pytest.mark.parametrize("where", ["another name under azure-api.net", "http instead of https", "a look-alike"])
def test_a_redirect_from_a_resource(where: str) -> None:
    """By the rules of hosts; nothing is resolved, since nothing is asked."""
    settings = ac.ConnectorSettings(
        azure_endpoint="https://mine.openai.azure.com", api_key=KEY, trusted_hosts=["gateway.example"]
    )
    resource = settings.resource_map()["default"]
    assert resource.owns("https://mine.cognitiveservices.azure.com/openai/v1/x")
    assert resource.owns("https://gateway.example/x")
    assert not resource.owns(
        {
            "another name under azure-api.net": "https://mine.azure-api.net/x",
            "http instead of https": "http://gateway.example/x",
            "a look-alike": "https://mine.openai.azure.com.evil.example/x",
        }[where]
    )


LOCATIONS = {
    "missing": None,
    "blank": "",
    "no host": "http://",
    "no host, relative": "//",
    "no host, with a path": "https:///x",
    "an open bracket": "http://[::1",
    "a space": "http://ex ample/",
    "a control character": "/ok\x7f",
    "backslashes": "\\\\evil\\x",
    "a script": "javascript:alert(1)",
    "a mail address": "mailto:x@y",
    "a file": "file:///etc/passwd",
    "a colon in the first segment": "ht!tp://x",
    "a port that is none": "http://127.0.0.1:99999/",
    "user and password": "http://c4nary:c4nary@127.0.0.1/",
    "letters beyond ASCII": "http://\xe9vil.example/",
}


@pytest.mark.parametrize("location", LOCATIONS.values(), ids=LOCATIONS)
@pytest.mark.parametrize("kind", CLIENTS)
def test_a_location_that_is_no_url_fails_over(kind: str, location: str | None) -> None:
    with Host() as broken, Emulator() as good:
        broken.redirect(307, location)
        made = options(
            broken,
            deployment_mapping={"gpt-4o": ["gpt-4o", "gpt-4o@spare"]},
            resources={"spare": {"azure_endpoint": good.endpoint, "api_key": good.api_key}},
            max_attempts=6,
        )

        def twice(client: Any) -> Any:
            if kind == "sync":
                return [create(client), create(client)]

            async def both() -> list[Any]:
                return [await create(client), await create(client)]

            return both()

        assert all(reply.choices for reply in run(kind, made, twice))  # the first call, and a later one
        with pytest.raises(ac.RedirectRefusedError) as caught:
            run(kind, options(broken), create)
        assert "c4nary" not in str(caught.value)


@pytest.mark.parametrize("own", [False, True], ids=["the connector's client", "a client of the caller's"])
def test_a_location_that_the_http_library_refuses_is_typed(own: bool) -> None:
    with Host() as broken:
        broken.redirect(307, "mailto:x@y")
        with openai.DefaultHttpxClient() as http, pytest.raises(ac.RedirectRefusedError, match="no URL"):
            run("sync", options(broken, **({"http_client": http} if own else {})), create)


def test_a_redirect_in_a_circle_ends_and_fails_over() -> None:
    with Host() as broken, Emulator() as good:
        broken.redirect(308, "/openai/v1/chat/completions")
        made = options(
            broken,
            deployment_mapping={"gpt-4o": ["gpt-4o", "gpt-4o@spare"]},
            resources={"spare": {"azure_endpoint": good.endpoint, "api_key": good.api_key}},
            max_attempts=6,
        )
        assert run("sync", made, create).choices
        with pytest.raises(ac.RedirectRefusedError, match="in a circle"):
            run("sync", options(broken, max_attempts=6), create)


CALLS = {
    "get": lambda client, url: client.get(f"{url}/openai/v1/models", cast_to=object),
    "post": lambda client, url: client.post(f"{url}/openai/v1/chat/completions", cast_to=object, body=ASK),
    "post with headers": lambda client, url: client.post(
        f"{url}/x", cast_to=object, body=ASK, options={"headers": {"X-Call": "c4nary-call"}}
    ),
    "a copy with headers": lambda client, url: client.with_options(default_headers={"api-key": "c4nary"}).get(
        f"{url}/x", cast_to=object
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("kind", CLIENTS)
def test_an_absolute_url(kind: str, call: Any, home: Host, elsewhere: Host) -> None:
    with pytest.raises(ac.InvalidRequestError, match="Nothing was sent") as caught:
        run(kind, options(home), lambda client: call(client, elsewhere.url))
    assert elsewhere.seen == []
    assert elsewhere.netloc in str(caught.value)
    assert "c4nary" not in str(caught.value)


def test_an_absolute_url_of_a_trusted_host() -> None:
    """What the error advises."""
    with Host() as home, Emulator(api_key=KEY) as friend:
        netloc = friend.endpoint.partition("://")[2]
        made = options(home, trusted_hosts=[netloc])
        assert run("sync", made, lambda client: client.get(f"{friend.endpoint}/openai/v1/models", cast_to=object))
        assert friend.requests.last.headers["api-key"] == KEY
