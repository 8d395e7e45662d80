"""Pictures and sounds that come without a name: the service goes by the name's end and the media type."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Iterator
from email.parser import BytesParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import azure_connector as ac
from azure_connector._utils import media_type
from azure_connector.emulator import Deployment, Emulator
from azure_connector.requests._form_part import with_names

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0" + bytes(20)
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 "
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40)
MP3 = b"ID3\x03\x00\x00" + bytes(20)


@pytest.fixture(scope="module")
def azure() -> Iterator[Emulator]:
    with Emulator(["gpt-image-1", Deployment("whisper-1", "whisper")]) as emulator:
        yield emulator


def parts(request: Any) -> list[tuple[str | None, str, str]]:
    """The files of a form, as a mail's parser reads them: field, file name, media type."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + request.raw)
    found = [(part.get_param("name", header="content-disposition"), part) for part in message.get_payload()]
    return sorted(
        (str(name), part.get_filename(), part.get_content_type()) for name, part in found if part.get_filename()
    )


def test_bytes_get_a_name_and_a_type(azure):
    with ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        client.images.edit(model="gpt-image-1", image=[PNG, io.BytesIO(JPEG)], mask=WEBP, prompt="A hat")
        assert parts(azure.requests.last) == [
            ("image[]", "image.jpg", "image/jpeg"),
            ("image[]", "image.png", "image/png"),
            ("mask", "mask.webp", "image/webp"),
        ]
        with tempfile.TemporaryFile() as file:
            file.write(WAV)
            file.seek(0)
            client.audio.transcriptions.create(model="whisper-1", file=file)
        assert parts(azure.requests.last) == [("file", "file.wav", "audio/wav")]
        assert WAV in azure.requests.last.raw


def test_async_calls_do_the_same(azure):
    async def call():
        async with ac.AsyncAzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
            await client.images.edit(model="gpt-image-1", image=PNG, prompt="A hat")

    asyncio.run(call())
    assert parts(azure.requests.last) == [("image", "image.png", "image/png")]


def test_what_has_a_name_keeps_it(tmp_path):
    path = tmp_path / "cat.png"
    path.write_bytes(JPEG)
    text = io.StringIO("{}")
    with path.open("rb") as file:
        given = [
            ("image", file),
            ("image", ("dog.png", JPEG)),
            ("image", ("dog", PNG, "image/x-own")),
            ("file", b"{}"),
            ("file", text),
        ]
        made = with_names(given)
    assert made == given
    assert with_names([("image", ("dog", PNG))]) == [("image", ("dog", PNG, "image/png"))]
    assert with_names({"file": MP3}) == [("file", ("file.mp3", MP3, "audio/mpeg"))]


@given(st.binary(max_size=16))
def test_any_beginning_is_read(data):
    found = media_type(data)
    assert found is None or (found[0].count("/") == 1 and found[1].startswith("."))
    file = io.BytesIO(data)
    file.seek(len(data) // 2)
    with_names([("file", file)])
    assert file.tell() == len(data) // 2


def test_text_that_names_a_format_is_none():
    for text in (b"What is WEBP?", b"I said: WAVE", b"Riffs: WEBP"):
        assert media_type(text) is None
