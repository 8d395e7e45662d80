"""Request bodies of the operations that keep things: what they must have, and of which types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .errors import invalid, missing, unknown_parameter, wrong_choice
from .fieldtypes import check_metadata, check_types
from .parameters import check_integer
from .shapes import check_shape
from .values import Json, items_of, object_of
from .wire import Call

__all__ = ["days_after", "expiry", "prefixed", "read_body", "strings", "update"]

METADATA = "metadata"


def read_body(
    call: Call, needed: Sequence[str] = (), types: Mapping[str, str] | None = None, *, known: Sequence[str] = ()
) -> Json:
    """The body, an empty one where it may be absent.

    Args:
        call: the request.
        needed: fields that must be there.
        types: JSON types of fields, in the words of a refusal.
        known: if given, the only fields that there are besides those of `needed` and `types`.

    Raises:
        Refusal: 400.
    """
    body = call.json_object() if needed or call.raw else {}
    for name in needed:
        if body.get(name) is None:
            raise missing(name)
    check_types(body, {METADATA: "an object", **(types or {})})
    check_metadata(body.get(METADATA))
    check_shape(call, body)
    if known:
        allowed = {*known, *needed, *(types or {}), METADATA}
        for name in body:
            if name not in allowed:
                raise unknown_parameter(name)
    return body


def update(shown: Json, body: Json, names: Sequence[str]) -> Json:
    """Take those fields over that a body has; returns what is shown now."""
    shown |= {name: body[name] for name in names if name in body}
    return shown


def days_after(body: Json, anchor: str, now: int) -> tuple[Json | None, int | None]:
    """`expires_after` in days, and when that is.

    Raises:
        Refusal: 400.
    """
    given = body.get("expires_after")
    if given is None:
        return None, None
    fields = object_of(given)
    if fields.get("anchor") != anchor:
        raise wrong_choice("expires_after.anchor", fields.get("anchor"), (anchor,))
    if fields.get("days") is None:
        raise missing("expires_after.days")
    check_integer("expires_after.days", fields["days"], 1, 365)
    return {"anchor": anchor, "days": fields["days"]}, now + fields["days"] * 86_400


def expiry(given: Any, name: str, lowest: int, highest: int, default: int) -> int:
    """Seconds, by an object with `anchor` and `seconds`.

    Raises:
        Refusal: 400.
    """
    fields = object_of(given)
    if given is not None and fields.get("anchor", "created_at") != "created_at":
        raise wrong_choice(f"{name}.anchor", fields.get("anchor"), ("created_at",))
    seconds = fields.get("seconds")
    check_integer(f"{name}.seconds", seconds, lowest, highest)
    return default if seconds is None else seconds


def prefixed(identity: Any, prefix: str, param: str) -> str:
    """An id that a body names, which begins as its kind's do.

    Raises:
        Refusal: 400.
    """
    if not isinstance(identity, str) or not identity.startswith(prefix):
        text = f"Invalid '{param}': '{identity!s:.100}'. Expected an ID that begins with '{prefix}'."
        raise invalid(text, param, "invalid_value")
    return identity


def strings(value: Any) -> list[str]:
    """The strings of an array."""
    return [one for one in items_of(value) if isinstance(one, str)]
