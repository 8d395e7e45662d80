"""What refusals teach, over the wire and through every door: no more than they say, once for a process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import azure_connector as ac
from azure_connector.emulator import Deployment, Emulator, Reply
from tests.support.asking import HELLO
from tests.support.doors import DOORS, ask

EFFORTS = "'none', 'low', 'medium', 'high', and 'xhigh'"


@pytest.fixture(scope="module")
def resource() -> Iterator[Emulator]:
    with Emulator(
        [Deployment("house", "house-model"), Deployment("gpt-5"), Deployment("gpt-4o"), Deployment("team", "grok-4")]
    ) as azure:
        yield azure


@pytest.fixture
def azure(resource: Emulator) -> Emulator:
    resource.clear()
    return resource


def refusal(message: str, param: str | None = None, code: str | None = None, status: int = 400) -> Reply:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return Reply(status=status, body={"error": error})


def sent(azure: Emulator, name: str) -> list[Any]:
    return [request.body.get(name) for request in azure.requests if isinstance(request.body, dict)]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("wrong", [3, True, ["low"], {"effort": "low"}], ids=["number", "flag", "list", "table"])
def test_an_effort_of_a_wrong_type_is_not_sent_and_teaches_nothing(azure, door: str, wrong: Any):
    if door == "litellm" and isinstance(wrong, dict):
        pytest.skip("LiteLLM's way to say effort and summary")
    with pytest.raises(Exception, match="reasoning_effort") as caught:
        ask(door, azure, "gpt-5", reasoning_effort=wrong)
    assert not azure.requests
    if door != "sk":
        assert repr(wrong)[:20] in str(caught.value)
    ask(door, azure, "gpt-5", reasoning_effort="high")
    assert azure.requests.last.body["reasoning_effort"] == "high"


@pytest.mark.parametrize("model", ["gpt-5", "house", "gpt-4o"])
@pytest.mark.parametrize("wrong", [0, {"a": 1}])
def test_a_verbosity_of_a_wrong_type(azure, model: str, wrong: Any):
    with ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        with pytest.raises(ac.InvalidRequestError, match="verbosity"):
            client.chat.completions.create(model=model, messages=HELLO, verbosity=wrong)
        with pytest.raises(ac.InvalidRequestError, match=r"text\.verbosity"):
            client.responses.create(model=model, input="Hello", text={"verbosity": wrong})
        with pytest.raises(ac.InvalidRequestError, match=r"reasoning\.effort"):
            client.responses.create(model=model, input="Hello", reasoning={"effort": wrong})
        with pytest.raises(ac.InvalidRequestError, match="reasoning is an object"):
            client.responses.create(model=model, input="Hello", reasoning="low")  # pyright: ignore[reportArgumentType]
    assert not azure.requests


def test_litellms_table_means_effort_and_summary(azure):
    ask("litellm", azure, "gpt-5", reasoning_effort={"effort": "low", "summary": "auto"})
    request = azure.requests.last
    assert request.path.endswith("/responses")
    assert request.body["reasoning"] == {"effort": "low", "summary": "auto"}
    ask("litellm", azure, "gpt-5", reasoning_effort={"effort": "high"})
    body = azure.requests.last.body
    assert (body.get("reasoning_effort") or body["reasoning"]["effort"]) == "high"


@pytest.mark.parametrize("door", DOORS)
def test_a_refused_value_is_kept_from_and_no_other(azure, door: str):
    words = "Unsupported value: 'reasoning_effort' does not support 'max' with this model. "
    words += f"Supported values are: {EFFORTS}."
    azure.script(refusal(words, "reasoning_effort", "unsupported_value"))
    ask(door, azure, "house", reasoning_effort="max")
    ask(door, azure, "house", reasoning_effort="high")
    ask(door, azure, "house", reasoning_effort="max")
    assert sent(azure, "reasoning_effort") == ["max", "xhigh", "high", "xhigh"]


@pytest.mark.parametrize("door", DOORS)
def test_a_refused_parameter_is_paid_for_once(azure, caplog, door: str):
    azure.script(refusal("Argument not supported on this model: stop"))
    with caplog.at_level(logging.WARNING, "azure_connector"):
        for _ in range(3):  # a client of its own for each call
            ask(door, azure, "house", stop=["END"])
    assert sent(azure, "stop") == [["END"], None, None, None]
    told = [text for text in caplog.messages if "stop" in text]
    assert len(told) == 2, told  # that it was taught, and that something is left out


def test_what_was_learned_is_seen_and_can_be_forgotten(azure):
    azure.script(refusal("This model doesn't support logprobs request parameter."))
    options = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}
    with ac.AzureConnector(**options) as client:
        client.chat.completions.create(model="house", messages=HELLO, logprobs=True)
    with ac.AzureConnector(**options) as client:
        assert "logprobs is left out" in str(client.explain("house"))
        assert client.explain("gpt-4o").targets[0].learned == ()
        ac.forget_learned()
        assert client.explain("house").targets[0].learned == ()
        client.chat.completions.create(model="house", messages=HELLO, logprobs=True)
    assert sent(azure, "logprobs") == [True, None, True]


def test_one_deployment_of_two_resources_has_its_own_lessons(azure):
    with Emulator([Deployment("house", "house-model")]) as other:
        azure.script(refusal("Argument not supported on this model: stop"))
        ask("client", azure, "house", stop=["END"])
        ask("client", other, "house", stop=["END"])
        assert sent(other, "stop") == [["END"]]


def test_on_your_data_streams(azure):
    azure.script(refusal("Validation error at #/stream_options: Extra inputs are not permitted"))
    options = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}
    usage = {"stream": True, "stream_options": {"include_usage": True}}
    data: Any = {"data_sources": [{"type": "azure_search", "parameters": {}}]}
    with ac.AzureConnector(**options) as client:
        for extra in (data, data, {}):
            list(client.chat.completions.create(model="house", messages=HELLO, extra_body=extra, **usage))
    assert sent(azure, "stream_options") == [usage["stream_options"], None, None, usage["stream_options"]]


def test_unknown_words_are_passed_on(azure):
    azure.script(refusal("The stars are not right for 'stop'.", "stop"))
    with ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        with pytest.raises(ac.RequestRefusedError, match="stars are not right"):
            client.chat.completions.create(model="house", messages=HELLO, stop="x")
        assert client.explain("house").targets[0].learned == ()


def test_threads_learn_together(azure):
    failed: list[BaseException] = []

    def run() -> None:
        try:
            for _ in range(5):
                ask("client", azure, "team", stop=["END"])
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sum(stop is not None for stop in sent(azure, "stop")) <= 4


def test_a_format_of_a_transcription_is_learned(azure):
    words = "response_format 'verbose_json' is not compatible with model 'x'. Use 'json' or 'text' instead."
    azure.script(refusal(words, "response_format", "invalid_value"), Reply(status=200, body={"text": "Hello"}),
                 Reply(status=200, body={"text": "Hello"}), Reply(status=200, body={"text": "Hello"}))  # fmt: skip
    sound = ("a.wav", b"RIFF" * 20, "audio/wav")
    with ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        for _ in range(2):
            reply = client.audio.transcriptions.create(model="house", file=sound, response_format="verbose_json")
            assert reply.text == "Hello"
        client.audio.transcriptions.create(model="house", file=sound, response_format="json")
    formats = [b"verbose_json" in request.raw for request in azure.requests]
    assert formats == [True, False, False, False]
    assert b'"response_format"' in azure.requests.last.raw
