"""Every further operation by the SDK's own methods, sync and async: its shape, its states, its refusals."""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai.types import Completion, Skill, Upload, VectorStore, VectorStoreSearchResponse, Video
from openai.types.beta import Assistant, Thread
from openai.types.beta.threads import Message, Run
from openai.types.beta.threads.runs import RunStep
from openai.types.chat import ChatCompletion
from openai.types.container_create_response import ContainerCreateResponse
from openai.types.containers import FileCreateResponse
from openai.types.conversations import Conversation, ConversationItem
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint
from openai.types.realtime import ClientSecretCreateResponse
from openai.types.responses import CompactedResponse, InputTokenCountResponse
from openai.types.skills import SkillVersion
from openai.types.vector_stores import VectorStoreFile, VectorStoreFileBatch
from pydantic import TypeAdapter

from azure_connector.emulator import Emulator

MODELS = [
    "gpt-4o",
    "gpt-5",
    "gpt-35-turbo-instruct",
    "gpt-realtime",
    "sora-2",
    "text-embedding-3-small",
    "gpt-4o-transcribe",
]
USER = [{"role": "user", "content": "What is 6 * 7?"}]
WEATHER = {
    "name": "get_weather",
    "description": "Get the weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


class Waited:
    """A client whose methods are called plainly, whether they are coroutines or not."""

    def __init__(self, inner: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._inner, self._loop = inner, loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        resource = type(found).__module__.startswith(("openai.resources", "openai.lib"))
        return Waited(found, self._loop) if callable(found) or resource else found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        made = self._inner(*args, **kwargs)
        if inspect.isawaitable(made):
            made = self._loop.run_until_complete(_awaited(made))
        if isinstance(made, openai.AsyncStream):
            return self._loop.run_until_complete(_listed(made))
        return list(made) if isinstance(made, openai.Stream) else made


async def _awaited(made: Any) -> Any:
    return await made


async def _listed(stream: Any) -> list[Any]:
    return [event async for event in stream]


@pytest.fixture(scope="module")
def azure() -> Iterator[Emulator]:
    with Emulator(MODELS) as emulator:
        yield emulator


@pytest.fixture
def http(azure: Emulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{azure.endpoint}/openai/v1", headers={"api-key": azure.api_key}) as client:
        yield client


def clients(azure: Emulator, kind: str, form: str) -> Iterator[Any]:
    loop = asyncio.new_event_loop()
    named: dict[str, Any] = {"api_key": azure.api_key, "max_retries": 0}
    if form == "v1":
        named["base_url"] = f"{azure.endpoint}/openai/v1/"
        made: Any = openai.OpenAI(**named) if kind == "sync" else openai.AsyncOpenAI(**named)
    else:
        named |= {"azure_endpoint": azure.endpoint, "api_version": "2025-04-01-preview"}
        made = openai.AzureOpenAI(**named) if kind == "sync" else openai.AsyncAzureOpenAI(**named)
    client = Waited(made, loop)
    yield client
    client.close()
    loop.close()


@pytest.fixture(params=["sync", "async"])
def v1(azure: Emulator, request: pytest.FixtureRequest) -> Iterator[Any]:
    yield from clients(azure, request.param, "v1")


@pytest.fixture(params=["sync", "async"])
def classic(azure: Emulator, request: pytest.FixtureRequest) -> Iterator[Any]:
    yield from clients(azure, request.param, "classic")


def whole(shape: Any, value: Any) -> Any:
    """By pydantic's whole validation, which the SDK leaves out."""
    TypeAdapter(shape).validate_python(value.to_dict(mode="json", warnings=False))
    return value


def refused(status: int, call: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    with pytest.raises(openai.APIStatusError) as caught:
        call(*args, **kwargs)
    assert caught.value.status_code == status, caught.value
    assert caught.value.response.headers["apim-request-id"]
    body: Any = caught.value.body
    assert body["message"]
    return body


@pytest.mark.parametrize("prompt", ["What is 6 * 7?", ["a", "b"], [1, 2, 3], [[1, 2], [3]]])
def test_completions(v1: Any, classic: Any, prompt: Any) -> None:
    for client in (v1, classic):
        made = whole(Completion, client.completions.create(model="gpt-35-turbo-instruct", prompt=prompt, n=2))
        prompts = 2 if isinstance(prompt, list) and not isinstance(prompt[0], int) else 1
        assert [choice.index for choice in made.choices] == list(range(2 * prompts))
        assert len(made.model_extra["prompt_filter_results"]) == prompts
        chunks = client.completions.create(
            model="gpt-35-turbo-instruct", prompt=prompt, stream=True, stream_options={"include_usage": True}
        )
        assert chunks[-1].usage.total_tokens > 0
        texts = ["".join(c.text for one in chunks for c in one.choices if c.index == at) for at in range(prompts)]
        assert texts == [choice.text for choice in made.choices][::2]


def test_completions_echo_stop_and_refuse(v1: Any) -> None:
    ask = {"model": "gpt-35-turbo-instruct", "prompt": "What is 6 * 7?", "max_tokens": 50}
    assert v1.completions.create(**ask).choices[0].text == "6 * 7 = 42"
    assert v1.completions.create(**ask, echo=True, logprobs=2).choices[0].text == "What is 6 * 7?6 * 7 = 42"
    assert v1.completions.create(**ask, stop="=").choices[0].text == "6 * 7 "
    assert refused(400, v1.completions.create, model="gpt-4o", prompt="x")["code"] == "OperationNotSupported"
    assert refused(404, v1.completions.create, model="nope", prompt="x")["code"] == "DeploymentNotFound"
    for bad in ({"n": 3, "best_of": 2}, {"prompt": []}, {"prompt": 5}, {"temperature": 9}, {"logprobs": 6}, {"n": 0}):
        refused(400, v1.completions.create, **{**ask, **bad})
    filtered = refused(400, v1.completions.create, model="gpt-35-turbo-instruct", prompt="[filter:hate=high] x")
    assert filtered["code"] == "content_filter"


def test_stored_chats(v1: Any) -> None:
    made = v1.chat.completions.create(model="gpt-4o", messages=USER, store=True, metadata={"run": "a"})
    assert whole(ChatCompletion, v1.chat.completions.retrieve(made.id)).choices[0].message.content == "6 * 7 = 42"
    assert made.id in [one.id for one in v1.chat.completions.list(metadata={"run": "a"}).data]
    assert v1.chat.completions.list(metadata={"run": "none"}).data == []
    listed = v1.chat.completions.messages.list(made.id).data
    assert (listed[0].role, listed[0].content) == ("user", "What is 6 * 7?")
    assert v1.chat.completions.update(made.id, metadata={"run": "b"}).metadata == {"run": "b"}
    assert v1.chat.completions.delete(made.id).deleted
    for call in (v1.chat.completions.retrieve, v1.chat.completions.delete, v1.chat.completions.messages.list):
        assert made.id in refused(404, call, made.id)["message"]
    unstored = v1.chat.completions.create(model="gpt-4o", messages=USER)
    refused(404, v1.chat.completions.retrieve, unstored.id)


def test_conversations(v1: Any) -> None:
    made = whole(Conversation, v1.conversations.create(metadata={"a": "b"}, items=[{"type": "message", **USER[0]}]))
    first = v1.responses.create(model="gpt-4o", input="My colour is blue.", conversation=made.id)
    assert first.conversation.id == made.id
    second = v1.responses.create(model="gpt-4o", input="What is my colour?", conversation={"id": made.id})
    assert "blue" in second.output_text
    items = v1.conversations.items.list(made.id, order="asc", limit=100).data
    assert [item.role for item in items] == ["user", "user", "assistant", "user", "assistant"]
    for item in items:
        whole(ConversationItem, item)
    assert v1.conversations.items.retrieve(items[1].id, conversation_id=made.id).id == items[1].id
    added = v1.conversations.items.create(made.id, items=[{"type": "message", "role": "user", "content": "More"}])
    assert added.data[0].content[0].text == "More"
    assert v1.conversations.items.delete(added.data[0].id, conversation_id=made.id).id == made.id
    assert v1.conversations.update(made.id, metadata={"c": "d"}).metadata == {"c": "d"}
    assert v1.conversations.delete(made.id).object == "conversation.deleted"
    for call in (v1.conversations.retrieve, v1.conversations.delete, v1.conversations.items.list):
        refused(404, call, made.id)
        refused(400, call, "x")
    many = [{"type": "message", **USER[0]}] * 21
    assert refused(400, v1.conversations.create, items=many)["code"] == "array_above_max_length"
    assert (
        refused(404, v1.responses.create, model="gpt-4o", input="x", conversation="conv_x")["param"] == "conversation"
    )
    refused(400, v1.responses.create, model="gpt-4o", input="x", conversation="conv_x", previous_response_id="resp_x")
    assert (
        "'resp_'" in refused(400, v1.responses.create, model="gpt-4o", input="x", previous_response_id="x")["message"]
    )


def test_responses_counted_and_compacted(v1: Any) -> None:
    counted = whole(InputTokenCountResponse, v1.responses.input_tokens.count(model="gpt-4o", input="Hello there"))
    longer = v1.responses.input_tokens.count(model="gpt-4o", input="Hello there " * 50)
    assert 0 < counted.input_tokens < longer.input_tokens
    first = v1.responses.create(model="gpt-4o", input="My colour is blue.")
    compacted = v1.responses.compact(model="gpt-4o", previous_response_id=first.id)
    body = compacted.to_dict(mode="json", warnings=False)
    body["usage"]["input_tokens_details"]["cache_write_tokens"] = 0
    assert [item["type"] for item in body["output"]] == ["message", "compaction"]
    # The SDK's type has only the model's items; Azure's page shows the users' messages among them.
    TypeAdapter(CompactedResponse).validate_python({**body, "output": body["output"][1:]})
    history = [{"role": "user", "content": body["output"][0]["content"]}, body["output"][1]]
    again = v1.responses.create(model="gpt-4o", input=[*history, {"role": "user", "content": "What is my colour?"}])
    assert "blue" in again.output_text
    refused(400, v1.responses.compact, model="gpt-4o")
    refused(404, v1.responses.compact, model="gpt-4o", previous_response_id="resp_x")
    refused(404, v1.responses.input_tokens.count, model="nope", input="x")
    forged = {"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAAAx"}
    asked = [forged, {"role": "user", "content": "x"}]
    assert refused(400, v1.responses.create, model="gpt-4o", input=asked)["code"] == "invalid_encrypted_content"


def test_uploads(v1: Any, classic: Any) -> None:
    for client in (v1, classic):
        named = {"filename": "a.jsonl", "mime_type": "text/jsonl", "purpose": "batch"}
        made = whole(Upload, client.uploads.create(bytes=6, **named))
        parts = [client.uploads.parts.create(made.id, data=data).id for data in (b"def", b"abc")]
        refused(400, client.uploads.parts.create, made.id, data=b"x")
        refused(400, client.uploads.complete, made.id, part_ids=parts[:1])
        refused(404, client.uploads.complete, made.id, part_ids=["part_x"])
        done = whole(Upload, client.uploads.complete(made.id, part_ids=parts[::-1]))
        assert done.status == "completed"
        assert client.files.content(done.file.id).read() == b"abcdef"
        refused(400, client.uploads.cancel, made.id)
        other = client.uploads.create(bytes=6, **named)
        assert client.uploads.cancel(other.id).status == "cancelled"
        refused(400, client.uploads.parts.create, other.id, data=b"x")
        refused(404, client.uploads.cancel, "upload_x")
        refused(400, client.uploads.create, bytes=0, **named)
        refused(400, client.uploads.create, bytes=6, **{**named, "purpose": "x"})


def test_vector_stores(v1: Any, classic: Any) -> None:
    for client in (v1, classic):
        texts = {"oslo.txt": b"Oslo is the capital of Norway.", "paris.txt": b"Paris is the capital of France."}
        files = [client.files.create(file=(name, text), purpose="assistants") for name, text in texts.items()]
        store = whole(VectorStore, client.vector_stores.create(name="cities", file_ids=[files[0].id]))
        assert (store.status, store.file_counts.in_progress) == ("in_progress", 1)
        assert client.vector_stores.retrieve(store.id).status == "completed"
        added = client.vector_stores.files.create(store.id, file_id=files[1].id, attributes={"year": 2024})
        assert whole(VectorStoreFile, added).status == "in_progress"
        assert client.vector_stores.files.retrieve(files[1].id, vector_store_id=store.id).status == "completed"
        found = client.vector_stores.search(store.id, query="capital of France").data
        assert whole(VectorStoreSearchResponse, found[0]).filename == "paris.txt"
        assert found[0].score > found[1].score
        newer = {"type": "gt", "key": "year", "value": 2020}
        assert len(client.vector_stores.search(store.id, query="capital", filters=newer).data) == 1
        assert (
            client.vector_stores.files.content(files[1].id, vector_store_id=store.id).data[0].text
            == texts["paris.txt"].decode()
        )
        changed = client.vector_stores.files.update(files[1].id, vector_store_id=store.id, attributes={"a": True})
        assert changed.attributes == {"a": True}
        assert len(client.vector_stores.files.list(store.id).data) == 2
        batch = client.vector_stores.file_batches.create(store.id, file_ids=[files[0].id])
        assert whole(VectorStoreFileBatch, batch).status == "in_progress"
        assert client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store.id).status == "completed"
        refused(400, client.vector_stores.file_batches.cancel, batch.id, vector_store_id=store.id)
        assert len(client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id).data) == 1
        assert client.vector_stores.update(store.id, name="towns").name == "towns"
        assert store.id in [one.id for one in client.vector_stores.list().data]
        assert client.vector_stores.files.delete(files[1].id, vector_store_id=store.id).deleted
        refused(404, client.vector_stores.files.retrieve, files[1].id, vector_store_id=store.id)
        assert client.vector_stores.delete(store.id).object == "vector_store.deleted"
        refused(404, client.vector_stores.retrieve, store.id)
        refused(404, client.vector_stores.search, "vs_x", query="x")
        refused(404, client.vector_stores.create, file_ids=["file-x"])
        refused(400, client.vector_stores.create, expires_after={"anchor": "created_at", "days": 1})


def test_vector_stores_expire_and_refuse_what_is_no_text() -> None:
    now = [1_000.0]
    with (
        Emulator(clock=lambda: now[0]) as azure,
        openai.OpenAI(base_url=f"{azure.endpoint}/openai/v1/", api_key=azure.api_key, max_retries=0) as client,
    ):
        file = client.files.create(file=("a.bin", b"\xff\xfe\x00"), purpose="assistants")
        expires: Any = {"anchor": "last_active_at", "days": 1}
        store = client.vector_stores.create(file_ids=[file.id], expires_after=expires)
        failed = client.vector_stores.files.retrieve(file.id, vector_store_id=store.id)
        assert (failed.status, failed.last_error and failed.last_error.code) == ("failed", "unsupported_file")
        now[0] += 86_400
        assert client.vector_stores.retrieve(store.id).status == "expired"
        assert "expired" in refused(400, client.vector_stores.search, store.id, query="x")["message"]


def test_file_search(v1: Any) -> None:
    file = v1.files.create(file=("oslo.txt", b"The harbour of Oslo opens at nine."), purpose="assistants")
    store = v1.vector_stores.create(file_ids=[file.id])
    ask = {"model": "gpt-4o", "input": "When does the harbour open?"}
    tool = {"type": "file_search", "vector_store_ids": [store.id]}
    made = v1.responses.create(**ask, tools=[tool], include=["file_search_call.results"])
    call, message = made.output
    assert (call.type, call.results[0].filename) == ("file_search_call", "oslo.txt")
    assert "nine" in message.content[0].text
    assert message.content[0].annotations[0].file_id == file.id
    assert v1.responses.create(**ask, tools=[tool]).output[0].results is None
    events = v1.responses.create(**ask, tools=[tool], stream=True)
    names = [event.type for event in events]
    assert names.index("response.file_search_call.completed") < names.index("response.output_text.delta")
    assert "response.output_text.annotation.added" in names
    again = v1.responses.create(model="gpt-4o", input="And?", previous_response_id=made.id)
    assert again.status == "completed"
    refused(404, v1.responses.create, **ask, tools=[{**tool, "vector_store_ids": ["vs_x"]}])
    refused(400, v1.responses.create, **ask, tools=[{**tool, "vector_store_ids": ["x"]}])
    refused(400, v1.responses.create, **ask, tools=[{**tool, "max_num_results": 99}])
    assert (
        refused(400, v1.responses.create, **ask, tools=[{"type": "file_search"}])["code"]
        == "missing_required_parameter"
    )


def test_videos(v1: Any) -> None:
    made = whole(Video, v1.videos.create(model="sora-2", prompt="A cat", seconds="8", size="1280x720"))
    refused(404, v1.videos.download_content, made.id)
    refused(400, v1.videos.remix, made.id, prompt="A dog")
    assert [v1.videos.retrieve(made.id).status for _ in range(3)] == ["queued", "in_progress", "completed"]
    content = v1.videos.download_content(made.id)
    assert content.response.headers["content-type"] == "video/mp4"
    assert content.read()[4:8] == b"ftyp"
    assert v1.videos.remix(made.id, prompt="A dog").remixed_from_video_id == made.id
    assert made.id in [one.id for one in v1.videos.list().data]
    assert v1.videos.delete(made.id).deleted
    refused(404, v1.videos.retrieve, made.id)
    assert refused(400, v1.videos.create, model="gpt-4o", prompt="x")["code"] == "OperationNotSupported"
    refused(404, v1.videos.create, model="nope", prompt="x")
    refused(400, v1.videos.create, model="sora-2", prompt="x", size="1x1")
    assert refused(400, v1.videos.create, model="sora-2", prompt="[filter:hate=high]")["code"] == "content_filter"


def test_videos_are_edited_and_extended(v1: Any, http: httpx.Client) -> None:
    made = v1.videos.create(model="sora-2", prompt="A cat", seconds="8", size="1280x720")
    ask = {"prompt": "A dog", "video": {"id": made.id}}  # which the SDK takes and cannot send
    assert http.post("/videos/edits", json=ask).status_code == 400
    for _ in range(3):
        v1.videos.retrieve(made.id)
    for edited in (
        http.post("/videos/edits", json=ask),
        http.post("/videos/edits", files={"prompt": (None, "A dog"), "video[id]": (None, made.id)}),
    ):
        video = TypeAdapter(Video).validate_python(edited.json())
        assert (video.remixed_from_video_id, video.seconds, video.size) == (made.id, "8", "1280x720")
    assert http.post("/videos/extensions", json={**ask, "seconds": "12"}).json()["seconds"] == "12"
    assert http.post("/videos/extensions", json={**ask, "seconds": "5"}).status_code == 400
    assert http.post("/videos/edits", json={**ask, "video": {"id": "video_x"}}).status_code == 404
    film = ("a.mp4", b"x")
    assert v1.videos.edit(prompt="A dog", video=film).model == "sora-2"
    assert v1.videos.extend(prompt="A dog", video=film, seconds="12").seconds == "12"
    rex = v1.videos.create_character(name="Rex", video=film)
    assert v1.videos.get_character(rex.id).name == "Rex"
    refused(404, v1.videos.get_character, "char_x")
    refused(400, v1.videos.extend, prompt="It runs", video=film, seconds="5")
    refused(400, v1.videos.create_character, name="x" * 81, video=film)


MANIFEST = "---\nname: sums\ndescription: Adds numbers.\n---\nAdd them."


def zipped(**files: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"sums/{name}", text)
    return made.getvalue()


def test_skills(v1: Any) -> None:
    made = whole(Skill, v1.skills.create(files=[("sums/SKILL.md", MANIFEST.encode()), ("sums/add.py", b"1 + 1")]))
    assert (made.name, made.description, made.default_version) == ("sums", "Adds numbers.", "1")
    second = v1.skills.versions.create(made.id, files=[("a.zip", zipped(**{"SKILL.md": MANIFEST, "b.py": "2"}))])
    assert whole(SkillVersion, second).version == "2"
    refused(400, v1.skills.versions.delete, "1", skill_id=made.id)
    assert v1.skills.update(made.id, default_version="2").default_version == "2"
    with zipfile.ZipFile(io.BytesIO(v1.skills.content.retrieve(made.id).read())) as archive:
        assert archive.read("sums/b.py") == b"2"
    with zipfile.ZipFile(io.BytesIO(v1.skills.versions.content.retrieve("1", skill_id=made.id).read())) as archive:
        assert archive.namelist() == ["sums/SKILL.md", "sums/add.py"]
    assert [one.version for one in v1.skills.versions.list(made.id).data] == ["2", "1"]
    assert v1.skills.versions.retrieve("1", skill_id=made.id).skill_id == made.id
    assert v1.skills.versions.delete("1", skill_id=made.id).deleted
    third = v1.skills.versions.create(made.id, files=[("a.zip", zipped(**{"SKILL.md": MANIFEST}))])
    assert third.version == "3"  # a number is not given twice
    assert made.id in [one.id for one in v1.skills.list().data]
    assert v1.skills.retrieve(made.id).latest_version == "3"
    for bad in (b"none", b"PK\x03\x04none", zipped(a="x"), zipped(**{"SKILL.md": "no front matter"})):
        assert refused(400, v1.skills.create, files=[("a.zip", bad)])["param"] == "files"
    refused(400, v1.skills.create, files=[("../SKILL.md", MANIFEST.encode())])
    refused(404, v1.skills.update, made.id, default_version="9")
    assert v1.skills.delete(made.id).deleted
    refused(404, v1.skills.retrieve, made.id)


def test_containers(v1: Any) -> None:
    made = whole(
        ContainerCreateResponse,
        v1.containers.create(name="mine", expires_after={"anchor": "last_active_at", "minutes": 5}),
    )
    file = whole(FileCreateResponse, v1.containers.files.create(made.id, file=("a.txt", b"abc")))
    assert v1.containers.files.content.retrieve(file.id, container_id=made.id).read() == b"abc"
    assert v1.containers.files.retrieve(file.id, container_id=made.id).path == "/mnt/data/a.txt"
    assert [one.id for one in v1.containers.files.list(made.id).data] == [file.id]
    v1.containers.files.delete(file.id, container_id=made.id)
    refused(404, v1.containers.files.retrieve, file.id, container_id=made.id)
    assert v1.containers.retrieve(made.id).status == "running"
    assert made.id in [one.id for one in v1.containers.list().data]
    v1.containers.delete(made.id)
    refused(404, v1.containers.retrieve, made.id)
    refused(404, v1.containers.files.create, "cntr_x", file=("a.txt", b"abc"))
    refused(404, v1.containers.create, name="x", file_ids=["file-x"])


CHECK = {
    "type": "string_check",
    "name": "same",
    "input": "{{item.said}}",
    "operation": "eq",
    "reference": "{{item.wanted}}",
}
CONFIG = {"type": "custom", "item_schema": {"type": "object", "properties": {"said": {"type": "string"}}}}


def test_evals(v1: Any) -> None:
    made = v1.evals.create(name="e", data_source_config=CONFIG, testing_criteria=[CHECK])
    rows = [{"item": {"said": "a", "wanted": wanted}} for wanted in ("a", "b")]
    source = {"type": "jsonl", "source": {"type": "file_content", "content": rows}}
    run = v1.evals.runs.create(made.id, name="r", data_source=source)
    states = [v1.evals.runs.retrieve(run.id, eval_id=made.id).status for _ in range(3)]
    assert states == ["queued", "in_progress", "completed"]
    done = v1.evals.runs.retrieve(run.id, eval_id=made.id)
    assert (done.result_counts.passed, done.result_counts.failed, done.result_counts.total) == (1, 1, 2)
    items = v1.evals.runs.output_items.list(run.id, eval_id=made.id).data
    assert [item.status for item in items] == ["pass", "fail"]
    assert v1.evals.runs.output_items.retrieve(items[0].id, eval_id=made.id, run_id=run.id).id == items[0].id
    refused(400, v1.evals.runs.cancel, run.id, eval_id=made.id)
    other = v1.evals.runs.create(made.id, data_source=source)
    assert v1.evals.runs.cancel(other.id, eval_id=made.id).status == "canceled"
    assert len(v1.evals.runs.list(made.id).data) == 2
    assert v1.evals.runs.delete(other.id, eval_id=made.id).deleted
    assert v1.evals.update(made.id, name="f").name == "f"
    assert made.id in [one.id for one in v1.evals.list().data]
    assert v1.evals.delete(made.id).deleted
    refused(404, v1.evals.retrieve, made.id)
    refused(404, v1.evals.runs.create, "eval_x", data_source=source)
    refused(400, v1.evals.create, data_source_config=CONFIG, testing_criteria=[])
    judge = {"type": "score_model", "name": "j", "model": "nope", "input": []}
    refused(404, v1.evals.create, data_source_config=CONFIG, testing_criteria=[judge])


def test_fine_tuning(v1: Any, classic: Any) -> None:
    line = json.dumps({"messages": USER}).encode()
    for client in (v1, classic):
        jobs = client.fine_tuning.jobs
        good = client.files.create(file=("a.jsonl", b"\n".join([line] * 10)), purpose="fine-tune").id
        made = whole(FineTuningJob, jobs.create(model="gpt-4o", training_file=good, suffix="mine"))
        states = [jobs.retrieve(made.id).status for _ in range(4)]
        assert states == ["validating_files", "queued", "running", "succeeded"]
        done = jobs.retrieve(made.id)
        assert done.fine_tuned_model.endswith("-mine")
        assert client.files.content(done.result_files[0]).read().startswith(b"step,")
        events = jobs.list_events(made.id).data
        assert whole(FineTuningJobEvent, events[0]).message == "The job has successfully completed"
        points = jobs.checkpoints.list(made.id).data
        assert whole(FineTuningJobCheckpoint, points[0]).fine_tuned_model_checkpoint == done.fine_tuned_model
        assert done.fine_tuned_model in [one.id for one in client.models.list().data]
        assert client.models.retrieve(done.fine_tuned_model).owned_by == "organization-owner"
        assert client.models.delete(done.fine_tuned_model).deleted
        refused(404, client.models.retrieve, done.fine_tuned_model)
        refused(404, client.models.delete, done.fine_tuned_model)
        refused(403, client.models.delete, "gpt-4o")
        refused(400, jobs.cancel, made.id)
        bad = client.files.create(file=("b.jsonl", line), purpose="fine-tune").id
        short = jobs.create(model="gpt-4o", training_file=bad)
        assert [jobs.retrieve(short.id).status for _ in range(2)] == ["validating_files", "failed"]
        assert jobs.retrieve(short.id).error.code == "invalid_training_file"
        assert jobs.cancel(jobs.create(model="gpt-4o", training_file=good).id).status == "cancelled"
        assert len(jobs.list(limit=2).data) == 2
        assert refused(404, jobs.retrieve, "ftjob-x")["code"] == "fine_tune_not_found"
        refused(404, jobs.create, model="gpt-4o", training_file="file-x")
        other = client.files.create(file=("a.txt", b"x"), purpose="assistants").id
        refused(400, jobs.create, model="gpt-4o", training_file=other)


def test_checkpoints_are_copied(v1: Any, http: httpx.Client) -> None:
    line = json.dumps({"messages": USER}).encode()
    file = v1.files.create(file=("a.jsonl", b"\n".join([line] * 10)), purpose="fine-tune").id
    job = v1.fine_tuning.jobs.create(model="gpt-4o", training_file=file)
    for _ in range(4):
        v1.fine_tuning.jobs.retrieve(job.id)
    point = v1.fine_tuning.jobs.checkpoints.list(job.id).data[0].id
    path, body = f"/fine_tuning/jobs/{job.id}/checkpoints/{point}/copy", {"destinationResourceId": "/x", "region": "y"}
    assert "aoai-copy-ft-checkpoints" in http.post(path, json=body).json()["error"]["message"]
    http.headers["aoai-copy-ft-checkpoints"] = "preview"
    states = [
        one.json()["copiedAccountDetails"] for one in (http.post(path, json=body), http.get(path), http.get(path))
    ]
    assert [one[0]["status"] for one in states] == ["InProgress", "InProgress", "Completed"]
    assert http.post(path, json={"region": "y"}).status_code == 400
    assert http.get(path.replace(point, "ftchkpt-x")).status_code == 404


def test_fine_tuning_rests_and_goes_on(v1: Any) -> None:
    line = json.dumps({"messages": USER}).encode()
    file = v1.files.create(file=("a.jsonl", b"\n".join([line] * 10)), purpose="fine-tune").id
    job = v1.fine_tuning.jobs.create(model="gpt-4o", training_file=file)
    refused(400, v1.fine_tuning.jobs.pause, job.id)
    for _ in range(2):
        v1.fine_tuning.jobs.retrieve(job.id)
    v1.fine_tuning.jobs.pause(job.id)
    assert [v1.fine_tuning.jobs.retrieve(job.id).status for _ in range(2)] == ["paused"] * 2
    assert v1.fine_tuning.jobs.resume(job.id).status == "running"
    refused(400, v1.fine_tuning.jobs.resume, job.id)


def test_realtime_keys(azure: Emulator, v1: Any, http: httpx.Client) -> None:
    session = {"type": "realtime", "model": "gpt-realtime"}
    made = whole(ClientSecretCreateResponse, v1.realtime.client_secrets.create(session=session))
    assert made.value.startswith("ek_")
    assert made.session.model == "gpt-realtime"
    with httpx.Client(
        headers={"authorization": f"Bearer {made.value}"}, base_url=f"{azure.endpoint}/openai/v1"
    ) as ephemeral:
        assert ephemeral.post("/realtime/client_secrets", json={"session": session}).status_code == 200
        assert ephemeral.get("/models").status_code == 401
    assert v1.beta.realtime.sessions.create(model="gpt-realtime").client_secret.value.startswith("ek_")
    assert v1.beta.realtime.transcription_sessions.create(
        input_audio_transcription={"model": "gpt-4o-transcribe"}
    ).client_secret
    refused(404, v1.realtime.client_secrets.create, session={"type": "realtime", "model": "nope"})
    refused(400, v1.realtime.client_secrets.create, session={"type": "realtime", "model": "gpt-4o"})
    refused(
        400, v1.realtime.client_secrets.create, session=session, expires_after={"anchor": "created_at", "seconds": 5}
    )
    refused(400, v1.realtime.client_secrets.create)


def test_realtime_calls(azure: Emulator, v1: Any, http: httpx.Client) -> None:
    session: Any = {"type": "realtime", "model": "gpt-realtime"}
    offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n"
    answer = v1.realtime.calls.create(sdp=offer, session=session)
    assert answer.read().startswith(b"v=0")
    form = {"sdp": (None, offer), "session": (None, json.dumps(session))}
    made = http.post("/realtime/calls", files=form)
    assert (made.status_code, made.headers["content-type"]) == (201, "application/sdp")
    identity = made.headers["location"].rsplit("/", 1)[-1]
    v1.realtime.calls.refer(identity, target_uri="tel:+1")
    refused(400, v1.realtime.calls.hangup, identity)
    ringing = azure.ring()
    v1.realtime.calls.accept(ringing, type="realtime", model="gpt-realtime")
    refused(400, v1.realtime.calls.reject, ringing)
    v1.realtime.calls.hangup(ringing)
    v1.realtime.calls.reject(azure.ring())
    refused(404, v1.realtime.calls.hangup, "rtc_x")
    refused(400, v1.realtime.calls.create, sdp="x", session=session)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_assistants(classic: Any) -> None:
    beta = classic.beta
    made = whole(Assistant, beta.assistants.create(model="gpt-4o", name="a", instructions="Be brief."))
    thread = whole(Thread, beta.threads.create(messages=USER))
    run = whole(Run, beta.threads.runs.create(thread.id, assistant_id=made.id))
    refused(400, beta.threads.messages.create, thread.id, role="user", content="x")
    refused(400, beta.threads.runs.create, thread.id, assistant_id=made.id)
    states = [beta.threads.runs.retrieve(run.id, thread_id=thread.id).status for _ in range(3)]
    assert states == ["queued", "in_progress", "completed"]
    messages = beta.threads.messages.list(thread.id).data
    assert whole(Message, messages[0]).content[0].text.value == "6 * 7 = 42"
    steps = beta.threads.runs.steps.list(run.id, thread_id=thread.id).data
    assert whole(RunStep, steps[0]).step_details.message_creation.message_id == messages[0].id
    assert beta.threads.runs.steps.retrieve(steps[0].id, thread_id=thread.id, run_id=run.id).id == steps[0].id
    refused(400, beta.threads.runs.cancel, run.id, thread_id=thread.id)
    assert beta.threads.runs.update(run.id, thread_id=thread.id, metadata={"a": "b"}).metadata == {"a": "b"}
    assert beta.assistants.update(made.id, name="b").name == "b"
    assert beta.threads.update(thread.id, metadata={"a": "b"}).metadata == {"a": "b"}
    added = beta.threads.messages.create(thread.id, role="user", content="More")
    assert beta.threads.messages.update(added.id, thread_id=thread.id, metadata={"x": "y"}).metadata == {"x": "y"}
    assert beta.threads.messages.retrieve(added.id, thread_id=thread.id).id == added.id
    assert beta.threads.messages.delete(added.id, thread_id=thread.id).deleted
    other = beta.threads.create_and_run(assistant_id=made.id, thread={"messages": USER})
    assert beta.threads.runs.cancel(other.id, thread_id=other.thread_id).status == "cancelling"
    beta.threads.runs.retrieve(other.id, thread_id=other.thread_id)
    assert beta.threads.runs.retrieve(other.id, thread_id=other.thread_id).status == "cancelled"
    assert made.id in [one.id for one in beta.assistants.list().data]
    assert len(beta.threads.runs.list(thread.id).data) == 1
    assert beta.threads.delete(thread.id).deleted
    assert beta.assistants.delete(made.id).deleted
    refused(404, beta.assistants.retrieve, made.id)
    refused(404, beta.threads.retrieve, thread.id)
    refused(404, beta.assistants.create, model="nope")
    refused(400, beta.threads.create, messages=[{"role": "boss", "content": "x"}])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_assistants_call_tools_and_stream(classic: Any) -> None:
    beta = classic.beta
    tools = [{"type": "function", "function": WEATHER}]
    made = beta.assistants.create(model="gpt-4o", tools=tools)
    thread = beta.threads.create(messages=[{"role": "user", "content": "What's the weather in Oslo?"}])
    events = beta.threads.runs.create(thread.id, assistant_id=made.id, stream=True)
    assert events[-1].event == "thread.run.requires_action"
    run = events[-1].data
    call = run.required_action.submit_tool_outputs.tool_calls[0]
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    refused(400, beta.threads.runs.submit_tool_outputs, run.id, thread_id=thread.id, tool_outputs=[])
    outputs = [{"tool_call_id": call.id, "output": "sunny"}]
    beta.threads.runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs)
    refused(400, beta.threads.runs.submit_tool_outputs, run.id, thread_id=thread.id, tool_outputs=outputs)
    for _ in range(2):
        beta.threads.runs.retrieve(run.id, thread_id=thread.id)
    assert beta.threads.runs.retrieve(run.id, thread_id=thread.id).status == "completed"
    assert "sunny" in beta.threads.messages.list(thread.id).data[0].content[0].text.value


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_threads_stand_on_v1_and_assistants_do_not(v1: Any) -> None:
    assert v1.beta.threads.create().object == "thread"
    assert "classic" in refused(404, v1.beta.assistants.list)["message"]


def test_model_inference(azure: Emulator) -> None:
    with httpx.Client(base_url=f"{azure.endpoint}/models", headers={"api-key": azure.api_key}) as http:
        query = {"api-version": "2024-05-01-preview"}
        ask = {"model": "gpt-4o", "messages": USER}
        made = http.post("/chat/completions", params=query, json=ask)
        assert made.json()["choices"][0]["message"]["content"] == "6 * 7 = 42"
        odd = {**ask, "odd": 1}
        assert http.post("/chat/completions", params=query, json=odd).status_code == 400
        for how in ("drop", "pass-through"):
            sent = http.post("/chat/completions", params=query, json=odd, headers={"extra-parameters": how})
            assert sent.status_code == 200
        embedded = http.post("/embeddings", params=query, json={"model": "text-embedding-3-small", "input": ["x"]})
        assert len(embedded.json()["data"]) == 1
        assert http.get("/info", params=query).json()["model_name"] == "gpt-4o"
        assert http.get("/info").status_code == 404
        assert http.get("/info", params={**query, "model": "nope"}).status_code == 404


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/moderations", "moderations"),
        ("/agents", "agents"),
        ("/audio/voices", "voices"),
        ("/live/sessions", "live sessions"),
        ("/images/variations", "variations"),
        ("/chatkit/sessions", "ChatKit"),
    ],
)
def test_what_is_not_served_says_so(http: httpx.Client, path: str, word: str) -> None:
    reply = http.post(path, json={})
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "404")
    assert reply.json()["error"]["message"].startswith("Resource not found: ")
    assert word in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("verb", "path", "reason"),
    [
        ("DELETE", "/vector_stores/v/file_batches/b", "/vector_stores/{id}/file_batches/{batch} takes GET, not DELETE"),
        ("PUT", "/files/a", "/files/{id} takes GET and DELETE, not PUT"),
        ("GET", "/responses", "/responses takes POST, not GET"),
    ],
)
def test_a_path_says_which_verbs_it_takes(http: httpx.Client, verb: str, path: str, reason: str) -> None:
    reply = http.request(verb, path)
    assert (reply.status_code, reply.json()["error"]["message"]) == (404, f"Resource not found: {reason}.")
