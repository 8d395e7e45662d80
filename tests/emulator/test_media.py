"""Images, audio, files and batches."""

from __future__ import annotations

import base64
import io
import json
import wave
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from azure_connector.emulator import Emulator
from azure_connector.emulator.images import png
from azure_connector.emulator.multipart import read_form
from azure_connector.emulator.sound import heard, mp3, wav
from azure_connector.emulator.wire import Call

MODELS = [
    "gpt-image-1",
    "dall-e-3",
    "whisper",
    "gpt-4o-transcribe",
    "gpt-4o-mini-tts",
    "gpt-4o",
    "text-embedding-3-small",
]


@pytest.fixture
def azure() -> Iterator[Emulator]:
    with Emulator(MODELS) as emulator:
        yield emulator


def test_the_picture_is_a_png() -> None:
    picture = png("a red fox")
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert picture != png("a blue fox")
    start = picture.index(b"IDAT")
    size = int.from_bytes(picture[start - 4 : start])
    data = picture[start + 4 : start + 4 + size]
    assert len(zlib.decompress(data)) == 8 * (1 + 8 * 3)
    assert zlib.crc32(b"IDAT" + data) == int.from_bytes(picture[start + 4 + size : start + 8 + size])


def test_images(v1: openai.OpenAI, classic: openai.AzureOpenAI) -> None:
    for client in (v1, classic):
        made = client.images.generate(model="gpt-image-1", prompt="a red fox", n=2)
        assert made.data
        assert [base64.b64decode(one.b64_json or "") for one in made.data] == [png("a red fox")] * 2
        assert made.usage
        assert made.usage.total_tokens == made.usage.input_tokens + made.usage.output_tokens


def test_older_images_come_as_urls(v1: openai.OpenAI, azure: Emulator) -> None:
    made = v1.images.generate(model="dall-e-3", prompt="a red fox")
    assert made.data
    url = made.data[0].url or ""
    assert url.startswith(f"{azure.endpoint}/generated/")
    assert made.data[0].revised_prompt == "a red fox"
    assert httpx.get(url).content == png("a red fox")
    assert httpx.get(f"{azure.endpoint}/generated/nope/x.png").status_code == 404
    coded = v1.images.generate(model="dall-e-3", prompt="a red fox", response_format="b64_json")
    assert coded.data
    assert base64.b64decode(coded.data[0].b64_json or "") == png("a red fox")


def test_edits_and_streams(v1: openai.OpenAI) -> None:
    edited = v1.images.edit(model="gpt-image-1", prompt="add a hat", image=("fox.png", png("a red fox")))
    assert edited.data
    assert base64.b64decode(edited.data[0].b64_json or "").startswith(b"\x89PNG")
    events = list(v1.images.generate(model="gpt-image-1", prompt="a fox", stream=True, partial_images=1))
    assert [event.type for event in events] == ["image_generation.partial_image", "image_generation.completed"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"model": "gpt-image-1"}, "missing_required_parameter"),
        ({"model": "gpt-image-1", "prompt": "x", "size": "1x1"}, "invalid_value"),
        ({"model": "gpt-image-1", "prompt": "x", "n": 11}, "integer_above_max_value"),
        ({"model": "dall-e-3", "prompt": "x", "n": 2}, "integer_above_max_value"),
        ({"model": "gpt-image-1", "prompt": "x", "response_format": "url"}, "unknown_parameter"),
        ({"model": "gpt-image-1", "prompt": "[filter:violence] x"}, "moderation_blocked"),
        ({"model": "dall-e-3", "prompt": "[filter:violence] x"}, "contentFilter"),
        ({"model": "gpt-4o", "prompt": "x"}, "OperationNotSupported"),
    ],
)
def test_image_refusals(http: httpx.Client, body: dict[str, Any], code: str) -> None:
    reply = http.post("/openai/v1/images/generations", json=body)
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == code


def test_speech_is_heard_again(v1: openai.OpenAI, classic: openai.AzureOpenAI) -> None:
    for client in (v1, classic):
        for shape in ("wav", "mp3"):
            sound = client.audio.speech.create(
                model="gpt-4o-mini-tts", voice="alloy", input="Grüße aus Oslo", response_format=shape
            ).content
            for model in ("whisper", "gpt-4o-transcribe"):
                text = client.audio.transcriptions.create(model=model, file=(f"x.{shape}", sound)).text
                assert text == "Grüße aus Oslo"
        assert client.audio.translations.create(model="whisper", file=("x.wav", wav("Hello"))).text == "Hello"


