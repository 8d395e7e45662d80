"""State stays with its resource: a call that refers to it goes there, or loses it where the settings allow that."""

from __future__ import annotations

import io
import logging

import openai
import pytest

import azure_connector as ac
from azure_connector import AsyncAzureConnector, AzureConnector, InvalidRequestError, azure_info
from azure_connector.emulator import Reply, faults

# The default resource comes first; state is put on `west` by making the default one refuse once.
MODEL = {"deployment_mapping": {"gpt-5": ["gpt-5", "gpt-5@west"]}}
ASK = {"model": "gpt-5", "input": "Say hello to Oslo"}
CLOSED = {**ASK, "store": False, "include": ["reasoning.encrypted_content"], "reasoning": {"effort": "low"}}


@pytest.fixture
def client(cloud):
    with AzureConnector(**cloud.options(**MODEL)) as made:
        yield made


@pytest.fixture
def dropping(cloud):
    with AzureConnector(**cloud.options(**MODEL, drop_state=True)) as made:
        yield made


def on_west(cloud, client, **request):
    """A response that lives on `west`."""
    cloud.east.script(faults.too_many_requests(0.01))
    reply = client.responses.create(**{**ASK, **request})
    assert azure_info(reply).resource == "west"
    cloud.east.requests.clear()
    cloud.west.requests.clear()
    return reply


def test_a_conversation_goes_on_where_it_began(cloud, client):
    first = on_west(cloud, client)
    second = client.responses.create(**ASK, previous_response_id=first.id)
    third = client.responses.create(**ASK, previous_response_id=second.id)
    assert azure_info(third).resource == "west"
    assert cloud.counts() == (0, 2, 0)


def test_reading_cancelling_and_deleting_go_where_a_response_lives(cloud, client):
    reply = on_west(cloud, client, background=True)
    assert client.responses.retrieve(reply.id).id == reply.id
    assert client.responses.input_items.list(reply.id).data
    assert client.responses.cancel(reply.id).status == "cancelled"
    client.responses.delete(reply.id)
    assert cloud.counts() == (0, 4, 0)


def test_the_id_of_a_streamed_response_is_known_at_once(cloud, client):
    cloud.east.script(faults.too_many_requests(0.01))
    with client.responses.create(**ASK, stream=True) as stream:
        created = next(iter(stream))
        assert created.type == "response.created"
        assert azure_info(stream).resource == "west"
        assert client.responses.retrieve(created.response.id).id == created.response.id
    assert len(cloud.east.requests) == 1


async def test_an_id_of_another_process_is_looked_for(cloud, client):
    reply = on_west(cloud, client)
    async with AsyncAzureConnector(**cloud.options(**MODEL)) as stranger:
        assert (await stranger.responses.retrieve(reply.id)).id == reply.id
        assert cloud.counts()[:2] == (1, 1)
        await stranger.responses.delete(reply.id)
        assert cloud.counts()[:2] == (1, 2), "once found, it is known"
        with pytest.raises(openai.NotFoundError):
            await stranger.responses.retrieve("resp_nobody_has_it")


def test_encrypted_reasoning_is_read_only_where_it_was_written(cloud, client):
    first = on_west(cloud, client, **CLOSED)
    items = [item.to_dict() for item in first.output]
    assert any(item.get("encrypted_content") for item in items)
    history = [{"role": "user", "content": "Say hello to Oslo"}, *items, {"role": "user", "content": "And Bergen?"}]
    reply = client.responses.create(**{**CLOSED, "input": history})
    assert azure_info(reply).resource == "west"
    assert cloud.counts() == (0, 1, 0)


def test_files_bind_a_call_and_a_batch(cloud):
    options = cloud.options(deployment_mapping={"gpt-5": ["gpt-5@west", "gpt-5"]})
    with AzureConnector(**options) as client:
        stored = client.files.create(file=("a.pdf", io.BytesIO(b"%PDF-1.4")), purpose="user_data")
        part = {"type": "input_file", "file_id": stored.id}
        content = [part, {"type": "input_text", "text": "What does it say?"}]
        client.responses.create(model="gpt-5", input=[{"role": "user", "content": content}])
        assert client.files.retrieve(stored.id).id == stored.id
    assert cloud.counts() == (3, 0, 0)


