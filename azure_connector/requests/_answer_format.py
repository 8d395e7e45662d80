"""The schema of an answer (`response_format`, `text.format`): completed as `strict` demands, or said in words.

What holds for the schema of a tool's parameters holds here as well; most libraries leave out what Azure refuses.
"""

from __future__ import annotations

import json
from typing import Any

from .._utils import Json, as_list, as_object, object_or_none
from ..deployments import CHAT, Profile
from ..tools import complete_strict, sanitize_name
from ._draft import RequestChange, RequestDraft

__all__ = ["fit_answer_format"]


def fit_answer_format(draft: RequestDraft, operation: str, profile: Profile | None) -> None:
    """Makes the format of the answer one that the model takes.

    Args:
        draft: the request.
        operation: the API.
        profile: the rules of the base model; None where nothing is known of it.

    Raises:
        InvalidRequestError: a strict schema has an object with free-form keys, which strict schemas cannot describe.
    """
    name = "response_format" if operation == CHAT else "text.format"
    wanted = as_object(draft.get(name))
    if wanted.get("type") != "json_schema":
        return
    held = as_object(wanted.get("json_schema")) if operation == CHAT else wanted
    if profile is not None and not profile.json_schema:
        _say_it(draft, operation, name, held, profile)
        return
    fitted = _fitted(held, f"{name}.json_schema" if operation == CHAT else name)
    if fitted is not held:
        draft.put(name, {**wanted, "json_schema": fitted} if operation == CHAT else fitted)
        draft.note(RequestChange(name, "replaced", "the form that strict schemas have", "Azure refuses others"))


def _fitted(held: Json, where: str) -> Json:
    changed: Json = {}
    schema = object_or_none(held.get("schema"))
    if held.get("strict") is True and schema is not None:
        complete = complete_strict(schema, f"{where}.schema")
        changed = {} if complete is held.get("schema") else {"schema": complete}
    name = held.get("name")
    if isinstance(name, str) and name and (wire := sanitize_name(name)) != name:
        changed["name"] = wire
    return {**held, **changed} if changed else held


def _say_it(draft: RequestDraft, operation: str, name: str, held: Json, profile: Profile) -> None:
    """For a model that gives JSON, but by no schema: the schema goes into the instructions."""
    schema = json.dumps(held.get("schema") or {}, ensure_ascii=False)
    words = f"Answer with one JSON object that is valid against this JSON Schema, and nothing else:\n{schema}"
    draft.put(name, {"type": "json_object"})
    if operation == CHAT:
        messages: list[Any] = as_list(draft.body.get("messages"))
        place = next((n for n, one in enumerate(messages) if as_object(one).get("role") != "system"), len(messages))
        said = {"role": "system", "content": words}
        draft.put("messages", [*messages[:place], said, *messages[place:]])
    else:
        given = draft.get("instructions")
        draft.put("instructions", f"{given}\n\n{words}" if given else words)
        # The word "json" must stand in the input itself.
        items: Any = draft.get("input")
        talk = [{"role": "user", "content": items}] if isinstance(items, str) else as_list(items)
        draft.put("input", [{"role": "system", "content": "Answer in JSON."}, *talk])
    why = f"{profile.family} takes no json_schema: the schema stands in the instructions, and nothing enforces it"
    draft.note(RequestChange(name, "replaced", "json_object", why, loss=True))
