"""Values that no JSON text can carry, found after the fact: a request that can be sent is never searched."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from ..errors import InvalidRequestError

__all__ = ["unsendable"]

_HALF = re.compile("[\ud800-\udfff]")
_DEEPEST = 500


def unsendable(body: Mapping[str, object] | None) -> InvalidRequestError | None:
    """The error for a body that could not be written as JSON; None where nothing of that kind is in it.

    Args:
        body: the request's JSON, as the caller gave it.
    """
    return next(_faults(body or {}, "", 0), None)


def _faults(value: object, where: str, depth: int) -> Iterator[InvalidRequestError]:
    if depth > _DEEPEST:
        yield InvalidRequestError(f"{where[:80]}… is nested more than {_DEEPEST} deep.", param=where[:80])
    elif isinstance(value, str):
        if half := _HALF.search(value):
            yield InvalidRequestError(
                f"{where} has half of a surrogate pair at {half.start()}, which is no character and cannot be sent.",
                param=where,
                hint='It was cut out of an emoji, or read with errors="surrogateescape". This joins halves of pairs '
                'and replaces single ones: text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")',
            )
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield InvalidRequestError(f"{where} is {value}, which JSON does not have.", param=where)
    elif isinstance(value, Mapping):
        for name, member in cast("Mapping[object, object]", value).items():
            text = str(name)
            yield from _faults(text, f"a name in {where or 'the request'}", depth)
            yield from _faults(member, f"{where}.{text}" if where else text, depth + 1)
    elif isinstance(value, list | tuple):
        for index, member in enumerate(cast("Sequence[object]", value)):
            yield from _faults(member, f"{where}[{index}]", depth + 1)
