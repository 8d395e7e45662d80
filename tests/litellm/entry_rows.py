"""Rows for every entry point of LiteLLM that reaches an Azure resource: parameters, answers, refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from azure_connector.emulator import Deployment, Reply
from tests.litellm.behaviours import BEHAVIOURS, FILTERED, LIMITS, WEATHER
from tests.litellm.comparing import Row, Steps, one
from tests.litellm.test_media import PNG
from tests.support.asking import HELLO

DEPLOYMENTS: list[Any] = ["gpt-4o", "gpt-5", "o4-mini", "text-embedding-3-small", "gpt-image-1", "dall-e-3"]
DEPLOYMENTS += [Deployment("whisper-1", "whisper"), "gpt-4o-transcribe", "gpt-4o-mini-tts"]
DEPLOYMENTS += [Deployment("team-chat", "gpt-4o")]

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SCHEMA |= {"additionalProperties": False}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
CALLED = [
    *HELLO,
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "Rain"},
]


def refused(status: int, error: Any, **headers: str) -> Reply:
    return Reply(status=status, body={"error": error}, headers=headers)


BUSY = refused(429, {"code": "429", "message": "Please retry after 7 seconds."}, **LIMITS)
# The SDK beneath `azure/` repeats some calls, whatever LiteLLM is told.
SHORTLY = refused(429, {"code": "429", "message": "Please retry."}, **{"retry-after-ms": "10"})
WRONG_KEY = refused(401, {"code": "401", "message": "Access denied due to invalid subscription key."})
INVALID = refused(400, {"message": "Invalid.", "type": "invalid_request_error", "param": "x", "code": None})
FILTER = refused(400, FILTERED)
BROKEN = refused(500, {"code": "InternalServerError", "message": "Something went wrong"})


def chat(name: str, model: str = "gpt-4o", messages: Any = HELLO, **call: Any) -> list[Row]:
    """A row for the whole reply, and one for the stream."""
    call = {"model": model, "messages": messages, **call}
    streamed = {"stream": True, "stream_options": {"include_usage": True}, **call}
    return [one(name, "completion", **call), one(f"{name}, streamed", "completion", **streamed)]


PARAMETERS: list[Row] = [
    *chat("sampling", temperature=0.5, top_p=0.9, presence_penalty=0.1, frequency_penalty=0.1, seed=7),
    *chat("max_tokens", max_tokens=40),
    *chat("max_completion_tokens", max_completion_tokens=40),
    *chat("stop", stop=["\n", "END"]),
    *chat("logit_bias", logit_bias={"50256": -100}),
    *chat("user", user="ada"),
    *chat("JSON mode", response_format={"type": "json_object"}, messages=[{"role": "user", "content": "Say JSON"}]),
    *chat(
        "a schema",
        response_format={"type": "json_schema", "json_schema": {"name": "c", "schema": SCHEMA, "strict": True}},
    ),
    *chat("tools", tools=[WEATHER], tool_choice="auto", parallel_tool_calls=False),
    *chat("a named tool", tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "get_weather"}}),
    *chat("a tool's answer", messages=CALLED, tools=[WEATHER]),
    *chat("legacy functions", functions=[WEATHER["function"]], function_call="auto"),
    *chat("several choices", n=2),
    *chat("log probabilities", logprobs=True, top_logprobs=2),
    *chat("an image", messages=[{"role": "user", "content": [{"type": "text", "text": "What is it?"}, IMAGE]}]),
    *chat("a name", messages=[{"role": "user", "name": "ada", "content": "Hi"}]),
    *chat("stored with metadata", store=True, metadata={"topic": "towns"}),
    *chat("metadata alone", metadata={"topic": "towns"}),
    *chat("cache and safety", prompt_cache_key="k", safety_identifier="s"),
    *chat("service tier", service_tier="default"),
    *chat("a prediction", prediction={"type": "content", "content": "Hello"}),
    *chat("extra body", extra_body={"data_sources": []}),
    *chat("extra headers", extra_headers={"x-own": "1"}),
    *chat("headers", headers={"x-own": "1"}),
    *chat("an unknown parameter", top_k=3),
    *chat("dropped by name", seed=7, additional_drop_params=["seed"]),
    *chat("a mocked answer", mock_response="Hi"),
    *chat("effort", "gpt-5", reasoning_effort="low"),
    *chat("verbosity", "gpt-5", verbosity="low"),
    *chat("effort of an older model", "o4-mini", reasoning_effort="high"),
    *chat("max_tokens of a reasoning model", "gpt-5", max_tokens=400),
    *chat("system words to a reasoning model", "o4-mini", [{"role": "system", "content": "Be brief"}, *HELLO]),
    *chat("a developer's words", "gpt-5", [{"role": "developer", "content": "Be brief"}, *HELLO]),
    *chat("temperature of a reasoning model", "gpt-5", temperature=0.5),
    *chat("temperature, dropped", "gpt-5", temperature=0.5, drop_params=True),
    *chat("effort where there is none, dropped", reasoning_effort="low", drop_params=True),
    *chat("effort where there is none", reasoning_effort="low"),
    *chat("thinking", "gpt-5", thinking={"type": "enabled", "budget_tokens": 1024}),
    *chat("thinking, dropped", thinking={"type": "enabled", "budget_tokens": 1024}, drop_params=True),
    *chat("a name that says nothing", "team-chat", base_model="azure/gpt-4o"),
    *chat("a missing deployment", "missing"),
    *chat("dropped from the extra body", extra_body={"seed": 7, "top_k": 3}, additional_drop_params=["top_k"]),
    *chat("dropped from every tool", tools=[WEATHER], additional_drop_params=["tools[*].function.parameters"]),
    *chat("a base model that is said", base_model="azure/gpt-4o-mini"),
    *chat("no tools", tools=[]),
    *chat("an effort that the service refuses", reasoning_effort="low", allowed_openai_params=["reasoning_effort"]),
    *chat("by the Responses API", "responses/gpt-4o"),
    one("a stream without usage", "completion", model="gpt-4o", messages=HELLO, stream=True),
    one("no messages", "completion", model="gpt-4o", messages=[]),
    one("again after a fault", "completion", BROKEN, model="gpt-4o", messages=HELLO, num_retries=1),
    one("a fallback", "completion", INVALID, model="gpt-4o", messages=HELLO, context_window_fallback_dict={}),
]

TEXT: list[Row] = [
    one("one prompt", "text_completion", model="gpt-4o", prompt="Say hello to Oslo", max_tokens=20),
    replace(
        one("prompts", "text_completion", model="gpt-4o", prompt=["Say hello to Oslo", "Say hello to Rome"]),
        unsteady=frozenset({"log"}),
    ),
    one("text, streamed", "text_completion", model="gpt-4o", prompt="Say hello to Oslo", stream=True),
    one("sampling", "text_completion", model="gpt-4o", prompt="Hi", temperature=0.2, user="ada", stop=["x"], n=2),
    one("filtered", "text_completion", FILTER, model="gpt-4o", prompt="Hi"),
    one("busy", "text_completion", BUSY, model="gpt-4o", prompt="Hi"),
    one("busy, streamed", "text_completion", BUSY, model="gpt-4o", prompt="Hi", stream=True),
    one("broken, streamed", "text_completion", BROKEN, model="gpt-4o", prompt="Hi", stream=True),
]

_E = {"model": "text-embedding-3-small", "input": ["Oslo", "Rome"], "dimensions": 8}
EMBEDDINGS: list[Row] = [
    one("a list", "embedding", **_E),
    one("a text", "embedding", **{**_E, "input": "Oslo"}),
    one("tokens", "embedding", **{**_E, "input": [[1, 2, 3]]}),
    one("whole vectors", "embedding", model="text-embedding-3-small", input=["Oslo"]),
    one("as numbers", "embedding", **_E, encoding_format="float"),
    one("as base64", "embedding", **_E, encoding_format="base64"),
    one("user", "embedding", **_E, user="ada"),
    one("extra headers", "embedding", **_E, extra_headers={"x-own": "1"}),
    one("headers", "embedding", **_E, headers={"x-own": "1"}),
    one("extra body", "embedding", **_E, extra_body={"input_type": "query"}),
    one("dropped by name", "embedding", **_E, user="ada", additional_drop_params=["user"]),
    one("missing", "embedding", **{**_E, "model": "missing"}),
    one("busy", "embedding", BUSY, **_E),
    one("wrong key", "embedding", WRONG_KEY, **_E),
    one("invalid", "embedding", INVALID, **_E),
    one("broken", "embedding", BROKEN, **_E),
]

_I = {"model": "gpt-image-1", "prompt": "A cat"}
_D = {"model": "dall-e-3", "prompt": "A cat"}
_P = {**_I, "image": PNG}
IMAGES: list[Row] = [
    one("made", "image_generation", **_I),
    one("size and number", "image_generation", **_I, n=2, size="1024x1024"),
    one("quality", "image_generation", **_I, quality="low", user="ada"),
    one("background", "image_generation", **_I, background="transparent", output_format="png"),
    one("headers", "image_generation", **_I, extra_headers={"x-own": "1"}),
    one("dall-e", "image_generation", **_D, size="1024x1024", quality="hd", style="vivid"),
    one("an address", "image_generation", **_D, response_format="url"),
    one("filtered", "image_generation", FILTER, **_I),
    one("busy", "image_generation", BUSY, **_I),
    one("missing", "image_generation", **{**_I, "model": "missing"}),
    one("edited", "image_edit", **_P),
    one("edited with a mask", "image_edit", **_P, mask=PNG, n=2, size="1024x1024"),
    one("edited with quality", "image_edit", **_P, quality="low", user="ada", background="opaque"),
    one("several images", "image_edit", **{**_P, "image": [PNG, PNG]}),
    one("edited, with headers", "image_edit", **_P, extra_headers={"x-own": "1"}),
    one("edited, unknown parameters", "image_edit", **_P, input_fidelity="high"),
    one("edited, dropped by name", "image_edit", **_P, size="1024x1024", additional_drop_params=["size"]),
    one("edit filtered", "image_edit", FILTER, **_P),
    one("edit busy", "image_edit", BUSY, **_P),
]


def _wav() -> bytes:
    """A second of silence."""
    size = 16000
    head = b"RIFF" + (36 + size).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    head += (1).to_bytes(2, "little") * 2 + (8000).to_bytes(4, "little") + (16000).to_bytes(4, "little")
    return (
        head
        + (2).to_bytes(2, "little")
        + (16).to_bytes(2, "little")
        + b"data"
        + size.to_bytes(4, "little")
        + bytes(size)
    )


_T = {"model": "whisper-1", "file": ("a.wav", _wav())}
_S = {"model": "gpt-4o-mini-tts", "input": "Hello from Oslo", "voice": "alloy"}
AUDIO: list[Row] = [
    one("heard", "transcription", **_T),
    one("in detail", "transcription", **_T, response_format="verbose_json", timestamp_granularities=["word"]),
    one("as text", "transcription", **_T, response_format="text"),
    one("as subtitles", "transcription", **_T, response_format="srt"),
    one("with hints", "transcription", **_T, language="en", prompt="Names", temperature=0),
    one("by a newer model", "transcription", **{**_T, "model": "gpt-4o-transcribe"}),
    one("heard, an unknown parameter", "transcription", **_T, chunking="auto"),
    one("heard, dropped by name", "transcription", **_T, language="en", additional_drop_params=["language"]),
    one("heard, with headers", "transcription", **_T, extra_headers={"x-own": "1"}),
    one("heard, busy", "transcription", SHORTLY, **_T),
    one("heard, invalid", "transcription", INVALID, **_T),
    one("spoken", "speech", **_S),
    one("as wav, faster", "speech", **_S, response_format="wav", speed=1.5),
    one("with instructions", "speech", **_S, instructions="Slowly"),
    one("spoken without a voice", "speech", model="gpt-4o-mini-tts", input="Hello"),
    one("spoken, with headers", "speech", **_S, extra_headers={"x-own": "1"}),
    one("spoken, busy", "speech", SHORTLY, **_S),
]

_R = {"model": "gpt-4o", "input": "Say hello to Oslo"}
TOOL = {"type": "function", "name": "get_weather", "parameters": WEATHER["function"]["parameters"]}


COUNTED = frozenset({"input_tokens", "total_tokens", "prompt_tokens", "cost"})


def _state() -> Steps:
    first = yield "responses", {**_R, "input": "My name is Ada"}
    yield "responses", {**_R, "input": "What is my name?", "previous_response_id": first.id}


def _kept() -> Steps:
    first = yield "responses", dict(_R)
    yield "get_responses", {"response_id": first.id}
    yield "list_input_items", {"response_id": first.id}
    yield "delete_responses", {"response_id": first.id}
    yield "get_responses", {"response_id": first.id}


def _background() -> Steps:
    first = yield "responses", {**_R, "background": True, "store": True}
    yield "get_responses", {"response_id": first.id}
    yield "cancel_responses", {"response_id": first.id}


def _tool_turn() -> Steps:
    first = yield "responses", {**_R, "input": "How is the weather in Bergen?", "tools": [TOOL]}
    call = next(item for item in first.output if item.type == "function_call")
    answer = {"type": "function_call_output", "call_id": call.call_id, "output": "Rain"}
    yield "responses", {**_R, "input": [answer], "previous_response_id": first.id, "tools": [TOOL]}


RESPONSES: list[Row] = [
    one("asked", "responses", **_R),
    one("a list", "responses", **{**_R, "input": [{"role": "user", "content": "Say hello to Oslo"}]}),
    one("streamed", "responses", **_R, stream=True),
    one("sampling", "responses", **_R, temperature=0.2, top_p=0.9, max_output_tokens=100),
    one("instructions", "responses", **_R, instructions="Be brief", user="ada", truncation="auto"),
    one("not stored", "responses", **_R, store=False),
    one("metadata", "responses", **_R, metadata={"topic": "towns"}),
    one("a schema", "responses", **_R, text={"format": {"type": "json_schema", "name": "c", "schema": SCHEMA}}),
    one("tools", "responses", **_R, tools=[TOOL], tool_choice="auto", parallel_tool_calls=False),
    one("tools, streamed", "responses", **{**_R, "input": "The weather in Bergen?"}, tools=[TOOL], stream=True),
    one("reasoning", "responses", **{**_R, "model": "gpt-5"}, reasoning={"effort": "low", "summary": "auto"}),
    one(
        "encrypted reasoning",
        "responses",
        **{**_R, "model": "gpt-5"},
        include=["reasoning.encrypted_content"],
        store=False,
    ),
    one("extra headers", "responses", **_R, extra_headers={"x-own": "1"}),
    one("extra body", "responses", **_R, extra_body={"prompt_cache_key": "k"}),
    one("temperature of a reasoning model", "responses", **{**_R, "model": "gpt-5"}, temperature=0.5),
    Row("a second turn", _state, unsteady=COUNTED),
    Row("kept, listed and deleted", _kept),
    Row("in the background", _background),
    Row("a tool's answer", _tool_turn, unsteady=COUNTED),
    one("compacted", "compact_responses", **{**_R, "input": [{"role": "user", "content": "Hi"}]}),
    one("filtered", "responses", FILTER, **_R),
    one("busy", "responses", BUSY, **_R),
    one("wrong key", "responses", WRONG_KEY, **_R),
    one("broken", "responses", BROKEN, **_R),
    one("missing", "responses", **{**_R, "model": "missing"}),
    one("busy, streamed", "responses", BUSY, **_R, stream=True),
    one("no such reply", "responses", **_R, previous_response_id="resp_0123456789"),
]

CHAT: list[Row] = [
    one(f"{behaviour.name}{', streamed' if way else ''}", "completion", *script, **call)
    for behaviour in BEHAVIOURS
    for way, script in enumerate((behaviour.plain, behaviour.stream))
    for call in [
        {
            "model": "gpt-4o",
            "messages": HELLO,
            **({"stream": True, "stream_options": {"include_usage": True}} if way else {}),
            **behaviour.call,
        }
    ]
]

GROUPS = {
    "answers and refusals": CHAT,
    "parameters": PARAMETERS,
    "text completions": TEXT,
    "embeddings": EMBEDDINGS,
    "images": IMAGES,
    "audio": AUDIO,
    "responses": RESPONSES,
}
