"""The Responses API, whole, streamed, stored and in the background."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from azure_connector.emulator import Emulator

PATH = "/openai/v1/responses"
MODELS = ["gpt-4o", "gpt-5", "gpt-5-pro", "gpt-5-codex", "gpt-5.4", "o4-mini", "gpt-35-turbo", "text-embedding-3-small"]
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
TIME = {**WEATHER, "name": "get_time", "description": "Tell the local time."}
CODE = {"type": "custom", "name": "run_code", "description": "Run Python code."}


@pytest.fixture
def azure() -> Iterator[Emulator]:
    with Emulator(MODELS) as emulator:
        yield emulator


def create(http: httpx.Client, given: Any, **more: Any) -> dict[str, Any]:
    reply = http.post(PATH, json={"model": "gpt-4o", "input": given, **more})
    assert reply.status_code == 200, reply.text
    body = reply.json()
    Response.model_validate(with_newest_fields(body))
    return body


def with_newest_fields(body: dict[str, Any]) -> dict[str, Any]:
    """The SDK's newest types know one field more than Azure sends."""
    usage = body["usage"]
    return {
        **body,
        "usage": {**usage, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}} if usage else None,
    }


def refused(http: httpx.Client, status: int = 400, **body: Any) -> dict[str, Any]:
    reply = http.post(PATH, json={"model": "gpt-4o", "input": "Hi", **body})
    assert reply.status_code == status, reply.text
    return reply.json()["error"]


def stream(reply: httpx.Response) -> list[dict[str, Any]]:
    """The events, each checked against the SDK's types."""
    assert reply.status_code == 200, reply.text
    assert "[DONE]" not in reply.text
    found: list[dict[str, Any]] = []
    for block in reply.text.strip().split("\n\n"):
        name, data = block.split("\n", 1)
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        EVENT.validate_python(
            {**event, "response": with_newest_fields(event["response"])} if "response" in event else event
        )
        found.append(event)
    return found


def text_of(body: dict[str, Any]) -> str:
    return "".join(part["text"] for item in body["output"] if item["type"] == "message" for part in item["content"])


def test_whole_response_has_azures_shape(http: httpx.Client) -> None:
    body = create(http, "Say hello", instructions="Be nice", metadata={"a": "b"})
    assert body["id"].startswith("resp_")
    assert (body["object"], body["status"], body["background"], body["store"]) == ("response", "completed", False, True)
    assert body["model"] == "gpt-4o-2024-11-20"
    assert (body["error"], body["incomplete_details"], body["previous_response_id"]) == (None, None, None)
    assert (body["instructions"], body["metadata"]) == ("Be nice", {"a": "b"})
    assert body["text"] == {"format": {"type": "text"}, "verbosity": "medium"}
    prompt, completion = body["content_filters"]
    assert (prompt["source_type"], prompt["blocked"], prompt["content_filter_raw"]) == ("prompt", False, [])
    assert "jailbreak" in prompt["content_filter_results"]
    assert "protected_material_text" in completion["content_filter_results"]
    assert completion["content_filter_offsets"] == {"start_offset": 0, "end_offset": 5, "check_offset": 0}
    [message] = body["output"]
    assert message["id"].startswith("msg_")
    assert "phase" not in message
    assert message["content"] == [{"type": "output_text", "text": "hello", "annotations": [], "logprobs": []}]
    usage = body["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["output_tokens_details"] == {"reasoning_tokens": 0}


def test_reasoning_models_show_their_reasoning(http: httpx.Client) -> None:
    body = create(http, "Say hello", model="gpt-5")
    reasoning, message = body["output"]
    assert reasoning["type"] == "reasoning"
    assert reasoning["summary"] == []
    assert "encrypted_content" not in reasoning
    assert body["reasoning"] == {"effort": "medium", "summary": None}
    assert body["usage"]["output_tokens_details"]["reasoning_tokens"] == 128
    body = create(
        http,
        "Say hello",
        model="gpt-5.4",
        reasoning={"effort": "low", "summary": "auto"},
        include=["reasoning.encrypted_content"],
    )
    reasoning, message = body["output"]
    assert reasoning["encrypted_content"].startswith("gAAAA")
    assert reasoning["summary"][0]["type"] == "summary_text"
    assert message["phase"] == "final_answer"
    assert [item["type"] for item in create(http, "Say hello", model="gpt-5.4")["output"]] == ["message"]


def test_function_calls_and_their_outputs(http: httpx.Client) -> None:
    asked = {"role": "user", "content": "Weather in Oslo and the time in Paris?"}
    body = create(http, [asked], tools=[WEATHER, TIME])
    first, second = body["output"]
    assert (first["type"], first["name"], first["arguments"]) == ("function_call", "get_weather", '{"city":"Oslo"}')
    assert (second["name"], second["arguments"]) == ("get_time", '{"city":"Paris"}')
    assert first["id"].startswith("fc_")
    assert first["call_id"].startswith("call_")
    outputs = [
        {"type": "function_call_output", "call_id": first["call_id"], "output": "4 degrees"},
        {
            "type": "function_call_output",
            "call_id": second["call_id"],
            "output": [{"type": "input_text", "text": "noon"}],
        },
    ]
    calls = [{key: item[key] for key in ("type", "call_id", "name", "arguments")} for item in (first, second)]
    answer = create(http, [asked, *calls, *outputs], tools=[WEATHER, TIME])
    assert text_of(answer) == "According to get_weather (city Oslo): 4 degrees; get_time (city Paris): noon."
    continued = create(http, outputs, tools=[WEATHER, TIME], previous_response_id=body["id"])
    assert text_of(continued) == text_of(answer)
    assert continued["previous_response_id"] == body["id"]


def test_tool_choice(http: httpx.Client) -> None:
    def names(**more: Any) -> list[str]:
        body = create(http, "Weather in Oslo and the time in Paris?", tools=[WEATHER, TIME], **more)
        return [item["name"] for item in body["output"] if item["type"] == "function_call"]

    assert names(parallel_tool_calls=False) == ["get_weather"]
    assert names(tool_choice="none") == []
    assert names(tool_choice={"type": "function", "name": "get_time"}) == ["get_time"]
    allowed = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "get_time"}]}
    assert names(tool_choice=allowed) == ["get_time"]
    assert names(model="o4-mini") == ["get_weather"]


