"""Batch files: their lines name deployments when they arrive, and nobody holds a whole file in memory."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import threading
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import Emulator, Reply
from azure_connector.errors import InvalidRequestError
from tests.support import asking

MAPPING = {"gpt-5": ["first-deployment", "second-deployment"], "gpt-4o": "other-deployment"}
FILE = {"id": "file-1", "object": "file", "bytes": 1, "created_at": 1, "filename": "f", "purpose": "batch"}


def _line(model: Any = "gpt-5", **more: Any) -> bytes:
    body = {"model": model, "messages": [{"role": "user", "content": "Grüße"}], **more}
    request = {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": body}
    return json.dumps(request, ensure_ascii=False).encode() + b"\n"


def _upload(way: str, options: dict[str, Any], file: Any, purpose: Any = "batch") -> None:
    if way == "sync":
        with AzureConnector(**options) as client:
            client.files.create(file=file, purpose=purpose)
        return

    async def run() -> None:
        async with AsyncAzureConnector(**options) as client:
            await client.files.create(file=file, purpose=purpose)

    asyncio.run(run())


def _sent(azure: Emulator) -> tuple[bytes, bytes]:
    """The head and the content of the uploaded part."""
    part = azure.requests.last.raw.partition(b'name="file"')[2]
    head, _, rest = part.partition(b"\r\n\r\n")
    return head, rest.partition(b"\r\n--")[0]


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("form", ["bytes", "path", "file", "pair", "typed"])
def test_each_lines_model_is_mapped(azure: Emulator, tmp_path: Path, form: str, way: str) -> None:
    content = b"\xef\xbb\xbf" + _line() + b"\n" + _line("gpt-4o", temperature=0) + _line("unmapped").rstrip()
    path = tmp_path / "lines.jsonl"
    path.write_bytes(content)
    azure.script(Reply(body=FILE))
    options = asking.options(azure, deployment_mapping=MAPPING, default_deployment="chat")
    with path.open("rb") as opened:
        files = {
            "bytes": content,
            "path": path,
            "file": opened,
            "pair": ("lines.jsonl", content),
            "typed": ("lines.jsonl", io.BytesIO(content), "application/jsonl"),
        }
        _upload(way, options, files[form])
    head, sent = _sent(azure)
    assert (b'filename="upload"' if form == "bytes" else b'filename="lines.jsonl"') in head
    assert (b"application/jsonl" in head) is (form == "typed")
    expected = _line("first-deployment") + b"\n" + _line("other-deployment", temperature=0) + _line("unmapped").rstrip()
    assert sent == expected
    assert int(azure.requests.last.headers["content-length"]) == len(azure.requests.last.raw)


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (b"no json\n", "Line 2 of the batch file is no JSON: Expecting value at column 1"),
        (b"[1]\n", "Line 2 of the batch file is no JSON object"),
        (b"\xff\n", "Line 2 of the batch file is no JSON"),
        (b'{"custom_id": "1", "body": {"messages": []}}\n', "Line 2 of the batch file names no model"),
        (b'{"custom_id": "1"}\n', "Line 2 of the batch file names no model"),
        (b'{"body": {"model": " "}}\n', "Line 2 of the batch file names no model"),
        (b'{"body": {"model": 5}}\n', "Line 2 of the batch file names no model"),
    ],
)
def test_a_bad_line_is_one_error_before_anything_is_sent(azure: Emulator, bad: bytes, problem: str, way: str) -> None:
    options = asking.options(azure, deployment_mapping=MAPPING)
    with pytest.raises(InvalidRequestError, match=problem) as caught:
        _upload(way, options, _line() + bad + _line())
    assert caught.value.param == "file"
    assert "custom_id" in caught.value.hint
    assert len(azure.requests) == 0


def test_a_stored_prompt_needs_no_model(azure: Emulator) -> None:
    line = b'{"url": "/v1/responses", "body": {"prompt": {"id": "pmpt_1"}}}\n'
    azure.script(Reply(body=FILE))
    _upload("sync", asking.options(azure, deployment_mapping=MAPPING), line)
    assert _sent(azure)[1] == line


def test_other_files_are_sent_as_they_are(azure: Emulator) -> None:
    azure.script(Reply(body=FILE))
    _upload("sync", asking.options(azure, deployment_mapping=MAPPING), _line() + b"no json", purpose="fine-tune")
    assert _sent(azure)[1] == _line() + b"no json"


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_file_goes_to_the_resource_that_has_its_deployment(azure: Emulator, way: str) -> None:
    with Emulator() as west:
        west.script(Reply(body=FILE))
        there = {"azure_endpoint": west.endpoint, "api_key": west.api_key}
        options = asking.options(azure, deployment_mapping={"gpt-5": "far@west"}, resources={"west": there})
        _upload(way, options, _line())
        assert _sent(west)[1] == _line("far")
    assert len(azure.requests) == 0


def test_lines_for_two_resources_are_refused(azure: Emulator) -> None:
    there = {"azure_endpoint": "http://127.0.0.1:9", "api_key": "k"}
    mapping = {"gpt-5": "far@west", "gpt-4o": "near"}
    options = asking.options(azure, deployment_mapping=mapping, resources={"west": there})
    with pytest.raises(InvalidRequestError, match=r"Line 2 .* belongs to one resource"):
        _upload("sync", options, _line() + _line("gpt-4o"))
    assert len(azure.requests) == 0


@pytest.mark.parametrize("source", ["path", "file"])
def test_a_large_file_is_never_in_memory(azure: Emulator, tmp_path: Path, source: str) -> None:
    line = _line(padding="x" * 50_000)
    path = tmp_path / "large.jsonl"
    path.write_bytes(line * 400)  # 20 MB
    options = asking.options(azure, deployment_mapping=MAPPING)
    with AzureConnector(**options) as client, path.open("rb") as opened:
        files = client._state.batch_upload(
            "/files", {"purpose": "batch"}, [("file", opened if source == "file" else path)]
        )
        tracemalloc.start()
        try:
            with files as parts:
                assert parts[0][1][1].seek(0, io.SEEK_END) > 20_000_000
                _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 2_000_000


UPLOAD = {"id": "upload_1", "object": "upload", "status": "completed", "upload_id": "upload_1", "filename": "f"}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("form", ["path", "bytes"])
def test_an_upload_in_parts_is_mapped_as_well(azure: Emulator, tmp_path: Path, form: str, way: str) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(_line() * 3)
    azure.script(Reply(body=UPLOAD), times=None)
    given: dict[str, Any] = {"file": path, "md5": "of the file before"}
    if form == "bytes":
        given = {"file": _line() * 3, "filename": "lines.jsonl", "bytes": 1}
    call = {**given, "mime_type": "application/jsonl", "purpose": "batch", "part_size": 200}
    options = asking.options(azure, deployment_mapping=MAPPING)

    async def run() -> None:
        async with AsyncAzureConnector(**options) as client:
            await client.uploads.upload_file_chunked(**call)

    if way == "async":
        asyncio.run(run())
    else:
        with AzureConnector(**options) as client:
            client.uploads.upload_file_chunked(**call)
    first, *parts, last = azure.requests
    expected = _line("first-deployment") * 3
    assert (first.body["bytes"], first.body["filename"]) == (len(expected), "lines.jsonl")
    sent = [part.raw.partition(b"\r\n\r\n")[2].partition(b"\r\n--")[0] for part in parts]
    assert b"".join(sent) == expected
    if form == "path":
        assert last.body["md5"] == hashlib.md5(expected).hexdigest()


def test_an_upload_in_parts_for_another_purpose_is_sent_as_it_is(azure: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(_line())
    azure.script(Reply(body=UPLOAD), times=None)
    with AzureConnector(**asking.options(azure, deployment_mapping=MAPPING)) as client:
        client.uploads.upload_file_chunked(file=path, mime_type="application/jsonl", purpose="fine-tune")
    assert _line() in azure.requests[1].raw


def test_an_upload_in_parts_for_another_resource_is_refused(azure: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(_line())
    there = {"azure_endpoint": "http://127.0.0.1:9", "api_key": "k"}
    options = asking.options(azure, deployment_mapping={"gpt-5": "far@west"}, resources={"west": there})
    with AzureConnector(**options) as client, pytest.raises(InvalidRequestError, match="'west'"):
        client.uploads.upload_file_chunked(file=path, mime_type="application/jsonl", purpose="batch")
    assert len(azure.requests) == 0


@pytest.fixture
def drain() -> Iterator[tuple[str, list[int]]]:
    """A server that counts what it is sent and keeps nothing of it."""
    counted: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            left = int(self.headers["content-length"])
            counted.append(left)
            while left:
                left -= len(self.rfile.read(min(65_536, left)))
            body = json.dumps(FILE).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", counted
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("way", ["sync", "async"])
def test_the_memory_of_a_whole_upload_is_flat(drain: tuple[str, list[int]], tmp_path: Path, way: str) -> None:
    address, counted = drain
    path = tmp_path / "large.jsonl"
    with path.open("wb") as file:
        for _ in range(400):
            file.write(_line(padding="x" * 50_000))
    options = {"azure_endpoint": address, "api_key": "k", "deployment_mapping": MAPPING}
    _upload(way, options, ("small.jsonl", _line()))  # what the first call loads is not the file's
    tracemalloc.start()
    try:
        _upload(way, options, path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert counted[-1] > 20_000_000
    assert peak < 6_000_000
