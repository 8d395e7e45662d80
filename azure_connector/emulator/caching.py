"""Prompt caching: how much of a prompt was seen before, as `cached_tokens` counts it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from .counting import pieces
from .keeping import Newest

__all__ = ["PromptCache"]

LEAST, STEP = 1_024, 128


class PromptCache:
    """The beginnings of the prompts so far: from 1,024 tokens on, in steps of 128, as Azure documents it."""

    def __init__(self) -> None:
        self._seen: Newest[bool] = Newest(20_000)

    def cached(self, deployment: str, prompt: Any, tokens: int) -> int:
        """Remember a prompt, and tell how many of its tokens an earlier one began with.

        Args:
            deployment: whose cache.
            prompt: all that is sent before the answer, in the order in which it counts.
            tokens: the prompt's size.
        """
        if tokens < LEAST:
            return 0
        parts = pieces(json.dumps(prompt, ensure_ascii=False))
        digest = hashlib.blake2b(deployment.encode(), digest_size=16)
        found, begun = 0, 0
        for end in range(LEAST, len(parts) + 1, STEP):
            digest.update("".join(parts[begun:end]).encode())
            begun = end
            key = digest.hexdigest()
            if key in self._seen:
                found = end
            self._seen[key] = True
        return min(found, tokens // STEP * STEP)
