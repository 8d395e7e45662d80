"""The realtime WebSocket: handshake, both protocols, refusals, faults, and what is recorded of it."""

from __future__ import annotations

import importlib.util
import json
import logging
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from websockets.asyncio.client import connect as dial_async
from websockets.exceptions import ConnectionClosedError, InvalidMessage, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from azure_connector.emulator import Deployment, Emulator, Reply, faults
from tests.support.waiting import PATIENCE

GA, PREVIEW = "/openai/v1/realtime?model=voice", "/openai/realtime?api-version=2025-04-01-preview&deployment=voice"
TEXT = {GA: "output_text", PREVIEW: "text"}
TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture
def azure() -> Iterator[Emulator]:
    with Emulator({"voice": "gpt-realtime", "chat": "gpt-4o", "own": "a-model-of-mine"}) as emulator:
        yield emulator


def dial(azure: Emulator, target: str, headers: dict[str, str] | None = None, **options: Any) -> ClientConnection:
    given = {"api-key": azure.api_key} if headers is None else headers
    url = azure.endpoint.replace("http", "ws", 1) + target
    return connect(url, additional_headers=given, proxy=None, **options)


def say(socket: ClientConnection, event: Any) -> None:
    socket.send(event if isinstance(event, str | bytes) else json.dumps(event))


def hear(socket: ClientConnection, last: str) -> list[dict[str, Any]]:
    """The events up to the one of that type."""
    heard: list[dict[str, Any]] = []
    while not heard or heard[-1]["type"] != last:
        heard.append(json.loads(socket.recv(timeout=PATIENCE)))
    return heard


def item(text: str) -> dict[str, Any]:
    return {
        "type": "conversation.item.create",
        "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]},
    }


def ask(socket: ClientConnection, text: str, **response: Any) -> list[dict[str, Any]]:
    say(socket, item(text))
    say(socket, {"type": "response.create", "response": response} if response else {"type": "response.create"})
    return hear(socket, "response.done")


