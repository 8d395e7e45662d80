"""Text, objects and embeddings, each once whole and once bit by bit: copy what you need.

python samples/helpers/generate.py
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import chain
from typing import Any, TypeVar

from pydantic import BaseModel
from rich.console import Console
from rich.progress import Progress

from azure_connector import AsyncAzureConnector, embedding_batches

Shape = TypeVar("Shape", bound=BaseModel)


def messages(prompt: str) -> list[Any]:
    return [{"role": "user", "content": prompt}]


async def generate_text(client: AsyncAzureConnector, prompt: str, *, model: str = "gpt-5") -> str:
    """The whole answer."""
    reply = await client.chat.completions.create(model=model, messages=messages(prompt))
    return reply.choices[0].message.content or ""


async def stream_text(client: AsyncAzureConnector, prompt: str, *, model: str = "gpt-5") -> AsyncIterator[str]:
    """The answer's pieces as they arrive."""
    stream = await client.chat.completions.create(model=model, messages=messages(prompt), stream=True)
    async with stream:
        async for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content


async def generate_object(
    client: AsyncAzureConnector, prompt: str, shape: type[Shape], *, model: str = "gpt-5"
) -> Shape:
    """An object of a Pydantic model.

    Raises:
        ValueError: the model refused to answer.
    """
    reply = await client.chat.completions.parse(model=model, messages=messages(prompt), response_format=shape)
    message = reply.choices[0].message
    if message.parsed is None:
        raise ValueError(message.refusal or "no object in the answer")
    return message.parsed


async def stream_object(
    client: AsyncAzureConnector, prompt: str, shape: type[Shape], *, model: str = "gpt-5"
) -> AsyncIterator[dict[str, Any] | Shape]:
    """The object while it grows, as dictionaries of what is there so far; the last one is whole and validated."""
    async with client.chat.completions.stream(model=model, messages=messages(prompt), response_format=shape) as stream:
        last: Any = None
        async for event in stream:
            if event.type == "content.delta" and isinstance(event.parsed, dict) and event.parsed != last:
                yield (last := dict(event.parsed))
        yield shape.model_validate_json((await stream.get_final_completion()).choices[0].message.content or "")


async def embed(
    client: AsyncAzureConnector, text: str, *, model: str = "text-embedding-3-small", **options: Any
) -> list[float]:
    """The vector of one text."""
    return (await client.embeddings.create(model=model, input=text, **options)).data[0].embedding


async def embed_many(
    client: AsyncAzureConnector,
    texts: Sequence[str],
    *,
    model: str = "text-embedding-3-small",
    size: int = 256,
    at_once: int = 4,
    progress: Callable[[int], None] = lambda done: None,
) -> list[list[float]]:
    """The vectors of many texts, in their order.

    Args:
        client: the connector.
        texts: what to embed.
        model: the model.
        size: texts in one request, at most 2048.
        at_once: requests under way at the same time.
        progress: is told how many texts more are done.
    """
    gate = asyncio.Semaphore(at_once)

    batches = embedding_batches(texts, max_inputs=size)

    async def one(batch: Sequence[str]) -> list[list[float]]:
        async with gate:
            reply = await client.embeddings.create(model=model, input=list(batch))
        progress(len(batch))
        return [item.embedding for item in sorted(reply.data, key=lambda item: item.index)]

    return list(chain.from_iterable(await asyncio.gather(*map(one, batches))))


class City(BaseModel):
    """A city."""

    city: str
    country: str


async def main() -> None:
    console = Console(highlight=False)
    async with AsyncAzureConnector() as client:
        console.print(await generate_text(client, "Say hello to Oslo"))
        async for piece in stream_text(client, "Say hello to Bergen"):
            console.print(piece, end="")
        console.print()
        prompt = "The city is Oslo, the country is Norway"
        console.print(await generate_object(client, prompt, City))
        async for growing in stream_object(client, prompt, City):
            console.print(growing)
        console.print(len(await embed(client, "Oslo")), "dimensions")
        texts = [f"Sentence number {number}" for number in range(1000)]
        with Progress(console=console) as bar:
            task = bar.add_task("embedding", total=len(texts))
            vectors = await embed_many(client, texts, progress=lambda done: bar.advance(task, done))
        console.print(len(vectors), "vectors")


if __name__ == "__main__":
    asyncio.run(main())
