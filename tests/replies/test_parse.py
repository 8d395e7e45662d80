"""`parse()` on answers that were cut off: a typed error with what came, never a validation error."""

from __future__ import annotations

import json
import pickle

import openai
import pydantic
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector, errors
from tests.replies.service import ask, events
from tests.replies.shapes import FILTERED, begun, completion, plain, say
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
        assert "responses.create()" in caught.value.hint
    else:
        assert [category.name for category in caught.value.categories] == ["violence"]
    assert caught.value.partial.text == CUT
    assert len(pair.first.requests) == 1
    assert pair.second.requests == []


async def streamed(pair, asynchronous: bool, seen: list[str], **more):
    ask = {"model": "gpt-4o", "input": "Oslo?", "text_format": City, **more}
    if asynchronous:
        async with AsyncAzureConnector(**pair.options()) as client, client.responses.stream(**ask) as stream:
            async for event in stream:
                seen.append(event.type)
            return await stream.get_final_response()
    with AzureConnector(**pair.options()) as client, client.responses.stream(**ask) as stream:
        seen.extend(event.type for event in stream)
        return stream.get_final_response()


CUT_BY = [("max_output_tokens", errors.IncompleteReplyError), ("content_filter", errors.ContentFilteredError)]


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("text", [CUT, "", '{"name": "Oslo", "country": "Norway"}'])
@pytest.mark.parametrize(("reason", "cls"), CUT_BY)
async def test_a_cut_response_that_is_streamed(pair, reason, cls, text, asynchronous):
    pair.first.says(events(*wire.events(cut(reason, text))))
    seen: list[str] = []
    with pytest.raises(cls, match=rf"cut off \({reason}\)") as caught:
        await streamed(pair, asynchronous, seen)
    assert caught.value.code == reason
    assert caught.value.partial.text == text
    assert caught.value.partial.response_id
    assert seen[-1] == "response.incomplete"
    assert len(pair.first.requests) == 1
    assert pair.second.requests == []


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_response_that_fails_while_it_is_streamed_stays_the_sdk_s_event(pair, asynchronous):
    told = wire.events(wire.reply(wire.message(CUT), status="failed", error={"code": "server_error", "message": "x"}))
    pair.first.says(events(*told))
    seen: list[str] = []
    with pytest.raises(RuntimeError, match=r"response\.completed"):
        await streamed(pair, asynchronous, seen)
    assert seen[-1] == "response.failed"


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_whole_response_that_is_streamed(pair, asynchronous):
    text = json.dumps({"name": "Oslo", "country": "Norway"})
    told = wire.events(wire.reply(wire.message(text)))
    pair.first.says(events(*told))
    seen: list[str] = []
    final = await streamed(pair, asynchronous, seen)
    assert final.output_parsed == City(name="Oslo", country="Norway")
    assert seen == [event["type"] for event in told]


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("text", ["no JSON", '{"name": 1}'])
async def test_another_kind_of_text_is_the_model_s_mistake_also_in_a_stream(pair, text, asynchronous):
    pair.first.says(events(*wire.events(wire.reply(wire.message(text)))))
    with pytest.raises(pydantic.ValidationError):
        await streamed(pair, asynchronous, [])


@pytest.mark.parametrize("reason", ["max_output_tokens", "content_filter"])
def test_without_a_format_a_cut_stream_is_what_the_service_sent(pair, reason):
    told = wire.events(cut(reason))
    pair.first.says(events(*told))
    with AzureConnector(**pair.options()) as client:
        with client.responses.stream(model="gpt-4o", input="Oslo?") as stream:
            assert [event.type for event in stream] == [event["type"] for event in told]
        plainly = client.responses.create(model="gpt-4o", input="Oslo?", stream=True)
        assert [event.type for event in plainly] == [event["type"] for event in told]


@pytest.mark.parametrize("door", ["chat stream", "chat stream async", "responses stream", "bridge stream"])
def test_a_filter_that_stops_an_answer_leaves_what_had_arrived(pair, door):
    error = {"error": {"code": "content_filter", "message": "It was filtered.", "innererror": FILTERED}}
    pair.first.says(events(*(say("Hel", "lo") if door.startswith("chat") else begun()), error))
    with pytest.raises(errors.ContentFilteredError, match=r"It was filtered\.") as caught:
        ask(door, pair.options())
    assert caught.value.partial.text == "Hello"
    assert [category.name for category in caught.value.categories] == ["hate"]
    assert pickle.loads(pickle.dumps(caught.value)).partial == caught.value.partial


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
