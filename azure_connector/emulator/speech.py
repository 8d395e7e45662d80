"""`/audio/speech`: a sound that can be transcribed back to its text."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from .counting import count
from .errors import invalid, missing, operation_not_supported, out_of_range, unsupported_value, wrong_choice, wrong_type
from .models import Deployment
from .resource import Resource
from .routes import Handler
from .shapes import check_shape
from .sound import mp3, pcm, wav
from .soundfiles import aac, flac, opus
from .values import Json, among
from .wire import Answer, Call, sse

__all__ = ["HANDLERS", "VOICES"]

SHAPES = {
    "mp3": ("audio/mpeg", mp3),
    "opus": ("audio/opus", opus),
    "aac": ("audio/aac", aac),
    "flac": ("audio/flac", flac),
    "wav": ("audio/wav", wav),
    "pcm": ("audio/pcm", pcm),
}
_VOICES = "alloy ash ballad coral echo fable onyx nova sage shimmer verse marin cedar"
VOICES = tuple(_VOICES.split())
OLD_VOICES = ("alloy", "ash", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer")
MOST_CHARACTERS = 4096
PIECE = 4096


async def speech(call: Call, resource: Resource) -> Answer:
    """`POST /audio/speech`, whole or as events."""
    body = call.json_object()
    if not call.deployment:
        raise missing("model")
    deployment = resource.deployment(call.deployment)
    if deployment.family.kind != "speech":
        raise operation_not_supported("audio speech", deployment.base_model)
    text = _checked(body, deployment)
    check_shape(call, body)
    shape = str(body.get("response_format") or "mp3")
    kind, make = SHAPES[shape]
    sound = make(text)
    if body.get("stream_format") == "sse":
        return Answer(events=_events(sound, text))
    return Answer(raw=sound, headers={"content-type": kind})


def _checked(body: Json, deployment: Deployment) -> str:
    """The text, when the rest will do.

    Raises:
        Refusal: 400.
    """
    old = deployment.base_model.startswith("tts")
    for name in ("input", "voice"):
        if not body.get(name):
            raise missing(name)
    text = body["input"]
    if not isinstance(text, str):
        raise wrong_type("input", "a string", text)
    if len(text) > MOST_CHARACTERS:
        raise invalid(f"Input must be at most {MOST_CHARACTERS} characters.", "input", "string_above_max_length")
    voices = OLD_VOICES if old else VOICES
    if not among(body["voice"], voices):
        raise wrong_choice("voice", body["voice"], voices)
    if body.get("response_format") is not None and not among(body["response_format"], SHAPES):
        raise wrong_choice("response_format", body["response_format"], tuple(SHAPES))
    if body.get("stream_format") is not None and not among(body["stream_format"], ("sse", "audio")):
        raise wrong_choice("stream_format", body["stream_format"], ("sse", "audio"))
    if body.get("stream_format") == "sse" and old:
        raise unsupported_value("stream_format", "sse", "Supported values are: 'audio'.")
    _check_speed(body.get("speed"))
    return text


def _check_speed(speed: object) -> None:
    if speed is None:
        return
    if isinstance(speed, bool) or not isinstance(speed, int | float):
        raise wrong_type("speed", "a decimal", speed)
    if speed < 0.25:
        raise out_of_range("speed", "decimal", 0.25, speed, above=False)
    if speed > 4:
        raise out_of_range("speed", "decimal", 4.0, speed, above=True)


def _events(sound: bytes, text: str) -> Iterator[bytes]:
    for start in range(0, len(sound), PIECE):
        audio = base64.b64encode(sound[start : start + PIECE]).decode()
        yield sse({"type": "speech.audio.delta", "audio": audio})
    read, said = count(text), max(1, len(text) // 4)
    usage = {"input_tokens": read, "output_tokens": said, "total_tokens": read + said}
    yield sse({"type": "speech.audio.done", "usage": usage})


HANDLERS: dict[str, Handler] = {
    "POST /audio/speech": speech,
}