def test_custom_tools(http: httpx.Client) -> None:
    body = create(http, 'Run the code "print(1)"', tools=[CODE], model="gpt-5")
    call = body["output"][1]
    assert (call["type"], call["name"], call["input"]) == ("custom_tool_call", "run_code", "print(1)")
    assert call["id"].startswith("ctc_")
    output = {"type": "custom_tool_call_output", "call_id": call["call_id"], "output": "1"}
    assert "1" in text_of(create(http, [output], tools=[CODE], model="gpt-5", previous_response_id=body["id"]))


def test_structured_output(v1: openai.OpenAI) -> None:
    from pydantic import BaseModel

    class Person(BaseModel):
        name: str
        age: int

    parsed = v1.responses.parse(model="gpt-5", input="Grace Hopper, age 37", text_format=Person).output_parsed
    assert parsed == Person(name="Grace Hopper", age=37)


def test_streamed_text_in_azures_order(http: httpx.Client) -> None:
    events = stream(http.post(PATH, json={"model": "gpt-4o", "input": "Say hello world", "stream": True}))
    assert [event["type"].removeprefix("response.") for event in events] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event["sequence_number"] for event in events] == list(range(10))
    assert events[0]["response"]["content_filters"] is None
    assert events[0]["response"]["usage"] is None
    assert events[2]["item"]["content"] == []
    assert [events[4]["delta"], events[5]["delta"]] == ["hello", " world"]
    assert events[4]["obfuscation"]
    assert events[-1]["response"]["content_filters"]
    assert events[-1]["response"]["usage"]["output_tokens"] == 2


def test_streamed_calls_and_reasoning(http: httpx.Client) -> None:
    body = {
        "model": "gpt-5",
        "input": "Weather in Oslo?",
        "tools": [WEATHER],
        "stream": True,
        "reasoning": {"summary": "auto"},
    }
    events = stream(http.post(PATH, json=body))
    names = list(dict.fromkeys(event["type"].removeprefix("response.") for event in events))
    assert names == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "completed",
    ]
    added = [event["item"] for event in events if event["type"] == "response.output_item.added"]
    assert added[1]["arguments"] == ""
    deltas = [event for event in events if event["type"] == "response.function_call_arguments.delta"]
    assert "".join(event["delta"] for event in deltas) == '{"city":"Oslo"}'
    assert {event["item_id"] for event in deltas} == {added[1]["id"]}
    custom = {"model": "gpt-5", "input": 'Run the code "x"', "tools": [CODE], "stream": True}
    names = [event["type"] for event in stream(http.post(PATH, json=custom))]
    assert "response.custom_tool_call_input.delta" in names


