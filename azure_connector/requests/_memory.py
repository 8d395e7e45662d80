"""What a process remembers of the deployments it has called, whichever client called them.

A handler that makes a client for each request must neither pay again for what a deployment has refused nor fill the log
with the same line. So this belongs to the process, by the resource's address and the deployment's name.
"""

from __future__ import annotations

from .._utils import Once
from ..deployments import SERVED
from ._adaptations import AdaptationCache
from ._draft import ChangeReporter

__all__ = ["CHANGES", "LEARNED", "SAID", "forget_learned"]

LEARNED = AdaptationCache()
"""What refusals have taught."""

CHANGES = ChangeReporter()
"""Tells of changes in requests, of each once."""

SAID = Once()
"""The lines that were logged once and are not logged again."""


def forget_learned() -> None:
    """Forgets what this process has learned from refusals and replies, and what it has warned of.

    For tests, and after a deployment was given another model under the same name.
    """
    for memory in (LEARNED, CHANGES, SAID, SERVED):
        memory.clear()