def refused(azure: Emulator, target: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    with pytest.raises(InvalidStatus) as caught:
        dial(azure, target, headers)
    response = caught.value.response
    assert response.headers["date"]
    assert response.headers["apim-request-id"]
    assert azure.requests.last.status == response.status_code
    return response.status_code, json.loads(response.body)


def test_the_ga_protocol_through_the_sdk(azure: Emulator) -> None:
    with (
        openai.OpenAI(base_url=f"{azure.endpoint}/openai/v1/", api_key=azure.api_key) as client,
        client.realtime.connect(model="voice") as connection,
    ):
        created = connection.recv()
        assert created.type == "session.created"
        assert created.session.model == "gpt-realtime-2025-08-28"
        connection.session.update(session={"type": "realtime", "instructions": "Be brief."})
        updated = connection.recv()
        assert (updated.type, updated.session.instructions) == ("session.updated", "Be brief.")
        content = [{"type": "input_text", "text": "What is 6 * 7?"}]
        connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        connection.response.create()
        heard = []
        for event in connection:
            heard.append(event)
            if event.type == "response.done":
                break
    names = [event.type for event in heard if not event.type.endswith(".delta")]
    assert names == [
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    assert "".join(event.delta for event in heard if event.type == "response.output_text.delta") == "6 * 7 = 42"
    done = heard[-1].response
    assert (done.status, done.output[0].content[0].text) == ("completed", "6 * 7 = 42")
    assert done.usage.input_tokens > 0
    assert done.usage.output_tokens == done.usage.output_token_details.text_tokens > 0
    assert done.usage.total_tokens == done.usage.input_tokens + done.usage.output_tokens


def test_the_preview_protocol_through_the_sdk(azure: Emulator) -> None:
    with (
        openai.AzureOpenAI(
            azure_endpoint=azure.endpoint,
            websocket_base_url=f"{azure.endpoint.replace('http', 'ws', 1)}/openai",
            api_key=azure.api_key,
            api_version="2025-04-01-preview",
        ) as client,
        client.beta.realtime.connect(model="voice") as connection,
    ):
        assert connection.recv().session.modalities == ["text"]
        connection.session.update(session={"modalities": ["text"], "voice": "echo"})
        assert connection.recv().session.voice == "echo"
        content = [{"type": "input_text", "text": "Say hello there"}]
        connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        connection.response.create(response={"modalities": ["text"]})
        heard = []
        while not heard or heard[-1].type != "response.done":
            heard.append(connection.recv())
    assert [event.type for event in heard if not event.type.endswith(".delta")] == [
        "conversation.item.created",
        "response.created",
        "response.output_item.added",
        "conversation.item.created",
        "response.content_part.added",
        "response.text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    assert "".join(event.delta for event in heard if event.type == "response.text.delta") == "hello there"
    assert heard[-1].response.output[0].content[0].type == "text"
    assert azure.requests.last.query == {"api-version": "2025-04-01-preview", "deployment": "voice"}


@pytest.mark.parametrize("target", [GA, PREVIEW])
def test_the_handshake_and_the_messages_are_recorded(azure: Emulator, target: str) -> None:
    with dial(azure, target) as socket:
        hear(socket, "session.created")
        ask(socket, "Hi")
        say(socket, "no JSON")
        hear(socket, "error")
    seen = azure.requests.last
    assert (seen.method, seen.url, seen.status) == ("GET", target, 101)
    assert (seen.operation, seen.deployment) == ("/realtime", "voice")
    assert seen.form == ("v1" if target == GA else "classic")
    assert seen.headers["api-key"] == azure.api_key
    assert seen.messages == [item("Hi"), {"type": "response.create"}, "no JSON"]


def test_a_handshake_answer_has_azures_headers(azure: Emulator) -> None:
    with dial(azure, GA) as socket:
        headers = socket.response.headers
        assert headers["apim-request-id"]
        assert headers["x-ms-region"] == "Sweden Central"
        assert len(headers.get_all("date")) == 1
        assert "server" not in headers


@pytest.mark.parametrize("target", [GA, PREVIEW])
def test_credentials(azure: Emulator, target: str) -> None:
    with dial(azure, target, {"authorization": f"Bearer {azure.bearer_token}"}) as socket:
        hear(socket, "session.created")
    for none_good in ({}, {"api-key": "wrong"}):
        status, body = refused(azure, target, none_good)
        assert (status, body["error"]["code"]) == (401, "401")
    status, body = refused(azure, target, {"authorization": "Bearer wrong"})
    assert (status, body["statusCode"]) == (401, 401)
    azure.resource.keys_disabled = True
    status, body = refused(azure, target)
    assert (status, body["error"]["code"]) == (403, "AuthenticationTypeDisabled")


def test_the_key_as_a_bearer_token_is_for_v1_only(azure: Emulator) -> None:
    bearer = {"authorization": f"Bearer {azure.api_key}"}
    with dial(azure, GA, bearer) as socket:
        hear(socket, "session.created")
    assert refused(azure, PREVIEW, bearer)[0] == 401


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/openai/v1/realtime?model=nowhere", 404, "DeploymentNotFound"),
        ("/openai/realtime?api-version=2025-04-01-preview&deployment=nowhere", 404, "DeploymentNotFound"),
        ("/openai/v1/realtime?model=chat", 400, "OperationNotSupported"),
        ("/openai/v1/realtime?model=voice&api-version=2025-04-01-preview", 400, "BadRequest"),
        ("/openai/realtime?deployment=voice", 404, "404"),
        ("/openai/realtime?api-version=2024-06-01&deployment=voice", 404, "404"),
        ("/openai/v1/realtime", 400, "missing_required_parameter"),
        ("/openai/v1/elsewhere?model=voice", 404, "404"),
    ],
)
def test_refused_handshakes(
    azure: Emulator, target: str, status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    found, body = refused(azure, target)
    assert (found, body["error"]["code"]) == (status, code)
    assert not caplog.records


def test_a_model_that_the_emulator_does_not_know_is_served(azure: Emulator) -> None:
    with dial(azure, "/openai/v1/realtime?model=own") as socket:
        assert hear(socket, "session.created")[0]["session"]["model"] == "a-model-of-mine"


def test_realtime_models_do_not_chat(azure: Emulator) -> None:
    ask_it = {"model": "voice", "messages": [{"role": "user", "content": "Hi"}]}
    reply = httpx.post(
        f"{azure.endpoint}/openai/v1/chat/completions", json=ask_it, headers={"api-key": azure.api_key}, trust_env=False
    )
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "OperationNotSupported")


def test_a_plain_request_gets_no_websocket(azure: Emulator) -> None:
    headers = {"api-key": azure.api_key}
    assert httpx.get(f"{azure.endpoint}{GA}", headers=headers, trust_env=False).status_code == 404


@pytest.mark.parametrize("target", [GA, PREVIEW])
@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ("no JSON", "invalid_event", None),
        ("[1, 2]", "invalid_event", None),
        (b"\xff\xfe", "invalid_event", None),
        ({"event_id": "mine"}, "missing_required_parameter", "type"),
        ({"type": "nonsense", "event_id": "mine"}, "invalid_value", "type"),
        ({"type": "session.update"}, "missing_required_parameter", "session"),
        ({"type": "session.update", "session": {"type": "realtime", "colour": 1}}, "unknown_parameter", None),
        ({"type": "conversation.item.create"}, "missing_required_parameter", "item"),
        ({"type": "conversation.item.create", "item": {"type": "odd"}}, "invalid_value", "item.type"),
        (
            {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": "text"}},
            "invalid_type",
            "item.content",
        ),
        ({"type": "conversation.item.delete", "item_id": "item_0"}, "invalid_value", "item_id"),
        ({**item("Hi"), "previous_item_id": "item_0"}, "invalid_value", "previous_item_id"),
        ({"type": "response.create", "response": {"colour": 1}}, "unknown_parameter", "response.colour"),
        ({"type": "response.cancel"}, "response_cancel_not_active", None),
    ],
)
def test_what_is_no_good_is_answered_by_an_error(
    azure: Emulator, target: str, message: Any, code: str, param: str | None
) -> None:
    with dial(azure, target) as socket:
        hear(socket, "session.created")
        say(socket, message)
        (event,) = hear(socket, "error")
        assert event["error"]["type"] == "invalid_request_error"
        assert event["error"]["code"] == code
        assert param is None or event["error"]["param"] == param
        assert event["error"]["event_id"] == (message.get("event_id") if isinstance(message, dict) else None)
        # The session goes on.
        assert ask(socket, "Hi")[-1]["response"]["status"] == "completed"


