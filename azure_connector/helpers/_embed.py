"""`embed` and `embed_many`, sync and async: texts as vectors."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any, Unpack

from .._utils import ForkLock
from ..client import AsyncAzureConnector, AzureConnector
from ..requests import embedding_batches
from ._clients import kept_client
from ._parameters import EmbeddingParameters
from ._results import EmbedManyResult, EmbedResult, Usage

__all__ = ["Progress", "aembed", "aembed_many", "cosine_similarity", "embed", "embed_many"]

Progress = Callable[[int, int], object]
"""Is told how many texts are done, and of how many."""


def embed(
    value: str,
    *,
    client: AzureConnector | None = None,
    model: str | None = None,
    **parameters: Unpack[EmbeddingParameters],
) -> EmbedResult:
    """The vector of one text.

    Args:
        value: the text.
        client: the connector; one from the settings, kept between calls, when omitted.
        model: the model; the settings' `embedding_deployment`, or text-embedding-3-small, when omitted.
        parameters: any other parameter of an embedding request.

    Raises:
        openai.OpenAIError: the call failed; see `azure_connector.errors`.
    """
    client = client or kept_client(AzureConnector, {})
    create: Any = client.embeddings.create
    return _one(create(model=model or client.settings.model_for("/embeddings"), input=value, **parameters))


async def aembed(
    value: str,
    *,
    client: AsyncAzureConnector | None = None,
    model: str | None = None,
    **parameters: Unpack[EmbeddingParameters],
) -> EmbedResult:
    """As `embed`."""
    client = client or kept_client(AsyncAzureConnector, {})
    create: Any = client.embeddings.create
    return _one(await create(model=model or client.settings.model_for("/embeddings"), input=value, **parameters))


def embed_many(
    values: Sequence[str],
    *,
    client: AzureConnector | None = None,
    model: str | None = None,
    batch_size: int = 256,
    at_once: int = 4,
    progress: Progress | None = None,
    **parameters: Unpack[EmbeddingParameters],
) -> EmbedManyResult:
    """The vectors of many texts, in their order.

    Args:
        values: the texts.
        client: the connector; one from the settings, kept between calls, when omitted.
        model: the model; the settings' `embedding_deployment`, or text-embedding-3-small, when omitted.
        batch_size: texts in one request, at most 2048; fewer where they are long.
        at_once: requests under way at the same time.
        progress: is told how many texts are done, and of how many, after each request.
        parameters: any other parameter of an embedding request.

    Raises:
        openai.OpenAIError: a request failed; those that have not begun are not sent.
    """
    client = client or kept_client(AzureConnector, {})
    create: Any = client.embeddings.create
    name = model or client.settings.model_for("/embeddings")
    batches = list(embedding_batches(values, max_inputs=batch_size))
    counter = _Counter(len(values), progress)

    def one(batch: list[str]) -> Any:
        reply = create(model=name, input=batch, **parameters)
        counter.add(len(batch))
        return reply

    with ThreadPoolExecutor(max(at_once, 1), "embed_many") as threads:
        under_way = [threads.submit(one, batch) for batch in batches]
        try:
            return _many([reply.result() for reply in under_way])
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise


async def aembed_many(
    values: Sequence[str],
    *,
    client: AsyncAzureConnector | None = None,
    model: str | None = None,
    batch_size: int = 256,
    at_once: int = 4,
    progress: Progress | None = None,
    **parameters: Unpack[EmbeddingParameters],
) -> EmbedManyResult:
    """As `embed_many`."""
    client = client or kept_client(AsyncAzureConnector, {})
    create: Any = client.embeddings.create
    name = model or client.settings.model_for("/embeddings")
    batches = list(embedding_batches(values, max_inputs=batch_size))
    counter, gate = _Counter(len(values), progress), asyncio.Semaphore(max(at_once, 1))

    async def one(batch: list[str]) -> Any:
        async with gate:
            reply = await create(model=name, input=batch, **parameters)
        counter.add(len(batch))
        return reply

    under_way = [asyncio.ensure_future(one(batch)) for batch in batches]
    try:
        return _many(await asyncio.gather(*under_way))
    finally:
        for task in under_way:  # after a failure; those that are done take no notice
            task.cancel()


def cosine_similarity(one: Sequence[float], other: Sequence[float]) -> float:
    """How alike two vectors are: 1 the same direction, 0 nothing in common.

    Raises:
        ValueError: their lengths differ, or one has no direction.
    """
    length = math.hypot(*one) * math.hypot(*other)
    if not length:
        raise ValueError("a vector of zeros has no direction")
    return sum(a * b for a, b in zip(one, other, strict=True)) / length


class _Counter:
    """Texts that are done, counted across threads; what is told never goes down."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total, self._progress = total, progress
        self._done = 0
        self._lock = ForkLock()

    def add(self, more: int) -> None:
        with self._lock:
            self._done += more
            if self._progress is not None:
                self._progress(self._done, self._total)


def _one(reply: Any) -> EmbedResult:
    return EmbedResult(reply.data[0].embedding, _usage([reply]))


def _many(replies: Sequence[Any]) -> EmbedManyResult:
    in_order = (sorted(reply.data, key=lambda item: item.index) for reply in replies)
    return EmbedManyResult([item.embedding for item in chain.from_iterable(in_order)], _usage(replies))


def _usage(replies: Sequence[Any]) -> Usage:
    return Usage(sum(reply.usage.prompt_tokens for reply in replies if reply.usage))
