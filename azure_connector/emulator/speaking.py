"""The spoken answer of a chat model that hears and speaks. Pure functions."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from .counting import pieces
from .sound import mp3, pcm, wav
from .soundfiles import aac, flac, opus
from .values import Json, items_of, object_of, text_of

__all__ = ["speaks", "spoken", "spoken_deltas"]

_SHAPES = {"wav": wav, "mp3": mp3, "pcm16": pcm, "flac": flac, "opus": opus, "aac": aac}
_KEPT_SECONDS, _MOST = 3600, 2_000


def speaks(body: Json) -> bool:
    """Whether a request wants its answer spoken."""
    return "audio" in items_of(body.get("modalities"))


def spoken(text: str, body: Json, identity: str, created: int) -> Json:
    """`audio` of a message."""
    make = _SHAPES.get(text_of(object_of(body.get("audio")).get("format")), wav)
    data = base64.b64encode(make(text[:_MOST])).decode()
    return {"id": identity, "data": data, "expires_at": created + _KEPT_SECONDS, "transcript": text}


def spoken_deltas(text: str, body: Json, identity: str, created: int) -> Iterator[Json]:
    """`audio` of a stream's deltas: the transcript piece by piece, the sound, the end."""
    whole = spoken(text, body, identity, created)
    for piece in pieces(text):
        yield {"id": identity, "transcript": piece}
    for start in range(0, len(whole["data"]), 8_192):
        yield {"id": identity, "data": whole["data"][start : start + 8_192]}
    yield {"id": identity, "expires_at": whole["expires_at"]}
