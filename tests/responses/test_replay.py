"""What a message carries of a reply, appended to a history and sent again."""

from __future__ import annotations

from typing import Any

import pytest

from azure_connector.requests.responses_api import to_chat, to_responses, without_replay_state
from tests.responses import wire

Json = dict[str, Any]
SEARCH = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "Oslo"}}


def said(*output: Json, origin: str | None = None) -> Json:
    return to_chat(wire.reply(*output), origin=origin)["choices"][0]["message"]


def sent(message: Json, **options: Any) -> list[Json]:
    return to_responses({"messages": [message]}, **options)[0]["input"]


def spoken(text: str, **fields: Any) -> Json:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "role": "assistant", "content": [part], **fields}


def called(number: int, **fields: Any) -> Json:
    arguments = '{"city":"Oslo"}'
    call = {"type": "function_call", "call_id": f"call_x{number}", "name": "get_weather", "arguments": arguments}
    return {**call, **fields}


def thought(number: int) -> Json:
    return {"type": "reasoning", "id": f"rs_{number}", "summary": [], "encrypted_content": "gAAAAsecret"}


INTERLEAVED = (
    wire.reasoning(number=1),
    wire.message("Looking.", number=1, phase="commentary"),
    SEARCH,
    wire.reasoning(number=2),
    wire.call(1),
    wire.message("And.", number=2, phase="commentary"),
    wire.call(2),
)


def test_the_items_go_back_in_their_order_with_ids_and_phases_but_without_status() -> None:
    assert sent(said(*INTERLEAVED)) == [
        thought(1),
        spoken("Looking.", id="msg_1", phase="commentary"),
        SEARCH,
        thought(2),
        called(1, id="fc_1"),
        spoken("And.", id="msg_2", phase="commentary"),
        called(2, id="fc_2"),
    ]


def test_an_aside_goes_back_too() -> None:
    message = said(wire.message("Hm.", phase="commentary"), wire.message("{}", number=2, phase="final_answer"))
    assert sent(message) == [spoken("Hm.", phase="commentary"), spoken("{}", phase="final_answer")]


def test_repaired_arguments_go_back_repaired() -> None:
    message = said(wire.reasoning(), wire.call(1, arguments="{'city': 'Oslo'}"))
    message["tool_calls"][0]["function"]["arguments"] = '{"city":"Oslo"}'
    assert sent(message) == [thought(1), called(1, id="fc_1")]


def test_a_refusal_stays_the_last_word() -> None:
    message = said(wire.reasoning(), wire.refusal("No."))
    assert sent(message)[1]["content"] == [{"type": "refusal", "refusal": "No."}]


def test_what_is_kept_is_not_what_is_sent() -> None:
    item = wire.reasoning("Why.") | {"status": "completed", "content": None, "content_filters": []}
    generated = {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": "iVBO"}
    message = said(item, generated | {"content_filter_results": {}, "response_id": "resp_1"}, wire.message("Here."))
    assert message["reasoning_items"] == [item]
    assert sent(message)[:2] == [thought(1) | {"summary": item["summary"]}, generated]


@pytest.mark.parametrize(
    "edit",
    [
        {"content": "Something else."},
        {"content": None},
        {"tool_calls": []},
        {"content": "Looking.\n\nAnd."[::-1] + "!"},
        {"output_items": [{"type": "message", "length": "many"}]},
    ],
)
def test_an_edited_message_goes_without_reasoning(edit: Json) -> None:
    message = said(*INTERLEAVED) | edit
    items = sent(message)
    assert {item["type"] for item in items} <= {"message", "function_call"}
    assert all("id" not in item for item in items)


def test_a_refusal_that_was_put_in_by_hand_is_not_lost() -> None:
    items = sent(said(wire.reasoning(), wire.call(1)) | {"refusal": "No."})
    assert items[0]["content"] == [{"type": "refusal", "refusal": "No."}]
    assert items[1:] == [called(1)]


@pytest.mark.parametrize("options", [{"reasons": False}, {"replay": False}, {"origin": "elsewhere"}])
def test_reasoning_that_the_target_cannot_read_is_left_out_with_all_that_hangs_on_it(options: Json) -> None:
    assert sent(said(*INTERLEAVED, origin="here"), **options) == [
        spoken("Looking.", phase="commentary"),
        called(1),
        spoken("And.", phase="commentary"),
        called(2),
    ]


@pytest.mark.parametrize("options", [{}, {"origin": "here"}])
def test_reasoning_goes_back_to_where_it_came_from(options: Json) -> None:
    assert thought(1) in sent(said(*INTERLEAVED, origin="here"), **options)


def test_reasoning_that_is_not_encrypted_is_left_out() -> None:
    assert sent(said(wire.reasoning(encrypted=None), wire.message("Hi"))) == [spoken("Hi")]


def test_reasoning_alone_goes_before_the_message() -> None:
    """Frameworks that keep only `reasoning_items`, as LiteLLM does."""
    message = said(wire.reasoning(), wire.message("Hi"))
    del message["output_items"]
    assert sent(message) == [thought(1), spoken("Hi")]


def test_reasoning_that_led_to_nothing_is_left_out() -> None:
    """An answer cut off while the model reasoned: the service refuses reasoning without the item that follows it."""
    assert sent(said(wire.reasoning())) == []
    assert sent(said(wire.reasoning(), wire.message(""))) == []
    message = said(wire.reasoning(number=1), wire.call(1), wire.reasoning(number=2))
    assert sent(message) == [thought(1), called(1, id="fc_1")]
    assert sent({"role": "assistant", "content": "", "reasoning_items": [wire.reasoning()]}) == []


def test_text_in_parts_is_the_same_text() -> None:
    message = said(wire.reasoning(), wire.message("Hi"))
    message["content"] = [{"type": "text", "text": "Hi"}]
    assert sent(message) == [thought(1), spoken("Hi", id="msg_1")]


def test_chat_completions_gets_none_of_it() -> None:
    message = said(wire.reasoning("Why."), wire.message("Hi"), origin="here")
    assert without_replay_state(message) == {"role": "assistant", "content": "Hi", "refusal": None}
    plain = said(wire.message("Hi"))
    assert without_replay_state(plain) is plain
