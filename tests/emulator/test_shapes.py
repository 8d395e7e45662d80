"""Every reply against the shapes that the SDK has from the published document, by pydantic's whole validation.

The SDK itself builds its models without a check. Where Azure's practice differs from the document, the reason is here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openai.types import Batch, CreateEmbeddingResponse, FileDeleted, FileObject, ImagesResponse, Model
from openai.types.audio import Transcription, TranscriptionVerbose
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseItem, ResponseStreamEvent
from pydantic import TypeAdapter

from azure_connector.emulator import Emulator
from azure_connector.emulator.sound import wav

MODELS = (
    "gpt-4o gpt-5 gpt-5.4 gpt-audio model-router text-embedding-3-small gpt-image-1 dall-e-3 whisper gpt-4o-transcribe"
)
MESSAGES = [{"role": "user", "content": "What's the weather in Oslo?"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"name": "get_weather", "description": "Get the weather.", "parameters": PARAMETERS}
CHATS: list[dict[str, Any]] = [
    {"model": "gpt-4o"},
    {"model": "gpt-5", "reasoning_effort": "low"},
    {"model": "model-router"},
    {"model": "gpt-4o", "n": 2, "logprobs": True, "top_logprobs": 2},
    {"model": "gpt-4o", "tools": [{"type": "function", "function": TOOL}]},
    {"model": "gpt-4o", "messages": [{"role": "user", "content": "[filter-output] Say hello to the world"}]},
    {"model": "gpt-4o", "messages": [{"role": "user", "content": "[async-filter] Say hello"}]},
    {"model": "gpt-audio", "modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}},
    {"model": "gpt-4o", "max_tokens": 2},
]
RESPONSES: list[dict[str, Any]] = [
    {"model": "gpt-4o"},
    {"model": "gpt-5", "reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"]},
    {"model": "gpt-4o", "tools": [{"type": "function", **TOOL}]},
    {"model": "gpt-4o", "tools": [{"type": "custom", "name": "get_weather"}]},
    {"model": "gpt-4o", "input": [{"role": "user", "content": "[filter-output] Say hello to the world"}]},
    {"model": "gpt-4o", "include": ["message.output_text.logprobs"], "top_logprobs": 2},
]


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    models = MODELS.split()
    with Emulator(models) as azure, httpx.Client(base_url=f"{azure.endpoint}/openai/v1") as client:
        client.headers["api-key"] = azure.api_key
        yield client


def sent(http: httpx.Client, path: str, body: dict[str, Any]) -> httpx.Response:
    reply = http.post(path, json=body)
    assert reply.status_code in {200, 201}, reply.text
    return reply


def events(text: str) -> list[Any]:
    data = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")]
    return [json.loads(one) for one in data]


def whole(shape: Any, value: Any) -> None:
    TypeAdapter(shape).validate_python(value)


def with_writes(value: Any) -> Any:
    """With `cache_write_tokens`, which OpenAI's newest document wants and Azure's documents and replies do not have."""
    response = value.get("response", value)
    if response.get("usage"):
        response["usage"]["input_tokens_details"]["cache_write_tokens"] = 0
    return value


@pytest.mark.parametrize("body", CHATS, ids=range(len(CHATS)))
def test_chats(http: httpx.Client, body: dict[str, Any]) -> None:
    whole(ChatCompletion, sent(http, "/chat/completions", {"messages": MESSAGES, **body}).json())
    streamed = {"messages": MESSAGES, **body, "stream": True, "stream_options": {"include_usage": True}}
    chunks = events(sent(http, "/chat/completions", streamed).text)
    for chunk in chunks:
        # Azure's practice: the filter's chunks have no id, model or object, and no delta when they come late.
        if chunk["id"]:
            whole(ChatCompletionChunk, chunk)
        else:
            assert chunk["object"] == ""
            assert all("delta" not in choice for choice in chunk["choices"])


@pytest.mark.parametrize("body", RESPONSES, ids=range(len(RESPONSES)))
def test_responses(http: httpx.Client, body: dict[str, Any]) -> None:
    asked = {"input": MESSAGES, **body}
    made = sent(http, "/responses", asked).json()
    whole(Response, with_writes(made))
    for event in events(sent(http, "/responses", {**asked, "stream": True}).text):
        whole(ResponseStreamEvent, with_writes(event))
    listed = http.get(f"/responses/{made['id']}/input_items").json()
    whole(list[ResponseItem], listed["data"])
    assert http.delete(f"/responses/{made['id']}").json() == {
        "id": made["id"],
        "object": "response.deleted",
        "deleted": True,
    }


def test_all_the_rest(http: httpx.Client) -> None:
    whole(CreateEmbeddingResponse, sent(http, "/embeddings", {"model": "text-embedding-3-small", "input": "x"}).json())
    for model in ("gpt-image-1", "dall-e-3"):
        whole(ImagesResponse, sent(http, "/images/generations", {"model": model, "prompt": "a cat"}).json())
    whole(list[Model], http.get("/models").json()["data"])
    whole(Model, http.get("/models/gpt-4o").json())
    line = {"custom_id": "1", "method": "POST", "url": "/chat/completions", "body": {"model": "gpt-4o"}}
    files = {"file": ("a.jsonl", json.dumps(line).encode())}
    file = http.post("/files", data={"purpose": "batch"}, files=files).json()
    whole(FileObject, file)
    body = {"input_file_id": file["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    batch = sent(http, "/batches", body).json()
    for _ in range(4):
        whole(Batch, http.get(f"/batches/{batch['id']}").json())
    whole(FileDeleted, http.delete(f"/files/{file['id']}").json())
    for model, shape, form in (
        ("whisper", TranscriptionVerbose, "verbose_json"),
        ("gpt-4o-transcribe", Transcription, "json"),
    ):
        data = {"model": model, "response_format": form}
        whole(shape, http.post("/audio/transcriptions", data=data, files={"file": ("a.wav", wav("Hi"))}).json())
