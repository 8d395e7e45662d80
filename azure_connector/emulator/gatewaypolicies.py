"""What an API Management gateway can be told to do: limits, and errors in shapes of its own."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

from .parsing import parse_object
from .values import Json, object_of

__all__ = ["RateLimit", "Shape", "reshaped", "reshaped_stream"]

Shape = Literal["azure", "flat", "sse", "litellm"]
"""How a gateway passes the resource's errors on: as they are; flat, as API Management's own; behind `data:` with the
error as text in a text; or as LiteLLM's proxy wraps them."""


class RateLimit:
    """So much per period for each subscription, as the policies `rate-limit` and `azure-openai-token-limit` count.

    Args:
        most: how much.
        seconds: the period.
        clock: seconds since any moment.
    """

    def __init__(self, most: int, seconds: float, clock: Callable[[], float]) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._spent: dict[str, deque[tuple[float, int]]] = {}

    def spend(self, key: str, amount: int = 1) -> int | None:
        """Count; returns the seconds to wait when that is too much, else None. What is refused is not counted."""
        now = self._clock()
        spent = self._spent.setdefault(key, deque())
        while spent and now - spent[0][0] >= self._seconds:
            spent.popleft()
        if sum(one for _, one in spent) + amount > self._most:
            return max(1, math.ceil(spent[0][0] + self._seconds - now)) if spent else math.ceil(self._seconds)
        spent.append((now, amount))
        return None


def reshaped(status: int, content: bytes, shape: Shape) -> tuple[bytes, str]:
    """An error's body in the gateway's shape, and its content type."""
    body = _object(content)
    error = object_of(body.get("error")) or body
    message = str(error.get("message") or "The request failed.")
    if shape == "flat":
        return _encoded({"statusCode": status, "message": message}), "application/json"
    if shape == "sse":
        told = {"message": json.dumps(body, indent=1), "type": "None", "param": "None", "code": str(status)}
        return b"data: " + _encoded({"error": told}) + b"\n\n", ""
    inner = object_of(error.get("innererror"))
    fields: Json = {"azure_error": {**error, "code": error.get("code")}}
    if inner:
        fields |= {"innererror": inner, "inner_error": inner}
    name = "ContentPolicyViolationError" if error.get("code") == "content_filter" else "BadRequestError"
    told = {"message": f"litellm.{name}: AzureException {name} - {message}", "type": error.get("type")}
    told |= {"param": error.get("param"), "code": str(status), "provider_specific_fields": fields}
    return _encoded({"error": told}), "application/json"


async def reshaped_stream(
    parts: AsyncIterator[bytes], *, doubled: bool, fail_after: int | None
) -> AsyncIterator[bytes]:
    """A stream's events as a gateway passes them on.

    Args:
        parts: the resource's bytes.
        doubled: each `data:` is written twice, as some gateways do.
        fail_after: after so many events the gateway gives up, and says so in a flat error of its own.
    """
    rest, number = b"", 0
    async for part in parts:
        *events, rest = (rest + part).split(b"\n\n")
        for event in events:
            if fail_after is not None and number >= fail_after:
                told = _encoded({"statusCode": 500, "message": "Internal server error"})
                yield b"data: " + told + b"\n\n"
                return
            number += 1
            yield (event.replace(b"data: ", b"data: data: ", 1) if doubled else event) + b"\n\n"
    if rest:
        yield rest


def _object(content: bytes) -> Json:
    try:
        return parse_object(content)
    except ValueError:
        return {"message": content.decode("utf-8", "replace")}


def _encoded(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
