"""Embeddings: the hashed words and word fragments of a text, so that similar texts lie close. Pure functions."""

from __future__ import annotations

import base64
import math
import re
import struct
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .counting import count
from .errors import invalid, long_array, missing, unsupported_parameter, wrong_choice, wrong_type
from .models import Deployment
from .parameters import check_integer, check_known
from .phrases import words
from .values import Json, items_of

__all__ = ["embed", "embeddings_body"]

FIELDS = frozenset({"input", "model", "dimensions", "encoding_format", "user", "input_type"})
SIZES = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
MOST_INPUTS = 2048
MOST_TOKENS = 8191


def embeddings_body(body: Json, deployment: Deployment) -> Json:
    """The reply to a request for embeddings.

    Raises:
        Refusal: 400, as Azure refuses it.
    """
    check_known(body, FIELDS)
    model = deployment.base_model
    full = SIZES.get(model, 1536)
    size = body.get("dimensions")
    check_integer("dimensions", size, 1, full)
    if size is not None and model == "text-embedding-ada-002":
        raise unsupported_parameter("dimensions")
    if not isinstance(body.get("input_type", ""), str | None):
        raise wrong_type("input_type", "a string", body["input_type"])
    encoding = body.get("encoding_format") or "float"
    if encoding not in ("float", "base64"):
        raise wrong_choice("encoding_format", encoding, ("float", "base64"))
    texts = _inputs(body)
    data: list[Json] = []
    for index, text in enumerate(texts):
        vector = embed(text, size or full, full)
        coded: Any = (
            vector if encoding == "float" else base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
        )
        data.append({"object": "embedding", "index": index, "embedding": coded})
    spent = sum(max(1, count(text)) for text in texts)
    usage = {"prompt_tokens": spent, "total_tokens": spent}
    return {"object": "list", "data": data, "model": deployment.served_model, "usage": usage}


def _inputs(body: Json) -> list[str]:
    """The texts; token arrays count as texts of their numbers."""
    if "input" not in body:
        raise missing("input")
    given = body["input"]
    if isinstance(given, str):
        batch: list[Any] = [given]
    elif not isinstance(given, list):
        raise wrong_type("input", "a string or an array", given)
    else:
        batch = items_of(given)
        if batch and all(isinstance(one, int) and not isinstance(one, bool) for one in batch):
            batch = [batch]
    if not batch:
        raise invalid(
            "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
        )
    if len(batch) > MOST_INPUTS:
        raise long_array("input", MOST_INPUTS, len(batch))
    odd = next((index for index, one in enumerate(batch) if isinstance(one, list) != isinstance(batch[0], list)), None)
    if odd is not None:
        raise wrong_type(f"input[{odd}]", "a string" if isinstance(batch[0], str) else "an array", batch[odd])
    return [_text(index, one) for index, one in enumerate(batch)]


def _text(index: int, one: Any) -> str:
    if isinstance(one, list) and one and all(type(token) is int for token in items_of(one)):
        one = " ".join(str(token) for token in items_of(one))
    if not isinstance(one, str):
        raise wrong_type(f"input[{index}]", "a string", one)
    if not one:
        raise invalid("'input' cannot be an empty string.", "input")
    tokens = count(one)
    if tokens > MOST_TOKENS:
        text = (
            f"This model's maximum context length is {MOST_TOKENS + 1} tokens, however you requested {tokens} tokens "
            f"({tokens} in your prompt; 0 for the completion). Please reduce your prompt; or completion length."
        )
        raise invalid(text, "input", "context_length_exceeded")
    return one


def embed(text: str, size: int, full: int = 1536) -> list[float]:
    """A vector of length 1: texts that share words and word fragments have a large dot product.

    Args:
        text: what to embed.
        size: how many dimensions to give; fewer than `full` are the start of the full vector, made unit length again.
        full: the model's own dimensions.
    """
    found = {place: value for place, value in _full_vector(text, full).items() if place < size}
    length = math.sqrt(sum(value * value for value in found.values())) or 1.0
    values = [0.0] * size
    for place, value in found.items():
        values[place] = round(value / length, 8)
    return values


@lru_cache(maxsize=512)
def _full_vector(text: str, full: int) -> Mapping[int, float]:
    """The places that are not zero, which are few."""
    values: dict[int, float] = {}
    for feature, weight in _features(text).items():
        for turn in range(8):
            hashed = zlib.crc32(f"{turn}:{feature}".encode())
            # Denser at the start, so that the start alone (`dimensions`) still tells texts apart.
            place = int(full * ((hashed & 0xFF_FFFF) / 0x100_0000) ** 3)
            values[place] = values.get(place, 0.0) + (weight if hashed & 0x8000_0000 else -weight)
    return values


def _features(text: str) -> dict[str, float]:
    """What a text is made of: words that mean something, their fragments, and every word as it stands."""
    weights: dict[str, float] = {f"text:{text}": 0.2}
    for word in words(text):
        weights[f"word:{word}"] = 1.0
        for at in range(len(word) - 2):
            weights.setdefault(f"part:{word[at : at + 3]}", 0.4)
    for word in re.findall(r"\w+|[^\w\s]", text.lower()):
        weights.setdefault(f"raw:{word}", 0.25)
    return weights
