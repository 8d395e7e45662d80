"""Transcription, translation and speech."""

from __future__ import annotations

from .counting import count, pieces
from .errors import invalid, missing, operation_not_supported, wrong_choice
from .multipart import form_model, read_form
from .resource import Resource
from .routes import Route, table
from .sound import heard, mp3, pcm, seconds_of, wav
from .values import Json
from .wire import Answer, Call, sse

__all__ = ["ROUTES"]

FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
SPEECH = {"mp3": ("audio/mpeg", mp3), "wav": ("audio/wav", wav), "pcm": ("audio/pcm", pcm)}
MOST_BYTES = 25 * 1024 * 1024
MOST_CHARACTERS = 4096


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
    if shape not in (FORMATS if whisper else FORMATS[:2]):
        raise wrong_choice("response_format", shape, FORMATS if whisper else FORMATS[:2])
    seconds = seconds_of(upload.content)
    text = heard(upload.content) or f"This is what was said in {upload.filename}, {seconds} seconds long."
    if form.fields.get("stream") == "true" and not whisper:
        deltas = [sse({"type": "transcript.text.delta", "delta": piece}) for piece in pieces(text)]
        return Answer(events=[*deltas, sse({"type": "transcript.text.done", "text": text})])
    return _shaped(text, seconds, shape, form.fields.get("language", "english"), whisper=whisper)


def _shaped(text: str, seconds: float, shape: str, language: str, *, whisper: bool) -> Answer:
    if shape in {"text", "srt", "vtt"}:
        end = f"00:00:{min(seconds, 59):06.3f}"
        cue = f"00:00:00.000 --> {end}\n{text}\n"
        plain = {"text": f"{text}\n", "srt": f"1\n{cue.replace('.', ',', 2)}\n", "vtt": f"WEBVTT\n\n{cue}\n"}[shape]
        return Answer(raw=plain.encode(), headers={"content-type": "text/plain; charset=utf-8"})
    if shape == "verbose_json":
        segment: Json = {
            "id": 0,
            "seek": 0,
            "start": 0.0,
            "end": seconds,
            "text": text,
            "tokens": [],
            "temperature": 0.0,
        }
        segment |= {"avg_logprob": -0.1, "compression_ratio": 1.0, "no_speech_prob": 0.01}
        told: Json = {"task": "transcribe", "language": language, "duration": seconds, "text": text}
        return Answer(body={**told, "segments": [segment]})
    if whisper:
        return Answer(body={"text": text})
    heard_tokens, said = max(1, int(seconds * 10)), count(text)
    details = {"text_tokens": 0, "audio_tokens": heard_tokens}
    usage: Json = {"type": "tokens", "input_tokens": heard_tokens, "input_token_details": details}
    return Answer(body={"text": text, "usage": {**usage, "output_tokens": said, "total_tokens": heard_tokens + said}})


async def speech(call: Call, resource: Resource) -> Answer:
    """`POST /audio/speech`: a sound that can be transcribed back to its text."""
    body = call.json_object()
    if not call.deployment:
        raise missing("model")
    deployment = resource.deployment(call.deployment)
    if deployment.family.kind != "speech":
        raise operation_not_supported("audio speech", deployment.base_model)
    for name in ("input", "voice"):
        if not body.get(name):
            raise missing(name)
    text = str(body["input"])
    if len(text) > MOST_CHARACTERS:
        raise invalid(f"Input must be at most {MOST_CHARACTERS} characters.", "input", "string_above_max_length")
    shape = str(body.get("response_format") or "mp3")
    if shape not in SPEECH:
        # Azure also makes opus, aac and flac, which the standard library cannot.
        raise wrong_choice("response_format", shape, tuple(SPEECH))
    kind, make = SPEECH[shape]
    return Answer(raw=make(text), headers={"content-type": kind})


ROUTES: list[Route] = [
    *table("/audio/transcriptions", transcriptions, deployed=True),
    *table("/audio/translations", translations, deployed=True),
    *table("/audio/speech", speech, deployed=True),
]
