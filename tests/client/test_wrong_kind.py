"""A call that does not go with what it reaches: each error says what answers there, and what to use instead."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from azure_connector import AzureConnector
from azure_connector.emulator import Emulator, Reply
from azure_connector.errors import DeploymentNotFoundError, InvalidRequestError, UnsupportedParameterError
from tests.support import asking

WRONG = {
    "chat on embeddings": (
        lambda client: client.chat.completions.create(model="text-embedding-3-small", messages=asking.HELLO),
        "answers client.embeddings.create(…)",
        "serves client.chat.completions.create(…)",
    ),
    "responses on embeddings": (
        lambda client: client.responses.create(model="text-embedding-3-small", input="Hi"),
        "answers client.embeddings.create(…)",
        "serves client.responses.create(…)",
    ),
    "embeddings on chat": (
        lambda client: client.embeddings.create(model="gpt-4o", input="Hi"),
        "client.chat.completions.create(…) and client.responses.create(…)",
        "serves client.embeddings.create(…)",
    ),
    "images on chat": (
        lambda client: client.images.generate(model="gpt-4o", prompt="Hi"),
        "client.chat.completions.create(…)",
        "serves client.images.generate(…)",
    ),
    "speech on chat": (
        lambda client: client.audio.speech.create(model="gpt-4o", input="Hi", voice="alloy"),
        "client.chat.completions.create(…)",
        "serves client.audio.speech.create(…)",
    ),
    "realtime on chat": (
        lambda client: client.realtime.connect(model="gpt-4o").enter(),
        "client.chat.completions.create(…)",
        "serves client.realtime.connect(…)",
    ),
}


@pytest.mark.parametrize("call", WRONG)
def test_a_deployment_of_another_kind(azure: Emulator, call: str) -> None:
    ask, answers, serves = WRONG[call]
    with AzureConnector(**asking.options(azure)) as client, pytest.raises(UnsupportedParameterError) as caught:
        ask(client)
    assert answers in caught.value.hint
    assert serves in caught.value.hint
    assert "`azure-connector models`" in caught.value.hint


@pytest.mark.parametrize(
    ("model", "answers"),
    [("whisper-001", "audio.transcriptions"), ("sora-2", "videos"), ("gpt-realtime", "realtime.connect")],
)
def test_the_model_that_the_refusal_names_decides(azure: Emulator, model: str, answers: str) -> None:
    said = f"The chatCompletion operation does not work with the specified model, {model}. Please choose another."
    azure.script(Reply(status=400, body={"error": {"code": "OperationNotSupported", "message": said}}))
    with AzureConnector(**asking.options(azure)) as client, pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="alias", messages=asking.HELLO)
    assert f"client.{answers}" in caught.value.hint
    assert "'alias'" in caught.value.hint


def test_a_nested_model_that_is_unknown(azure: Emulator) -> None:
    missing = {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}
    azure.script(Reply(status=404, body={"error": missing}))
    session: Any = {"model": "gpt-realtime", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}
    options = asking.options(azure, deployment_mapping={"gpt-realtime": "voice", "whisper-1": "ears"})
    with AzureConnector(**options) as client, pytest.raises(DeploymentNotFoundError) as caught:
        client.realtime.client_secrets.create(session={"type": "realtime", **session})
    assert "'voice'" in caught.value.hint
    assert "session.audio.input.transcription.model names 'whisper-1', which is deployment 'ears'" in caught.value.hint


@pytest.mark.parametrize(
    ("ask", "instead"),
    [
        (lambda client: client.moderations.create(input="Hi"), "Content Safety"),
        (lambda client: client.images.create_variation(image=("a.png", b"png")), "client.images.edit"),
        (lambda client: client.beta.chatkit.sessions.create(user="u", workflow={"id": "w"}), "docs/chatkit.md"),
        (lambda client: client.fine_tuning.checkpoints.permissions.create("c", project_ids=["p"]), "copy"),
        (lambda client: client.content_provenance_checks.create(file=("a.png", b"png")), "C2PA"),
        (lambda client: client.get("/organization/usage/completions", cast_to=object), "portal"),
    ],
)
@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # the SDK's own, of variations, from 3.57 on
class TestWhatAzureDoesNotHave:
    """On a resource's own host nothing is sent; a gateway is asked, and its 404 says the same."""

    def test_on_a_resource(self, ask: Any, instead: str) -> None:
        refused = pytest.raises(InvalidRequestError, match="Azure OpenAI has no")
        with AzureConnector(azure_endpoint="https://r.openai.azure.com", api_key="k") as client, refused as caught:
            ask(client)
        assert instead in caught.value.hint

    def test_on_a_gateway(self, azure: Emulator, ask: Any, instead: str) -> None:
        with AzureConnector(**asking.options(azure)) as client, pytest.raises(openai.NotFoundError) as caught:
            ask(client)
        assert len(azure.requests) == 1
        assert instead in caught.value.hint


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500, raw=b"Internal Server Error", headers={"content-type": "text/plain; charset=utf-8"}),
        Reply(status=404, body={"detail": "Not Found"}),
        Reply(status=401, body={"error": {"message": "Incorrect API key provided: sk-…", "code": "invalid_api_key"}}),
        Reply(
            status=404,
            body={"error": {"message": "The model `m` does not exist", "code": "model_not_found"}},
            headers={"x-litellm-version": "1.105.3"},
        ),
    ],
    ids=["bare 500", "bare 404", "openai.com's refusal", "openai.com's 404"],
)
def test_the_root_of_a_litellm_proxy(azure: Emulator, reply: Reply) -> None:
    azure.script(reply, times=None)
    options = asking.options(azure, max_attempts=1)
    with AzureConnector(**options) as client, pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=asking.HELLO)
    advised = caught.value.hint.rpartition("Pass azure_endpoint=")[2].rstrip(".").strip("'")
    assert advised == f"{azure.endpoint}/v1"
    azure.clear()
    answered = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}
    azure.script(Reply(body={**answered, "choices": [choice]}))
    with AzureConnector(azure_endpoint=advised, api_key="k") as client:
        client.chat.completions.create(model="gpt-4o", messages=asking.HELLO)
    assert azure.requests.last.path == "/v1/chat/completions"


def test_a_proxy_that_is_asked_below_its_v1_gets_no_such_hint(azure: Emulator) -> None:
    azure.script(Reply(status=404, body={"detail": "Not Found"}))
    options = {"azure_endpoint": f"{azure.endpoint}/v1", "api_key": "k", "max_attempts": 1}
    with AzureConnector(**options) as client, pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=asking.HELLO)
    assert "Pass azure_endpoint=" not in caught.value.hint
