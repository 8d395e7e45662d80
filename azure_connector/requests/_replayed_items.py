"""Items of earlier replies in a Responses `input`: what the target would refuse of them is left out, and no more.

A service that stores nothing finds no item by its id; one that stores ties a call to the reasoning that led to it, by
their ids. So a stateless request (`store=false`) sends reasoning encrypted or not at all, and no ids of messages and
calls; `call_id`, which ties a result to its call, always stays. Where state is stored, what works is not touched.
Sources: issue reports that quote Azure's refusals, gathered under "replaying Responses items" in the design.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

from .._utils import Json, as_list, object_or_none
from ..deployments import RESPONSES, Profile
from ..errors import ErrorFacts
from ._adaptations import Adaptation

__all__ = ["fit_replayed_items", "replay_lesson"]

_PREFIXES = {"message": "msg", "function_call": "fc", "custom_tool_call": "ctc", "reasoning": "rs"}
_LINKED = frozenset({"message", "function_call", "custom_tool_call"})
_OUTPUTS = frozenset({"function_call_output", "custom_tool_call_output"})
_ENCRYPTED = "reasoning.encrypted_content"

_NOT_FOUND = re.compile(r"Item with id '(?P<id>[^']+)' not found")
_ALONE = re.compile(r"provided without its required ['\"]?reasoning['\"]? item")
_UNFOLLOWED = re.compile(r"of type 'reasoning' was provided without its required following item")
_WRONG_ID = re.compile(r"Invalid 'input\[(?P<place>\d+)\]\.id'")
_NO_ID = re.compile(r"Missing required parameter: 'input\[(?P<place>\d+)\]\.id'")


def replay_lesson(refusal: ErrorFacts, operation: str, body: Json) -> Adaptation | None:
    """What a refusal teaches about the items that its request replayed.

    Args:
        refusal: the error as it was read.
        operation: the API; only Responses has such items.
        body: the request that was refused.
    """
    if operation != RESPONSES or not isinstance(body.get("input"), list):
        return None
    items = [object_or_none(item) or {} for item in as_list(body["input"])]
    rule = _rule(refusal.message, items)
    if rule is None:
        return None
    stateless = body.get("store") is False
    # Where items are stored, one that was made a moment ago is not found now and then: no rule for later requests.
    once = rule == "item ids" and not stateless and _NOT_FOUND.search(refusal.message) is not None
    return Adaptation("replay", RESPONSES, rule, values=(stateless,), once=once, reason=refusal.message[:160])


def _rule(text: str, items: list[Json]) -> str | None:
    if found := _NOT_FOUND.search(text):
        nothing: Json = {}
        item = next((item for item in items if item.get("id") == found["id"]), nothing)
        if item.get("type") == "item_reference" or not item:
            return None
        if item.get("type") != "reasoning":
            return "item ids"
        return "reasoning ids" if item.get("encrypted_content") else "bare reasoning"
    if _UNFOLLOWED.search(text):
        return "reasoning"
    if _ALONE.search(text):
        return "item ids"
    if found := _WRONG_ID.search(text):
        kind = _at(items, found["place"]).get("type")
        return None if kind == "item_reference" else "reasoning ids" if kind == "reasoning" else "item ids"
    if found := _NO_ID.search(text):
        return "needed ids" if _at(items, found["place"]).get("type") == "reasoning" else None
    return None


def _at(items: list[Json], place: str) -> Json:
    return items[int(place)] if int(place) < len(items) else {}


def fit_replayed_items(
    body: Json, profile: Profile | None, adaptations: Sequence[Adaptation], *, whole: bool = True
) -> tuple[Json, list[str]]:
    """The request with its replayed items as the target takes them, and notes of what was left out.

    Args:
        body: a Responses request; never changed.
        profile: the rules of the base model.
        adaptations: what the deployment has taught.
        whole: the items are a caller's own, not a translated history whose ids were chosen already.
    """
    if not isinstance(body.get("input"), list):
        return body, []
    given = as_list(body["input"])
    items = [object_or_none(item) for item in given]
    fitted = _Fitting(body, profile, adaptations, whole=whole).run(items)
    kept = [old if new is made else new for old, new, made in zip(given, fitted, items, strict=True)]
    kept = [item for item in kept if item is not None]
    if len(kept) == len(given) and all(one is other for one, other in zip(kept, given, strict=True)):
        return body, []
    lost = len(given) - len(kept)
    notes = [f"{lost} reasoning item{'s' if lost > 1 else ''} left out: the target could not read them"] if lost else []
    return {**body, "input": kept}, [*notes, "ids of replayed items left out that the target would refuse"][: 1 + lost]


class _Fitting:
    """The rules that hold for one request."""

    def __init__(self, body: Json, profile: Profile | None, adaptations: Sequence[Adaptation], *, whole: bool) -> None:
        stored_before = bool(body.get("previous_response_id") or body.get("conversation"))
        stateless = body.get("store") is False
        taught = {one.parameter for one in adaptations if one.action == "replay" and one.values == (stateless,)}
        refused = "reasoning" in taught or any(_excludes_reasoning(one) for one in adaptations)
        self._no_reasoning = refused or (profile is not None and not profile.reasoning and profile.efforts == ())
        self._no_bare = "bare reasoning" in taught or (whole and stateless and not stored_before)
        self._no_reasoning_ids = "reasoning ids" in taught and "needed ids" not in taught
        self._needed = "needed ids" in taught
        self._no_ids = refused or "item ids" in taught or (whole and stateless and not stored_before)
        reasons = profile is not None and profile.reasoning
        self._no_unlinked_ids = whole and reasons and not stored_before

    def run(self, items: list[Json | None]) -> list[Json | None]:
        """The items one by one; None where one is left out."""
        fitted: list[Json | None] = []
        linked = broken = False  # in the same answer, reasoning stands before, or was left out
        for item in items:
            kind = _kind(item)
            new = item
            if item is not None and kind == "reasoning":
                new = self._reasoning(item)
                linked, broken = linked or new is not None, broken or new is None
            elif item is not None and kind in _LINKED and _is_answers(item):
                new = self._item(item, kind, linked=linked and not broken, broken=broken)
            elif item is not None and kind in _OUTPUTS and self._no_ids and "id" in item:
                new = _without_id(item)
            else:
                linked, broken = linked and kind != "message", broken and kind != "message"
            fitted.append(new)
        return self._without_loose_ends(items, fitted)

    def _reasoning(self, item: Json) -> Json | None:
        if self._no_reasoning or (self._no_bare and not item.get("encrypted_content")):
            return None
        identity = item.get("id")
        if self._no_reasoning_ids:
            return _without_id(item)
        if identity is not None and _fits(identity, "reasoning"):
            return item
        if not item.get("encrypted_content"):
            return None  # a fake id, and nothing that could be read
        if self._needed or identity is not None:
            return {**item, "id": f"rs_{sha256(str(item['encrypted_content']).encode()).hexdigest()[:48]}"}
        return item

    def _item(self, item: Json, kind: str, *, linked: bool, broken: bool) -> Json:
        identity = item.get("id")
        if identity is None and "id" not in item:
            return item
        unlinked = broken or (self._no_unlinked_ids and not linked)
        return _without_id(item) if self._no_ids or unlinked or not _fits(identity, kind) else item

    @staticmethod
    def _without_loose_ends(items: list[Json | None], fitted: list[Json | None]) -> list[Json | None]:
        """Without reasoning that leads to nothing: the service refuses it."""
        follows = False
        for place in range(len(fitted) - 1, -1, -1):
            item = fitted[place]
            if item is None:
                continue
            if _kind(item) == "reasoning" and items[place] is not None:
                if not follows:
                    fitted[place] = None
            else:
                follows = _is_answers(item) and _kind(item) not in _OUTPUTS
        return fitted


def _kind(item: Json | None) -> str:
    found = {} if item is None else item
    return str(found.get("type") or ("message" if "role" in found else ""))


def _is_answers(item: Json) -> bool:
    """Whether an item is part of a model's answer."""
    return item.get("role", "assistant") == "assistant"


def _fits(identity: object, kind: str) -> bool:
    return isinstance(identity, str) and identity.startswith(_PREFIXES[kind]) and len(identity) <= 64


def _without_id(item: Json) -> Json:
    return {name: value for name, value in item.items() if name != "id"} if "id" in item else item


def _excludes_reasoning(adaptation: Adaptation) -> bool:
    return adaptation.parameter == "include" and _ENCRYPTED in adaptation.values
