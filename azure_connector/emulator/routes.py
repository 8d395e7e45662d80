"""Azure's paths: which operation a path means, and in which form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from urllib.parse import unquote

from .errors import not_found
from .resource import Resource
from .served import ABSENT, Served
from .wire import Answer, Call

__all__ = ["Handler", "Route", "Router"]

Handler = Callable[[Call, Resource], Awaitable[Answer]]


@dataclass(frozen=True)
class Route:
    """One operation in one form.

    Attributes:
        served: the operation.
        form: `v1`, `classic` or `inference`.
        names: the parameters of its path, in order.
    """

    served: Served
    form: str
    names: tuple[str, ...]

    @cached_property
    def handler(self) -> Handler:
        """What answers. Its module is imported when it is first asked for: most emulators serve a few operations."""
        return import_module(f".{self.served.module}", __package__).HANDLERS[self.served.key]


@dataclass(slots=True)
class _Place:
    """One segment of a path, and what follows it."""

    below: dict[str, _Place] = field(default_factory=dict[str, "_Place"])
    any_below: _Place | None = None
    routes: dict[str, Route] = field(default_factory=dict[str, Route])

    def child(self, segment: str) -> _Place:
        """The place of a segment of a template, made where it is missing."""
        if segment.startswith("{"):
            self.any_below = self.any_below or _Place()
            return self.any_below
        return self.below.setdefault(segment, _Place())


class Router:
    """Finds the operation of a path.

    Args:
        served: the operations.
    """

    def __init__(self, served: Iterable[Served]) -> None:
        self._root = _Place()
        self._plain: dict[tuple[str, str], Route] = {}
        for one in served:
            for form, root in one.roots:
                place, names = self._root, list[str]()
                for segment in f"{root}{one.path}".split("/"):
                    place = place.child(segment)
                    if segment.startswith("{"):
                        names.append(segment[1:-1])
                place.routes[one.method] = route = Route(one, form, tuple(names))
                if not names:
                    self._plain[one.method, root + one.path] = route

    def find(self, call: Call) -> Route:
        """The route of a request; sets its parameters, operation and form.

        The path is matched as it was sent, so that an escaped slash stays inside its segment.

        Raises:
            Refusal: 404 for a path that Azure does not know.
        """
        values: list[str] = []
        route = self._plain.get((call.method, call.raw_path))
        route = route or _below(self._root, call.raw_path.split("/"), 0, call.method, values)
        if route is None:
            path = call.raw_path
            call.form = "v1" if path.startswith("/openai/v1/") else "inference" if _infers(path) else "classic"
            raise not_found(_reason(call) or self._verbs(call))
        call.params = {name: unquote(value) for name, value in zip(route.names, values, strict=True)}
        call.operation, call.form = route.served.path, route.form
        return route

    def _verbs(self, call: Call) -> str:
        """That a path takes other verbs, where it does."""
        segments, verbs = call.raw_path.split("/"), ("GET", "POST", "DELETE")
        found = {verb: _below(self._root, segments, 0, verb, []) for verb in verbs}
        taken = {verb: route.served.path for verb, route in found.items() if route is not None}
        return f"{next(iter(taken.values()))} takes {' and '.join(taken)}, not {call.method}" if taken else ""


def _below(place: _Place, segments: list[str], at: int, method: str, values: list[str]) -> Route | None:
    if at == len(segments):
        return place.routes.get(method)
    segment = segments[at]
    known = place.below.get(segment)
    found = _below(known, segments, at + 1, method, values) if known is not None else None
    if found is not None or place.any_below is None or not segment:
        return found
    values.append(segment)
    found = _below(place.any_below, segments, at + 1, method, values)
    if found is None:
        values.pop()
    return found


def _infers(path: str) -> bool:
    return path.startswith("/models/")


def _reason(call: Call) -> str:
    """Why there is nothing, where it is known."""
    rest = call.raw_path.removeprefix("/openai").removeprefix("/v1")
    if call.websocket and (why := ABSENT.get(f"WebSocket {rest}")):
        return why
    return next((why for start, why in ABSENT.items() if rest == start or rest.startswith(f"{start}/")), "")
