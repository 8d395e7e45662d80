"""What routing tells the client to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..deployments._table import Target
from ._outcomes import Outcome

__all__ = ["GiveUp", "Reason", "Send", "Step", "Wait"]

Reason = Literal["exhausted", "deadline", "not_repeatable", "fatal"]


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request to `target` now; `probe` says that the target had failed and this call alone may ask it."""

    target: Target
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so many seconds, then ask `Route.resume`; `target` is the one that will probably be free."""

    seconds: float
    target: Target


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The call has failed.

    Attributes:
        reason: `exhausted` (attempts or waits are used up), `deadline`, `not_repeatable`, or `fatal` (trying again
            cannot help).
        target: whom the error is about.
        outcome: what to raise an error for. Where nothing was sent, the cause for which `target` is left alone.
        attempt: the index of that outcome among the calls of `failed`, or None where nothing was sent.
        retry_after: seconds until the soonest target is free, where there is one.
    """

    reason: Reason
    target: Target
    outcome: Outcome
    attempt: int | None = None
    retry_after: float | None = None


Step = Send | Wait | GiveUp
