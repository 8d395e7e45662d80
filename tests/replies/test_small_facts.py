"""Small facts that nothing else would miss: each was once a change of one line that every test let pass."""

from __future__ import annotations

import asyncio
import gc
import json
import threading

import pytest

from azure_connector import AsyncAzureConnector, AzureConnector, errors
from azure_connector.routing import ResourceAffinity, _affinity
from tests.reliability.raw_server import Exchange, RawServer
from tests.replies.service import Answer, ask, events, sse, text_of
from tests.replies.shapes import completion, plain, response_events, say
from tests.responses import wire
from tests.support.bodies import chunk
from tests.support.waiting import until

STREAM = {"content-type": "text/event-stream"}
ASK = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("door", ["chat stream", "chat stream async", "bridge stream", "responses stream"])
def test_the_event_that_the_end_of_the_body_leaves_unfinished_counts(pair, door, end):
    told = [*say("Hel"), chunk({"content": "lo"}, "stop")] if door.startswith("chat") else response_events()
    body = b"".join(sse(*told)).rstrip(b"\n") + end
    pair.first.says(Answer((body,), headers=STREAM))
    found = ask(door, pair.options())
    assert text_of(found) == "Hello"
    if door == "responses stream":
        assert found[-1].type == "response.completed"


@pytest.mark.parametrize(
    ("outer", "inner", "code", "cls"),
    [
        ("404", "DeploymentNotFound", "DeploymentNotFound", errors.DeploymentNotFoundError),
        ("DeploymentNotFound", "404", "DeploymentNotFound", errors.DeploymentNotFoundError),
        ("404", 404, "404", errors.ResourceNotFoundError),
        ("NotFound", "DeploymentNotFound", "DeploymentNotFound", errors.DeploymentNotFoundError),
        (None, "DeploymentNotFound", "DeploymentNotFound", errors.DeploymentNotFoundError),
        ("DeploymentNotFound", None, "DeploymentNotFound", errors.DeploymentNotFoundError),
    ],
)
def test_of_nested_codes_the_innermost_word_counts(pair, outer, inner, code, cls):
    within = json.dumps({"error": {"code": inner, "message": "Nothing here."}})
    answer = plain({"error": {"code": outer, "message": within}}, status=404)
    pair.first.says(answer)
    pair.second.says(answer)
    with pytest.raises(cls, match=r"Nothing here\.") as caught:
        ask("chat", pair.options())
    assert caught.value.code == code


@pytest.mark.parametrize("door", ["chat", "chat stream", "bridge", "bridge stream", "responses", "responses stream"])
@pytest.mark.parametrize("model", [["gpt-4o"], [None], {"name": "gpt-4o"}, 4, True])
def test_a_model_that_is_no_text_spoils_no_answer(pair, door, model):
    if door.startswith("chat"):
        told = [{**one, "model": model} for one in (*say("Hello"), chunk({}, "stop"))]
        answer = events(*told, "[DONE]") if "stream" in door else plain({**completion(), "model": model})
    else:
        reply = {**wire.reply(wire.message("Hello")), "model": model}
        answer = events(*wire.events(reply)) if "stream" in door else plain(reply)
    pair.first.says(answer)
    assert text_of(ask(door, pair.options())) == "Hello"


def test_the_oldest_of_the_remembered_ids_are_forgotten(monkeypatch):
    monkeypatch.setattr(_affinity, "_LIMIT", 3)
    known = ResourceAffinity()
    for number in range(3):
        known.put(f"resp_{number}", "west")
    known.put("resp_0", "east")  # known anew: now the youngest
    known.put("resp_3", "west")
    homes = [known.home_of_path(f"/responses/resp_{number}") for number in range(4)]
    assert homes == ["east", None, "west", "west"]


class Endless(RawServer):
    """A stream that begins and then says nothing more; it notices when its reader leaves."""

    def __init__(self) -> None:
        super().__init__(self._begin)
        self.left = threading.Event()

    def _begin(self, exchange: Exchange) -> None:
        exchange.begin()
        exchange.wait()
        self.left.set()


@pytest.fixture
def closing():
    with Endless() as server:
        yield server


@pytest.mark.parametrize("native", [False, True])
def test_a_stream_that_nobody_reads_frees_its_connection(closing, native):
    with AzureConnector(azure_endpoint=closing.endpoint, api_key="k") as client:
        if native:
            stream = client.responses.create(model="gpt-4o", input="Hi", stream=True, store=False)
        else:
            stream = client.chat.completions.create(**ASK, stream=True)
        response = stream.response
        assert response.status_code == 200
        assert not closing.left.is_set()
        del stream
        gc.collect()
        assert response.is_closed
        until(closing.left.is_set)


@pytest.mark.parametrize("native", [False, True])
async def test_so_does_an_asynchronous_one(closing, native):
    async with AsyncAzureConnector(azure_endpoint=closing.endpoint, api_key="k") as client:
        if native:
            stream = await client.responses.create(model="gpt-4o", input="Hi", stream=True, store=False)
        else:
            stream = await client.chat.completions.create(**ASK, stream=True)
        response = stream.response
        assert response.status_code == 200
        assert not closing.left.is_set()
        del stream
        gc.collect()
        for _ in range(10):  # the finalizer leaves the closing to the loop
            await asyncio.sleep(0)
        assert response.is_closed
        await asyncio.to_thread(until, closing.left.is_set)
