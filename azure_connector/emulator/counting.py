"""A plausible, deterministic estimate of tokens; the pieces are also what a stream sends one by one."""

from __future__ import annotations

import json
import re
from typing import Any

from .values import items_of, object_of, text_of

__all__ = ["count", "count_messages", "count_value", "pieces"]

# Most English words are one token; long words, numbers and code are several.
_PIECE = re.compile(r"\s*[^\W\d_]{1,8}|\s*\d{1,3}|\s*[^\w\s]|\s*_+|\s+")

IMAGE_TOKENS = {"low": 85, "auto": 765, "high": 765}
FILE_TOKENS = 300
AUDIO_TOKENS = 100


def pieces(text: str) -> list[str]:
    """The text cut into token-like pieces; joined they are the text again."""
    return _PIECE.findall(text)


def count(text: str) -> int:
    """How many tokens a text is taken for."""
    return len(_PIECE.findall(text))


def count_value(value: Any) -> int:
    """How many tokens a JSON value is taken for; 0 for nothing."""
    return count(json.dumps(value, ensure_ascii=False)) if value else 0


def count_part(part: Any) -> int:
    """Tokens of one content part, of Chat Completions or of Responses."""
    fields = object_of(part)
    kind = fields.get("type")
    if kind in ("image_url", "input_image"):
        detail = object_of(fields.get("image_url")).get("detail") or fields.get("detail")
        return IMAGE_TOKENS.get(text_of(detail), IMAGE_TOKENS["auto"])
    if kind in ("file", "input_file"):
        return FILE_TOKENS
    if kind == "input_audio":
        return AUDIO_TOKENS
    return count(text_of(fields.get("text") or fields.get("refusal")))


def count_messages(messages: list[Any], tools: Any = None) -> int:
    """Tokens of a conversation with its tool definitions."""
    total = 3
    for message in messages:
        fields = object_of(message)
        content = fields.get("content")
        total += 3 + (count(content) if isinstance(content, str) else sum(map(count_part, items_of(content))))
        total += count_value(fields.get("tool_calls"))
    return total + count_value(tools)