def test_a_ga_session_takes_no_preview_fields_and_wants_its_type(azure: Emulator) -> None:
    with dial(azure, GA) as socket:
        hear(socket, "session.created")
        say(socket, {"type": "session.update", "session": {"type": "realtime", "modalities": ["text"]}})
        assert hear(socket, "error")[0]["error"]["message"] == "Unknown parameter: 'session.modalities'."
        say(socket, {"type": "session.update", "session": {"instructions": "Be brief."}})
        assert hear(socket, "error")[0]["error"]["message"] == "Missing required parameter: 'session.type'."


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (GA, {"type": "session.update", "session": {"type": "realtime", "output_modalities": ["audio"]}}),
        (PREVIEW, {"type": "session.update", "session": {"modalities": ["text", "audio"]}}),
        (GA, {"type": "response.create", "response": {"output_modalities": ["audio"]}}),
        (GA, {"type": "input_audio_buffer.append", "audio": "AAAA"}),
        (
            GA,
            {
                "type": "conversation.item.create",
                "item": {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "AAAA"}]},
            },
        ),
    ],
)
def test_audio_is_refused_in_plain_words(azure: Emulator, target: str, message: Any) -> None:
    with dial(azure, target) as socket:
        hear(socket, "session.created")
        say(socket, message)
        assert "text only" in hear(socket, "error")[0]["error"]["message"]


