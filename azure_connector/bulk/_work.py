"""One call to be made, for one row or for a pack of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from azure_connector._utils import estimated_tokens

from ._results import Result
from ._verdicts import RowError

__all__ = ["CHAT", "EMBEDDINGS", "Wanted", "Work", "failed"]

CHAT, EMBEDDINGS = "/chat/completions", "/embeddings"

Wanted = Callable[[int], bool]
"""Whether a row is still to be done."""


@dataclass(slots=True)
class Work:
    """One call to be made.

    Attributes:
        rows: the rows that it is for.
        body: the request's JSON.
        tokens: what it may cost: a quarter of its characters, and its limit of output tokens.
        operation: the SDK's path.
        attempts: requests that were sent for it.
        rounds: how often it went to the end of the queue; less than one for a refusal while others were served.
        sizes: of a pack, the characters of each of its texts.
    """

    rows: tuple[int, ...]
    body: dict[str, Any]
    tokens: float
    operation: str = CHAT
    attempts: int = 0
    rounds: float = 0.0
    sizes: tuple[int, ...] = field(default=())

    def halves(self) -> tuple[Work, Work]:
        """A pack cut in two, to find the row that spoils it."""
        middle = len(self.rows) // 2
        return self._part(slice(None, middle)), self._part(slice(middle, None))

    def _part(self, part: slice) -> Work:
        sizes = self.sizes[part]
        body = self.body | {"input": self.body["input"][part]}
        tokens = estimated_tokens(sum(sizes))
        return Work(self.rows[part], body, tokens, self.operation, self.attempts, self.rounds, sizes)


def failed(row: int, error: RowError, attempts: int = 0) -> Result:
    """The result of a row that went wrong."""
    return Result(row, attempts=attempts, error_code=error.code, error=error.text)
