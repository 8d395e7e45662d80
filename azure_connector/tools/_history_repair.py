"""What Chat and Responses histories have in common when they are repaired: records, ids, and which result is whose."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, cast

from .._utils import Json, object_or_none, type_name
from ..errors import InvalidRequestError

__all__ = [
    "NO_RESULT",
    "HistoryRepair",
    "Rule",
    "Slot",
    "call_id_for",
    "check_content",
    "check_role",
    "listed",
    "merged",
    "pair",
    "report_repairs",
]

logger = logging.getLogger("azure_connector.tools")

Rule = Literal[
    "unanswered",
    "answered twice",
    "orphan",
    "moved",
    "arguments",
    "name",
    "id",
    "type",
    "content",
    "legacy",
    "stripped",
]

NO_RESULT = "No result was recorded for this tool call."
"""Stands where the result of a call is missing, so that the model knows it too."""

# Changes that alter nothing of what is said.
_QUIET: frozenset[Rule] = frozenset({"stripped", "legacy", "type", "id"})


@dataclass(frozen=True, slots=True)
class HistoryRepair:
    """One thing in a history that Azure would have refused, and what was done.

    Attributes:
        position: where it stood in the history that was given, e.g. `messages[3].tool_calls[0]`.
        rule: what was wrong.
        what: what was done; never any of the content.
    """

    position: str
    rule: Rule
    what: str

    def __str__(self) -> str:
        return f"{self.position}: {self.what}"


@dataclass(slots=True)
class Slot:
    """A tool call that wants one result.

    Attributes:
        place: the position of what holds it.
        group: the position of the first of the calls that were made together with it.
        id: the id under which its result is looked for.
        wire_id: the id to send.
        results: positions of the results found for it; more than one if it was answered again.
    """

    place: int
    group: int
    id: str
    wire_id: str
    results: list[int] = field(default_factory=list[int])


def report_repairs(repairs: Sequence[HistoryRepair]) -> None:
    """Log what was repaired: as a warning where it concerns what was said, else for debugging."""
    if told := [str(repair) for repair in repairs if repair.rule not in _QUIET]:
        logger.warning("the conversation was repaired before sending: %s", "; ".join(told))
    elif repairs:
        logger.debug("the conversation was tidied before sending: %s", "; ".join(map(str, repairs)))


def pair(slots: Sequence[Slot], results: Sequence[tuple[int, str]]) -> list[int]:
    """Give each result to its call; the positions of the results that have none.

    A result belongs to the last call of its id before it (of calls made together, to the first that has none); where
    there is no call before it, to the first after it that has no result of its own.
    """
    early: list[tuple[int, str]] = []
    by_id: dict[str, list[Slot]] = {}
    for slot in slots:
        by_id.setdefault(slot.id, []).append(slot)
    for place, identity in results:
        before = [slot for slot in by_id.get(identity, ()) if slot.place < place]
        waiting = [slot for slot in before if not slot.results]
        if not before and not identity:
            # Without any id it can only be meant for the one call that waits.
            open_slots = [slot for slot in slots if slot.place < place and not slot.results]
            waiting = open_slots if len(open_slots) == 1 else []
        if waiting:
            latest = waiting[-1].group
            next(slot for slot in waiting if slot.group == latest).results.append(place)
        elif before:
            before[-1].results.append(place)
        else:
            early.append((place, identity))
    orphans: list[int] = []
    for place, identity in early:
        after = [slot for slot in by_id.get(identity, ()) if slot.place > place]
        slot = next((slot for slot in after if not slot.results), after[0] if after else None)
        if slot is None:
            orphans.append(place)
        else:
            slot.results.append(place)
    return orphans


def call_id_for(identity: str, position: str, limit: int) -> str:
    """An id of at most `limit` characters: always the same for the same call, so that prompt caches still match."""
    if identity and len(identity) <= limit:
        return identity
    digest = sha256((identity or position).encode("utf-8", "surrogatepass")).hexdigest()
    return f"call_{digest[:24]}"


def merged(contents: Sequence[object]) -> Any:
    """The contents of several results for one call as one; what was said twice stands once."""
    distinct: list[Any] = []
    for content in contents:
        if content not in distinct:
            distinct.append(content)
    if len(distinct) == 1:
        return distinct[0]
    if all(isinstance(content, str) for content in distinct):
        return "\n\n".join(distinct)
    parts: list[Any] = []
    for content in distinct:
        parts += [{"type": "text", "text": content}] if isinstance(content, str) else content
    return parts


def listed(value: object, where: str) -> list[object]:
    """The entries of a history.

    Raises:
        InvalidRequestError: it is no list.
    """
    if isinstance(value, list):
        return cast("list[object]", value)
    if isinstance(value, str | bytes | dict) or not isinstance(value, Sequence):
        raise InvalidRequestError(f"{where}: a list is needed, not {type_name(cast('object', value))}", param=where)
    return list(cast("Sequence[object]", value))


def check_role(entry: Json, roles: frozenset[str], where: str) -> str:
    """A message's role.

    Raises:
        InvalidRequestError: the API knows no such role.
    """
    role: object = entry.get("role")
    if isinstance(role, str) and role in roles:
        return role
    wrong = "missing" if role is None else f"{role!r} is no role"
    raise InvalidRequestError(f"{where}.role: {wrong}; there are {', '.join(sorted(roles))}", param=f"{where}.role")


def check_content(content: object, where: str, *, hint: str = "") -> None:
    """Check that a content is text or a list of parts.

    Raises:
        InvalidRequestError: it is neither.
    """
    if type(content) is str:
        return
    if not isinstance(content, list | tuple) and not isinstance(content, str):
        rule = f"{where}: text or a list of parts is needed, not {type_name(content)}"
        raise InvalidRequestError(rule, param=where, hint=hint)
    if isinstance(content, str):
        return
    for index, part in enumerate(cast("Sequence[object]", content)):
        form = object_or_none(part)
        if form is None or not isinstance(form.get("type"), str):
            rule = f"{where}[{index}]: a part is an object with a `type`, not {type_name(part)}"
            raise InvalidRequestError(rule, param=f"{where}[{index}]")