def test_the_sounds_are_sounds() -> None:
    with wave.open(io.BytesIO(wav("Hello"))) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 24_000)
        assert sound.getnframes() == 1200
    assert mp3("Hello").startswith(b"ID3")
    assert heard(mp3("Hello")) == heard(wav("Hello")) == "Hello"
    assert heard(b"noise") is None


def test_transcription_shapes(http: httpx.Client, azure: Emulator) -> None:
    def ask(model: str = "whisper", **fields: str) -> httpx.Response:
        return http.post(
            "/openai/v1/audio/transcriptions", data={"model": model, **fields}, files={"file": ("a.wav", wav("Hello"))}
        )

    assert ask(response_format="text").text == "Hello\n"
    assert ask(response_format="srt").text.startswith("1\n00:00:00,000 --> ")
    assert ask(response_format="vtt").text.startswith("WEBVTT\n\n00:00:00.000 --> ")
    verbose = ask(response_format="verbose_json").json()
    assert verbose["segments"][0]["text"] == "Hello"
    assert ask().json() == {"text": "Hello"}
    assert azure.requests.last.deployment == "whisper"
    assert ask("gpt-4o-transcribe").json()["usage"]["type"] == "tokens"
    assert ask("gpt-4o-transcribe", response_format="srt").status_code == 400
    events = ask("gpt-4o-transcribe", stream="true").text
    assert '"type":"transcript.text.done","text":"Hello"' in events
    other = http.post(
        "/openai/v1/audio/transcriptions", data={"model": "whisper"}, files={"file": ("call.ogg", b"noise")}
    )
    assert "call.ogg" in other.json()["text"]


