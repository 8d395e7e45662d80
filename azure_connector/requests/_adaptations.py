"""Lessons: what one deployment does not accept and what to do instead, kept and applied."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .._utils import as_list, as_object
from ..deployments import EFFORTS, NEUTRAL, Profile
from ._parameter_rules import RequestChange, RequestDraft, closest_effort, exclude, names_for, set_role

__all__ = ["ROLES", "Adaptation", "AdaptationAction", "AdaptationCache", "apply"]

ROLES = ("developer", "system", "user")

AdaptationAction = Literal["rename", "drop", "values", "at_most", "role", "responses", "no_stream"]


@dataclass(frozen=True, slots=True)
class Adaptation:
    """One thing that a deployment does not accept, and what to do instead.

    Attributes:
        action: `rename` a parameter, `drop` it, keep to the accepted `values`, send `at_most` a number, give messages
            another `role`, use the `responses` API, or `no_stream`.
        operation: the API that taught it, and to which it applies.
        parameter: which parameter; for `role` the refused role; for `responses` the condition (`tools` or empty).
        to: the new name or role.
        values: the accepted values.
        limit: the highest number.
        reason: the beginning of the service's message.
    """

    action: AdaptationAction
    operation: str
    parameter: str = ""
    to: str = ""
    values: tuple[str, ...] = ()
    limit: int = 0
    reason: str = field(default="", compare=False)

    def __str__(self) -> str:
        return _SAYINGS[self.action].format(adaptation=self, values=", ".join(self.values))


_SAYINGS: dict[str, str] = {
    "rename": "{adaptation.parameter} is sent as {adaptation.to}",
    "drop": "{adaptation.parameter} is left out",
    "values": "{adaptation.parameter} is kept to {values}",
    "at_most": "{adaptation.parameter} is at most {adaptation.limit}",
    "role": "{adaptation.parameter} messages are sent as {adaptation.to}",
    "responses": "chat goes through the Responses API",
    "no_stream": "a stream is delivered from one whole reply",
}

_WHY = "learnt from this deployment"


def apply(draft: RequestDraft, adaptation: Adaptation, operation: str, profile: Profile | None = None) -> bool:
    """Applies one lesson to a draft. False means: this deployment does not stream."""
    if adaptation.operation != operation:
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
    elif adaptation.action != "responses" and draft.has(name):
        _apply_to_parameter(draft, adaptation, profile)
    return True


def _apply_to_parameter(draft: RequestDraft, adaptation: Adaptation, profile: Profile | None) -> None:
    name, value = adaptation.parameter, draft.get(adaptation.parameter)
    if adaptation.action == "rename" and value is not None and not draft.has(adaptation.to):
        draft.rename(name, adaptation.to, _WHY)
    elif adaptation.action == "at_most":
        if isinstance(value, int) and value > adaptation.limit:
            draft.replace(name, adaptation.limit, f"{_WHY}: it can give no more", loss=False)
    elif adaptation.action == "values" and (value in adaptation.values or (_is_effort(name) and value not in EFFORTS)):
        return
    elif adaptation.action == "values" and _is_effort(name) and value != _default(profile):
        draft.replace(
            name, closest_effort(value, adaptation.values), f"{_WHY}: it takes {', '.join(adaptation.values)}"
        )
    else:
        # What holds without the parameter is its default, so that nothing is lost by leaving the default out.
        default = value in NEUTRAL.get(name, (None,)) or (_is_effort(name) and value == _default(profile))
        draft.drop(name, _WHY, loss=not default)


def _is_effort(name: str) -> bool:
    return name in ("reasoning_effort", "reasoning.effort")


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
        self._lock = threading.Lock()
        self.is_empty = True  # nearly always: no deployment has taught anything

    def of(self, key: str) -> tuple[Adaptation, ...]:
        """What is known of a deployment (`deployment@resource`), oldest first."""
        return self._by_key.get(key, ())

    def add(self, key: str, adaptation: Adaptation) -> bool:
        """Keeps a lesson. Returns whether it is new."""
        with self._lock:
            known = self._by_key.get(key, ())
            if adaptation in known:
                return False
            self.is_empty = False
            self._by_key[key] = _merged(known, adaptation)[-self._most :]
            self._by_key.move_to_end(key)
            while len(self._by_key) > self._deployments:
                self._by_key.popitem(last=False)
            return True

    def explain(self, key: str) -> tuple[str, ...]:
        """The adaptations as lines of text."""
        return tuple(
            f"{adaptation} (learnt on {adaptation.operation}: {adaptation.reason})" for adaptation in self.of(key)
        )


def _merged(known: Sequence[Adaptation], adaptation: Adaptation) -> tuple[Adaptation, ...]:
    """The adaptations with a new one, which outweighs what contradicts it."""
    about = (adaptation.action, adaptation.operation, adaptation.parameter)
    kept = [old for old in known if (old.action, old.operation, old.parameter) != about]
    reverse = (adaptation.action, adaptation.operation, adaptation.to, adaptation.parameter)
    opposite = [old for old in kept if (old.action, old.operation, old.parameter, old.to) == reverse]
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
