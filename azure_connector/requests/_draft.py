"""What becomes of a caller's parameter on its way to a model, and who is told of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from .._utils import Json, Once, as_object

__all__ = ["ChangeReporter", "RequestChange", "RequestDraft"]

logger = logging.getLogger("azure_connector")

Action = Literal["renamed", "dropped", "replaced", "moved"]


@dataclass(frozen=True, slots=True)
class RequestChange:
    """One thing that was changed in a request.

    Attributes:
        parameter: the parameter as the caller gave it, e.g. `max_tokens` or `reasoning.effort`.
        action: `renamed` and `moved` keep its meaning; `dropped` and `replaced` may not.
        detail: the new name, value or place, where there is one.
        why: the rule behind it.
        loss: whether something that the caller asked for is lost: then it is a warning, and an error in strict mode.
    """

    parameter: str
    action: Action
    detail: str = ""
    why: str = ""
    loss: bool = False

    def __str__(self) -> str:
        to = {"renamed": " to ", "replaced": " by ", "moved": " to "}.get(self.action, " ") + self.detail
        return f"{self.parameter} {self.action}{to if self.detail else ''}{f' ({self.why})' if self.why else ''}"


class RequestDraft:
    """A request body on its way to the wire: copies only what it changes, and records each change.

    Parameters are named as in the body; a dot leads into an object (`reasoning.effort`).
    """

    __slots__ = ("_copied", "body", "changes", "quiet")

    def __init__(self, body: Json) -> None:
        self.body = body
        self.changes: list[RequestChange] = []
        self.quiet: tuple[str, ...] = ()  # filled in from the settings: nobody asked for these in this call
        self._copied = False

    def get(self, name: str) -> Any:
        """The parameter's value, None where it is absent."""
        parent, _, child = name.partition(".")
        value = self.body.get(parent)
        return as_object(value).get(child) if child else value

    def has(self, name: str) -> bool:
        """Whether the parameter was given, be it as null."""
        parent, _, child = name.partition(".")
        return child in as_object(self.body.get(parent)) if child else parent in self.body

    def put(self, name: str, value: Any) -> None:
        """Sets a parameter, without a record."""
        parent, _, child = name.partition(".")
        self._own()[parent] = {**as_object(self.body.get(parent)), child: value} if child else value

    def take(self, name: str) -> Any:
        """Removes a parameter, without a record, and an object that it leaves empty."""
        parent, _, child = name.partition(".")
        body = self._own()
        if not child:
            return body.pop(parent, None)
        inner = dict(as_object(body.get(parent)))
        value = inner.pop(child, None)
        if inner:
            body[parent] = inner
        else:
            body.pop(parent, None)
        return value

    def drop(self, name: str, why: str, *, loss: bool) -> None:
        """Removes a parameter."""
        self.take(name)
        self.changes.append(RequestChange(name, "dropped", "", why, loss and name not in self.quiet))

    def rename(self, name: str, to: str, why: str) -> None:
        """Gives a parameter's value another name."""
        self.put(to, self.take(name))
        self.changes.append(RequestChange(name, "renamed", to, why))

    def replace(self, name: str, value: Any, why: str, *, loss: bool = True) -> None:
        """Gives a parameter another value."""
        self.put(name, value)
        self.changes.append(RequestChange(name, "replaced", str(value), why, loss and name not in self.quiet))

    def note(self, change: RequestChange) -> None:
        """Records a change that was made otherwise."""
        self.changes.append(change)

    def _own(self) -> Json:
        if not self._copied:
            self.body = dict(self.body)
            self._copied = True
        return self.body


class ChangeReporter:
    """Tells of changes once per deployment and parameter: losses as warnings, the rest for debugging.

    Safe to share between threads. Logs to `azure_connector`, never through `warnings`.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._told = Once(limit)

    def report(self, key: str, changes: Iterable[RequestChange], *, name: str = "") -> None:
        """Logs what has not been logged yet.

        Args:
            key: what tells deployments apart.
            changes: what `adapt_request` changed.
            name: the deployment as `deployment@resource`, for the line; the key when omitted.
        """
        for change in changes:
            if self._told.first(key, change.parameter, change.loss):
                logger.log(logging.WARNING if change.loss else logging.DEBUG, "%s: %s", name or key, change)

    def clear(self) -> None:
        """Forgets what was logged."""
        self._told.clear()
