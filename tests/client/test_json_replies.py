"""`cast_to=object` gives JSON instead of the SDK's objects: mended like them, and known to `azure_info`."""

from __future__ import annotations

import json

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from azure_connector import AsyncAzureConnector, AzureConnector, azure_info
from azure_connector.emulator import Reply
from tests.speed.shapes import COMPLETIONS, RECORDED, STREAMS, reply

ASK = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hello to Oslo"}]}


@pytest.fixture
def given(azure):
    return {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}


@pytest.mark.parametrize("shape", COMPLETIONS)
def test_a_completion(azure, given, shape):
    azure.script(Reply(body=COMPLETIONS[shape]))
    with AzureConnector(**given) as client:
        found = client.post("/chat/completions", body=ASK, cast_to=object)
    assert isinstance(found, dict)
    assert found == COMPLETIONS[shape]
    assert json.loads(json.dumps(found)) == found
    assert azure_info(found).deployment == "gpt-4o"
    assert azure_info(found).region == "Sweden Central"


async def test_it_is_mended(azure, given):
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": {"city": "Oslo"}}}
    azure.script(Reply(body=reply({"role": None, "tool_calls": [call]}, "eos")))
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    async with AsyncAzureConnector(**given) as client:
        found = await client.post("/chat/completions", body={**ASK, "tools": [tool]}, cast_to=object)
    (choice,) = found["choices"]
    assert choice["message"]["role"] == "assistant"
    assert json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"]) == {"city": "Oslo"}
    assert ChatCompletion.model_validate(found).choices[0].message.tool_calls


@pytest.mark.parametrize("events", [*STREAMS.values(), *RECORDED.values()])
async def test_chunks_are_what_the_objects_are_made_of(azure, given, events):
    azure.script(Reply(events=events), Reply(events=events))
    async with AsyncAzureConnector(**given) as client:
        how = {"cast_to": object, "stream": True, "stream_cls": openai.AsyncStream[object]}
        stream = await client.post("/chat/completions", body={**ASK, "stream": True}, **how)
        found = [chunk async for chunk in stream]
        objects = [chunk async for chunk in await client.chat.completions.create(**ASK, stream=True)]
    assert all(isinstance(chunk, dict) for chunk in found)
    assert [ChatCompletionChunk.model_validate(chunk) for chunk in found] == objects
    assert azure_info(found[0]) is azure_info(stream)


def test_a_model_that_cannot_stream(azure, given):
    """Its whole reply comes as chunks, which are JSON, too."""
    azure.script(Reply(body=COMPLETIONS["text"]))
    how = {"cast_to": object, "stream": True, "stream_cls": openai.Stream[object]}
    with AzureConnector(**given) as client:
        client.declare_base_model("gpt-4o", "o1")
        body = {**ASK, "stream": True}
        chunks = list(client.post("/chat/completions", body=body, **how))
    assert "stream" not in azure.requests.last.body
    assert all(isinstance(chunk, dict) for chunk in chunks)
    assert "Hello" in "".join(choice["delta"].get("content") or "" for one in chunks for choice in one["choices"])


def test_other_operations(azure, given):
    with AzureConnector(**given) as client:
        body = {"model": "text-embedding-3-small", "input": ["cat"]}
        found = client.post("/embeddings", body=body, cast_to=object)
    assert len(found["data"]) == 1
    assert azure_info(found).deployment == "text-embedding-3-small"
