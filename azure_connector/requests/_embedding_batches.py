"""Embedding inputs cut into requests that Azure takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from typing import TypeVar

__all__ = ["MAX_INPUTS", "MAX_TOKENS", "embedding_batches"]

MAX_INPUTS = 2048
"""Inputs in one request (Azure OpenAI quotas and limits)."""

MAX_TOKENS = 300_000
"""Tokens in one request, all inputs together (OpenAI's API reference for embeddings)."""

Input = TypeVar("Input")


def embedding_batches(
    inputs: Sequence[Input], *, max_inputs: int = MAX_INPUTS, max_tokens: int = MAX_TOKENS
) -> Iterator[list[Input]]:
    """The inputs in their order, in as few batches as the limits allow.

    Args:
        inputs: texts, or tokens, or lists of tokens. Texts are counted as one token for two bytes of UTF-8: more than
            any usual text has, so that a batch is too small rather than refused.
        max_inputs: inputs in one batch.
        max_tokens: tokens in one batch; a single input that is longer is a batch of its own.
    """
    batch: list[Input] = []
    spent = 0
    for entry in inputs:
        tokens = _tokens(entry)
        if batch and (len(batch) == max_inputs or spent + tokens > max_tokens):
            yield batch
            batch, spent = [], 0
        batch.append(entry)
        spent += tokens
    if batch:
        yield batch


def _tokens(entry: object) -> int:
    if isinstance(entry, str):
        return len(entry.encode("utf-8", "surrogatepass")) // 2 + 1
    return len(entry) if isinstance(entry, Sized) else 1
