"""The part of a multipart form that holds JSON: the session of a realtime call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from .._utils import Json

__all__ = ["read_part", "with_part"]


def read_part(files: object, name: str) -> Json | None:
    """The JSON object in a part of a form; None where there is none.

    Args:
        files: the parts as the HTTP library takes them: a list of pairs, or a mapping.
        name: the part's name.
    """
    for part, content in _pairs(files):
        if part == name and isinstance(content, tuple | list) and len(cast("tuple[Any, ...]", content)) > 1:
            return _decoded(cast("tuple[Any, ...]", content)[1])
    return None


def with_part(files: object, name: str, value: Json) -> list[tuple[str, Any]]:
    """The parts with another JSON object in one of them; its file name and type stay."""

    def put(part: str, content: Any) -> Any:
        if part != name:
            return content
        return (content[0], json.dumps(value, ensure_ascii=False).encode(), *content[2:])

    return [(part, put(part, content)) for part, content in _pairs(files)]


def _pairs(files: object) -> list[tuple[str, Any]]:
    if isinstance(files, Mapping):
        return list(cast("Mapping[str, Any]", files).items())
    return list(cast("list[tuple[str, Any]]", files)) if isinstance(files, list | tuple) else []


def _decoded(content: object) -> Json | None:
    if not isinstance(content, bytes | str):
        return None
    try:
        value = json.loads(content)
    except ValueError:
        return None
    return cast("Json", value) if isinstance(value, dict) else None
