from __future__ import annotations

from typing import Any

from azure_connector.requests.responses_api import to_responses
from tests.support.tables import each_row

Json = dict[str, Any]


def items(*messages: Json) -> list[Json]:
    sent, unsent = to_responses({"messages": list(messages)})
    assert unsent == ()
    return sent["input"]


def spoken(text: str) -> Json:
    return {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }


@each_row("role", ["system", "developer"])
def test_instructions_keep_their_place_and_role(role: str) -> None:
    assert items({"role": "user", "content": "a"}, {"role": role, "content": "b"}) == [
        {"type": "message", "role": "user", "content": "a"},
        {"type": "message", "role": role, "content": "b"},
    ]


@each_row(
    ("part", "sent"),
    [
        ({"type": "text", "text": "hi"}, {"type": "input_text", "text": "hi"}),
        ("hi", {"type": "input_text", "text": "hi"}),
        (
            {"type": "text", "text": "hi", "prompt_cache_breakpoint": {"mode": "explicit"}},
            {"type": "input_text", "text": "hi", "prompt_cache_breakpoint": {"mode": "explicit"}},
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "low"}},
            {"type": "input_image", "image_url": "https://example.org/a.png", "detail": "low"},
        ),
        (
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "auto"},
        ),
        (
            {"type": "image_url", "image_url": "https://example.org/a.png"},
            {"type": "input_image", "image_url": "https://example.org/a.png", "detail": "auto"},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        ),
        (
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"}},
            {"type": "input_file", "file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"},
        ),
        ({"type": "file", "file": {"file_id": "file_1"}}, {"type": "input_file", "file_id": "file_1"}),
        ({"type": "input_text", "text": "already"}, {"type": "input_text", "text": "already"}),
    ],
)
def test_parts_of_a_user_s_message(part: Any, sent: Json) -> None:
    assert items({"role": "user", "content": [part]})[0]["content"] == [sent]


def test_what_the_assistant_said() -> None:
    assert items({"role": "assistant", "content": "Hello"}) == [spoken("Hello")]
    parts = [{"type": "text", "text": "a"}, {"type": "refusal", "refusal": "b"}, {"type": "thinking", "thinking": "c"}]
    assert items({"role": "assistant", "content": parts})[0]["content"] == [
        {"type": "output_text", "text": "a", "annotations": []},
        {"type": "refusal", "refusal": "b"},
    ]
    assert items({"role": "assistant", "content": None, "refusal": "No."})[0]["content"] == [
        {"type": "refusal", "refusal": "No."}
    ]
    assert items({"role": "assistant", "content": ""}, {"role": "assistant", "content": None}) == []


def test_text_comes_before_the_tool_calls_that_stand_beside_it() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    assert items({"role": "assistant", "content": "Let me see.", "tool_calls": [call]}) == [
        spoken("Let me see."),
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"a":1}'},
    ]


@each_row(("arguments", "text"), [(None, "{}"), ({"a": 1}, '{"a": 1}'), ("", "")])
def test_arguments_are_always_text(arguments: Any, text: str) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    assert items({"role": "assistant", "tool_calls": [call]})[0]["arguments"] == text


def test_results_go_back_as_what_their_call_was() -> None:
    function = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    custom = {"id": "call_2", "custom": {"name": "c", "input": "select 1"}}
    assert items(
        {"role": "assistant", "content": None, "tool_calls": [function, custom]},
        {"role": "tool", "tool_call_id": "call_2", "content": "1"},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    ) == [
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "call_2", "name": "c", "input": "select 1"},
        {"type": "custom_tool_call_output", "call_id": "call_2", "output": "1"},
        {"type": "function_call_output", "call_id": "call_1", "output": "sunny"},
    ]


def test_results_of_several_parts_stay_apart() -> None:
    one, two = {"type": "text", "text": "a"}, {"type": "text", "text": "b"}
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    outputs = [
        item["output"]
        for item in items(
            {"role": "tool", "tool_call_id": "x", "content": [one]},
            {"role": "tool", "tool_call_id": "x", "content": [one, two]},
            {"role": "tool", "tool_call_id": "x", "content": [image]},
            {"role": "tool", "tool_call_id": "x", "content": None},
        )
    ]
    assert outputs == [
        "a",
        [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}],
        [{"type": "input_image", "image_url": "https://example.org/a.png", "detail": "auto"}],
        "",
    ]


def test_the_legacy_form_of_calls_is_paired_by_position() -> None:
    call, output, again, result = items(
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "1"},
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "2"},
    )
    assert call["call_id"] == output["call_id"] != again["call_id"] == result["call_id"]
    assert (output["type"], output["output"], result["output"]) == ("function_call_output", "1", "2")


def test_items_of_the_responses_api_are_kept() -> None:
    approval = {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True}
    assert items({"role": "user", "content": "a"}, approval)[1] == approval
