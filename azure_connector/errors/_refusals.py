"""What a 400 or 422 says, whichever of the service's envelopes it came in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from .._utils._json import Json, as_object

__all__ = ["Refusal", "read_refusal"]

# Mistral's gateway answers with Pydantic's list of faults, as JSON, or as text with quotes of either kind.
_EXTRA = re.compile(r"""["']extra_forbidden["']\s*,\s*["']loc["']\s*:\s*[\[(]([^\])]*)[\])]""")
_STEP = re.compile(r"""["']([^"']+)["']|(\d+)""")


@dataclass(frozen=True, slots=True)
class Refusal:
    """The facts of a refused request.

    Attributes:
        code: the service's code, empty where it sent none.
        param: the parameter that it names, or None.
        message: its text.
        extra: paths of fields that it does not know, e.g. `("body", "max_completion_tokens")`.
    """

    code: str = ""
    param: str | None = None
    message: str = ""
    extra: tuple[tuple[str, ...], ...] = ()


def read_refusal(body: Json | None) -> Refusal:
    """Reads an error's JSON: the whole envelope, its inner part, a flat one, or JSON within the message."""
    facts = as_object(body)
    text = json.dumps(facts)
    for _ in range(4):  # envelopes within messages within envelopes: bounded, whatever is sent
        inner = as_object(facts.get("error")) or _parsed(facts.get("message"))
        if not inner:
            break
        facts = inner
    message = facts.get("message")
    param = facts.get("param")
    return Refusal(
        code=str(facts.get("code") or ""),
        param=param if isinstance(param, str) and param else None,
        message=message if isinstance(message, str) else json.dumps(message or facts.get("detail") or ""),
        extra=_extra(text),
    )


def _parsed(message: Any) -> Json:
    if isinstance(message, str) and message.lstrip().startswith("{"):
        try:
            return as_object(json.loads(message))
        except ValueError:
            return {}
    return {}


def _extra(text: str) -> tuple[tuple[str, ...], ...]:
    while '\\"' in text:
        text = text.replace("\\\\", "\\").replace('\\"', '"')
    return tuple(tuple(name or index for name, index in _STEP.findall(found)) for found in _EXTRA.findall(text))
