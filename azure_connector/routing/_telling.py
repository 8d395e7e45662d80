"""Which of a call's outcomes says best why it failed in the end."""

from __future__ import annotations

from collections.abc import Sequence

from ._outcomes import OutcomeKind

__all__ = ["ELSEWHERE", "index_that_tells"]

ELSEWHERE = frozenset[OutcomeKind]({"auth", "forbidden", "not_found", "not_found_deployment"})
"""What another resource or deployment may do better."""


def index_that_tells(kinds: Sequence[OutcomeKind], reason: str) -> int:
    """Which of the outcomes says best why the call failed in the end."""
    last = len(kinds) - 1
    if reason in ("exhausted", "deadline"):
        if reason == "deadline" and kinds[last] == "adapt":
            return last
        # A target that could not serve is not why the call failed in the end, if another one was only busy.
        return next((i for i in range(last, -1, -1) if kinds[i] not in ELSEWHERE and kinds[i] != "adapt"), last)
    if kinds[last] in ELSEWHERE:
        # None could serve: the one that was preferred says best what is wrong.
        return next(i for i, kind in enumerate(kinds) if kind != "adapt")
    return last
