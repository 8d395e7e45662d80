"""Every method of the installed SDK, sync and async, in each form: what is on the wire beside what the SDK sends.

The SDK's own client sends the same call to the same server first. Ours must send the same, but for three things: the
address, where the classic form has another; the deployments' names in the place of models; and the credential.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import Emulator, Reply
from tests.support.sdk_methods import EAR, MODEL, method_of, methods

GA, PREVIEW = "2024-10-21", "2025-04-01-preview"
V1 = "/openai/v1"
# As Azure's documents have them, written down once more: what stands below the deployment in the classic form,
DEPLOYED = {
    "/chat/completions",
    "/completions",
    "/embeddings",
    "/audio/speech",
    "/audio/transcriptions",
    "/audio/translations",
    "/images/generations",
    "/images/edits",
}
# what stands on the resource there: from any version on, or from a preview on,
ON_RESOURCE = r"/(files|models|uploads|batches|vector_stores|fine_tuning/jobs|assistants|threads)(/|$)"
ON_RESOURCE_LATER = r"/(evals|chat/completions)(/|$)|/responses(/(?!compact|input_tokens)|$)"
# and what Azure has in neither form, so that a server that is not Azure gets it as any other path.
ABSENT = r"/(moderations|images/variations|chatkit|content_provenance_checks|fine_tuning/checkpoints)(/|$)"
DONE = {
    "id": "x_1",
    "object": "thing",
    "status": "completed",
    "output": [],
    "data": [],
    "has_more": False,
    "value": "ek",
    "client_secret": {"value": "a", "expires_at": 1},
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}],
    "model": "m",
    "created": 1,
    "deleted": True,
    "file": {"id": "file-1"},
    "file_counts": {"in_progress": 0, "completed": 1, "failed": 0, "cancelled": 0, "total": 1},
    "thread_id": "thread_id_1",
    "session": {"id": "s_1"},
    "transport": {"type": "webrtc", "sdp": "v=0"},
    "reward": 1.0,
    "grader": {},
}
EMBEDDING = {"object": "list", "model": "m", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}]}
CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
CHUNK["choices"] = [{"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]
WHOLE = {"id": "resp_1", "object": "response", "output": [], "status": "completed", "created_at": 1, "model": "m"}
WHOLE |= {"tools": [], "tool_choice": "auto", "parallel_tool_calls": True}
EVENTS = [{"type": f"response.{name}", "response": WHOLE, "sequence_number": 0} for name in ("created", "completed")]


def answer_to(name: str) -> Reply:
    """A reply that the method can read, and that ends its polling."""
    if name.endswith("stream"):
        return Reply(events=[CHUNK] if "chat" in name else EVENTS if "responses" in name else [("done", "[DONE]")])
    if name.startswith(("audio.speech", "audio.trans")):
        return Reply(body={"id": "x_1", "text": "t"})
    if name == "embeddings.create":
        return Reply(body=EMBEDDING)
    return Reply(body={**DONE, "status": "processed"} if name == "files.wait_for_processing" else DONE)


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    """A server that records."""
    with Emulator() as emulator:
        yield emulator


Wire = tuple[str, str, str, Any]


def sent(server: Emulator) -> list[Wire]:
    """The requests: verb, URL, kind of body, body."""
    return [_wire(request) for request in server.requests]


def _wire(request: Any) -> Wire:
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    if kind != "multipart/form-data":
        return request.method, request.url, kind, request.body
    body = request.raw.replace(parameters.partition("boundary=")[2].encode(), b"boundary")
    spaced = rb"(?<=application/json\r\n\r\n)(\{.*?\})(?=\r\n)"
    body = re.sub(spaced, lambda found: json.dumps(json.loads(found[1]), separators=(",", ":")).encode(), body)
    return request.method, request.url, kind, body


def call(client: Any, name: str) -> None:
    """Makes a call and reads what it gives."""
    given = method_of(client, name)(**methods()[name])
    if hasattr(given, "__enter__") and not hasattr(given, "parse"):
        with given as stream:
            for _ in stream if hasattr(stream, "__iter__") else ():
                pass


async def acall(client: Any, name: str) -> None:
    """As `call`."""
    given = method_of(client, name)(**methods()[name])
    given = await given if inspect.isawaitable(given) else given
    if hasattr(given, "__aenter__") and not hasattr(given, "parse"):
        async with given as stream:
            if hasattr(stream, "__aiter__"):
                async for _ in stream:
                    pass


def expected(wire: Wire, version: str | None) -> Wire:
    """What becomes of a request of the SDK's own."""
    verb, url, kind, body = wire
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    for model, deployment in ((MODEL, b"mine"), (EAR, b"ears")):
        text = text.replace(model.encode(), deployment)
    path, _, query = url.removeprefix(V1).partition("?")
    path = re.sub(r"(/evals/[^/]+/runs/[^/]+)/cancel$", r"\1", path)  # openai 3 moved it, Azure did not
    new_body = text if isinstance(body, bytes) else json.loads(text)
    if version is None or not _is_classic(verb, path, version):
        return verb, V1 + path + (f"?{query}" if query else ""), kind, new_body
    below = "/deployments/mine" if path in DEPLOYED and verb == "POST" else ""
    return verb, f"/openai{below}{path}?api-version={version}" + (f"&{query}" if query else ""), kind, new_body


