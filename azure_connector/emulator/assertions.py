"""Assertions on what a client sent, with the nearest request and what differs where they fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .differences import differences
from .records import RecordedRequest, RequestLog

__all__ = ["Wire"]

MOST_TOLD, MOST_SHOWN = 8, 20


class Wire:
    """What went over the wire to an emulator.

    Args:
        requests: the emulator's record.
    """

    def __init__(self, requests: RequestLog) -> None:
        self.requests = requests

    def assert_sent(
        self,
        operation: str = "",
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        deployment: str | None = None,
        status: int | None = None,
        times: int | None = None,
    ) -> RecordedRequest:
        """Some request was sent that fits.

        Args:
            operation: `POST /chat/completions`, or the path alone: the operation's, or any part of the whole path.
            body: fields that the body has; objects may have more, lists are compared as a whole.
            headers: headers that it has, in any case.
            query: values that its query has.
            deployment: the deployment that it is for.
            status: what it was answered with.
            times: how many such requests there were; at least one by default.

        Returns:
            The last of them.

        Raises:
            AssertionError: there is none, or another number; it names the nearest and what differs.
        """
        wanted = _wanted(operation, body, headers, query, deployment, status)
        seen = self.requests.snapshot()
        told = [list(differences(wanted, _seen(one, wanted), partly=True, verb="expected")) for one in seen]
        fitting = [one for one, found in zip(seen, told, strict=True) if not found]
        if (times is None and fitting) or (times is not None and len(fitting) == times):
            return fitting[-1] if fitting else _NONE
        raise AssertionError(_failure(operation, seen, told, len(fitting), times))

    def assert_not_sent(self, operation: str = "", **wanted: Any) -> None:
        """No request was sent that fits; takes what `assert_sent` takes.

        Raises:
            AssertionError: there was one.
        """
        self.assert_sent(operation, **wanted, times=0)


_NONE = RecordedRequest("", "", "", {}, {}, b"", 0)


def _wanted(
    operation: str,
    body: Any,
    headers: Mapping[str, str] | None,
    query: Mapping[str, str] | None,
    deployment: str | None,
    status: int | None,
) -> dict[str, Any]:
    method, _, path = operation.rpartition(" ")
    wanted: dict[str, Any] = {"method": method.upper() or None, "path": path or None, "body": body}
    wanted |= {"headers": {name.lower(): value for name, value in headers.items()} if headers else None}
    wanted |= {"query": dict(query) if query else None, "deployment": deployment, "status": status}
    return {name: value for name, value in wanted.items() if value is not None}


def _seen(request: RecordedRequest, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """A request as values to compare; its path is the wanted one where that is its operation or a part of it."""
    path = wanted.get("path", "")
    fits = path == request.operation or (path and path in request.path)
    return {
        "method": request.method,
        "path": path if fits else request.path,
        "body": request.body,
        "headers": request.headers,
        "query": request.query,
        "deployment": request.deployment,
        "status": request.status,
    }


def _failure(operation: str, seen: list[RecordedRequest], told: list[list[str]], number: int, times: int | None) -> str:
    many = {0: "no such request was", 1: "1 such request was"}.get(number, f"{number} such requests were")
    expected = "at least one" if times is None else str(times)
    head = f"{many} sent: {operation or 'any operation'} (expected {expected})"
    if not seen:
        return f"{head}\n  nothing was sent at all"
    lines = [head]
    if not number:
        nearest = min(range(len(seen)), key=lambda at: (_elsewhere(told[at]), len(told[at])))
        lines.append(f"  nearest is request {nearest}: {seen[nearest].method} {seen[nearest].url}")
        lines += [f"    {one}" for one in told[nearest][:MOST_TOLD]]
    lines.append("  all requests:")
    first = max(0, len(seen) - MOST_SHOWN)
    lines += [f"    {at}: {one.status} {one.method} {one.url}" for at, one in enumerate(seen[first:], first)]
    return "\n".join(lines)


def _elsewhere(told: list[str]) -> bool:
    return any(one.startswith(("path:", "method:")) for one in told)