def test_the_sdk_streams_both_forms(v1: openai.OpenAI, classic: openai.AzureOpenAI) -> None:
    for client in (v1, classic):
        with client.responses.stream(model="gpt-4o", input="Count to 3") as events:
            final = events.get_final_response()
        assert final.output_text == "1, 2, 3."


def test_incomplete(http: httpx.Client) -> None:
    body = create(http, "Count to 100", max_output_tokens=16)
    assert (body["status"], body["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert body["output"][0]["status"] == "incomplete"
    assert body["usage"]["output_tokens"] == 16
    asked = {"model": "gpt-4o", "input": "Count to 100", "max_output_tokens": 16, "stream": True}
    assert stream(http.post(PATH, json=asked))[-1]["type"] == "response.incomplete"


def test_stored_responses_are_found_and_deleted(http: httpx.Client) -> None:
    body = create(http, [{"role": "user", "content": "Say one"}, {"role": "user", "content": "Say hello"}])
    url = f"{PATH}/{body['id']}"
    assert http.get(url).json() == body
    items = http.get(f"{url}/input_items?order=asc").json()
    assert [item["content"][0]["text"] for item in items["data"]] == ["Say one", "Say hello"]
    assert items["has_more"] is False
    first = http.get(f"{url}/input_items?order=asc&limit=1").json()
    assert first["has_more"] is True
    rest = http.get(f"{url}/input_items?order=asc&after={first['last_id']}").json()
    assert [item["id"] for item in rest["data"]] == [items["last_id"]]
    assert http.delete(url).json() == {"id": body["id"], "object": "response.deleted", "deleted": True}
    gone = http.get(url)
    assert gone.status_code == 404
    assert gone.json()["error"]["message"] == f"Response with id '{body['id']}' not found."


def test_what_is_not_stored_is_not_found(http: httpx.Client) -> None:
    body = create(http, "Say hello", store=False)
    assert http.get(f"{PATH}/{body['id']}").status_code == 404
    error = refused(http, 404, previous_response_id=body["id"])
    assert (error["code"], error["param"]) == ("previous_response_not_found", "previous_response_id")


def test_background_runs_step_by_step(http: httpx.Client) -> None:
    body = create(http, "Say hello", background=True)
    url = f"{PATH}/{body['id']}"
    assert (body["status"], body["output"]) == ("queued", [])
    assert [http.get(url).json()["status"] for _ in range(4)] == ["queued", "in_progress", "completed", "completed"]
    assert text_of(http.get(url).json()) == "hello"


def test_background_can_be_cancelled(http: httpx.Client) -> None:
    body = create(http, "Say hello", background=True)
    url = f"{PATH}/{body['id']}"
    assert http.post(f"{url}/cancel").json()["status"] == "cancelled"
    assert http.post(f"{url}/cancel").json()["status"] == "cancelled"
    assert http.get(url).json()["status"] == "cancelled"
    plain = create(http, "Say hello")
    assert http.post(f"{PATH}/{plain['id']}/cancel").status_code == 400


def test_background_streams_are_resumed(http: httpx.Client) -> None:
    asked = {"model": "gpt-4o", "input": "Count to 9", "stream": True, "background": True}
    with http.stream("POST", PATH, json=asked) as reply:
        first = next(line for line in reply.iter_lines() if line.startswith("data: "))
    identity = json.loads(first[6:])["response"]["id"]
    whole = stream(http.get(f"{PATH}/{identity}?stream=true"))
    assert whole[0]["type"] == "response.queued"
    assert whole[-1]["type"] == "response.completed"
    rest = stream(http.get(f"{PATH}/{identity}?stream=true&starting_after=5"))
    assert rest == whole[6:]
    assert http.get(f"{PATH}/{identity}").json()["status"] == "completed"
    plain = create(http, "Say hello")
    assert http.get(f"{PATH}/{plain['id']}?stream=true").status_code == 400


def test_encrypted_reasoning_belongs_to_its_resource(http: httpx.Client) -> None:
    body = create(http, "Say hello", model="gpt-5", store=False, include=["reasoning.encrypted_content"])
    reasoning, message = body["output"]
    said = {"type": "message", "role": "assistant", "content": message["content"]}
    turn = [{"role": "user", "content": "Say hello"}, reasoning, said, {"role": "user", "content": "Say bye"}]
    assert text_of(create(http, turn, model="gpt-5", store=False)) == "bye"
    with Emulator(MODELS) as other, httpx.Client(base_url=other.endpoint, headers={"api-key": other.api_key}) as there:
        error = refused(there, model="gpt-5", input=turn, store=False)
        assert error["code"] == "invalid_encrypted_content"
        assert "different Azure OpenAI resource" in error["message"]
        assert refused(there, 404, previous_response_id=body["id"])["code"] == "previous_response_not_found"


def test_reasoning_items_must_be_known_and_followed(http: httpx.Client) -> None:
    item = {"type": "reasoning", "id": "rs_1", "summary": []}
    assert "Item with id 'rs_1' not found." in refused(http, 404, model="gpt-5", input=[item])["message"]
    assert "`store` is set to false" in refused(http, 404, model="gpt-5", input=[item], store=False)["message"]
    stored = create(http, "Say hello", model="gpt-5")
    reasoning, message = stored["output"]
    lonely = [{"role": "user", "content": "x"}, reasoning, {"role": "user", "content": "y"}]
    assert "without its required following item" in refused(http, model="gpt-5", input=lonely)["message"]
    references = [{"type": "item_reference", "id": one["id"]} for one in (reasoning, message)]
    assert text_of(create(http, [*references, {"role": "user", "content": "Say bye"}], model="gpt-5")) == "bye"
    unknown = {"type": "item_reference", "id": "msg_nope"}
    assert "not found" in refused(http, 404, input=[unknown])["message"]


MISSING = "missing_required_parameter"
HELLO = {"role": "user", "content": "Hello"}
CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}


@pytest.mark.parametrize(
    ("body", "param", "code", "words"),
    [
        ({"max_tokens": 5}, "max_tokens", "unsupported_parameter", "moved to 'max_output_tokens'"),
        ({"messages": []}, "messages", "unsupported_parameter", "moved to 'input'"),
        ({"response_format": {}}, "response_format", "unsupported_parameter", "moved to 'text.format'"),
        ({"reasoning_effort": "low"}, "reasoning_effort", "unsupported_parameter", "'reasoning.effort'"),
        ({"n": 2}, "n", "unknown_parameter", "Unknown parameter: 'n'."),
        ({"max_output_tokens": 5}, "max_output_tokens", "integer_below_min_value", ">= 16"),
        ({"model": "gpt-5", "temperature": 0.2}, "temperature", "unsupported_value", "does not support 0.2"),
        ({"model": "gpt-5", "top_p": 0.2}, "top_p", "unsupported_value", "does not support 0.2"),
        ({"model": "gpt-5", "reasoning": {"effort": "none"}}, "reasoning.effort", "unsupported_value", "'minimal'"),
        ({"reasoning": {"effort": "low"}}, "reasoning.effort", "unsupported_parameter", "'reasoning.effort'"),
        ({"model": "gpt-5-pro", "stream": True}, "stream", "unsupported_value", "does not support true"),
        ({"model": "o4-mini", "parallel_tool_calls": True}, "parallel_tool_calls", "unsupported_parameter", ""),
        ({"background": True, "store": False}, "background", None, "'store'"),
        ({"include": ["reasoning.encrypted_content"]}, "include", None, "not supported with this model"),
        ({"include": ["nonsense"]}, "include[0]", "invalid_value", "Supported values"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools[0].name", MISSING, ""),
        ({"tools": [{"type": "spell"}]}, "tools[0].type", "invalid_value", ""),
        ({"tools": [{"type": "image_generation"}]}, "tools[0]", None, "x-ms-oai-image-generation-deployment"),
        ({"tools": [{**WEATHER, "name": "a b"}]}, "tools[0].name", "invalid_value", "does not match pattern"),
        ({"tools": [WEATHER] * 129}, "tools", "array_above_max_length", "maximum length 128"),
        ({"tool_choice": "required"}, "tool_choice", None, "must be specified with 'tools'"),
        ({"tools": [WEATHER], "tool_choice": {"type": "function", "name": "g"}}, "tool_choice", None, "not found"),
        ({"text": {"format": {"type": "json_schema", "schema": {}}}}, "text.format.name", MISSING, ""),
        ({"text": {"format": {"type": "json_object"}}}, "input", None, "must contain the word 'json'"),
        ({"text": {"verbosity": "loud"}}, "text.verbosity", "invalid_value", ""),
        ({"input": None}, "input", MISSING, ""),
        ({"input": 5}, "input", "invalid_type", ""),
        ({"input": [{**HELLO, "status": "completed"}]}, "input[0].status", "unknown_parameter", ""),
        ({"input": [{**CALL, "status": "completed"}]}, "input[0].status", "unknown_parameter", ""),
        ({"input": [{**HELLO, "content_filters": []}]}, "input[0].content_filters", "unknown_parameter", ""),
        ({"input": [{"type": "dream"}]}, "input[0].type", "invalid_value", ""),
        ({"input": [{"role": "wizard", "content": "x"}]}, "input[0].role", "invalid_value", ""),
        ({"input": [{**HELLO, "content": [{"type": "text"}]}]}, "input[0].content[0].type", "invalid_value", ""),
        (
            {"input": [{"role": "assistant", "content": [{"type": "output_text", "text": "x"}]}]},
            "input[0].content[0].annotations",
            MISSING,
            "",
        ),
        ({"input": [CALL]}, "input", None, "No tool output found for function call call_1."),
        (
            {"input": [{"type": "function_call_output", "call_id": "call_9", "output": "x"}]},
            "input",
            None,
            "No tool call found for function call output with call_id call_9.",
        ),
        ({"input": [{**CALL, "id": "call_1"}]}, "input[0].id", "invalid_value", "begins with 'fc'"),
        ({"input": [{"type": "function_call", "name": "f"}]}, "input[0].call_id", MISSING, ""),
    ],
)
def test_refusals(http: httpx.Client, body: dict[str, Any], param: str, code: str | None, words: str) -> None:
    error = refused(http, **body)
    assert (error["param"], error["code"]) == (param, code)
    assert words in error["message"]


def test_models_that_do_not_speak_responses(http: httpx.Client) -> None:
    for model in ("gpt-35-turbo", "text-embedding-3-small"):
        assert refused(http, model=model)["code"] == "OperationNotSupported"
    for model in ("gpt-5-pro", "gpt-5-codex"):
        assert text_of(create(http, "Say hello", model=model)) == "hello"


def test_classic_form_needs_a_version_that_has_it(http: httpx.Client) -> None:
    body = {"model": "gpt-4o", "input": "Say hello"}
    assert http.post("/openai/responses?api-version=2025-03-01-preview", json=body).status_code == 200
    assert http.post("/openai/responses?api-version=2024-10-21", json=body).status_code == 404
    assert http.post(f"{PATH}?api-version=preview", json=body).status_code == 200
    assert http.post(f"{PATH}?api-version=2025-03-01-preview", json=body).status_code == 400


def test_content_filter(http: httpx.Client) -> None:
    error = refused(http, input="[filter:violence=high] Say hello")
    assert error["code"] == "content_filter"
    body = create(http, "[filter-output:hate=medium] Count to 9")
    assert (body["status"], body["incomplete_details"]) == ("incomplete", {"reason": "content_filter"})
    assert [one["blocked"] for one in body["content_filters"]] == [False, True]
    assert body["content_filters"][1]["content_filter_results"]["hate"] == {"filtered": True, "severity": "medium"}


def test_items_of_built_in_tools_come_back_with_their_status(http: httpx.Client) -> None:
    image = {"type": "image_generation_call", "id": "ig_1", "result": "iVBO", "status": "completed"}
    assert create(http, [HELLO, image, HELLO])["status"] == "completed"


def test_minimal_effort_allows_no_parallel_calls(http: httpx.Client) -> None:
    tools = [{"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}]
    body = {"model": "gpt-5", "tools": tools, "parallel_tool_calls": True}
    error = refused(http, **body, reasoning={"effort": "minimal"})
    assert (error["param"], error["code"]) == ("parallel_tool_calls", "unsupported_parameter")
    assert http.post(PATH, json={**body, "input": "Hi", "reasoning": {"effort": "low"}}).status_code == 200
