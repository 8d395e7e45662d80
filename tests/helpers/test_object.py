"""`generate_object` and `stream_object`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from pydantic import BaseModel

from azure_connector import helpers
from azure_connector.emulator import Emulator, Reply
from azure_connector.helpers import NoObjectError
from tests.helpers.conftest import Run

PROMPT = "The city is Oslo, the country is Norway"
BODY = {"id": "i", "object": "chat.completion", "created": 1, "model": "gpt-5"}


class City(BaseModel):
    """A city."""

    city: str
    country: str


def test_an_object_grows_until_it_is_whole(run: Run, azure: Emulator) -> None:
    whole = run("generate_object", PROMPT, schema=City, reasoning_effort="low", max_tokens=900)
    steps, streamed = run("stream_object", PROMPT, schema=City, reasoning_effort="low")
    assert whole.object == streamed.object == City(city="Oslo", country="Norway")
    assert City.model_validate_json(whole.raw_text) == whole.object
    assert {"city": "Oslo"} in steps
    assert all(len(before) <= len(after) for before, after in pairwise(steps))
    assert whole.usage == streamed.usage
    assert whole.usage.input_tokens > 0
    assert streamed.info.deployment == "gpt-5"
    assert (whole.info.deployment, whole.finish_reason) == ("gpt-5", "stop")
    sent = azure.requests.last.body
    assert (sent["reasoning_effort"], sent["response_format"]["json_schema"]["strict"]) == ("low", True)
    assert sent["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("name", ["generate_object", "stream_object"])
def test_messages_and_instructions_go_before_the_prompt(run: Run, azure: Emulator, name: str) -> None:
    before: list[Any] = [{"role": "user", "content": "I am in Norway"}, {"role": "assistant", "content": "Nice"}]
    run(name, PROMPT, schema=City, messages=before, system="Be exact.", model="gpt-4o", temperature=0.5)
    sent = azure.requests.last.body
    assert [message["role"] for message in sent["messages"]] == ["system", "user", "assistant", "user"]
    assert (sent["model"], sent["temperature"]) == ("gpt-4o", 0.5)


def test_a_refusal_is_an_error_with_its_words(run: Run, azure: Emulator) -> None:
    message = {"role": "assistant", "content": None, "refusal": "I cannot."}
    azure.script(Reply(body={**BODY, "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}))
    with pytest.raises(NoObjectError, match="I cannot") as caught:
        run("generate_object", PROMPT, schema=City)
    assert caught.value.text == "I cannot."


async def test_a_stream_that_is_left_has_no_object(azure: Emulator) -> None:
    growing = helpers.stream_object(PROMPT, schema=City)
    next(iter(growing))
    growing.close()
    with pytest.raises(RuntimeError, match="no object"):
        growing.object()
    later = helpers.astream_object(PROMPT, schema=City)
    async for _ in later.object_stream:
        break
    await later.aclose()
    with pytest.raises(RuntimeError, match="no object"):
        await later.object()
