"""What JSON can be and what it cannot: halves of characters, numbers that are none, nesting; there and back."""

from __future__ import annotations

import contextlib
import json
import math

import pytest

from azure_connector import AzureConnector, errors
from tests.replies.service import DOORS, Answer, ask, events, text_of
from tests.replies.shapes import completion, good, plain, response_events
from tests.support.bodies import chunk

WHOLE = [door for door in DOORS if "stream" not in door]
HALF = "a\ud83db"


def _prompt(door: str, value: object) -> dict[str, object]:
    return {"input": value} if door.startswith("responses") else {"messages": [{"role": "user", "content": value}]}


@pytest.mark.parametrize("door", DOORS)
def test_half_of_a_pair_in_a_prompt_is_refused_before_anything_is_sent(pair, door):
    pair.first.says(good(door))
    with pytest.raises(errors.InvalidRequestError, match="half of a surrogate pair at 1") as caught:
        ask(door, pair.options(), **_prompt(door, HALF))
    assert caught.value.param == ("input" if door.startswith("responses") else "messages[0].content")
    assert pair.first.requests == []


def test_what_its_hint_advises_works(pair):
    pair.first.says(good("chat"))
    with pytest.raises(errors.InvalidRequestError) as caught:
        ask("chat", pair.options(), **_prompt("chat", HALF))
    advice = caught.value.hint.rpartition(": ")[2]
    mended = eval(advice, {"text": HALF + "\ud83d\ude00"})
    assert mended == "a\ufffdb\U0001f600"
    assert text_of(ask("chat", pair.options(), **_prompt("chat", mended)))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("door", WHOLE)
def test_a_number_that_is_none_is_refused_before_anything_is_sent(pair, door, number):
    pair.first.says(good(door))
    with pytest.raises(errors.InvalidRequestError, match="which JSON does not have") as caught:
        ask(door, pair.options(), extra_body={"seeds": {"x": [1.0, number]}})
    assert caught.value.param == "seeds.x[1]"
    assert pair.first.requests == []


def test_a_request_nested_too_deep_is_refused_before_anything_is_sent(pair):
    deep: list[object] = []
    for _ in range(10_000):
        deep = [deep]
    with pytest.raises(errors.InvalidRequestError, match="nested more than 500 deep"):
        ask("chat", pair.options(), extra_body={"metadata": deep})
    assert pair.first.requests == []


def test_half_of_a_pair_in_an_embedding_s_input_is_named(pair):
    with (
        AzureConnector(**pair.options()) as client,
        pytest.raises(errors.InvalidRequestError, match=r"input\[1\] has half"),
    ):
        client.embeddings.create(model="gpt-4o", input=["fine", "\udc80"])


SPLITS = [("\ud83d", "\ude00"), ("a\ud83d", "\ude00b"), ("\ud83d", "", "\ude00"), ("\ud83d", "\ude00\ud83d", "\ude00")]


@pytest.mark.parametrize("texts", SPLITS)
def test_halves_in_two_chunks_are_joined(pair, texts):
    whole = "".join(texts).encode("utf-16", "surrogatepass").decode("utf-16")
    pieces = [chunk({"content": text}) for text in texts]
    thoughts = [chunk({"reasoning_content": text}) for text in texts]
    pair.first.says(events(*thoughts, *pieces, chunk({}, "stop"), "[DONE]"))
    chunks = ask("chat stream", pair.options())
    assert text_of(chunks) == whole
    assert "".join(getattr(one.choices[0].delta, "reasoning_content", None) or "" for one in chunks) == whole
    assert not any(text_of([one]).encode("utf-16", "surrogatepass").startswith(b"\xde") for one in chunks)


def test_halves_of_two_choices_do_not_meet(pair):
    cut = [chunk({"content": "\ud83d"}, index=0), chunk({"content": "\ud83d"}, index=1)]
    rest = [chunk({"content": "\ude00"}, "stop", index=1), chunk({"content": "\ude01"}, "stop", index=0)]
    pair.first.says(events(*cut, *rest, "[DONE]"))
    found = {0: "", 1: ""}
    for one in ask("chat stream", pair.options()):
        for choice in one.choices:
            found[choice.index] += choice.delta.content or ""
    assert found == {0: "\U0001f601", 1: "\U0001f600"}


@pytest.mark.parametrize("repair", [True, False])
def test_halves_in_arguments_are_joined(pair, repair):
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}
    cut = [{"index": 0, "function": {"arguments": text}} for text in ('{"a": "\ud83d', '\ude00"}')]
    deltas = [chunk({"tool_calls": [one]}) for one in (call, *cut)]
    pair.first.says(events(*deltas, chunk({}, "tool_calls"), "[DONE]"))
    chunks = ask("chat stream", pair.options(repair_tool_arguments=repair))
    calls = [call for one in chunks for choice in one.choices for call in choice.delta.tool_calls or ()]
    assert json.loads("".join(call.function.arguments or "" for call in calls)) == {"a": "\U0001f600"}


@pytest.mark.parametrize("door", ["responses stream", "responses stream async", "bridge stream"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_halves_in_the_deltas_of_a_response_are_joined(pair, door, size):
    text = "x\ud83d\ude00y\ud83d\ude00"
    pair.first.says(events(*_cut(text, size)))
    assert text_of(ask(door, pair.options())) == "x\U0001f600y\U0001f600"


@pytest.mark.parametrize("door", ["responses stream", "bridge stream"])
def test_half_of_a_pair_at_the_end_of_a_text_passes(pair, door):
    pair.first.says(events(*_cut("ab\ud83d", 2)))
    assert text_of(ask(door, pair.options())) == "ab\ud83d"


def _cut(text: str, size: int) -> list[dict[str, object]]:
    return [
        piece
        for event in response_events(text)
        for piece in (
            [{**event, "delta": event["delta"][at : at + size]} for at in range(0, len(event["delta"]), size)]
            if event["type"] == "response.output_text.delta"
            else [event]
        )
    ]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_such_numbers_are_read_where_a_number_may_stand(pair, text):
    body = json.dumps({**completion(), "x_score": 0}).replace('"x_score": 0', f'"x_score": {text}')
    pair.first.says(Answer((body.encode(),)))
    found = ask("chat", pair.options()).x_score
    assert isinstance(found, float)
    assert repr(found) == repr(float(text))


@pytest.mark.parametrize("door", ["chat", "chat stream", "responses", "responses stream"])
@pytest.mark.parametrize("deep", [100, 400, 900, 5_000, 100_000])
def test_nesting_of_every_depth_is_an_answer_or_a_typed_error(pair, door, deep):
    nested = b"[" * deep + b"]" * deep
    reply = good(door)
    body = tuple(piece.replace(b'"created', b'"deep": ' + nested + b', "created', 1) for piece in reply.body)
    pair.first.says(Answer(body, headers=reply.headers))
    pair.second.says(plain({}))
    with contextlib.suppress(errors.UnreadableReplyError, errors.StreamInterruptedError):
        assert text_of(ask(door, pair.options()))
