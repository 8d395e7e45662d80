"""Two JSON values, and where they differ. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .values import is_object, items_of, object_of

__all__ = ["differences"]

LONGEST_VALUE = 80


def differences(
    recorded: Any, sent: Any, where: str = "", *, partly: bool = False, verb: str = "recorded"
) -> Iterator[str]:
    """Where two JSON values differ, in words.

    Args:
        recorded: what should have been.
        sent: what was.
        where: the place of both, as a dotted path.
        partly: fields of objects that only `sent` has do not count.
        verb: what was done with the first value.
    """
    if is_object(recorded) and is_object(sent):
        before, after = object_of(recorded), object_of(sent)
        for name in [*before, *(name for name in after if not partly and name not in before)]:
            place = f"{where}.{name}" if where else name
            if name not in after:
                yield f"{place}: {_shown(before[name])} was {verb}, nothing was sent"
            elif name not in before:
                yield f"{place}: nothing was {verb}, {_shown(after[name])} was sent"
            else:
                yield from differences(before[name], after[name], place, partly=partly, verb=verb)
        return
    if isinstance(recorded, list) and isinstance(sent, list):
        for number, (one, other) in enumerate(zip(items_of(recorded), items_of(sent), strict=False)):
            yield from differences(one, other, f"{where}[{number}]", partly=partly, verb=verb)
        lengths = len(items_of(recorded)), len(items_of(sent))
        if lengths[0] != lengths[1]:
            yield f"{where}: {lengths[0]} entries were {verb}, {lengths[1]} were sent"
        return
    if recorded != sent:
        yield f"{where}: {_shown(recorded)} was {verb}, {_shown(sent)} was sent"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
