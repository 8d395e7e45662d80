"""Azure's paths: which operation a path means, in which form, and whether its api-version will do."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from starlette.routing import compile_path

from .errors import not_found
from .resource import Resource
from .wire import Answer, Call

__all__ = ["Handler", "Route", "find", "table"]

Handler = Callable[[Call, Resource], Awaitable[Answer]]


@dataclass(frozen=True)
class Route:
    """One operation at one path.

    Attributes:
        method: the HTTP verb.
        form: `v1` or `classic`.
        operation: the OpenAI operation's path.
        pattern: the compiled path.
        handler: what answers.
        until: the date of the last api-version of the classic form that has it.
    """

    method: str
    form: str
    operation: str
    pattern: re.Pattern[str]
    handler: Handler
    until: str = "9999"


def table(
    operation: str, handler: Handler, *, method: str = "POST", deployed: bool = False, **limits: str
) -> list[Route]:
    """The routes of an operation: v1, and classic under `/openai` or, `deployed`, under the deployment's path."""
    prefix = "/openai/deployments/{deployment}" if deployed else "/openai"
    made = [Route(method, "v1", operation, _compiled(f"/openai/v1{operation}"), handler)]
    return [*made, Route(method, "classic", operation, _compiled(f"{prefix}{operation}"), handler, **limits)]


@lru_cache(maxsize=256)
def _compiled(path: str) -> re.Pattern[str]:
    return compile_path(path)[0]


def find(routes: list[Route], call: Call) -> Route:
    """The route of a request; sets its parameters, operation and form.

    The path is matched as it was sent, so that an escaped slash stays inside its segment.

    Raises:
        Refusal: 404 for a path or api-version that Azure does not know, 400 for an api-version on v1.
    """
    for route in routes:
        match = route.pattern.match(call.raw_path) if route.method == call.method else None
        if match:
            call.params = {name: unquote(value) for name, value in match.groupdict().items()}
            call.operation, call.form = route.operation, route.form
            return route
    call.form = "v1" if call.raw_path.startswith("/openai/v1/") else "classic"
    raise not_found()
