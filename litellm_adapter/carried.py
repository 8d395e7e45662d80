"""What a turn hands to the next one beside text and tool calls, through LiteLLM's own message types.

Reasoning can be read only by the resource that made it, and only with the items around it. LiteLLM's message has a
field for the items and none for the rest; it keeps what it does not know, and some of its versions only that, in
`provider_specific_fields`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["lifted", "packed"]

_NAMES = ("reasoning_items", "reasoning_origin", "output_items")
_FIELDS = "provider_specific_fields"


def packed(delta: dict[str, Any]) -> dict[str, Any]:
    """A chunk's delta, with what LiteLLM's rebuilt message would lose in the place where it is kept."""
    kept = {name: delta[name] for name in _NAMES if delta.get(name)}
    return {**delta, _FIELDS: {**(delta.get(_FIELDS) or {}), **kept}} if kept else delta


def lifted(message: Any) -> Any:
    """A message of the history as the connector reads it; LiteLLM's own field is no part of a request."""
    if not isinstance(message, Mapping):
        return message
    if isinstance(content := message.get("content"), list):
        message = {**message, "content": [_part(part) for part in content]}
    if _FIELDS not in message:
        return message
    kept = {name: value for name in _NAMES if (value := (message[_FIELDS] or {}).get(name))}
    return {**kept, **{name: value for name, value in message.items() if name != _FIELDS}}


def _part(part: Any) -> Any:
    """A picture or file as the service takes it: LiteLLM's callers may give an address alone, or its own `format`."""
    kind = part.get("type") if isinstance(part, Mapping) else None
    if kind not in ("image_url", "file") or kind not in part:
        return part
    given = part[kind]
    told = {n: value for n, value in given.items() if n != "format"} if isinstance(given, Mapping) else {"url": given}
    return {**part, kind: told}
