"""What both directions of the translation share: lists of JSON objects, filter verdicts, token counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..._utils import Json, as_list, as_object

__all__ = ["chat_usage", "merged_verdicts", "objects", "without"]

_SEVERITIES = ("safe", "low", "medium", "high")


def objects(value: object) -> list[Json]:
    """The JSON objects of a JSON array; whatever else stands there is skipped."""
    return [entry for entry in as_list(value) if isinstance(entry, dict)]


def without(value: Mapping[str, Any], *keys: str) -> Json:
    """A shallow copy that lacks `keys`."""
    return {key: kept for key, kept in value.items() if key not in keys}


def merged_verdicts(verdicts: Iterable[Mapping[str, Any]]) -> Json:
    """Several `content_filter_results` as one: per category the worst verdict stands.

    Azure judges a long answer in windows and reports each; a later harmless window must not hide an earlier hit.
    """
    merged: Json = {}
    for verdict in verdicts:
        for category, result in verdict.items():
            if category not in merged or _weight(result) >= _weight(merged[category]):
                merged[category] = result
    return merged


def _weight(result: object) -> tuple[bool, bool, int]:
    found = as_object(result)
    severity = found.get("severity")
    rank = _SEVERITIES.index(severity) if severity in _SEVERITIES else -1
    return found.get("filtered") is True, found.get("detected") is True, rank


def chat_usage(usage: object) -> Json | None:
    """Token counts of the Responses API under the names of Chat Completions; the details are kept whole.

    Args:
        usage: the reply's `usage`: `input_tokens`, `output_tokens`, `total_tokens` and their `…_details`.

    Returns:
        `prompt_tokens`, `completion_tokens`, `total_tokens` and their details; None where the reply has no counts.
    """
    counts = as_object(usage)
    if not counts:
        return None
    prompt = counts.get("input_tokens") or 0
    completion = counts.get("output_tokens") or 0
    total = counts.get("total_tokens")
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion if total is None else total,
        "prompt_tokens_details": {"cached_tokens": 0, **as_object(counts.get("input_tokens_details"))},
        "completion_tokens_details": {"reasoning_tokens": 0, **as_object(counts.get("output_tokens_details"))},
    }
