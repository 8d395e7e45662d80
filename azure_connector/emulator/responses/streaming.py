"""A response as the sequence of events that Azure streams. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..counting import pieces
from ..values import Json

__all__ = ["events_of"]


def events_of(response: Json) -> Iterator[Json]:
    """The events of a finished response, numbered; each has its name in `type`."""
    return ({"type": name, "sequence_number": number, **data} for number, (name, data) in enumerate(_events(response)))


Event = tuple[str, Json]


def _events(response: Json) -> Iterator[Event]:
    unfinished: Json = {"status": "in_progress", "completed_at": None, "output": [], "usage": None}
    early = {**response, **unfinished, "incomplete_details": None, "content_filters": None}
    if response["background"]:
        yield "response.queued", {"response": {**early, "status": "queued"}}
    yield "response.created", {"response": early}
    yield "response.in_progress", {"response": early}
    for index, item in enumerate(response["output"]):
        yield "response.output_item.added", {"output_index": index, "item": _opening(item)}
        where: Json = {"item_id": item["id"], "output_index": index}
        yield from _CONTENTS.get(item["type"], _nothing)(item, where)
        yield "response.output_item.done", {"output_index": index, "item": item}
    yield f"response.{response['status']}", {"response": response}


def _opening(item: Json) -> Json:
    """The item before its contents."""
    empty: Json = {
        "message": {"status": "in_progress", "content": []},
        "function_call": {"status": "in_progress", "arguments": ""},
        "custom_tool_call": {"status": "in_progress", "input": ""},
        "reasoning": {"summary": []},
        "file_search_call": {"status": "in_progress", "results": None},
    }
    return {**item, **empty.get(item["type"], {})}


def _nothing(item: Json, where: Json) -> Iterator[Event]:
    yield from ()


def _file_search(item: Json, where: Json) -> Iterator[Event]:
    for state in ("in_progress", "searching", "completed"):
        yield f"response.file_search_call.{state}", where


def _message(item: Json, where: Json) -> Iterator[Event]:
    for index, part in enumerate(item["content"]):
        place = {**where, "content_index": index}
        probabilities: list[Any] = part["logprobs"]
        empty: Json = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        yield "response.content_part.added", {**place, "part": empty}
        for number, piece in enumerate(pieces(part["text"])):
            one = probabilities[number : number + 1]
            yield (
                "response.output_text.delta",
                {**place, "delta": piece, "logprobs": one, "obfuscation": _padding(piece)},
            )
        for number, cited in enumerate(part["annotations"]):
            yield "response.output_text.annotation.added", {**place, "annotation_index": number, "annotation": cited}
        yield "response.output_text.done", {**place, "text": part["text"], "logprobs": probabilities}
        yield "response.content_part.done", {**place, "part": part}


def _function_call(item: Json, where: Json) -> Iterator[Event]:
    for piece in pieces(item["arguments"]):
        yield "response.function_call_arguments.delta", {**where, "delta": piece, "obfuscation": _padding(piece)}
    yield "response.function_call_arguments.done", {**where, "name": item["name"], "arguments": item["arguments"]}


def _custom_tool_call(item: Json, where: Json) -> Iterator[Event]:
    for piece in pieces(item["input"]):
        yield "response.custom_tool_call_input.delta", {**where, "delta": piece, "obfuscation": _padding(piece)}
    yield "response.custom_tool_call_input.done", {**where, "input": item["input"]}


def _reasoning(item: Json, where: Json) -> Iterator[Event]:
    for index, part in enumerate(item["summary"]):
        place = {**where, "summary_index": index}
        yield "response.reasoning_summary_part.added", {**place, "part": {"type": "summary_text", "text": ""}}
        for piece in pieces(part["text"]):
            delta = {**place, "delta": piece, "obfuscation": _padding(piece)}
            yield "response.reasoning_summary_text.delta", delta
        yield "response.reasoning_summary_text.done", {**place, "text": part["text"]}
        yield "response.reasoning_summary_part.done", {**place, "part": part}


_CONTENTS = {
    "message": _message,
    "function_call": _function_call,
    "custom_tool_call": _custom_tool_call,
    "reasoning": _reasoning,
    "file_search_call": _file_search,
}


def _padding(piece: str) -> str:
    return "Zq81Lw5T9xKf"[: max(1, 12 - len(piece) % 12)]
