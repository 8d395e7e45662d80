"""Lessons: what one deployment does not accept and what to do instead, kept and applied."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .._utils import ForkLock, Json, as_list, as_object
from ..deployments import EFFORTS, NEUTRAL, Profile
from ._parameter_rules import RequestChange, RequestDraft, closest_effort, exclude, names_for, set_role

__all__ = [
    "ROLES",
    "Adaptation",
    "AdaptationAction",
    "AdaptationCache",
    "apply",
    "has_files",
    "is_one_of",
    "merged",
    "order",
]

ROLES = ("developer", "system", "user")

AdaptationAction = Literal["rename", "drop", "values", "refuses", "at_most", "role", "responses", "no_stream", "replay"]
_MOST_VALUES = 20


@dataclass(frozen=True, slots=True)
class Adaptation:
    """One thing that a deployment does not accept, and what to do instead.

    Attributes:
        action: `rename` a parameter, `drop` it, keep to the accepted `values`, leave out the values that it `refuses`,
            send `at_most` a number, give messages another `role`, use the `responses` API, `no_stream`,
            or `replay` items of earlier replies otherwise.
        operation: the API that taught it, and to which it applies.
        parameter: which parameter; for `role` the refused role; for `responses` the condition (`tools` or empty).
        to: the new name or role.
        values: the accepted values, or those that are refused.
        limit: the highest number.
        beside: the parameter beside which it holds; empty: it holds always.
        beside_value: the value that this parameter must have; None: any.
        once: it holds for the very request that taught it, and is not kept.
        reasoning: it was taught while the model reasoned, and holds unless the request asks for an effort of `none`.
        reason: the beginning of the service's message.
    """

    action: AdaptationAction
    operation: str
    parameter: str = ""
    to: str = ""
    values: tuple[Any, ...] = ()
    limit: int = 0
    beside: str = ""
    beside_value: Any = None
    reasoning: bool = False
    once: bool = False
    reason: str = field(default="", compare=False)

    def __str__(self) -> str:
        said = _SAYINGS[self.action].format(adaptation=self, values=", ".join(map(str, self.values)))
        if self.beside:
            value = "" if self.beside_value is None else f" {self.beside_value}"
            said += f" beside {self.beside}{value}"
        return f"{said}, unless the effort is none" if self.reasoning else said

    @property
    def about(self) -> tuple[Any, ...]:
        """What it speaks of: a later one about the same replaces it."""
        return self.action, self.operation, self.parameter, self.beside, self.beside_value

    def holds(self, draft: RequestDraft) -> bool:
        """Whether the condition under which it was taught is that of a request."""
        if self.reasoning and draft.get(names_for(self.operation).effort) == "none":
            return False
        if not self.beside:
            return True
        value = draft.get(self.beside)
        return value not in (None, [], {}, False) and self.beside_value in (None, value)


_SAYINGS: dict[str, str] = {
    "rename": "{adaptation.parameter} is sent as {adaptation.to}",
    "drop": "{adaptation.parameter} is left out",
    "values": "{adaptation.parameter} is kept to {values}",
    "refuses": "{adaptation.parameter} is left out where it is {values}",
    "at_most": "{adaptation.parameter} is at most {adaptation.limit}",
    "role": "{adaptation.parameter} messages are sent as {adaptation.to}",
    "responses": "chat goes through the Responses API",
    "no_stream": "a stream is delivered from one whole reply",
    "replay": "replayed items are sent without {adaptation.parameter}",
}

_WHY = "learnt from this deployment"


def apply(draft: RequestDraft, adaptation: Adaptation, operation: str, profile: Profile | None = None) -> bool:
    """Applies one lesson to a draft. False means: this deployment does not stream."""
    if adaptation.operation != operation or not adaptation.holds(draft):
        return True
    if adaptation.action == "no_stream":
        return False
    name = adaptation.parameter
    if adaptation.action == "role":
        set_role(draft, (name,), adaptation.to, names_for(operation))
    elif name.startswith("messages."):
        _strip_messages(draft, name.removeprefix("messages."))
    elif name == "include" and adaptation.values:
        exclude(draft, adaptation.values, _WHY)
    elif adaptation.action not in ("responses", "replay") and draft.has(name):
        _apply_to_parameter(draft, adaptation, profile)
    return True


def _apply_to_parameter(draft: RequestDraft, adaptation: Adaptation, profile: Profile | None) -> None:
    name, value = adaptation.parameter, draft.get(adaptation.parameter)
    if adaptation.action == "rename":
        if value is not None and not draft.has(adaptation.to):
            draft.rename(name, adaptation.to, _WHY)
        elif draft.has(adaptation.to) or value is None:
            _leave_out(draft, name, profile)
    elif adaptation.action == "at_most":
        if isinstance(value, int) and value > adaptation.limit:
            draft.replace(name, adaptation.limit, f"{_WHY}: it can give no more", loss=False)
    elif adaptation.action == "values":
        if not is_one_of(value, adaptation.values):
            _keep_to(draft, adaptation, value, profile)
    elif adaptation.action == "drop" or is_one_of(value, adaptation.values):
        others = tuple(one for one in _efforts(profile) if one not in adaptation.values)
        if adaptation.action == "refuses" and _is_effort(name) and value in EFFORTS and value != _default(profile):
            draft.replace(name, closest_effort(value, others), f"{_WHY}: it does not take {value}")
        else:
            _leave_out(draft, name, profile)


def _keep_to(draft: RequestDraft, adaptation: Adaptation, value: object, profile: Profile | None) -> None:
    """Brings a value that is not among the accepted ones to one of them, or leaves it out."""
    name = adaptation.parameter
    listed = f"{_WHY}: it takes {', '.join(map(str, adaptation.values))}"
    alike = [one for one in adaptation.values if isinstance(value, str) and _folded(one) == _folded(value)]
    if alike:
        draft.replace(name, alike[0], listed, loss=False)
    elif not _is_effort(name):
        _leave_out(draft, name, profile)
    elif value in EFFORTS:  # a word that nobody knows is for the service to refuse
        nearest = closest_effort(value, adaptation.values)
        if value == _default(profile) or nearest == value:
            _leave_out(draft, name, profile)
        else:
            draft.replace(name, nearest, listed)


def _leave_out(draft: RequestDraft, name: str, profile: Profile | None) -> None:
    # What holds without the parameter is its default, so that nothing is lost by leaving the default out.
    value = draft.get(name)
    default = value in NEUTRAL.get(name, (None,)) or (_is_effort(name) and value == _default(profile))
    draft.drop(name, _WHY, loss=not default)


def order(adaptation: Adaptation) -> bool:
    """Sorts adaptations for `apply`: what changes the effort comes first."""
    return not _is_effort(adaptation.parameter)


def is_one_of(value: object, values: Sequence[object]) -> bool:
    """Whether a value is among some, where `True` is not 1."""
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in values)


def has_files(body: Json) -> bool:
    """Whether a chat has a part that is a file."""
    return any(
        as_object(part).get("type") == "file"
        for message in as_list(body.get("messages"))
        for part in as_list(as_object(message).get("content"))
    )


def _folded(value: object) -> str:
    return str(value).lower().replace("-", "_")


def _is_effort(name: str) -> bool:
    return name in ("reasoning_effort", "reasoning.effort")


def _efforts(profile: Profile | None) -> tuple[str, ...]:
    return EFFORTS if profile is None or not profile.efforts else profile.efforts


def _default(profile: Profile | None) -> str | None:
    return None if profile is None else profile.default_effort


def _strip_messages(draft: RequestDraft, key: str) -> None:
    messages = as_list(draft.body.get("messages"))
    if any(key in as_object(message) for message in messages):
        draft.put("messages", [_without_key(message, key) for message in messages])
        draft.note(RequestChange(f"messages.{key}", "dropped", why=_WHY))


def _without_key(message: Any, key: str) -> Any:
    return {name: value for name, value in message.items() if name != key} if key in as_object(message) else message


class AdaptationCache:
    """What every deployment has taught. Safe to share between threads; reading takes no lock.

    Args:
        deployments: how many deployments are remembered; the ones that taught longest ago are forgotten first.
        adaptations: how many are kept of each.
    """

    def __init__(self, deployments: int = 500, adaptations: int = 20) -> None:
        self._deployments = deployments
        self._most = adaptations
        self._by_key: OrderedDict[str, tuple[Adaptation, ...]] = OrderedDict()
        self._lock = ForkLock()
        self.is_empty = True  # nearly always: no deployment has taught anything

    def of(self, key: str) -> tuple[Adaptation, ...]:
        """What is known of a deployment, oldest first; `key` names it and its resource."""
        return self._by_key.get(key, ())

    def add(self, key: str, adaptation: Adaptation) -> bool:
        """Keeps a lesson. Returns whether it is new."""
        with self._lock:
            known = self._by_key.get(key, ())
            if adaptation in known:
                return False
            self.is_empty = False
            self._by_key[key] = merged(known, adaptation)[-self._most :]
            self._by_key.move_to_end(key)
            while len(self._by_key) > self._deployments:
                self._by_key.popitem(last=False)
            return True

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._by_key.clear()
            self.is_empty = True

    def explain(self, key: str) -> tuple[str, ...]:
        """The adaptations as lines of text."""
        return tuple(
            f"{adaptation} (learnt on {adaptation.operation}: {adaptation.reason})" for adaptation in self.of(key)
        )


def merged(known: Sequence[Adaptation], adaptation: Adaptation) -> tuple[Adaptation, ...]:
    """The adaptations with a new one, which outweighs what contradicts it."""
    same = [old for old in known if old.about == adaptation.about]
    kept = [old for old in known if old not in same]
    if adaptation.action == "refuses":
        refused = dict.fromkeys([value for old in same for value in old.values] + list(adaptation.values))
        adaptation = replace(adaptation, values=tuple(refused)[-_MOST_VALUES:])
    if any(old.reasoning != adaptation.reasoning for old in same):
        adaptation = replace(adaptation, reasoning=False)  # it holds with and without reasoning
    opposite = [old for old in kept if old.about[:2] == adaptation.about[:2] and _contradicts(old, adaptation)]
    if not opposite:
        return (*kept, adaptation)
    kept = [old for old in kept if old not in opposite]
    if adaptation.action != "role":
        return (*kept, adaptation)
    # Neither of the two roles is taken, so instructions can only come from the user.
    return (
        *kept,
        *(Adaptation("role", adaptation.operation, role, "user", reason=adaptation.reason) for role in ROLES[:2]),
    )


def _contradicts(old: Adaptation, new: Adaptation) -> bool:
    return (old.parameter, old.to) == (new.to, new.parameter)
