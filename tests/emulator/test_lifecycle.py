"""Starting and stopping leave nothing behind."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path

import httpx
import pytest

from azure_connector.emulator import Emulator, Reply
from azure_connector.emulator.served import SERVED
from tests.support.waiting import PATIENCE


def test_context_manager_serves_and_leaves_no_thread_or_socket() -> None:
    before = set(threading.enumerate())
    with Emulator() as azure:
        port = int(azure.endpoint.rsplit(":", 1)[1])
        assert httpx.get(f"{azure.endpoint}/openai/v1/models", headers={"api-key": azure.api_key}).status_code == 200
    assert set(threading.enumerate()) == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


async def test_async_context_manager() -> None:
    async with Emulator() as azure, httpx.AsyncClient() as client:
        reply = await client.get(f"{azure.endpoint}/openai/v1/models", headers={"api-key": azure.api_key})
        assert reply.status_code == 200


def test_start_and_stop_again() -> None:
    azure = Emulator()
    for _ in range(2):
        azure.start()
        assert httpx.get(f"{azure.endpoint}/openai/v1/models").status_code == 401
        azure.stop()
    azure.stop()


def test_starting_twice_is_an_error() -> None:
    with Emulator() as azure, pytest.raises(RuntimeError, match="runs already"):
        azure.start()


def test_a_taken_port_is_an_os_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        Emulator(port=taken.getsockname()[1]).start()


def test_stopping_cuts_what_is_open(caplog: pytest.LogCaptureFixture) -> None:
    """A reply that would never end must not keep the thread; nothing is logged about it."""
    azure = Emulator(latency=3600).start()
    left: list[type[BaseException]] = []

    def ask() -> None:
        try:
            httpx.get(f"{azure.endpoint}/openai/v1/models", headers={"api-key": azure.api_key}, timeout=30)
        except httpx.HTTPError as error:
            left.append(type(error))

    asking = threading.Thread(target=ask)
    asking.start()
    assert azure.requests.wait_for(1, timeout=PATIENCE)
    azure.stop()
    asking.join(PATIENCE)
    assert left
    assert issubclass(left[0], httpx.TransportError)
    assert not caplog.records


def test_requests_are_recorded_as_they_were_on_the_wire(azure: Emulator, http: httpx.Client) -> None:
    http.post("/openai/deployments/my%2Fname/chat/completions?api-version=2024-10-21", json={"messages": []})
    seen = azure.requests.last
    assert (seen.method, seen.status) == ("POST", 404)
    assert seen.raw_path == "/openai/deployments/my%2Fname/chat/completions"
    assert seen.path == "/openai/deployments/my/name/chat/completions"
    assert seen.query == {"api-version": "2024-10-21"}
    assert seen.deployment == "my/name"
    assert (seen.operation, seen.form) == ("/chat/completions", "classic")
    assert seen.headers["api-key"] == azure.api_key
    assert seen.body == {"messages": []}
    assert seen.raw == b'{"messages":[]}'


def test_connections_are_told_apart(azure: Emulator, http: httpx.Client) -> None:
    http.get("/openai/v1/models")
    http.get("/openai/v1/models")
    assert azure.requests.connections == 1
    httpx.get(f"{azure.endpoint}/openai/v1/models")
    assert azure.requests.connections == 2
    azure.clear()
    assert len(azure.requests) == 0


def test_scripts_are_used_once_and_in_order(azure: Emulator, http: httpx.Client) -> None:
    azure.script(
        Reply(status=429, headers={"Retry-After-Ms": "20"}, body={"error": {"code": "429", "message": "slow down"}}),
        Reply(raw=b"<html>", headers={"content-type": "text/html"}),
        Reply(body="text"),
        Reply(status=204),
    )
    first = http.get("/openai/v1/models")
    assert (first.status_code, first.headers["retry-after-ms"]) == (429, "20")
    assert "apim-request-id" in first.headers
    assert http.get("/openai/v1/models").text == "<html>"
    assert http.get("/openai/v1/models").headers["content-type"] == "text/plain"
    assert http.get("/openai/v1/models").status_code == 204
    assert http.get("/openai/v1/models").json()["object"] == "list"
    assert [one.status for one in azure.requests] == [429, 200, 200, 204, 200]


def test_scripted_events(azure: Emulator, http: httpx.Client) -> None:
    azure.script(Reply(events=[{"a": 1}, "raw text", {"type": "response.created"}, ("named", {"b": 2})]))
    assert http.get("/openai/v1/models").text == (
        'data: {"a":1}\n\ndata: raw text\n\nevent: response.created\ndata: {"type":"response.created"}\n\n'
        'event: named\ndata: {"b":2}\n\ndata: [DONE]\n\n'
    )
    azure.script(Reply(events=[{"a": 1}], done=False))
    assert http.get("/openai/v1/models").text == 'data: {"a":1}\n\n'


def test_scripts_wait_for_their_deployment_and_path(azure: Emulator, http: httpx.Client) -> None:
    azure.script(Reply(status=500), deployment="gpt-4o")
    azure.script(Reply(status=503), path="/embeddings")
    assert http.get("/openai/v1/models").status_code == 200
    ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    assert http.post("/openai/v1/chat/completions", json={**ask, "model": "gpt-4.1"}).status_code == 200
    assert http.post("/openai/v1/chat/completions", json=ask).status_code == 500
    assert http.post("/openai/v1/chat/completions", json=ask).status_code == 200
    embed = {"model": "text-embedding-3-small", "input": "x"}
    assert http.post("/openai/v1/embeddings", json=embed).status_code == 503


def test_import_of_the_package_stays_light() -> None:
    code = (
        "import sys, azure_connector\n"
        "assert not {'starlette', 'uvicorn'} & set(sys.modules), 'heavy'\n"
        "sys.modules['uvicorn'] = None\n"
        "try:\n"
        "    import azure_connector.emulator\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert 'pip install ".[emulator]"' in done.stdout


def test_what_few_emulators_need_is_imported_when_it_is_asked_for() -> None:
    code = "import sys\nfrom azure_connector.emulator import Emulator\nwith Emulator():\n    print(*sys.modules)\n"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    loaded = set(done.stdout.split())
    seldom = {f"azure_connector.emulator.{one.module}" for one in SERVED} - {"azure_connector.emulator.handlers"}
    package = "azure_connector.emulator"
    others = {f"{package}.{name}" for name in ("entra", "gateway", "realtime.session", "recording", "replaying")}
    libraries = {"wsproto", "cryptography", "jsonschema", "starlette"}
    # Chats name tuned models and store themselves: their two modules come with the first.
    assert loaded & (seldom | others | libraries) <= {f"{package}.storedchats", f"{package}.tunedmodels"}


def test_every_operation_is_answered_by_the_module_that_it_names() -> None:
    named: dict[str, set[str]] = {}
    for one in SERVED:
        named.setdefault(one.module, set()).add(one.key)
    found = {name: set(import_module(f"azure_connector.emulator.{name}").HANDLERS) for name in named}
    assert found == named
