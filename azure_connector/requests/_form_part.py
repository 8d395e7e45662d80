"""Parts of multipart forms: the one that holds JSON (the session of a realtime call), and uploads without a name."""

from __future__ import annotations

import io
import json
import mimetypes
from collections.abc import Mapping
from typing import Any, cast

from .._utils import Json, media_type

__all__ = ["read_part", "with_names", "with_part"]


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


def with_names(files: object) -> list[tuple[str, object]]:
    """The parts, each picture and sound with a file name and a media type.

    Bytes alone go out as `upload` of type `application/octet-stream`, which the service refuses for pictures, and it
    goes by the name's end for sounds (OpenAI's reference of image edits and transcriptions, 2026-03).

    Args:
        files: the parts as the HTTP library takes them: a list of pairs, or a mapping.
    """
    return [(part, _named(part.removesuffix("[]"), content)) for part, content in _pairs(files)]


def _named(part: str, content: object) -> object:
    name, data = _name_and_data(content)
    if name is not None and mimetypes.guess_type(name)[0]:
        return content
    found = media_type(_start(data))
    return content if found is None else (name or f"{part}{found[1]}", data, found[0])


def _name_and_data(content: object) -> tuple[str | None, object]:
    if isinstance(content, tuple):
        given = cast("tuple[str | None, object]", content)
        return ("", None) if len(given) != 2 else given  # whoever gives a type knows it
    name = getattr(content, "name", None)
    return (name if isinstance(name, str) else None), content


def _start(data: object) -> bytes:
    if isinstance(data, bytes):
        return data[:12]
    if not isinstance(data, io.IOBase) or not (data.readable() and data.seekable()):
        return b""
    file = cast("io.BufferedIOBase | io.TextIOBase", data)
    position = file.tell()
    start = file.read(12)
    file.seek(position)
    return start if isinstance(start, bytes) else b""


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
