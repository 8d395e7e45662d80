"""What routing remembers between calls: the health of every deployment and the budgets of a call."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._utils import ForkLock
from ._health import Health
from ._retry_policy import RetryPolicy

if TYPE_CHECKING:
    from ._redis import RedisHealthStore

__all__ = ["RoutingState"]


class RoutingState:
    """Health and budgets of one connector. Safe across threads and event loops.

    Args:
        policy: the settings' budgets.
        redis: the address of a Redis that cooldowns and quotas are shared by, or None.
        addresses: resource name -> its endpoint; what processes that share have in common.

    Attributes:
        shares: whether `share` has nothing to do.
    """

    def __init__(self, policy: RetryPolicy, *, redis: object = None, addresses: Mapping[str, str]) -> None:
        self.health = Health(policy)
        self.policy = policy
        self._redis, self._addresses = redis, addresses
        # Whoever repeats calls himself (LiteLLM's Router does) wants to hear at once, not after a wait.
        self._once = replace(policy, max_attempts=1, max_total_wait=0.0)
        self._lock = ForkLock()
        self._sharing: tuple[weakref.finalize[Any, Any], RedisHealthStore] | None = None
        self.shares = redis is None  # nothing to be done before a call
        self.share()

    def policy_for(self, max_retries: int) -> RetryPolicy:
        """The budgets for one call: the client's or the call's own number of retries counts."""
        if max_retries == self.policy.max_attempts - 1:
            return self.policy
        if max_retries <= 0:
            return self._once
        return self.policy.limited_to(max_retries + 1)

    def share(self) -> None:
        """Begins to share with other processes, where that is set; a client that was closed begins again."""
        if self._redis is None or self._sharing is not None:
            return
        from ._redis import RedisHealthStore

        with self._lock:
            if self._sharing is None:
                shared = RedisHealthStore(self.health, self._redis, addresses=self._addresses)
                # Its thread must not outlive a client that nobody closed.
                self._sharing = weakref.finalize(self, shared.close, 0.0), shared
                self.shares = True

    def close(self) -> None:
        """Ends the sharing with other processes."""
        with self._lock:
            sharing, self._sharing = self._sharing, None
            self.shares = self._redis is None
        if sharing is not None:
            sharing[0].detach()
            sharing[1].close()

    async def aclose(self) -> None:
        """As `close`, without blocking the event loop."""
        if self._sharing is not None:
            await asyncio.to_thread(self.close)
