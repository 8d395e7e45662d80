"""`parse()` on answers that were cut off: a typed error with what came, never a validation error."""

from __future__ import annotations

import json

import openai
import pydantic
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector, errors
from tests.replies.shapes import completion, plain
from tests.responses import wire


class City(pydantic.BaseModel):
    name: str
    country: str


CUT = '{"name": "Oslo", "coun'


def cut(reason: str, text: str = CUT) -> dict[str, object]:
    details = {"reason": reason}
    filtered = {"violence": {"filtered": True, "severity": "high"}}
    verdicts = [wire.filters("completion", filtered, blocked=True)] if reason == "content_filter" else None
    return wire.reply(wire.message(text), status="incomplete", incomplete_details=details, content_filters=verdicts)


async def parsed(pair, asynchronous: bool, raw: bool = False):
    ask = {"model": "gpt-4o", "input": "Oslo?", "text_format": City}
    if asynchronous:
        async with AsyncAzureConnector(**pair.options()) as client:
            if raw:
                return (await client.responses.with_raw_response.parse(**ask)).parse()
            return await client.responses.parse(**ask)
    with AzureConnector(**pair.options()) as client:
        return client.responses.with_raw_response.parse(**ask).parse() if raw else client.responses.parse(**ask)


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize(
    ("reason", "cls"),
    [("max_output_tokens", errors.IncompleteReplyError), ("content_filter", errors.ContentFilteredError)],
)
async def test_a_cut_response(pair, reason, cls, asynchronous, raw):
    pair.first.says(plain(cut(reason)))
    with pytest.raises(cls, match=rf"cut off \({reason}\)") as caught:
        await parsed(pair, asynchronous, raw)
    assert caught.value.code == reason
    assert isinstance(caught.value, openai.BadRequestError)
    if cls is errors.IncompleteReplyError:
        assert caught.value.partial.text == CUT
        assert "responses.create()" in caught.value.hint
    else:
        assert [category.name for category in caught.value.categories] == ["violence"]
    assert len(pair.first.requests) == 1
    assert pair.second.requests == []


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_an_answer_that_is_whole_is_parsed_all_the_same(pair, asynchronous):
    text = json.dumps({"name": "Oslo", "country": "Norway"})
    pair.first.says(plain(cut("max_output_tokens", text)))
    assert (await parsed(pair, asynchronous)).output_parsed == City(name="Oslo", country="Norway")


def test_an_answer_of_another_kind_is_the_model_s_mistake_and_no_cut(pair):
    pair.first.says(plain(wire.reply(wire.message('{"name": 1}'))))
    with AzureConnector(**pair.options()) as client, pytest.raises(pydantic.ValidationError):
        client.responses.parse(model="gpt-4o", input="Oslo?", text_format=City)


@pytest.mark.parametrize(
    ("finish", "cls"),
    [("length", openai.LengthFinishReasonError), ("content_filter", openai.ContentFilterFinishReasonError)],
)
def test_chat_keeps_the_sdk_s_own_words(pair, finish, cls):
    pair.first.says(plain(completion(CUT, finish_reason=finish)))
    with AzureConnector(**pair.options()) as client, pytest.raises(cls):
        client.chat.completions.parse(model="gpt-4o", messages=[], response_format=City)
