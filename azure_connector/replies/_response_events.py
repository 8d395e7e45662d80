"""A whole response as the events of a stream, for servers that were asked for a stream and gave none."""

from __future__ import annotations

from collections.abc import Iterator

from .._utils import Json, as_list, as_object
from ._normalize import check_answer

__all__ = ["cut_off", "events_of", "is_response"]

# Of an item: what its events tell, by what it is before they do.
_EMPTY: Json = {"content": [], "summary": [], "arguments": "", "input": ""}
_TEXTS = {
    "output_text": ("text", "response.output_text"),
    "refusal": ("refusal", "response.refusal"),
}
_WITHOUT_ANSWER = frozenset({"queued", "in_progress", "incomplete", "failed", "cancelled"})
_ARGUMENTS = {
    "function_call": ("arguments", "response.function_call_arguments"),
    "custom_tool_call": ("input", "response.custom_tool_call_input"),
}


def is_response(body: Json) -> bool:
    """Whether a body is a response of the Responses API that holds an answer, or says why it has none."""
    status = body.get("status")
    return isinstance(body.get("output"), list) or (isinstance(status, str) and status in _WITHOUT_ANSWER)


def cut_off(response: object) -> Json | None:
    """The error that a response of the SDK's is to whoever parses its text; None for one that was not cut off."""
    if getattr(response, "status", None) != "incomplete":
        return None
    reason = getattr(getattr(response, "incomplete_details", None), "reason", None)
    error: Json = {
        "code": reason or "max_output_tokens",
        "message": f"The answer was cut off ({reason}): no whole JSON.",
    }
    filters: Json = {"content_filters": getattr(response, "content_filters", None)}
    return error | (filters if reason == "content_filter" else {})


def events_of(body: object) -> Iterator[Json]:
    """The events of a response that came whole, in the order of a stream's.

    Raises:
        Failure, NoAnswerError: as `check_answer`.
    """
    reply = check_answer(body, is_response)
    begun: Json = {**reply, "status": "in_progress", "output": [], "usage": None}
    for number, event in enumerate(_events(reply, begun)):
        yield {**event, "sequence_number": number}


def _events(reply: Json, begun: Json) -> Iterator[Json]:
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(as_list(reply.get("output"))):
        for event in _item_events(as_object(item)):
            yield {**event, "output_index": index}
    yield {"type": f"response.{reply.get('status') or 'completed'}", "response": reply}


def _item_events(item: Json) -> Iterator[Json]:
    if not item:
        return
    empty = {key: _EMPTY.get(key, value) for key, value in item.items()}
    yield {"type": "response.output_item.added", "item": {**empty, "status": "in_progress"}}
    item_id, kind = item.get("id"), item.get("type")
    for n, part in enumerate(map(as_object, as_list(item.get("content")) if kind == "message" else [])):
        for event in _part_events(part):
            yield {**event, "item_id": item_id, "content_index": n}
    if isinstance(kind, str) and kind in _ARGUMENTS:
        name, event_type = _ARGUMENTS[kind]
        text = item.get(name) or ""
        yield {"type": f"{event_type}.delta", "item_id": item_id, "delta": text}
        yield {"type": f"{event_type}.done", "item_id": item_id, "name": item.get("name"), name: text}
    yield {"type": "response.output_item.done", "item": item}


def _part_events(part: Json) -> Iterator[Json]:
    kind = part.get("type")
    name, event_type = _TEXTS.get(kind if isinstance(kind, str) else "", ("", ""))
    yield {"type": "response.content_part.added", "part": {**part, name: ""} if name else part}
    if name:
        more: Json = {"logprobs": as_list(part.get("logprobs"))} if name == "text" else {}
        text = part.get(name) or ""
        yield {"type": f"{event_type}.delta", "delta": text, **more}
        yield {"type": f"{event_type}.done", name: text, **more}
    yield {"type": "response.content_part.done", "part": part}
