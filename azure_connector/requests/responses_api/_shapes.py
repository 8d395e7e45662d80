"""What both directions of the translation share: lists of JSON objects, filter verdicts, token counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..._utils import Json, as_list, as_object

__all__ = ["chat_usage", "merged_verdicts", "objects", "sound_event", "sound_items", "without"]

_SEVERITIES = ("safe", "low", "medium", "high")


# Of events, items and their parts: the fields that are read, by the type that the API documents.
_TEXTS = frozenset(
    {"type", "id", "call_id", "name", "status", "phase", "text", "refusal", "role", "item_id", "delta", "namespace"}
)
_NUMBERS = frozenset({"output_index", "content_index", "summary_index", "start_index", "end_index"})
_OBJECTS = frozenset({"item", "part", "response", "annotation"})
_LISTS = frozenset({"content", "summary", "annotations"})


def _sound(value: Json) -> Json:
    """The object, or a copy without the known fields that are of another type than the API's."""
    wrong = [key for key, member in value.items() if member is not None and not _fits(key, member)]
    value = without(value, *wrong) if wrong else value
    for key in _LISTS & value.keys():
        parts = objects(value[key])
        sound = [_sound(part) for part in parts]
        if len(sound) != len(as_list(value[key])) or any(new is not old for new, old in zip(sound, parts, strict=True)):
            value = {**value, key: sound}
    return value


def _fits(key: str, value: object) -> bool:
    if key in _TEXTS:
        return isinstance(value, str)
    if key in _NUMBERS:
        return isinstance(value, int)
    return not (key in _OBJECTS and not isinstance(value, dict))


def sound_items(value: object) -> list[Json]:
    """The items of a reply; what is none is skipped, and a field of another type than the API's counts as absent."""
    return [_sound(item) for item in objects(value)]


def sound_event(event: Json) -> Json:
    """One event of a stream; see `sound_items`."""
    event = _sound(event)
    for key in ("item", "part"):
        if event.get(key) and (sound := _sound(event[key])) is not event[key]:
            event = {**event, key: sound}
    return event


def objects(value: object) -> list[Json]:
    """The JSON objects of a JSON array; whatever else stands there is skipped."""
    return [entry for entry in as_list(value) if isinstance(entry, dict)]


def without(value: Mapping[str, object], *keys: str) -> Json:
    """A shallow copy that lacks `keys`."""
    return {key: kept for key, kept in value.items() if key not in keys}


def merged_verdicts(verdicts: Iterable[Mapping[str, object]]) -> Json:
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
    prompt, completion, total = (
        count if isinstance(count := counts.get(f"{name}_tokens"), int) else None
        for name in ("input", "output", "total")
    )
    prompt, completion = prompt or 0, completion or 0
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion if total is None else total,
        "prompt_tokens_details": {"cached_tokens": 0, **as_object(counts.get("input_tokens_details"))},
        "completion_tokens_details": {"reasoning_tokens": 0, **as_object(counts.get("output_tokens_details"))},
    }
