"""Transcription and translation."""

from __future__ import annotations

from .counting import count, pieces
from .errors import invalid, missing, operation_not_supported, wrong_choice
from .multipart import Form, form_model, read_form
from .resource import Resource
from .routes import Handler
from .shapes import check_form_shape
from .sound import heard, seconds_of
from .values import Json
from .wire import Answer, Call, sse

__all__ = ["HANDLERS"]

FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
MOST_BYTES = 25 * 1024 * 1024
TASKS = {"transcription": "transcribe", "translation": "translate"}
GRANULARITIES = ("word", "segment")


async def transcriptions(call: Call, resource: Resource) -> Answer:
    """`POST /audio/transcriptions`."""
    return _text(call, resource, "transcription")


async def translations(call: Call, resource: Resource) -> Answer:
    """`POST /audio/translations`: into English, which the emulator's sounds are already."""
    return _text(call, resource, "translation")


def _text(call: Call, resource: Resource, what: str) -> Answer:
    form = read_form(call)
    deployment = resource.deployment(form_model(call, form))
    if deployment.family.kind != "transcription":
        raise operation_not_supported(f"audio {what}", deployment.base_model)
    upload = form.upload("file")
    if upload is None:
        raise missing("file")
    if not upload.content:
        raise invalid("The audio file could not be decoded or its format is not supported.", "file", "invalid_value")
    if len(upload.content) > MOST_BYTES:
        raise invalid(
            f"Maximum content size limit ({MOST_BYTES}) exceeded ({len(upload.content)} bytes read)", status=413
        )
    shape = form.fields.get("response_format", "json")
    whisper = deployment.base_model == "whisper"
    if shape not in FORMATS:
        raise wrong_choice("response_format", shape, FORMATS)
    if not whisper and shape not in FORMATS[:2]:
        text = f"response_format '{shape}' is not compatible with model '{deployment.base_model}'. Use 'json' or 'text'"
        raise invalid(f"{text} instead.", "response_format", "unsupported_value")
    granularities = _granularities(form, shape)
    check_form_shape(call, form)
    seconds = seconds_of(upload.content)
    text = heard(upload.content) or f"This is what was said in {upload.filename}, {seconds} seconds long."
    if form.fields.get("stream", "").lower() == "true" and not whisper:
        deltas = [sse({"type": "transcript.text.delta", "delta": piece}) for piece in pieces(text)]
        return Answer(events=[*deltas, sse({"type": "transcript.text.done", "text": text})])
    if shape in {"text", "srt", "vtt"}:
        return _plain(text, seconds, shape)
    if shape == "verbose_json":
        language = form.fields.get("language", "english") if what == "transcription" else "english"
        told: Json = {"task": TASKS[what], "language": language}
        return Answer(body={**told, "duration": seconds, "text": text, **_timed(text, seconds, granularities)})
    return Answer(body=_json(text, seconds, whisper=whisper))


def _granularities(form: Form, shape: str) -> list[str]:
    """`timestamp_granularities[]`, which only `verbose_json` has room for.

    Raises:
        Refusal: 400.
    """
    wanted = form.values.get("timestamp_granularities", [])
    for one in wanted:
        if one not in GRANULARITIES:
            raise wrong_choice("timestamp_granularities", one, GRANULARITIES)
    if wanted and shape != "verbose_json":
        text = "timestamp_granularities are only supported with response_format 'verbose_json'."
        raise invalid(text, "timestamp_granularities")
    return wanted or ["segment"]


def _timed(text: str, seconds: float, granularities: list[str]) -> Json:
    made: Json = {}
    if "word" in granularities:
        words = text.split()[:10_000]
        step = seconds / max(1, len(words))
        made["words"] = [
            {"word": word.strip(".,!?;:"), "start": round(number * step, 2), "end": round((number + 1) * step, 2)}
            for number, word in enumerate(words)
        ]
    if "segment" in granularities:
        segment: Json = {"id": 0, "seek": 0, "start": 0.0, "end": seconds, "text": text, "tokens": []}
        segment |= {"temperature": 0.0, "avg_logprob": -0.1, "compression_ratio": 1.0, "no_speech_prob": 0.01}
        made["segments"] = [segment]
    return made


def _plain(text: str, seconds: float, shape: str) -> Answer:
    minutes, rest = divmod(min(seconds, 3599.0), 60)
    cue = f"00:00:00.000 --> 00:{int(minutes):02}:{rest:06.3f}\n{text}\n"
    subtitles = f"1\n{cue.replace('.', ',', 2)}\n"
    plain = {"text": f"{text}\n", "srt": subtitles, "vtt": f"WEBVTT\n\n{cue}\n"}[shape]
    return Answer(raw=plain.encode(), headers={"content-type": "text/plain; charset=utf-8"})


def _json(text: str, seconds: float, *, whisper: bool) -> Json:
    if whisper:
        return {"text": text}
    heard_tokens, said = max(1, int(seconds * 10)), count(text)
    details = {"text_tokens": 0, "audio_tokens": heard_tokens}
    usage: Json = {"type": "tokens", "input_tokens": heard_tokens, "input_token_details": details}
    return {"text": text, "usage": {**usage, "output_tokens": said, "total_tokens": heard_tokens + said}}


HANDLERS: dict[str, Handler] = {
    "POST /audio/transcriptions": transcriptions,
    "POST /audio/translations": translations,
}
