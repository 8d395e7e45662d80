"""JSON of unknown origin, read so that nothing later can break on it. Pure functions."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from .values import Json, is_object, items_of, object_of

__all__ = ["DEEPEST", "parse", "parse_object"]

DEEPEST = 128
"""Levels of nesting; each level of a schema in a tool takes two of them."""
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def parse(raw: bytes | str) -> Any:
    """A JSON value that is finite, not too deep and of whole characters, as strict readers demand.

    Python's own reader takes more than JSON is: NaN, half of a surrogate pair, integers of any length.

    Raises:
        ValueError: it is no such value.
    """
    data = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
    try:
        value = _READER.decode(data.decode(json.detect_encoding(data), "surrogatepass"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if data.count(b"[") + data.count(b"{") > DEEPEST:
        _check_depth(value)
    if _SURROGATE.search(data):
        json.dumps(value, ensure_ascii=False).encode()  # a UnicodeEncodeError is a ValueError
    return value


def parse_object(raw: bytes | str) -> Json:
    """A JSON object.

    Raises:
        ValueError: it is none.
    """
    value = parse(raw)
    if not is_object(value):
        raise ValueError("no JSON object")
    return object_of(value)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is too large")
    return value


def _integer(text: str) -> int | float:
    """An integer of 64 bits; a longer one is read as most readers do, as a decimal."""
    return int(text) if len(text) < 19 else _finite(text)


_READER = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite, parse_int=_integer)


def _check_depth(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [child for one in level for child in (object_of(one).values() if is_object(one) else items_of(one))]
        if not level:
            return
    raise ValueError("nested too deeply")
