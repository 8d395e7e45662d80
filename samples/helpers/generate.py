"""Text, objects and embeddings, each once whole and once bit by bit, with what they cost.

python samples/helpers/generate.py
"""

from __future__ import annotations

from pydantic import BaseModel
from rich.console import Console
from rich.progress import Progress

from azure_connector import AzureConnector
from azure_connector.helpers import (
    cosine_similarity,
    embed,
    embed_many,
    generate_object,
    generate_text,
    stream_object,
    stream_text,
)


class City(BaseModel):
    """A city."""

    city: str
    country: str


def add(a: float, b: float) -> float:
    """Adds two numbers."""
    return a + b


def main() -> None:
    console = Console(highlight=False)
    with AzureConnector() as client:
        console.print(generate_text("Say hello to Oslo", client=client).text)
        for piece in stream_text("Say hello to Bergen", client=client):
            console.print(piece, end="")
        console.print()

        sum_up = generate_text("What is 20 + 22?", client=client, tools=[add])
        console.print(sum_up.text, f"({len(sum_up.steps)} requests, {sum_up.usage.total_tokens} tokens)")

        prompt = "The city is Oslo, the country is Norway"
        console.print(generate_object(prompt, schema=City, client=client).object)
        growing = stream_object(prompt, schema=City, client=client)
        for so_far in growing:
            console.print(so_far)
        console.print(growing.object())

        one, other = (embed(text, client=client).embedding for text in ("Rain in Oslo", "Rain in Bergen"))
        console.print(f"{len(one)} dimensions, alike by {cosine_similarity(one, other):.2f}")
        texts = [f"Sentence number {number}" for number in range(1000)]
        with Progress(console=console) as bar:
            task = bar.add_task("embedding", total=len(texts))
            found = embed_many(texts, client=client, progress=lambda done, _: bar.update(task, completed=done))
        console.print(len(found.embeddings), "vectors,", found.usage.total_tokens, "tokens")


if __name__ == "__main__":
    main()