def test_audio_refusals(http: httpx.Client) -> None:
    path = "/openai/v1/audio/transcriptions"
    assert http.post(path, data={"model": "whisper"}, files={"other": ("a", b"x")}).json()["error"]["param"] == "file"
    assert http.post(path, data={"model": "whisper"}, files={"file": ("a", b"")}).status_code == 400
    assert http.post(path, files={"file": ("a", b"x")}).json()["error"]["param"] == "model"
    assert http.post(path, json={"model": "whisper"}).status_code == 400
    unfit = http.post(path, data={"model": "gpt-4o"}, files={"file": ("a", b"x")})
    assert unfit.json()["error"]["code"] == "OperationNotSupported"
    speech = {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": "x"}
    assert http.post("/openai/v1/audio/speech", json={**speech, "response_format": "ogg"}).status_code == 400
    assert http.post("/openai/v1/audio/speech", json={**speech, "input": ""}).json()["error"]["param"] == "input"


def test_files(v1: openai.OpenAI) -> None:
    sent = v1.files.create(file=("notes.jsonl", b'{"a": "\r\n\x00"}'), purpose="batch")
    assert (sent.filename, sent.bytes, sent.status) == ("notes.jsonl", 12, "processed")
    assert [one.id for one in v1.files.list()] == [sent.id]
    assert v1.files.content(sent.id).content == b'{"a": "\r\n\x00"}'
    assert v1.files.retrieve(sent.id).purpose == "batch"
    assert v1.files.delete(sent.id).deleted
    with pytest.raises(openai.NotFoundError):
        v1.files.retrieve(sent.id)


def test_batches(azure: Emulator, v1: openai.OpenAI) -> None:
    azure.resource.deploy({"gpt-4o-batch": "gpt-4o"})
    hello = {"model": "gpt-4o-batch", "messages": [{"role": "user", "content": "Say hello"}]}
    bad = {"model": "gpt-4o-batch", "messages": []}
    lines = [
        {"custom_id": str(number), "method": "POST", "url": "/chat/completions", "body": body}
        for number, body in enumerate([hello, bad])
    ]
    source = v1.files.create(file=("in.jsonl", "\n".join(map(json.dumps, lines)).encode()), purpose="batch")
    batch = v1.batches.create(input_file_id=source.id, endpoint="/v1/chat/completions", completion_window="24h")
    seen = [v1.batches.retrieve(batch.id) for _ in range(4)]
    assert [one.status for one in seen] == ["validating", "in_progress", "finalizing", "completed"]
    done = seen[-1]
    assert done.request_counts
    assert (done.request_counts.completed, done.request_counts.failed) == (1, 1)
    result = json.loads(v1.files.content(done.output_file_id or "").text)
    assert result["custom_id"] == "0"
    assert result["response"]["body"]["choices"][0]["message"]["content"] == "hello"
    failed = json.loads(v1.files.content(done.error_file_id or "").text)
    assert failed["response"]["status_code"] == 400
    again = v1.batches.create(input_file_id=source.id, endpoint="/v1/chat/completions", completion_window="24h")
    assert v1.batches.cancel(again.id).status == "cancelling"
    assert [v1.batches.retrieve(again.id).status for _ in range(2)] == ["cancelling", "cancelled"]
    assert {one.id for one in v1.batches.list()} == {batch.id, again.id}


def test_bad_batches(http: httpx.Client) -> None:
    sent = http.post("/openai/v1/files", data={"purpose": "batch"}, files={"file": ("a.jsonl", b"no json")}).json()
    body = {"input_file_id": sent["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    made = http.post("/openai/v1/batches", json=body).json()
    seen = [http.get(f"/openai/v1/batches/{made['id']}").json() for _ in range(2)]
    assert [one["status"] for one in seen] == ["validating", "failed"]
    assert seen[-1]["errors"]["data"][0]["code"] == "invalid_json_line"
    assert http.post("/openai/v1/batches", json={**body, "endpoint": "/x"}).json()["error"]["param"] == "endpoint"
    assert http.post("/openai/v1/batches", json={**body, "input_file_id": "x"}).status_code == 404
    assert http.post("/openai/v1/files", files={"file": ("a", b"x")}).json()["error"]["param"] == "purpose"
    wrong = http.post("/openai/v1/files", data={"purpose": "fun"}, files={"file": ("a", b"x")})
    assert wrong.json()["error"]["code"] == "invalid_value"


@pytest.mark.parametrize("shape", ["mp3", "opus", "aac", "flac", "wav"])
def test_every_format_of_speech_can_be_transcribed_again(http: httpx.Client, shape: str) -> None:
    body = {
        "model": "gpt-4o-mini-tts",
        "voice": "marin",
        "input": "Grüße aus Oslo.",
        "response_format": shape,
        "speed": 4,
    }
    spoken = http.post("/openai/v1/audio/speech", json=body)
    assert spoken.headers["content-type"].startswith("audio/")
    files = {"file": (f"a.{shape}", spoken.content)}
    heard = http.post("/openai/v1/audio/transcriptions", data={"model": "whisper"}, files=files)
    assert heard.json()["text"] == "Grüße aus Oslo."
    streamed = http.post("/openai/v1/audio/speech", json={**body, "stream_format": "sse"}).text
    events = [json.loads(line.removeprefix("data: ")) for line in streamed.splitlines() if line]
    assert b"".join(base64.b64decode(one["audio"]) for one in events[:-1]) == spoken.content
    assert events[-1]["type"] == "speech.audio.done"
    assert events[-1]["usage"]["total_tokens"] > 0


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"voice": "robot"}, "voice"),
        ({"voice": {"id": "x"}}, "voice"),
        ({"speed": 5}, "speed"),
        ({"speed": 0.1}, "speed"),
        ({"speed": "fast"}, "speed"),
        ({"response_format": "ogg"}, "response_format"),
        ({"stream_format": "ws"}, "stream_format"),
        ({"input": 5}, "input"),
    ],
)
def test_speech_is_checked(http: httpx.Client, given: dict[str, Any], param: str) -> None:
    body = {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": "x", **given}
    reply = http.post("/openai/v1/audio/speech", json=body)
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, param)


