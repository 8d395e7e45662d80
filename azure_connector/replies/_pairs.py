"""Characters that JSON cuts in two: halves of a surrogate pair in two pieces of one text, joined again.

A model's token can end within a character, and some servers write each piece as JSON of its own: `"\\ud83d"` and, in
the next one, `"\\ude00"`. Neither half can be encoded by itself. A half without its other half passes as it was sent.
"""

from __future__ import annotations

from typing import Any

from .._utils import Json, as_list, as_object

__all__ = ["PairJoiner"]

_TEXTS = ("content", "refusal", "reasoning_content", "reasoning")
_OF_EVENTS = ("type", "item_id", "output_index", "content_index", "summary_index")

_Place = tuple[Any, ...]


def _ends_in_half(text: object) -> bool:
    return isinstance(text, str) and "\ud800" <= text[-1:] <= "\udbff"


def _joined(half: str, text: str) -> str:
    both = half + text
    return both.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass") if half else both


class PairJoiner:
    """Holds the first half at a piece's end back until the next piece of the same text.

    Attributes:
        holding: something is held, so that every piece must come by.
    """

    def __init__(self) -> None:
        self._halves: dict[_Place, str] = {}
        self._events: dict[_Place, Json] = {}
        self._frame: Json = {}

    @property
    def holding(self) -> bool:
        return bool(self._halves or self._events)

    def take(self, body: Json) -> list[Json]:
        """The chunks, or events of a response, to pass on for one."""
        return [self._take_chunk(body)] if "choices" in body else self._take_event(body)

    def left(self) -> list[Json]:
        """What is still held at the end of a stream, as a chunk or events of their own."""
        deltas: dict[Any, Json] = {}
        for choice in {place[0] for place in self._halves}:
            self._release(choice, deltas.setdefault(choice, {}))
        choices = [{"index": index, "delta": delta, "finish_reason": None} for index, delta in deltas.items()]
        events, self._events = list(self._events.values()), {}
        return [*events, *([{**self._frame, "choices": choices}] if choices else [])]

    def _take_chunk(self, body: Json) -> Json:
        for choice in map(as_object, as_list(body.get("choices"))):
            index, delta = choice.get("index") or 0, as_object(choice.get("delta"))
            self._join(delta, _TEXTS, (index,))
            for call in map(as_object, as_list(delta.get("tool_calls"))):
                place = (index, call.get("index") if isinstance(call.get("index"), int) else 0)
                self._join(as_object(call.get("function")), ("arguments",), place)
                self._join(as_object(call.get("custom")), ("input",), place)
            if choice.get("finish_reason") and any(place[0] == index for place in self._halves):
                self._release(index, delta)
                choice["delta"] = delta
        self._frame = {name: value for name, value in body.items() if name not in ("choices", "usage")}
        return body

    def _join(self, fields: Json, names: tuple[str, ...], place: _Place) -> None:
        for name in names:
            text = fields.get(name)
            if isinstance(text, str) and text:
                text = _joined(self._halves.pop((*place, name), ""), text)
                if _ends_in_half(text):
                    self._halves[(*place, name)] = text[-1]
                    text = text[:-1]
                fields[name] = text

    def _release(self, choice: object, delta: Json) -> None:
        """Adds what is held of a choice's texts: nothing more comes of them."""
        for place in [place for place in self._halves if place[0] == choice]:
            half, name = self._halves.pop(place), place[-1]
            if len(place) == 2:
                delta[name] = (delta.get(name) or "") + half
            else:
                kind = "function" if name == "arguments" else "custom"
                delta["tool_calls"] = [*as_list(delta.get("tool_calls")), {"index": place[1], kind: {name: half}}]

    def _take_event(self, body: Json) -> list[Json]:
        delta = body.get("delta")
        if not isinstance(delta, str):
            return [*self._held_before(body), body]
        place = tuple(str(body.get(name)) for name in _OF_EVENTS)
        held = self._events.pop(place, None)
        text = _joined(held["delta"] if held else "", delta)
        if _ends_in_half(text):
            self._events[place] = {**body, "delta": text[-1]}
            text = text[:-1]
        return [{**body, "delta": text}] if text or not delta else []

    def _held_before(self, body: Json) -> list[Json]:
        """What goes out before an event that ends the text of an item, or the reply."""
        index = body.get("output_index")
        held = {place: one for place, one in self._events.items() if index is None or one.get("output_index") == index}
        self._events = {place: one for place, one in self._events.items() if place not in held}
        return list(held.values())
