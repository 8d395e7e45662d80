"""A deletion whose reply is lost: the second attempt finds nothing, and that is its success."""

from __future__ import annotations

import io

import openai
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector, azure_info
from azure_connector.emulator import Reply, faults
from tests.reliability.asking import tried

MISSING = Reply(status=404, body={"error": {"code": "404", "message": "Resource not found"}})
# The method, its arguments, what the reply says, and what of it.
DELETIONS = [
    ("files", ("file-1",), {"id": "file-1", "object": "file", "deleted": True}),
    ("vector_stores", ("vs_1",), {"id": "vs_1", "object": "vector_store.deleted", "deleted": True}),
    ("chat.completions", ("chatcmpl-1",), {"id": "chatcmpl-1", "object": "chat.completion.deleted", "deleted": True}),
    ("conversations", ("conv_1",), {"id": "conv_1", "object": "conversation.deleted", "deleted": True}),
    ("videos", ("video_1",), {"id": "video_1", "object": "video.deleted", "deleted": True}),
    ("models", ("mine",), {"id": "mine", "deleted": True}),
    ("evals", ("eval_1",), {}),
]


def method(client, name):
    for part in name.split("."):
        client = getattr(client, part)
    return client.delete


@pytest.mark.parametrize("lost", [faults.reset("before"), faults.failure(500)], ids=["reset", "500"])
@pytest.mark.parametrize(("name", "arguments", "expected"), DELETIONS, ids=[row[0] for row in DELETIONS])
def test_what_is_gone_by_the_second_attempt_is_deleted(cloud, name, arguments, expected, lost):
    cloud.east.script(lost, MISSING)
    with AzureConnector(**cloud.options()) as client:
        reply = method(client, name)(*arguments)
    found = reply.model_dump()
    assert {key: found[key] for key in expected} == expected
    assert tried(reply)[0][0] == tried(reply)[-1][0] == "default"
    assert len(cloud.east.requests) == 2


async def test_async(cloud):
    cloud.east.script(faults.reset("before"), MISSING)
    async with AsyncAzureConnector(**cloud.options()) as client:
        assert (await client.files.delete("file-1")).deleted


def test_a_response_answers_nothing(cloud):
    cloud.east.script(faults.reset("before"), MISSING)
    with AzureConnector(**cloud.options()) as client:
        assert client.responses.delete("resp_1") is None


def test_an_item_answers_with_its_conversation(cloud):
    cloud.east.script(faults.reset("before"), MISSING)
    with AzureConnector(**cloud.options()) as client:
        reply = client.conversations.items.delete("msg_1", conversation_id="conv_1")
    assert (reply.id, reply.object) == ("conv_1", "conversation")


def test_raw(cloud):
    cloud.east.script(faults.reset("before"), MISSING)
    with AzureConnector(**cloud.options()) as client:
        raw = client.files.with_raw_response.delete("file-1")
    assert raw.status_code == 200
    assert raw.parse().deleted


def test_what_was_never_there_is_an_error(cloud):
    with AzureConnector(**cloud.options()) as client, pytest.raises(openai.NotFoundError):
        client.files.delete("file-nobody")


def test_a_refusal_that_executed_nothing_proves_nothing(cloud):
    cloud.east.script(faults.too_many_requests(0.01), MISSING)
    with AzureConnector(**cloud.options()) as client, pytest.raises(openai.APIError):
        client.files.delete("file-1")


def test_what_another_resource_lost_proves_nothing_here(cloud):
    cloud.east.script(faults.reset("before"), faults.reset("before"))
    cloud.west.script(MISSING)
    with AzureConnector(**cloud.options(max_attempts=3)) as client, pytest.raises(openai.APIError):
        client.files.delete("file-1")


def test_a_cancellation_that_finds_nothing_is_an_error(cloud):
    cloud.east.script(faults.reset("before"), MISSING)
    with AzureConnector(**cloud.options()) as client, pytest.raises(openai.APIError):
        client.batches.cancel("batch_1")


def test_a_file_that_was_deleted_although_the_reply_was_lost(cloud):
    with AzureConnector(**cloud.options()) as client:
        file = client.files.create(file=io.BytesIO(b"text"), purpose="assistants")
        cloud.east.script(faults.reset("during"))
        assert client.files.delete(file.id).deleted
        assert azure_info(file).resource == "default"
        with pytest.raises(openai.NotFoundError):
            client.files.retrieve(file.id)
