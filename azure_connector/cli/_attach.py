"""Files that go with a question: images, PDF, and texts."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .._utils import media_type
from ._input import as_text
from ._running import fail

__all__ = ["attached"]

_MOST = 50_000_000
"""Bytes of a file; no model takes more in a request (OpenAI's guide on file inputs, 2026-03)."""


def attached(text: str, files: Sequence[str]) -> str | list[dict[str, Any]]:
    """The content of a message: the text, and what is attached. Ends the command where a file cannot be.

    Args:
        text: the question.
        files: paths, or addresses of images.
    """
    return [{"type": "text", "text": text}, *map(_part, files)] if files else text


def _part(name: str) -> dict[str, Any]:
    if name.startswith(("https://", "http://")):
        return {"type": "image_url", "image_url": {"url": name}}
    try:
        data = Path(name).read_bytes()
    except OSError as error:
        fail(f"--attach: {name} cannot be read: {error.strerror}.")
    if not data or len(data) > _MOST:
        fail(f"--attach: {name} is {'empty' if not data else 'larger than 50 MB'}.")
    kind, _ = media_type(data) or ("", "")
    if kind.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": _url(kind, data)}}
    if data.startswith(b"%PDF-"):
        pdf = {"filename": Path(name).name, "file_data": _url("application/pdf", data)}
        return {"type": "file", "file": pdf}
    if b"\0" in data:
        fail(f"--attach: {name} is no image (PNG, JPEG, GIF, WebP), no PDF and no text.")
    return {"type": "text", "text": f"{Path(name).name}:\n\n{as_text(data, f'--attach: {name}')}"}


def _url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
