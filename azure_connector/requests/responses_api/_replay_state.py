"""What a chat message carries of a Responses reply beyond what Chat Completions can say, so that it can be replayed.

Two extra fields stand on the assistant message, and stay there when it is appended to a history:

- `reasoning_items`: the reasoning items as they came, encrypted. LiteLLM uses the same name.
- `output_items`: the reply's items in their order. Text and tool calls, which the message itself holds, are stubs
  (`length` counts a message's characters); reasoning is a stub too; everything else (generated images, searches,
  commentary that is no part of the text) stands there whole. Absent where the message alone tells the order.

`reasoning_origin` names where reasoning comes from: encrypted reasoning can be read only by the resource that made it.

Replaying is all or nothing. The service ties reasoning to the items after it by their ids and answers 400 where one of
them is missing, so a message that was edited is sent without its reasoning. Ids are sent as they came and only beside
the reasoning: Foundry demands the id of an encrypted item, and an id alone is looked up in a store that has nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._utils import Json, as_list
from ._message_text import SEPARATOR, MessageText
from ._shapes import objects, without

__all__ = ["CALL_TYPES", "REPLAY_FIELDS", "fields_of", "replayed", "without_replay_state"]

REPLAY_FIELDS = frozenset(
    {"reasoning_content", "reasoning_items", "reasoning_origin", "output_items", "file_citations"}
)
"""The extra fields that `to_chat` puts on messages; a target that speaks Chat Completions gets none of them."""

CALL_TYPES = frozenset({"function_call", "custom_tool_call"})
_SAID_BY_MESSAGE = {
    "message": ("content", "role", "status"),
    "function_call": ("arguments", "name", "status"),
    "custom_tool_call": ("input", "name", "status"),
    "reasoning": ("summary", "content", "encrypted_content", "status"),
}
# Set by the service on what it returns and refused on what it is sent.
_REFUSED = frozenset(
    {"content_filters", "content_filter_results", "content_filter_offsets", "created_by", "response_id"}
)


def fields_of(output: list[Json], speech: MessageText, origin: str | None) -> Json:
    """The extra fields for the message that a reply with these items becomes.

    Args:
        output: the reply's items.
        speech: how their texts were joined; its messages are positions in `output`.
        origin: what names the reply's source.
    """
    fields: Json = {}
    reasoning = [item for item in output if item.get("type") == "reasoning"]
    if reasoning:
        fields["reasoning_items"] = reasoning
        if origin is not None:
            fields["reasoning_origin"] = origin
    if not _is_plain(output):
        fields["output_items"] = [_stub(item, position, speech) for position, item in enumerate(output)]
    return fields


def _is_plain(output: list[Json]) -> bool:
    kinds = [item.get("type") for item in output]
    calls = kinds[1:] if kinds[:1] == ["message"] else kinds
    return all(kind in CALL_TYPES for kind in calls) and not any(item.get("phase") for item in output)


def _stub(item: Json, position: int, speech: MessageText) -> Json:
    kind = str(item.get("type"))
    if kind not in _SAID_BY_MESSAGE or position in speech.asides:
        return item
    stub = {key: kept for key, kept in item.items() if key not in _SAID_BY_MESSAGE[kind] and kept is not None}
    if kind == "message":
        stub["length"] = speech.lengths.get(position, 0)
    return stub


def replayed(
    message: Mapping[str, object], text: str, own: list[Json], *, origin: str | None, reason: bool
) -> list[Json]:
    """The input items for an assistant message, with what it carries put back in its place.

    Args:
        message: the assistant message of the history.
        text: its text, joined.
        own: its items without anything carried: the message, then its tool calls.
        origin: what names the target; reasoning from elsewhere is left out.
        reason: whether reasoning may be replayed at all.
    """
    reasoning = _readable_reasoning(message, origin) if reason else []
    outline = objects(message.get("output_items"))
    if not outline or not _tells(outline, text, own):
        edited = bool(outline)
        return own if edited else _followed([*reasoning, *own])
    stubs = sum(item.get("type") == "reasoning" for item in outline)
    return _followed(_Replay(reasoning if len(reasoning) == stubs else [], text, own).items(outline))


def _followed(items: list[Json]) -> list[Json]:
    """Without reasoning at the end: the service refuses reasoning that led to nothing, as in an answer cut off."""
    while items and items[-1].get("type") == "reasoning":
        items = items[:-1]
    return items


def _readable_reasoning(message: Mapping[str, object], origin: str | None) -> list[Json]:
    source = message.get("reasoning_origin")
    if source is not None and origin is not None and source != origin:
        return []
    items = objects(message.get("reasoning_items"))
    if not all(item.get("encrypted_content") for item in items):
        return []
    return [_reasoning(item) for item in items]


def _reasoning(item: Json) -> Json:
    sent = {"type": "reasoning", "summary": objects(item.get("summary"))}
    for key in ("id", "encrypted_content"):
        if item.get(key):
            sent[key] = item[key]
    if as_list(item.get("content")):
        sent["content"] = item["content"]
    return sent


def _tells(outline: list[Json], text: str, own: list[Json]) -> bool:
    """Whether the outline still fits the message: the same calls, and as much text as it counts."""
    calls = [item.get("call_id") for item in own if item.get("type") in CALL_TYPES]
    known = [item.get("call_id") for item in outline if item.get("type") in CALL_TYPES]
    lengths = [item["length"] for item in outline if "length" in item]
    if known != calls or not all(isinstance(length, int) for length in lengths):
        return False
    if len(own) > len(calls) and not lengths:
        return False  # the message says something where the reply said nothing
    said = [length for length in lengths if length]
    return sum(said) + len(SEPARATOR) * max(len(said) - 1, 0) == len(text)


class _Replay:
    """Walks an outline and fills its stubs."""

    def __init__(self, reasoning: list[Json], text: str, own: list[Json]) -> None:
        self._reasoning = iter(reasoning)
        self._linked = bool(reasoning)
        self._text = text
        self._calls = iter([item for item in own if item.get("type") in CALL_TYPES])
        self._refusals = [part for item in own for part in objects(item.get("content")) if part["type"] == "refusal"]
        self._said = 0

    def items(self, outline: list[Json]) -> list[Json]:
        lost_reasoning = not self._linked and any(item.get("type") == "reasoning" for item in outline)
        last = max((n for n, item in enumerate(outline) if "length" in item), default=-1)
        items: list[Json] = []
        for position, stub in enumerate(outline):
            kind = stub.get("type")
            if kind == "reasoning":
                items.extend([item] if (item := next(self._reasoning, None)) else [])
            elif kind in CALL_TYPES:
                items.append({**self._link(stub), **next(self._calls)})
            elif kind == "message":
                items.extend(self._message(stub, last=position == last))
            elif not lost_reasoning:
                items.append({key: kept for key, kept in stub.items() if key not in _REFUSED and kept is not None})
        return items

    def _link(self, stub: Json) -> Json:
        return stub if self._linked else without(stub, "id")

    def _message(self, stub: Json, *, last: bool) -> list[Json]:
        if "length" in stub:
            parts = self._spoken(stub["length"]) + (self._refusals if last else [])
        else:
            aside = "".join(str(part.get("text") or "") for part in objects(stub.get("content")))
            parts = [_output_text(aside)] if aside else []
        head = {key: stub[key] for key in ("id", "phase") if key in stub}
        return [{"type": "message", "role": "assistant", **self._link(head), "content": parts}] if parts else []

    def _spoken(self, length: int) -> list[Json]:
        if not length:
            return []
        start = self._said + (len(SEPARATOR) if self._said else 0)
        self._said = start + length
        return [_output_text(self._text[start : self._said])]


def _output_text(text: str) -> Json:
    # Azure demands `annotations` on text that is sent back.
    return {"type": "output_text", "text": text, "annotations": []}


def without_replay_state(message: Mapping[str, object]) -> Mapping[str, Any]:
    """The message without the extra fields, as Chat Completions takes it; the same object where it has none."""
    return without(message, *REPLAY_FIELDS) if REPLAY_FIELDS & message.keys() else message
