"""Every other operation whose type is an answer: what is none is typed, and asked for elsewhere."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector, errors
from tests.replies.service import Answer
from tests.replies.shapes import LIMIT, plain
from tests.support.tables import each_row

PAGE = b"<html><title>Sign in</title></html>"
CALLS: dict[str, Any] = {
    "embeddings": lambda client: client.embeddings.create(model="gpt-4o", input="x"),
    "embeddings as floats": lambda client: client.embeddings.create(model="gpt-4o", input="x", encoding_format="float"),
    "completions": lambda client: client.completions.create(model="gpt-4o", prompt="x"),
    "images": lambda client: client.images.generate(model="gpt-4o", prompt="x"),
    "response": lambda client: client.responses.retrieve("resp_1"),
    "file": lambda client: client.files.retrieve("file-1"),
    "files": lambda client: client.files.list(),
    "batch": lambda client: client.batches.retrieve("batch_1"),
    "models": lambda client: client.models.list(),
    "job": lambda client: client.fine_tuning.jobs.retrieve("ftjob-1"),
    "video": lambda client: client.videos.retrieve("video_1"),
    "raw": lambda client: client.embeddings.with_raw_response.create(model="gpt-4o", input="x"),
}
NOTHING = {
    "a web page": plain(PAGE, kind="text/html"),
    "a page called JSON": plain(PAGE),
    "nothing": Answer(),
    "204": Answer(status=204),
    "null": plain(b"null"),
    "a list": plain([1]),
    "a text": plain("fine"),
    "an empty object": plain({}),
    "another kind": plain({"healthy": True}),
    "nested deeply": plain(b"[" * 10_000 + b"]" * 10_000),
    "no text": plain(bytes(range(128, 256))),
}
TOLD: dict[str, tuple[Any, type[Exception], str]] = {
    "limited": ({"error": {"code": "429", "message": LIMIT}}, errors.QuotaExceededError, LIMIT),
    "API Management": ({"statusCode": 500, "message": "Broken."}, errors.ServiceUnavailableError, "Broken."),
    "flat": ({"code": "NoCapacity", "message": "Full."}, errors.CapacityError, "Full."),
}


async def call(name: str, options: dict[str, Any], asynchronous: bool) -> Any:
    if asynchronous:
        async with AsyncAzureConnector(**options) as client:
            return await CALLS[name](client)
    with AzureConnector(**options) as client:
        return CALLS[name](client)


WORLDS = [(name, False) for name in CALLS] + [("embeddings", True), ("response", True)]


@each_row("body", NOTHING)
@pytest.mark.parametrize(("name", "asynchronous"), WORLDS)
async def test_what_is_no_answer(pair, name, body, asynchronous):
    pair.first.says(NOTHING[body])
    pair.second.says(NOTHING[body])
    with pytest.raises(errors.UnreadableReplyError, match="answered 200"):
        await call(name, pair.options(), asynchronous)
    assert len(pair.first.requests) + len(pair.second.requests) == 2


@each_row("told", TOLD)
@pytest.mark.parametrize(("name", "asynchronous"), WORLDS)
async def test_an_error_with_status_200(pair, name, told, asynchronous):
    body, cls, words = TOLD[told]
    pair.first.says(plain(body, retry_after="0"))
    pair.second.says(plain(body, retry_after="0"))
    with pytest.raises(cls, match=words):
        await call(name, pair.options(), asynchronous)
    assert len(pair.first.requests) + len(pair.second.requests) == 2


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_deletion_may_be_answered_with_204(pair, asynchronous):
    pair.first.says(Answer(status=204))
    deletions: list[Any] = [
        lambda client: client.responses.delete("resp_1"),
        lambda client: client.files.delete("file-1"),
        lambda client: client.chat.completions.delete("chatcmpl-1"),
        lambda client: client.vector_stores.delete("vs_1"),
        lambda client: client.conversations.delete("conv_1"),
    ]
    for delete in deletions:
        if asynchronous:
            async with AsyncAzureConnector(**pair.options()) as client:
                assert await delete(client) is None
        else:
            with AzureConnector(**pair.options()) as client:
                assert delete(client) is None
    assert len(pair.first.requests) == len(deletions)


def test_content_is_not_looked_into(pair):
    """A file may be a web page, and a sound may be empty."""
    pair.first.says(plain(PAGE, kind="text/html"))
    with AzureConnector(**pair.options()) as client:
        assert client.files.content("file-1").read() == PAGE
        assert client.post("/anything", body={}, cast_to=str) == PAGE.decode()


@pytest.mark.parametrize("answer", [plain({"text": "hello"}), plain(b"hello", kind="text/plain")])
def test_a_transcription_is_text_or_an_object(pair, answer):
    pair.first.says(answer)
    asked = "json" if answer.headers["content-type"] == "application/json" else "text"
    with AzureConnector(**pair.options()) as client:
        found = client.audio.transcriptions.create(
            model="gpt-4o",
            file=("a.wav", b"RIFF"),
            response_format=asked,  # type: ignore[call-overload]
        )
    assert getattr(found, "text", found) == "hello"


def test_the_sdk_s_errors_are_not_in_the_way(pair):
    pair.first.says(plain({"error": {"code": "429", "message": LIMIT}}))
    pair.second.says(plain({"error": {"code": "429", "message": LIMIT}}))
    with AzureConnector(**pair.options()) as client, pytest.raises(openai.RateLimitError):
        client.embeddings.create(model="gpt-4o", input="x")