def _is_classic(verb: str, path: str, version: str) -> bool:
    if path in DEPLOYED and verb == "POST":
        return version == PREVIEW or path != "/images/edits"
    if re.match(ABSENT, path) or re.match(ON_RESOURCE, path):
        return not re.search("/checkpoints/.*/copy$", path)
    return version == PREVIEW and bool(re.match(ON_RESOURCE_LATER, path))


VERSIONS = (None, GA, PREVIEW)


class Clients:
    """The SDK's own client, and ours in each form; the async ones on a loop of their own."""

    def __init__(self, server: Emulator) -> None:
        self.server, self._loop = server, asyncio.Runner()
        mapping = {MODEL: "mine", EAR: "ears"}
        made: dict[str, Any] = {"azure_endpoint": server.endpoint, "api_key": server.api_key, "max_retries": 0}
        self._plain = openai.OpenAI(base_url=server.endpoint + V1, api_key="k", max_retries=0)
        options = [{**made, "deployment_mapping": mapping, "api_version": version} for version in VERSIONS]
        self._sync = [AzureConnector(**one) for one in options]
        self._async = [AsyncAzureConnector(**one) for one in options]

    def reference(self, name: str) -> list[Wire]:
        """What the SDK itself sends."""
        self._expect(name)
        call(self._plain, name)
        return sent(self.server)

    def ours(self, name: str, form: int, way: str) -> list[Wire]:
        """What our client sends."""
        self._expect(name)
        if way == "sync":
            call(self._sync[form], name)
        else:
            self._loop.run(acall(self._async[form], name))
        return sent(self.server)

    def _expect(self, name: str) -> None:
        self.server.clear()
        self.server.script(answer_to(name), times=None)

    def close(self) -> None:
        """Closes all of them."""
        for client in (self._plain, *self._sync):
            client.close()
        for client in self._async:
            self._loop.run(client.close())
        self._loop.close()


@pytest.fixture(scope="module")
def clients(server: Emulator) -> Iterator[Clients]:
    """Clients for the whole module."""
    made = Clients(server)
    yield made
    made.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the SDK, for what it has deprecated
@pytest.mark.parametrize("name", methods())
def test_on_the_wire(clients: Clients, name: str) -> None:
    reference = clients.reference(name)
    assert reference, "the SDK itself sends something"
    for form, version in enumerate(VERSIONS):
        wanted = [expected(wire, version) for wire in reference]
        for way in ("sync", "async"):
            assert clients.ours(name, form, way) == wanted, (version, way)
            assert {request.headers["api-key"] for request in clients.server.requests} == {clients.server.api_key}
