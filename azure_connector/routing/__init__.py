"""Which deployment next, and when: retry, backoff, circuit breaker, affinity."""

from __future__ import annotations

from ._affinity import ResourceAffinity
from ._health import Health
from ._outcomes import AttemptOutcome, failure, outcome_of_error, outcome_of_exception, outcome_of_reply
from ._retry_policy import RetryPolicy
from ._route import BackOff, GiveUp, Route, SendTo
from ._state import RoutingState

__all__ = [
    "AttemptOutcome",
    "BackOff",
    "GiveUp",
    "Health",
    "ResourceAffinity",
    "RetryPolicy",
    "Route",
    "RoutingState",
    "SendTo",
    "failure",
    "outcome_of_error",
    "outcome_of_exception",
    "outcome_of_reply",
]
