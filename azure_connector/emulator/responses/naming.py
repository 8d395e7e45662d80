"""Input items as they are kept and listed: each with an id, messages with parts."""

from __future__ import annotations

from ..identifiers import Identifiers
from ..values import Json

__all__ = ["named"]

PREFIXES = {"message": "msg", "function_call": "fc", "function_call_output": "fco", "reasoning": "rs"}


def named(items: list[Json], ids: Identifiers) -> list[Json]:
    """The items with ids of their own where they have none."""
    made: list[Json] = []
    for item in items:
        shown = {"id": f"{PREFIXES.get(item['type'], 'item')}_{ids.hexadecimal(48)}", **item}
        if item["type"] == "message" and isinstance(item["content"], str):
            kind = "output_text" if item["role"] == "assistant" else "input_text"
            part: Json = {"type": kind, "text": item["content"]}
            shown["content"] = [{**part, "annotations": []} if kind == "output_text" else part]
        made.append(shown)
    return made
