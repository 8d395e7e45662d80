"""Tokens and requests per minute, counted as Azure counts them.

Azure counts before it answers: the prompt's tokens and the most that the reply may take, so a large `max_tokens` costs
even when the reply is short. Requests are also held to their part of the minute's quota in every ten seconds, or in
every single one. A refused call counts as a request too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .counting import count_messages, count_value
from .faults import rate_limited_body, retry_headers
from .models import Deployment
from .values import items_of, object_of
from .wire import Call, Refusal

__all__ = ["Quotas"]

MINUTE = 60.0
ADVERTISED = 250
PLENTY = {
    "x-ratelimit-limit-requests": str(ADVERTISED),
    "x-ratelimit-limit-tokens": str(ADVERTISED * 1000),
    "x-ratelimit-remaining-requests": str(ADVERTISED - 1),
    "x-ratelimit-remaining-tokens": str(ADVERTISED * 1000 - 150),
}
OPERATIONS = {
    "/chat/completions": "ChatCompletions_Create",
    "/embeddings": "Embeddings_Create",
    "/responses": "Responses_Create",
}


@dataclass
class _Window:
    """What was used since a moment."""

    length: float
    start: float = -math.inf
    used: int = 0

    def at(self, now: float) -> _Window:
        """The window as it is now: empty when its time is over."""
        if now - self.start >= self.length:
            self.start, self.used = now, 0
        return self

    def left(self, now: float) -> float:
        """Seconds until it empties."""
        return max(0.0, self.start + self.length - now)


@dataclass
class _Meter:
    tokens: _Window = field(default_factory=lambda: _Window(MINUTE))
    requests: _Window = field(default_factory=lambda: _Window(MINUTE))
    slice: _Window = field(default_factory=lambda: _Window(10.0))


class Quotas:
    """The meters of a resource's deployments.

    Args:
        clock: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._meters: dict[str, _Meter] = {}

    def admit(self, deployment: Deployment, call: Call) -> None:
        """Count a request.

        Raises:
            Refusal: 429, its deployment's quota is used up.
        """
        if deployment.capacity is None:
            return
        now = self._clock()
        meter = self._meters.setdefault(deployment.name, _Meter())
        meter.slice.length = deployment.quota_slice
        tokens, requests, part = meter.tokens.at(now), meter.requests.at(now), meter.slice.at(now)
        requests.used += 1
        part.used += 1
        most = requests_of(deployment)
        if requests.used > most:
            raise self._refusal(deployment, call, "call", requests.left(now))
        if part.used > max(1, math.ceil(most * deployment.quota_slice / MINUTE)):
            raise self._refusal(deployment, call, "call", part.left(now))
        wanted = _estimate(call)
        if tokens.used + wanted > deployment.capacity * 1000:
            raise self._refusal(deployment, call, "token", tokens.left(now))
        tokens.used += wanted

    def headers(self, deployment: Deployment) -> Mapping[str, str]:
        """`x-ratelimit-*` as they stand."""
        capacity = deployment.capacity
        if capacity is None:
            return PLENTY
        now = self._clock()
        meter = self._meters.setdefault(deployment.name, _Meter())
        tokens, requests = meter.tokens.at(now), meter.requests.at(now)
        values = {
            "limit-requests": requests_of(deployment),
            "limit-tokens": capacity * 1000,
            "remaining-requests": max(0, requests_of(deployment) - requests.used),
            "remaining-tokens": max(0, capacity * 1000 - tokens.used),
            "reset-requests": math.ceil(requests.left(now)),
            "reset-tokens": math.ceil(tokens.left(now)),
        }
        return {f"x-ratelimit-{name}": str(value) for name, value in values.items()}

    def _refusal(self, deployment: Deployment, call: Call, what: str, seconds: float) -> Refusal:
        operation = f"the {OPERATIONS.get(call.operation, 'requested')} Operation under Azure OpenAI API"
        if "api-version" in call.query:
            operation += f" version {call.query['api-version']}"
        body = rate_limited_body(operation, what, seconds)
        return Refusal(429, body, {**retry_headers(seconds), **self.headers(deployment)})


def requests_of(deployment: Deployment) -> int:
    """Requests per minute: its own number, or one per thousand tokens."""
    return deployment.requests_per_minute or deployment.capacity or ADVERTISED


def _estimate(call: Call) -> int:
    """Tokens that a request may take: the prompt and the longest reply; none for a handshake."""
    if call.websocket:
        return 0
    body = object_of(call.body)
    prompt = count_messages(items_of(body.get("messages")), body.get("tools"))
    prompt += count_value(body.get("input"))
    limits = (body.get(name) for name in ("max_completion_tokens", "max_tokens", "max_output_tokens"))
    longest = next((limit for limit in limits if isinstance(limit, int)), 16 if "messages" in body else 0)
    number = body.get("n")
    return prompt + longest * (number if isinstance(number, int) and number > 0 else 1)
