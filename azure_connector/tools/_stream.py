"""Tool calls out of a stream, passed on as they come, in the one form that every consumer puts together alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._utils import OBJECT, Json, as_list, object_or_none
from ._argument_reader import ArgumentReader
from ._call import (
    NOT_READABLE,
    UNNAMED,
    Arguments,
    RawCall,
    Repair,
    ends_early,
    new_call_id,
    read_text,
    report,
    write_call,
    write_json,
)
from ._call_matcher import CallFragment, CallMatcher, PartialCall
from ._names import NameMap, name_map, unique_id

__all__ = ["FinishedCalls", "ToolCallStream", "join_deltas"]

# Semantic Kernel drops a fragment of exactly `{}` as empty. This means the same; inside a string, where it would not,
# the second character waits for the next fragment.
_EMPTY = "{ }"


@dataclass(frozen=True, slots=True)
class FinishedCalls:
    """What is left to say about a choice's tool calls when its stream ends.

    Attributes:
        deltas: what to pass on before the finish reason; usually nothing.
        calls: the complete calls, in the shape of a whole reply's `tool_calls`.
        repairs: what was repaired. Arguments that were passed on live cannot be taken back: for these, `calls` holds
            the normalized text and the deltas what the service sent.
    """

    deltas: list[Json]
    calls: list[Json]
    repairs: tuple[Repair, ...]


@dataclass(slots=True)
class _Passing:
    """What has been passed on of a call."""

    index: int
    name: str
    reader: ArgumentReader = field(default_factory=ArgumentReader)
    sent: bool = False  # anything of its arguments
    begun: bool = False  # a custom tool's input, given as a function's argument
    owed: str = ""  # what must not make a fragment of its own


class ToolCallStream:
    """The tool calls of one choice of one stream.

    Each call is announced once, with its index, id, type and whole name; later deltas hold only its index and a
    fragment of its arguments. Deltas that have this form already are handed on as they are.

    Args:
        names: the request's tool names; without them, `known`.
        known: the names of the request's tools, where they need no mapping.
        buffer: hold each call's arguments until the stream ends and give them in one delta, normalized: for those who
            execute what they receive. Otherwise fragments are passed on as they come.
        custom_as_function: give calls of custom tools as function calls with the single argument `input`.
        repair: False passes arguments on as the model wrote them.
    """

    def __init__(
        self,
        names: NameMap | None = None,
        known: frozenset[str] = frozenset(),
        *,
        buffer: bool = False,
        custom_as_function: bool = False,
        repair: bool = True,
    ) -> None:
        self._repair = repair
        self._names = names or name_map(known)
        self._buffer = buffer
        self._custom_as_function = custom_as_function
        self._ids: set[str] = set()
        self._assembly = CallMatcher(self._names, self._ids)
        self._passing: dict[int, _Passing] = {}  # by the identity of the call

    def feed(self, tool_calls: object, function_call: object = None) -> list[Json]:
        """The deltas to pass on for one chunk's `delta.tool_calls` (and the older `delta.function_call`).

        Returns the given list itself where there is nothing to change.
        """
        entries = as_list(tool_calls)
        if function_call:
            entries = [*entries, {"index": 0, "function": object_or_none(function_call)}]
        elif len(entries) == 1 and (plain := self._plain(entries[0])) is not None:
            return entries if plain is entries[0] else [plain]
        deltas: list[Json] = []
        for entry in entries:
            delta = object_or_none(entry)
            if delta is not None:
                self._take(CallFragment.of(delta), deltas)
        deltas = [self._not_empty(delta) for delta in join_deltas(deltas)]
        return entries if deltas == entries else deltas

    def so_far(self) -> list[Json]:
        """The calls received until now, as the service sent them: the last one's arguments may be cut off."""
        return [write_call(call.id, call.kind, self._name(call), call.text) for call in self._ordered()]

    def finish(self, finish_reason: str | None) -> FinishedCalls:
        """The end of the choice.

        Args:
            finish_reason: as the service gave it; None for a stream that ended without one, whose last call is then
                taken to be cut off, as with "length".
        """
        cut = finish_reason is None or ends_early(finish_reason)
        finished = FinishedCalls([], [], ())
        repairs: list[Repair] = []
        for call in self._ordered():
            late = id(call) not in self._passing
            closing = self._announce(call) if late else None
            arguments = read_text(
                RawCall("", call.kind, call.name, call.text),
                cut=cut and call is self._assembly.last,
                repair=self._repair,
            )
            self._note(call, arguments, repairs)
            if rest := self._rest(call, arguments, late=late):
                closing = _with_text(closing or self._delta(call), rest)
            if closing:
                finished.deltas.append(closing)
            name = self._name(call)
            as_function = self._custom_as_function
            finished.calls.append(write_call(call.id, call.kind, name, arguments.text, as_function=as_function))
        return FinishedCalls(finished.deltas, finished.calls, tuple(repairs))

    def _plain(self, entry: object) -> Json | None:
        """Take the common delta, a fragment for a call that is passing: what to pass on for it, None if it is none."""
        delta: Any = entry  # nearly every chunk of a call comes here
        if type(delta) is not OBJECT or len(delta) != 2:
            return None
        index, function = delta.get("index"), delta.get("function")
        if type(index) is not int or type(function) is not OBJECT or len(function) != 1:
            return None
        text: Any = function.get("arguments")
        call = self._assembly.at(index)
        if call is None or call.named_again or type(text) is not str or call.kind == "custom":
            return None
        passing = self._passing.get(id(call))
        if passing is None or not passing.reader.passing or passing.index != index:
            return None
        call.parts.append(text)
        self._assembly.last = call
        # A reader that passes is asked itself: nothing is gathered then, or left as it is.
        passed = self._passable(call, text) if passing.owed else passing.reader.feed(text)
        delta = delta if passed == text else _with_text(self._delta(call), passed)
        return self._not_empty(delta) if passed == "{}" else delta

    def _take(self, fragment: CallFragment, deltas: list[Json]) -> None:
        call, fresh = self._assembly.place(fragment)
        if fresh:
            self._announce_waiting(call, deltas)
        passing = self._passing.get(id(call))
        if fragment.text:
            call.parts.append(fragment.text)
        if passing is not None:
            if text := self._passable(call, fragment.text):
                deltas.append(_with_text(self._delta(call), text))
        elif call.name and (call.text.strip() or not self._names.can_grow(call.name)):
            deltas.append(_with_text(self._announce(call), self._passable(call, call.text)))

    def _announce_waiting(self, fresh: PartialCall, deltas: list[Json]) -> None:
        """Before another call begins: those whose names can only be whole now."""
        waiting = [c for c in self._assembly.calls if c is not fresh and c.name and id(c) not in self._passing]
        deltas += [_with_text(self._announce(c), self._passable(c, c.text)) for c in waiting]

    def _announce(self, call: PartialCall) -> Json:
        if not call.id:
            call.id = unique_id(new_call_id(), self._ids)
        passing = _Passing(len(self._passing), self._name(call))
        self._passing[id(call)] = passing
        if call.kind == "custom" and self._custom_as_function:
            opening: Json = {"id": call.id, "type": "function", "function": {"name": passing.name, "arguments": ""}}
        else:
            opening = write_call(call.id, call.kind, passing.name, "")
        return {"index": passing.index} | opening

    def _delta(self, call: PartialCall) -> Json:
        custom = call.kind == "custom" and not self._custom_as_function
        inner = {"custom": {"input": ""}} if custom else {"function": {"arguments": ""}}
        return {"index": self._passing[id(call)].index} | inner

    def _passable(self, call: PartialCall, fragment: str) -> str:
        """What may go out now of a fragment."""
        passing = self._passing[id(call)]
        if not fragment or self._buffer:
            return ""
        if call.kind == "custom":
            if not self._custom_as_function:
                return fragment
            beginning = "" if passing.begun else '{"input": "'
            passing.begun = True
            return beginning + write_json(fragment)[1:-1]
        text = passing.owed + (passing.reader.feed(fragment) if self._repair else fragment)
        passing.owed = ""
        passing.sent = passing.sent or bool(text)
        return text

    def _not_empty(self, delta: Json) -> Json:
        """The delta whose text nobody takes for nothing; see `_EMPTY`."""
        if "function" not in delta or delta["function"].get("arguments") != "{}":
            return delta
        passing = next(one for one in self._passing.values() if one.index == delta["index"])
        if not passing.reader.in_string:
            return _with_text({**delta, "function": dict(delta["function"])}, _EMPTY)
        passing.owed = "}"
        return _with_text({**delta, "function": dict(delta["function"])}, "{")

    def _rest(self, call: PartialCall, arguments: Arguments, *, late: bool) -> str:
        """The arguments that were not passed on and still can be."""
        passing = self._passing[id(call)]
        if call.kind == "custom":
            if self._custom_as_function:
                return '"}' if passing.begun else write_json({"input": arguments.text})
            return arguments.text if late or self._buffer else ""
        if self._buffer:
            return arguments.text
        if not self._repair:
            return passing.owed
        whole, held = passing.reader.finish()
        if whole:
            return passing.owed
        if passing.reader.passing:  # too late for any repair: the service's own text
            return passing.owed + held
        return _EMPTY if arguments.text == "{}" and passing.sent else arguments.text

    def _ordered(self) -> list[PartialCall]:
        """Announced calls first, as they were announced; a call without name or arguments was none."""
        waiting = [c for c in self._assembly.calls if id(c) not in self._passing and (c.name or c.text.strip())]
        announced = [c for c in self._assembly.calls if id(c) in self._passing]
        return sorted(announced, key=lambda call: self._passing[id(call)].index) + waiting

    def _name(self, call: PartialCall) -> str:
        passing = self._passing.get(id(call))
        return passing.name if passing else self._names.caller(call.name) or UNNAMED

    def _note(self, call: PartialCall, arguments: Arguments, repairs: list[Repair]) -> None:
        passing = self._passing[id(call)]
        position = f"tool_calls[{passing.index}]"
        if passing.name != call.name and not self._names.is_wire(call.name):
            what = "name put right" if call.name else "came without a name"
            report(Repair(f"{position}.name", passing.name, what), repairs)
        if arguments.repaired:
            place = "function.arguments" if call.kind == "function" else "custom.input"
            too_late = not self._buffer and passing.reader.passing and not passing.reader.is_whole
            what, raw = (NOT_READABLE, True) if too_late and not arguments.raw else (arguments.repaired, arguments.raw)
            report(Repair(f"{position}.{place}", passing.name, what, raw), repairs)


def join_deltas(deltas: list[Json]) -> list[Json]:
    """The deltas of one chunk with one entry for each call: consumers take two with one index for two calls."""
    if len(deltas) < 2:
        return deltas
    joined: dict[int, Json] = {}
    for delta in deltas:
        before = joined.get(delta["index"])
        if before is None:
            joined[delta["index"]] = delta
            continue
        for kind, key in (("function", "arguments"), ("custom", "input")):
            if kind in delta and kind in before:
                before[kind] = before[kind] | {key: before[kind].get(key, "") + delta[kind].get(key, "")}
    return list(joined.values())


def _with_text(delta: Json, text: str) -> Json:
    if "custom" in delta:
        delta["custom"]["input"] = text
    else:
        delta["function"]["arguments"] = text
    return delta
