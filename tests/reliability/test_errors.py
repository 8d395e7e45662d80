"""Errors that help: every envelope, web pages, bodies that nobody can read; each with attempts, request id and hint."""

from __future__ import annotations

import asyncio
import json
import time

import openai
import pytest

import azure_connector as ac
from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import Fault, Reply, faults
from tests.reliability.asking import HELLO, WAYS, ask, text_of, tried

ONE = {"deployment_mapping": {}, "max_attempts": 1}
INNER = {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (404, {"error": INNER}, ac.DeploymentNotFoundError),
        (404, INNER, ac.DeploymentNotFoundError),
        (401, {"statusCode": 401, "message": "Access denied due to invalid subscription key."}, ac.AccessTokenError),
        (404, {"error": {"code": 404, "message": json.dumps({"error": INNER})}}, ac.DeploymentNotFoundError),
    ],
    ids=["error object", "inner object alone", "flat", "JSON within the message"],
)
def test_the_four_envelopes(cloud, way, status, body, expected):
    cloud.east.script(Reply(status, body), times=None)
    with pytest.raises(expected) as caught:
        ask(way, cloud.options(**ONE))
    error = caught.value
    assert error.status_code == status
    assert tried(error)[0] == ("default", status)
    assert error.azure_request_id
    assert error.hint


@pytest.mark.parametrize("way", WAYS)
def test_a_web_page_instead_of_an_error(cloud, way):
    cloud.east.script(faults.gateway_page(502))
    with pytest.raises(ac.ServiceUnavailableError, match="web page") as caught:
        ask(way, cloud.options(**ONE))
    assert "gateway or proxy" in caught.value.hint
    assert "<html>" not in str(caught.value)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, raw=b"<html><title>Sign in</title></html>", headers={"content-type": "text/html"}),
        Reply(200, raw=b'{"id": "chatcmpl-1", "cho', headers={"content-type": "application/json"}),
        Reply(200, raw=b"\xff\xfe\x00", headers={"content-type": "application/json"}),
        Reply(200, raw=b"[]", headers={"content-type": "application/json"}),
        Reply(200, {"id": "chatcmpl-1", "object": "chat.completion"}),
        Reply(200, raw=b""),
    ],
    ids=["web page", "cut off", "no text", "no object", "no answer in it", "empty"],
)
def test_a_reply_that_holds_no_answer_is_asked_for_again_and_then_a_typed_error(cloud, way, reply):
    for azure in cloud:
        azure.script(reply)
    with pytest.raises(openai.APIError) as caught:
        ask(way, cloud.options(max_attempts=3))
    error = caught.value
    assert type(error) is ac.UnreadableReplyError
    assert tried(error) == [("default", 200), ("west", 200), ("north", 200)]
    assert error.azure_request_id
    assert error.hint or not way.endswith("stream")
    for azure in cloud:
        azure.clear()
    cloud.east.script(reply)
    assert tried(again := ask(way, cloud.options())) == [("default", 200), ("west", 200)]
    assert text_of(again)


@pytest.mark.parametrize("door", ["embeddings", "responses", "raw"])
def test_other_replies_that_hold_no_answer(cloud, door):
    page = Reply(200, raw=b"<html>Sign in</html>", headers={"content-type": "text/html"})
    cloud.east.script(page, times=None)
    with AzureConnector(**cloud.options(**ONE)) as client:
        call = {
            "embeddings": lambda: client.embeddings.create(model="text-embedding-3-small", input="x"),
            "responses": lambda: client.responses.create(model="gpt-5", input="x"),
            "raw": lambda: client.chat.completions.with_raw_response.create(model="gpt-4o", messages=HELLO),
        }[door]
        with pytest.raises(ac.UnreadableReplyError) as caught:
            call()
    assert isinstance(caught.value, openai.APIResponseValidationError)
    assert "web page" in str(caught.value)
    assert "AZURE_OPENAI_ENDPOINT" in caught.value.hint


@pytest.mark.parametrize("way", WAYS)
def test_an_error_whose_body_breaks_off(cloud, way):
    body = {"error": {"code": "ServiceUnavailable", "message": "x" * 2000}}
    cloud.east.script(Fault("broken error", reply=Reply(503, body), reset="during"))
    reply = ask(way, cloud.options())
    assert tried(reply)[-1] == ("west", 200)


def test_the_parsers_own_complaint_reaches_the_caller_as_it_is(cloud):
    import pydantic

    class City(pydantic.BaseModel):
        city: str

    body = ask("sync", cloud.options()).model_dump(mode="json")
    cloud.east.clear()
    cloud.east.script(Reply(200, body))
    with AzureConnector(**cloud.options()) as client, pytest.raises(pydantic.ValidationError):
        client.chat.completions.parse(model="gpt-4o", messages=HELLO, response_format=City)
    assert cloud.counts() == (1, 0, 0), "what the model said is no reason to ask again"


@pytest.mark.parametrize("way", WAYS)
def test_every_attempt_stands_in_the_message(cloud, way):
    cloud.east.script(faults.too_many_requests(30))
    cloud.west.script(faults.failure(503))
    cloud.north.script(faults.reset("before"))
    with pytest.raises(openai.APIError) as caught:
        ask(way, cloud.options(max_attempts=3))
    text = str(caught.value)
    assert tried(caught.value) == [("default", 429), ("west", 503), ("north", None)]
    for line in ("gpt-4o@default: 429", "gpt-4o@west: 503", "gpt-4o@north: "):
        assert line in text


@pytest.mark.parametrize("stream", [False, True])
async def test_cancellation_is_never_a_failure(cloud, stream):
    cloud.east.latency = 30
    async with AsyncAzureConnector(**cloud.options()) as client:
        for _ in range(5):
            call = asyncio.create_task(client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=stream))
            seen = len(cloud.east.requests)
            await asyncio.to_thread(cloud.east.requests.wait_for, seen + 1)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
        assert client._state.routing.health.report(time.monotonic()) == {}, (
            "five cancelled calls say nothing about the target"
        )
    assert cloud.counts() == (5, 0, 0)


async def test_a_wait_can_be_cancelled(cloud):
    cloud.east.script(faults.too_many_requests(20))
    async with AsyncAzureConnector(**cloud.options(deployment_mapping={})) as client:
        call = asyncio.create_task(client.chat.completions.create(model="gpt-4o", messages=HELLO))
        await asyncio.to_thread(cloud.east.requests.wait_for, 1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(call, 0.3)
    assert len(cloud.east.requests) == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_body_that_drips_does_not_outlast_the_deadline(cloud, way):
    for azure in cloud:
        azure.script(faults.slow_drip(0.3 if "stream" in way else 0.1), times=None)
    with pytest.raises(openai.APIError):  # waited for, its end would come, and give an answer
        ask(way, cloud.options(deadline=0.5))
