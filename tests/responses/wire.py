"""Replies and events of the Responses API, as Azure sends them, for the tests of the translation."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

Json = dict[str, Any]

SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
MATERIAL = {
    "protected_material_text": {"filtered": False, "detected": False},
    "protected_material_code": {"filtered": False, "detected": False},
}
JAILBREAK = {"jailbreak": {"filtered": False, "detected": False}}


def filters(source: str, results: Json, *, blocked: bool = False, end: int = 5) -> Json:
    return {
        "blocked": blocked,
        "source_type": source,
        "content_filter_raw": [],
        "content_filter_results": results,
        "content_filter_offsets": {"start_offset": 0, "end_offset": end, "check_offset": 0},
    }


def reasoning(text: str | None = None, *, number: int = 1, encrypted: str | None = "gAAAAsecret") -> Json:
    summary = [] if text is None else [{"type": "summary_text", "text": text}]
    return {"id": f"rs_{number}", "type": "reasoning", "summary": summary, "encrypted_content": encrypted}


def message(text: str, *, number: int = 1, phase: str | None = None, **part: Any) -> Json:
    content = {"type": "output_text", "text": text, "annotations": [], "logprobs": [], **part}
    item: Json = {"id": f"msg_{number}", "type": "message", "role": "assistant", "status": "completed"}
    return {**item, **({"phase": phase} if phase else {}), "content": [content]}


def refusal(text: str) -> Json:
    part = {"type": "refusal", "refusal": text}
    return {"id": "msg_r", "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def call(number: int = 1, *, name: str = "get_weather", arguments: str = '{"city":"Oslo"}') -> Json:
    item = {"id": f"fc_{number}", "type": "function_call", "status": "completed", "arguments": arguments}
    return {**item, "call_id": f"call_x{number}", "name": name}


def custom_call(number: int = 1, *, name: str = "run_sql", text: str = "select 1") -> Json:
    item = {"id": f"ctc_{number}", "type": "custom_tool_call", "status": "completed", "input": text}
    return {**item, "call_id": f"call_c{number}", "name": name}


def reply(*output: Json, **fields: Any) -> Json:
    """A whole reply of Azure's, with the fields that it always has."""
    return {
        "id": "resp_0a1",
        "object": "response",
        "created_at": 1790000000,
        "completed_at": 1790000001,
        "status": "completed",
        "background": False,
        "model": "gpt-5.4",
        "store": False,
        "content_filters": [
            filters("prompt", SAFE | JAILBREAK, end=882),
            filters("completion", SAFE | MATERIAL),
        ],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": "none", "summary": None},
        "service_tier": "default",
        "temperature": 1.0,
        "top_p": 0.98,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "truncation": "disabled",
        "metadata": {},
        "output": list(output),
        "usage": {
            "input_tokens": 18,
            "input_tokens_details": {"cached_tokens": 4},
            "output_tokens": 5,
            "output_tokens_details": {"reasoning_tokens": 3},
            "total_tokens": 23,
        },
        **fields,
    }


def pieces(text: str, size: int) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


def events(whole: Json, *, size: int = 3, ways: Iterable[str] = (), output: bool = True) -> list[Json]:
    """The events of a streamed reply.

    Args:
        whole: the reply as it stands at the end.
        size: characters per delta.
        ways: how each item is told: `full`, or without its `added`, its `deltas`, its `done`, or `silent`.
        output: whether the final reply repeats the items.
    """
    early = {**whole, "status": "in_progress", "output": [], "usage": None, "content_filters": None}
    found: list[Json] = [
        {"type": "response.created", "response": early},
        {"type": "response.in_progress", "response": early},
    ]
    told = zip(whole["output"], itertools.chain(ways, itertools.repeat("full")), strict=False)
    for index, (item, way) in enumerate(told):
        found.extend({"output_index": index, **event} for event in item_events(item, size, way))
    final = whole if output else {**whole, "output": []}
    found.append({"type": f"response.{whole['status']}", "response": final})
    return [{"sequence_number": n, **event} for n, event in enumerate(found)]


def item_events(item: Json, size: int, way: str) -> Iterator[Json]:
    if way == "silent":
        return
    empty = {"content": [], "summary": [], "arguments": "", "input": "", "encrypted_content": ""}
    if way != "added":
        begun = {key: empty.get(key, value) for key, value in item.items()}
        yield {"type": "response.output_item.added", "item": {**begun, "status": "in_progress"}}
    if way != "deltas":
        for event in text_events(item, size):
            if way != "done" or not event["type"].endswith(".done"):
                yield {"item_id": item["id"], **event}
    if way != "done":
        yield {"type": "response.output_item.done", "item": item}


def text_events(item: Json, size: int) -> Iterator[Json]:
    kind = item["type"]
    if kind == "function_call":
        for piece in pieces(item["arguments"], size):
            yield {"type": "response.function_call_arguments.delta", "delta": piece, "obfuscation": "Zq81"}
        yield {"type": "response.function_call_arguments.done", "arguments": item["arguments"]}
    elif kind == "custom_tool_call":
        for piece in pieces(item["input"], size):
            yield {"type": "response.custom_tool_call_input.delta", "delta": piece, "obfuscation": "b"}
        yield {"type": "response.custom_tool_call_input.done", "input": item["input"]}
    elif kind == "reasoning":
        for n, part in enumerate(item.get("content") or ()):
            place = {"content_index": n}
            for piece in pieces(part["text"], size):
                yield {"type": "response.reasoning_text.delta", "delta": piece, **place}
            yield {"type": "response.reasoning_text.done", "text": part["text"], **place}
        for n, part in enumerate(item["summary"]):
            place = {"summary_index": n}
            yield {"type": "response.reasoning_summary_part.added", "part": {**part, "text": ""}, **place}
            for piece in pieces(part["text"], size):
                yield {"type": "response.reasoning_summary_text.delta", "delta": piece, "obfuscation": "", **place}
            yield {"type": "response.reasoning_summary_text.done", "text": part["text"], **place}
            yield {"type": "response.reasoning_summary_part.done", "part": part, **place}
    elif kind == "message":
        for n, part in enumerate(item["content"]):
            yield from part_events(part, n, size)
    else:
        yield {"type": f"response.{kind}.in_progress"}
        yield {"type": f"response.{kind}.completed"}


def part_events(part: Json, n: int, size: int) -> Iterator[Json]:
    place = {"content_index": n}
    if part["type"] == "refusal":
        yield {"type": "response.content_part.added", "part": {"type": "refusal", "refusal": ""}, **place}
        for piece in pieces(part["refusal"], size):
            yield {"type": "response.refusal.delta", "delta": piece, **place}
        yield {"type": "response.refusal.done", "refusal": part["refusal"], **place}
    else:
        yield {"type": "response.content_part.added", "part": {**part, "text": "", "logprobs": []}, **place}
        tokens = iter(part["logprobs"])
        cut = list(pieces(part["text"], size))
        for m, piece in enumerate(cut):
            logprobs = list(tokens if m == len(cut) - 1 else itertools.islice(tokens, 1))
            yield {
                "type": "response.output_text.delta",
                "delta": piece,
                "logprobs": logprobs,
                "obfuscation": "x",
                **place,
            }
        yield {"type": "response.output_text.done", "text": part["text"], "logprobs": part["logprobs"], **place}
        for m, annotation in enumerate(part["annotations"]):
            kind = "response.output_text.annotation.added"
            yield {"type": kind, "annotation": annotation, "annotation_index": m, **place}
    yield {"type": "response.content_part.done", "part": part, **place}