@pytest.mark.parametrize("target", [GA, PREVIEW])
def test_the_conversation_is_remembered_and_can_be_changed(azure: Emulator, target: str) -> None:
    def about_name() -> str:
        said: str = ask(socket, "What is my name?")[-1]["response"]["output"][0]["content"][0]["text"]
        return said

    with dial(azure, target) as socket:
        hear(socket, "session.created")
        say(socket, {**item("My name is Ada."), "item": {**item("My name is Ada.")["item"], "id": "told"}})
        assert json.loads(socket.recv())["previous_item_id"] is None
        assert about_name() == "Your name is Ada."
        say(socket, {"type": "conversation.item.retrieve", "item_id": "told"})
        assert hear(socket, "conversation.item.retrieved")[-1]["item"]["content"][0]["text"] == "My name is Ada."
        say(socket, {"type": "conversation.item.delete", "item_id": "told"})
        assert hear(socket, "conversation.item.deleted")[-1]["item_id"] == "told"
        assert about_name() == "You have not told me your name."
        say(socket, {**item("My name is Eve."), "previous_item_id": "root"})
        assert about_name() == "Your name is Eve."


def test_items_of_the_answer_follow_the_question(azure: Emulator) -> None:
    with dial(azure, GA) as socket:
        hear(socket, "session.created")
        first = ask(socket, "Hi")
        added = [event for event in first if event["type"] == "conversation.item.added"]
        assert added[1]["previous_item_id"] == added[0]["item"]["id"]
        again = ask(socket, "Hi")
        assert again[0]["previous_item_id"] == added[1]["item"]["id"]


def test_an_answer_outside_of_the_conversation(azure: Emulator) -> None:
    with dial(azure, GA) as socket:
        hear(socket, "session.created")
        own = [item("Say aside")["item"]]
        heard = ask(socket, "Say never", conversation="none", input=own, metadata={"topic": "x"})
        done = heard[-1]["response"]
        assert done["output"][0]["content"][0]["text"] == "aside"
        assert (done["conversation_id"], done["metadata"]) == (None, {"topic": "x"})
        assert [event["type"] for event in heard].count("conversation.item.added") == 1


@pytest.mark.parametrize("target", [GA, PREVIEW])
def test_function_calls(azure: Emulator, target: str) -> None:
    typed = {"type": "realtime"} if target == GA else {}
    with dial(azure, target) as socket:
        say(socket, {"type": "session.update", "session": {**typed, "tools": [TOOL]}})
        heard = ask(socket, "What is the weather in Oslo?")
        (call,) = heard[-1]["response"]["output"]
        assert (call["type"], call["name"], json.loads(call["arguments"])) == (
            "function_call",
            "get_weather",
            {"city": "Oslo"},
        )
        deltas = [event for event in heard if event["type"] == "response.function_call_arguments.delta"]
        assert "".join(event["delta"] for event in deltas) == call["arguments"]
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
        say(socket, {"type": "conversation.item.create", "item": output})
        say(socket, {"type": "response.create"})
        answer = hear(socket, "response.done")[-1]["response"]["output"][0]["content"][0]
        assert answer["type"] == TEXT[target]
        assert "sunny" in answer["text"]


def test_a_limit_makes_the_answer_incomplete(azure: Emulator) -> None:
    with dial(azure, GA) as socket:
        hear(socket, "session.created")
        done = ask(socket, "Count to 50", max_output_tokens=5)[-1]["response"]
    assert (done["status"], done["status_details"]["reason"]) == ("incomplete", "max_output_tokens")
    assert done["usage"]["output_tokens"] == 5


