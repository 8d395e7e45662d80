"""Values that no model takes, refused before they are sent: a service that is asked would only teach its confusion."""

from __future__ import annotations

from .._utils import Json, mapping_or_none
from ..deployments import EFFORTS, RESPONSES
from ..errors import InvalidRequestError

__all__ = ["CHECKED", "check_values"]

_VERBOSITIES = ("low", "medium", "high")
# What is text, where it stands, and the words that some model takes.
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (("reasoning_effort", EFFORTS), ("verbosity", _VERBOSITIES))
_NESTED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("reasoning", "effort", EFFORTS),
    ("text", "verbosity", _VERBOSITIES),
)
CHECKED = frozenset(each[0] for each in (*_WORDS, *_NESTED))
"""The parameters that are looked at: a request without any of them needs no check."""


def check_values(operation: str, body: Json) -> None:
    """Refuses an effort or a verbosity that is no text. Words that are not known pass: a newer model may take them.

    Raises:
        InvalidRequestError: it names the parameter and the value as the caller gave it.
    """
    for name, words in _WORDS:
        if name in body:
            _check(name, body[name], words)
    for parent, child, words in _NESTED:
        if (outer := body.get(parent)) is None:
            continue
        table = mapping_or_none(outer)
        if table is not None:
            _check(f"{parent}.{child}", table.get(child), words)
        elif operation == RESPONSES:
            raise InvalidRequestError(
                f"{parent} is an object, not {outer!r:.80}.",
                param=parent,
                hint=f'Pass {parent}={{"{child}": "{words[-1] if outer not in words else outer}"}}.',
            )


def _check(name: str, value: object, words: tuple[str, ...]) -> None:
    if value is None or isinstance(value, str):
        return
    meant = (mapping_or_none(value) or {}).get(name.rpartition("_")[2])
    example = meant if isinstance(meant, str) else "low"
    more = ""
    if name == "reasoning_effort" and isinstance(meant, str):
        more = f' A summary is asked for with reasoning={{"effort": "{meant}", "summary": "auto"}}.'
    raise InvalidRequestError(
        f"{name} is text, one of {', '.join(map(repr, words))}; {value!r:.80} was given.",
        param=name,
        hint=f'Pass "{example}".{more}',
    )
