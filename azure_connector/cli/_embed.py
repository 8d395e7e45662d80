"""`azure-connector embed`: texts as vectors, and how alike they are."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import combinations
from typing import Any

from rich.text import Text

from .._utils import money, printable
from ..client import AzureConnector
from ..helpers import EmbedManyResult, cosine_similarity, embed_many
from ._input import as_text, lines_of, no_person, read_text, stdin_text
from ._prices import Price, PriceList, read_price
from ._running import fail, load_settings
from ._screen import screen, table

__all__ = ["run"]

_SHOWN = 4  # numbers of a vector that a person is shown


def run(options: Mapping[str, Any]) -> None:
    """Embeds, and prints vectors or similarities.

    Args:
        options: all of the command's, by name.
    """
    settings = load_settings(options["config"], options["endpoint"])
    texts = _texts(options)
    if options["similarity"] and len(texts) < 2:
        fail("--similarity compares texts: give two of them, or more.")
    model = options["model"] or settings.model_for("/embeddings")
    size = {} if options["dimensions"] is None else {"dimensions": options["dimensions"]}
    with closing(AzureConnector(settings=settings)) as client:
        found = embed_many(texts, client=client, model=model, **size)
        # After the reply, which names the model that the deployment serves.
        served = client.explain(model, operation="/embeddings").targets[0].base_model
    price = PriceList(read_price(options["price"])).of(served, model)
    pairs = _pairs(found.embeddings) if options["similarity"] else []
    if options["as_json"]:
        _print_json(model, texts, found, pairs, price)
    elif pairs:
        _print_pairs(texts, pairs)
    elif screen().is_terminal:
        _preview(model, texts, found, price)
    else:
        for vector in found.embeddings:
            sys.stdout.write(f"{' '.join(map(repr, vector))}\n")


def _texts(options: Mapping[str, Any]) -> list[str]:
    given = [as_text(os.fsencode(text), "The text") for text in options["texts"] or ()]
    file = options["file"] or ("-" if not given and no_person() else None)
    if file and options["whole"]:
        given.append(stdin_text() if file == "-" else read_text(file, "--file"))
    elif file:
        given += lines_of(file, "--file" if options["file"] else "stdin", ("text", "input", "content"))
    if not any(text.strip() for text in given):
        fail("There is nothing to embed: give texts as arguments, by --file FILE, or by a pipe.")
    return given


def _pairs(vectors: Sequence[Sequence[float]]) -> list[tuple[int, int, float]]:
    numbered = combinations(enumerate(vectors), 2)
    return [(one, other, cosine_similarity(a, b)) for (one, a), (other, b) in numbered]


def _print_json(
    model: str, texts: Sequence[str], found: EmbedManyResult, pairs: list[tuple[int, int, float]], price: Price | None
) -> None:
    usage = {"prompt_tokens": found.usage.input_tokens}
    told: dict[str, Any] = {
        "model": model,
        "input_tokens": found.usage.input_tokens,
        "cost": None if price is None else price.of(usage),
        "currency": (price and price.currency) or None,
        "embeddings": [
            {"text": text, "embedding": vector} for text, vector in zip(texts, found.embeddings, strict=True)
        ],
    }
    if pairs:
        told["similarities"] = [{"texts": [one, other], "cosine": value} for one, other, value in pairs]
    # A line of JSON: a vector of 1,536 numbers in lines of their own is nothing to read either.
    sys.stdout.write(json.dumps(told) + "\n")


def _print_pairs(texts: Sequence[str], pairs: Sequence[tuple[int, int, float]]) -> None:
    console = screen()
    if len(pairs) == 1:
        sys.stdout.write(f"{pairs[0][2]:.4f}\n")
    elif console.is_terminal:
        rows = [(_short(texts[one]), _short(texts[other]), f"{value:.4f}") for one, other, value in pairs]
        console.print(table(console, ("text", "and", "cosine"), rows, right=("cosine",)))
    else:
        for one, other, value in pairs:
            sys.stdout.write(f"{one + 1}\t{other + 1}\t{value:.4f}\n")


def _preview(model: str, texts: Sequence[str], found: EmbedManyResult, price: Price | None) -> None:
    console = screen()
    rows = [
        (_short(text), " ".join(f"{number:.4f}" for number in vector[:_SHOWN]) + " …")
        for text, vector in zip(texts, found.embeddings, strict=True)
    ]
    console.print(table(console, ("text", f"{len(found.embeddings[0]):,} numbers each"), rows))
    tokens = found.usage.input_tokens
    spent = "" if price is None else f", {money(price.of({'prompt_tokens': tokens}), price.currency)}"
    console.print(Text(f"\n{model}, {tokens:,} tokens{spent}. All numbers: by a pipe, or with --json.", "dim"))


def _short(text: str) -> str:
    line = " ".join(printable(text).split())
    return line if len(line) <= 40 else f"{line[:39]}…"