def test_scripted_refusals_and_faults_of_the_handshake(azure: Emulator) -> None:
    busy = {"error": {"code": "429", "message": "slow down"}}
    azure.script(Reply(429, busy, headers={"retry-after-ms": "20"}), path="/realtime")
    assert refused(azure, GA) == (429, busy)
    azure.script(faults.reset("before"))
    with pytest.raises((ConnectionResetError, InvalidMessage)):
        dial(azure, GA)
    azure.script(faults.hang())
    with pytest.raises(TimeoutError):
        dial(azure, GA, open_timeout=0.2)
    with azure.outage("unavailable"):
        assert refused(azure, GA)[0] == 503
    with dial(azure, GA) as socket:
        hear(socket, "session.created")


def test_a_reset_in_the_middle(azure: Emulator) -> None:
    azure.script(faults.reset("during", after=6))
    with dial(azure, GA) as socket:
        hear(socket, "session.created")
        say(socket, item("Hi"))
        say(socket, {"type": "response.create"})
        heard = [json.loads(socket.recv(timeout=PATIENCE))["type"] for _ in range(5)]
        assert heard[-1] == "conversation.item.added"
        with pytest.raises(ConnectionClosedError):
            socket.recv(timeout=PATIENCE)


def test_an_outage_cuts_open_sockets(azure: Emulator) -> None:
    with dial(azure, GA) as socket:
        hear(socket, "session.created")
        with azure.outage(), pytest.raises(ConnectionClosedError):
            socket.recv(timeout=PATIENCE)


def test_a_handshake_counts_as_a_request() -> None:
    with Emulator([Deployment("voice", "gpt-realtime", capacity=1)]) as azure:
        with dial(azure, GA) as socket:
            hear(socket, "session.created")
        assert refused(azure, GA)[0] == 429


def test_stopping_ends_open_sockets(caplog: pytest.LogCaptureFixture) -> None:
    azure = Emulator({"voice": "gpt-realtime"}).start()
    with dial(azure, GA) as socket:
        hear(socket, "session.created")
        azure.stop()
        with pytest.raises(ConnectionClosedError):
            socket.recv(timeout=PATIENCE)
    assert not [one for one in caplog.records if one.name.startswith("uvicorn")]


async def test_over_tls() -> None:
    # Async: the sync client reads and writes one TLS object from two threads, which now and then loses a reply.
    with Emulator({"voice": "gpt-realtime"}, tls=True) as azure:
        context = ssl.create_default_context(cafile=azure.ca_file)
        url = azure.endpoint.replace("http", "ws", 1) + GA
        async with dial_async(url, additional_headers={"api-key": azure.api_key}, proxy=None, ssl=context) as socket:
            assert json.loads(await socket.recv())["type"] == "session.created"
            await socket.send(json.dumps({"type": "session.update", "session": {"type": "realtime"}}))
            assert json.loads(await socket.recv())["type"] == "session.updated"
        with pytest.raises(InvalidStatus):
            await dial_async(url, proxy=None, ssl=context)


def test_responses_over_a_socket_say_what_is_not_served(azure: Emulator) -> None:
    with pytest.raises(InvalidStatus) as caught:
        dial(azure, "/openai/v1/responses")
    assert caught.value.response.status_code == 404
    assert "responses over WebSocket" in json.loads(caught.value.response.body)["error"]["message"]


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "azure_connector.emulator.serving.find_spec",
        lambda name, *more: None if name == "wsproto" else found(name, *more),
    )
    monkeypatch.setattr(logging.getLogger("uvicorn.error"), "disabled", True)
    with Emulator({"voice": "gpt-realtime"}) as azure:
        with pytest.raises(InvalidStatus) as caught:
            dial(azure, GA)
        assert caught.value.response.status_code == 501
        assert "needs wsproto: pip install" in json.loads(caught.value.response.body)["error"]["message"]