def test_state_that_no_target_of_the_model_can_reach_is_an_error_before_sending(cloud, client):
    first = on_west(cloud, client)
    with pytest.raises(InvalidRequestError, match="'west'") as caught:
        client.responses.create(model="gpt-5-mini", input="And now?", previous_response_id=first.id)
    assert caught.value.param == "previous_response_id"
    assert cloud.counts() == (0, 0, 0)


def test_a_pinned_call_fails_rather_than_lose_its_state(cloud, client):
    first = on_west(cloud, client)
    cloud.west.script(faults.failure(503), times=None)
    with pytest.raises(openai.APIError):
        client.with_options(max_retries=1).responses.create(**ASK, previous_response_id=first.id, store=False)
    assert cloud.counts()[0] == 0


def test_state_is_dropped_where_the_settings_allow_it(cloud, dropping, caplog):
    first = on_west(cloud, dropping)
    again = dropping.responses.create(**ASK, previous_response_id=first.id)
    assert azure_info(again).resource == "west", "its own resource is still asked first"
    assert not any("previous_response_id" in change for change in azure_info(again).changes)
    cloud.west.script(faults.too_many_requests(30), times=None)
    with caplog.at_level(logging.WARNING, "azure_connector"):
        reply = dropping.responses.create(**ASK, previous_response_id=first.id)
    assert azure_info(reply).resource == "default"
    assert "previous_response_id" not in cloud.east.requests.last.body
    assert any("previous_response_id" in change for change in azure_info(reply).changes)
    assert "previous_response_id belongs to another resource" in caplog.text


def test_encrypted_reasoning_is_dropped_and_the_words_stay(cloud, dropping):
    first = on_west(cloud, dropping, **CLOSED)
    items = [item.to_dict() for item in first.output]
    history = [{"role": "user", "content": "Say hello to Oslo"}, *items, {"role": "user", "content": "And Bergen?"}]
    cloud.west.script(faults.too_many_requests(30), times=None)
    reply = dropping.responses.create(**{**CLOSED, "input": history})
    assert azure_info(reply).resource == "default"
    kinds = [item.get("type", "message") for item in cloud.east.requests.last.body["input"]]
    assert kinds == ["message", "message", "message"]


def test_a_file_is_never_dropped(cloud):
    options = cloud.options(deployment_mapping={"gpt-5": ["gpt-5", "gpt-5@west"]}, drop_state=True)
    with AzureConnector(**options) as client:
        stored = client.files.create(file=("a.pdf", io.BytesIO(b"%PDF-1.4")), purpose="user_data")
        content = [{"type": "input_file", "file_id": stored.id}, {"type": "input_text", "text": "What does it say?"}]
        cloud.east.script(faults.no_capacity(), times=None)
        with pytest.raises(ac.CapacityError):
            client.with_options(max_retries=0).responses.create(
                model="gpt-5", input=[{"role": "user", "content": content}]
            )
    assert cloud.counts()[1] == 0


@pytest.mark.parametrize("stream", [False, True])
def test_a_stored_completion_is_read_where_it_is(cloud, client, stream):
    ask = {"model": "gpt-5", "messages": [{"role": "user", "content": "Say hello to Oslo"}], "store": True}
    cloud.east.script(faults.too_many_requests(0.01))
    reply = client.chat.completions.create(**ask, stream=stream)
    identity = next(iter(reply)).id if stream else reply.id
    assert azure_info(reply).resource == "west"
    cloud.west.script(Reply(body={"id": identity, "object": "chat.completion", "choices": []}))
    cloud.east.requests.clear()
    client.chat.completions.retrieve(identity)
    assert len(cloud.east.requests) == 0
    assert cloud.west.requests.last.path == f"/openai/v1/chat/completions/{identity}"


def test_the_files_of_a_batch_are_read_where_it_ran(cloud, client):
    batch = {"id": "batch_1", "object": "batch", "output_file_id": "file-out", "error_file_id": "file-err"}
    cloud.east.script(Reply(status=404, body={"error": {"code": "404", "message": "Resource not found"}}))
    cloud.west.script(Reply(body=batch), *[Reply(raw=b"{}")] * 2)
    found = client.batches.retrieve("batch_1")
    cloud.east.requests.clear()
    client.files.content(found.output_file_id)
    client.files.content(found.error_file_id)
    assert cloud.counts() == (0, 3, 0)
