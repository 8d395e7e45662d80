"""How a target stands, as routing and people look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..deployments._table import Target
from ._outcomes import Kind

__all__ = ["Standing", "TargetHealth"]


class Standing(NamedTuple):
    """How a target stands at a moment.

    Attributes:
        target: the target.
        ready_at: when it may be asked; not later than now where it is free.
        last_in_line: chosen only where nothing else is free: its quota is used up or it is configured wrongly.
        weight: its share of the calls within its rank, after what is known of its quota.
        guarded: asking needs `Health.claim`, since only one call may.
        probed: it is free but for a probe that is on its way.
        cause: what closed the way to it.
    """

    target: Target
    ready_at: float
    last_in_line: bool
    weight: float
    guarded: bool
    probed: bool
    cause: Kind


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """A target's or resource's state for display.

    Attributes:
        ready_in: seconds until it may be asked, 0 where it may be now.
        failing: it failed repeatedly and waits for a probe to succeed.
        cause: what closed the way, `ok` where nothing did.
        quota_share: what is left of its quota, 0 to 1, or None where that is not known.
    """

    ready_in: float
    failing: bool
    cause: Kind
    quota_share: float | None