def test_words_have_their_times_and_translations_their_task(http: httpx.Client) -> None:
    def ask(what: str, **fields: Any) -> httpx.Response:
        data = {"model": "whisper", "response_format": "verbose_json", **fields}
        return http.post(f"/openai/v1/audio/{what}", data=data, files={"file": ("a.wav", wav("Hello dear world"))})

    both = ask("transcriptions", **{"timestamp_granularities[]": ["word", "segment"]}).json()
    assert [one["word"] for one in both["words"]] == ["Hello", "dear", "world"]
    assert both["words"][-1]["end"] == pytest.approx(both["duration"], abs=0.02)
    assert both["segments"]
    assert both["task"] == "transcribe"
    only = ask("transcriptions", **{"timestamp_granularities[]": ["word"]}).json()
    assert "segments" not in only
    assert ask("translations").json()["task"] == "translate"
    wrong = ask("transcriptions", response_format="json", **{"timestamp_granularities[]": ["word"]})
    assert wrong.json()["error"]["param"] == "timestamp_granularities"


def test_a_transcriber_names_the_value_that_it_refuses(http: httpx.Client) -> None:
    data = {"model": "gpt-4o-transcribe", "response_format": "verbose_json"}
    reply = http.post("/openai/v1/audio/transcriptions", data=data, files={"file": ("a.wav", wav("Hello"))})
    assert reply.json()["error"]["message"].endswith("Use 'json' or 'text' instead.")


def test_files_expire() -> None:
    now = [1_790_000_000.0]
    with Emulator(clock=lambda: now[0]) as azure:
        client = openai.OpenAI(base_url=f"{azure.endpoint}/openai/v1/", api_key=azure.api_key, max_retries=0)
        kept = client.files.create(file=("a", b"x"), purpose="batch")
        after = {"anchor": "created_at", "seconds": 1_209_600}
        sent = client.files.create(file=("b", b"x"), purpose="batch", expires_after=after)  # pyright: ignore[reportArgumentType]
        assert sent.expires_at == now[0] + 1_209_600
        assert client.files.retrieve(sent.id).expires_at == sent.expires_at
        now[0] += 1_209_600
        with pytest.raises(openai.NotFoundError):
            client.files.retrieve(sent.id)
        assert [one.id for one in client.files.list()] == [kept.id]
        with pytest.raises(openai.BadRequestError):
            client.files.create(file=("c", b"x"), purpose="batch", expires_after={"anchor": "created_at", "seconds": 5})
        client.close()


def test_lists_go_on_from_a_cursor(http: httpx.Client) -> None:
    def listed(**query: Any) -> tuple[list[str], bool]:
        page = http.get("/openai/v1/files", params=query).json()
        assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
        return [one["id"] for one in page["data"]], page["has_more"]

    for number in range(5):
        files = {"file": (f"{number}", b"x")}
        assert http.post("/openai/v1/files", data={"purpose": "batch"}, files=files).status_code == 200
    ids, more = listed()
    assert (len(ids), more) == (5, False)
    assert listed(limit=2) == (ids[:2], True)
    assert listed(limit=2, after=ids[1]) == (ids[2:4], True)
    assert listed(limit=2, after=ids[3]) == (ids[4:], False)
    assert listed(limit=2, before=ids[3]) == (ids[1:3], True)
    for query in ({"after": "file-unknown"}, {"limit": 0}, {"limit": "²"}, {"limit": "many"}):
        assert http.get("/openai/v1/files", params=query).status_code == 400


def test_azure_says_201_where_something_was_made(http: httpx.Client) -> None:
    files = {"file": ("a.jsonl", b'{"custom_id": "1", "body": {}}')}
    sent = http.post("/openai/files?api-version=2024-10-21", data={"purpose": "batch"}, files=files)
    assert sent.status_code == 201
    body = {"input_file_id": sent.json()["id"], "endpoint": "/chat/completions", "completion_window": "24h"}
    assert http.post("/openai/v1/batches", json=body).status_code == 201


def test_forms_keep_every_byte() -> None:
    content = b"\r\n--x\r\n\x00\xff\r\n"
    body = b'--B\r\nContent-Disposition: form-data; name="image[]"; filename="a b.bin"\r\n\r\n' + content + b"\r\n"
    body += b'--B\r\nContent-Disposition: form-data; name="n"\r\n\r\n2\r\n--B--\r\n'
    form = read_form(Call("POST", "/", "/", "", {"content-type": 'multipart/form-data; boundary="B"'}, body, 1))
    upload = form.upload("image")
    assert upload is not None
    assert (upload.filename, upload.content) == ("a b.bin", content)
    assert form.fields == {"n": "2"}
