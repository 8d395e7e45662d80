"""Canaries in every credential and header: no error, log or traceback with locals has one, whatever went wrong."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import pickle
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from rich.traceback import Traceback

import azure_connector as ac
from tests.auth.test_websockets import everything_about
from tests.support.catching import Host

CREDENTIALS: dict[str, dict[str, Any]] = {
    "a key, a subscription key and headers": {
        "api_key": "c4nary-key-1234567",
        "apim_subscription_key": "c4nary-subscription",
        "default_headers": {"X-Gateway": "c4nary-header"},
    },
    "a token": {"azure_ad_token": "c4nary-token-1234567"},
    "a provider": {"azure_ad_token_provider": lambda: "c4nary-token-1234567"},
}
MESSAGES: Any = [{"role": "user", "content": "Say hello"}]


def stream(client: Any) -> Any:
    if isinstance(client, ac.AzureConnector):
        return list(client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True))

    async def read() -> None:
        async for _ in await client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True):
            pass

    return read()


CALLS: dict[str, Any] = {
    "chat": lambda client: client.chat.completions.create(model="gpt-4o", messages=MESSAGES),
    "stream": stream,
    "parse": lambda client: client.chat.completions.parse(model="gpt-4o", messages=MESSAGES),
    "raw": lambda client: client.responses.with_raw_response.create(model="gpt-4o", input="Say hello"),
    "embeddings": lambda client: client.embeddings.create(model="gpt-4o", input="Say hello"),
    "models": lambda client: client.models.list(),
    "files": lambda client: client.files.create(file=("a.jsonl", b"{}"), purpose="batch"),
}
REPLIES: dict[str, tuple[int, dict[str, str], bytes]] = {
    "400": (400, {}, b'{"error": {"code": "x", "message": "bad"}}'),
    "401": (401, {}, b'{"error": {"code": "401", "message": "bad"}}'),
    "404": (404, {}, b'{"error": {"code": "DeploymentNotFound", "message": "bad"}}'),
    "429": (429, {"retry-after": "0"}, b'{"error": {"code": "429", "message": "bad"}}'),
    "500": (500, {}, b""),
    "a web page": (200, {"content-type": "text/html"}, b"<html>"),
    "no JSON": (200, {}, b"{,"),
    "a redirect": (307, {"location": "http://127.0.0.1:1/"}, b""),
}
FAULTS = (*REPLIES, "refused", "closed", "silent", "certificate")


@contextlib.contextmanager
def failing(fault: str) -> Iterator[str]:
    """An address where every call fails in one way."""
    if fault in ("closed", "silent"):
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def serve() -> None:
                with contextlib.suppress(OSError):
                    while fault == "closed":
                        connection, _ = listener.accept()
                        connection.recv(100)
                        connection.close()

            threading.Thread(target=serve, daemon=True).start()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        return
    with Host(tls=fault == "certificate") as host:
        host.reply = REPLIES.get(fault, host.reply)
        if fault == "refused":
            host.close()
        yield host.url


def fail(kind: str, call: Any, **made: Any) -> Exception:
    """The error of a call."""

    async def main() -> None:
        async with ac.AsyncAzureConnector(**made) as client:
            await call(client)

    def main_sync() -> None:
        with ac.AzureConnector(**made) as client:
            call(client)

    with pytest.raises(ac.AzureErrorDetails) as caught:
        asyncio.run(main()) if kind == "async" else main_sync()
    return caught.value


@pytest.mark.parametrize("credential", CREDENTIALS.values(), ids=CREDENTIALS)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_nothing_shows_a_credential(
    kind: str, fault: str, credential: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with failing(fault) as url:
        for name, call in CALLS.items():
            if name not in ("chat", "stream") and (fault == "silent" or "api_key" not in credential):
                continue  # a silent host takes the whole timeout each time
            made = {"azure_endpoint": url, "max_attempts": 1, "timeout": 0.4 if fault == "silent" else 20, **credential}
            if fault in ("a web page", "no JSON") and name == "files":
                continue  # the SDK reads what it likes there
            error = fail(kind, call, **made)
            assert "c4nary" not in everything_about(error), name
            assert name != "chat" or "c4nary" not in with_rich(error)
            pickled = pickle.dumps(error)
            assert b"c4nary" not in pickled
            assert b"Say hello" not in pickled
            for back in (pickle.loads(pickled), copy.copy(error), copy.deepcopy(error)):
                assert (type(back), str(back)) == (type(error), str(error))
    assert "c4nary" not in caplog.text


def with_rich(error: Exception) -> str:
    """What a traceback of rich's says, with the locals of all frames but the tests'; drawing it takes a second more."""
    trace = Traceback.extract(type(error), error, error.__traceback__, show_locals=True, locals_max_string=None)
    said: list[str] = []
    for stack in trace.stacks:
        said += [str(stack.exc_type), str(stack.exc_value)]
        for frame in stack.frames:
            if "/tests/" not in frame.filename:
                said += [f"{name} = {node}" for name, node in (frame.locals or {}).items()]
    assert any(" = " in one for one in said)
    return "\n".join(said)


def test_a_client_with_headers_shows_none() -> None:
    with ac.AzureConnector(azure_endpoint="https://r.openai.azure.com", **next(iter(CREDENTIALS.values()))) as client:
        copied = client.with_options(default_headers={"X-More": "c4nary-more"})
        for one in (client, copied):
            assert "c4nary" not in f"{vars(one)!r} {one!r} {one.settings!r} {one.custom_headers!r}"
            assert "c4nary" not in repr(vars(one.settings))
        assert copied.custom_headers["X-More"] == "c4nary-more"  # what is sent stays itself
