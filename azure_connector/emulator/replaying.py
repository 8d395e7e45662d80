"""Answers from a tape, and says what is nearest where it has no answer."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from .differences import differences
from .errors import azure
from .parsing import parse_object
from .tapes import HEADER, request_of, unpacked
from .values import Json, is_object, items_of, object_of
from .wire import Answer, Call, Refusal

__all__ = ["Player"]

MOST_DIFFERENCES = 5


class Player:
    """A tape that is replayed. Equal requests get their replies in the order of the tape, then the last one again.

    Args:
        path: the file.
        speed: how much faster than recorded streams come; 0 sends them at once.

    Raises:
        OSError: there is no such file.
        ValueError: it is no tape.
    """

    def __init__(self, path: str | Path, speed: float = 1.0) -> None:
        self._path = Path(path)
        self._speed = speed
        self._entries = _read(self._path)
        self._by_key: dict[str, list[Json]] = defaultdict(list)
        for entry in self._entries:
            self._by_key[_key(entry["request"])].append(entry["reply"])

    def __len__(self) -> int:
        return len(self._entries)

    def answer(self, call: Call) -> Answer:
        """The recorded reply.

        Raises:
            Refusal: 404 `NotOnTape`, with the nearest request and what differs.
        """
        asked = request_of(call, _brought(call))
        replies = self._by_key.get(_key(asked))
        if not replies:
            raise self._missing(asked)
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        headers: dict[str, str] = dict(object_of(reply.get("headers")))
        if "parts" in reply:
            return Answer(reply["status"], events=self._parts(items_of(reply["parts"])), headers=headers)
        raw = unpacked(reply.get("body"))
        return Answer(reply["status"], body=None if raw is not None else reply["body"], raw=raw, headers=headers)

    async def _parts(self, parts: list[Any]) -> AsyncGenerator[bytes]:
        for seconds, text in parts:
            if self._speed and seconds:
                await asyncio.sleep(seconds / self._speed)
            yield text.encode("utf-8", "surrogateescape")

    def _missing(self, asked: Json) -> Refusal:
        place = f"{asked['method']} {asked['path']}"
        if not self._entries:
            return azure(404, "NotOnTape", f"The tape {self._path.name} is empty; {place} was asked.")
        told = [list(differences(entry["request"], asked, "")) for entry in self._entries]
        nearest = min(range(len(told)), key=lambda at: (_elsewhere(self._entries[at]["request"], asked), len(told[at])))
        request, found = self._entries[nearest]["request"], told[nearest]
        more = f" … and {len(found) - MOST_DIFFERENCES} more" if len(found) > MOST_DIFFERENCES else ""
        text = (
            f"The tape {self._path.name} has no such request: {place}. The nearest is line {nearest + 2}, "
            f"{request['method']} {request['path']}; it differs in: {'; '.join(found[:MOST_DIFFERENCES])}{more}. "
            "Record the tape again, or send what was recorded."
        )
        return azure(404, "NotOnTape", text)


def _elsewhere(recorded: Json, asked: Json) -> bool:
    """Whether it is another operation that was recorded."""
    return (recorded["method"], recorded["path"]) != (asked["method"], asked["path"])


def _brought(call: Call) -> list[str]:
    return [value for value in (call.headers.get("api-key"), call.headers.get("authorization")) if value]


def _key(request: Json) -> str:
    return json.dumps(request, sort_keys=True)


def _read(path: Path) -> list[Json]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    try:
        values = [parse_object(line) for line in lines]
    except ValueError as error:
        raise ValueError(f"{path} is no tape: a line of it is no JSON object") from error
    if not values or values[0].get("tape") != HEADER["tape"]:
        raise ValueError(f'{path} is no tape: its first line is not {{"tape": {HEADER["tape"]}}}')
    if not all(is_object(one.get("request")) and is_object(one.get("reply")) for one in values[1:]):
        raise ValueError(f"{path} is no tape: a line of it has no request and reply")
    return values[1:]
