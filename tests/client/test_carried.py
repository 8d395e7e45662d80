"""What errors carry away: no credential in what they show, no prompt and no credential in their pickles."""

from __future__ import annotations

import copy
import logging
import pickle
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import openai
import pytest

import azure_connector as ac
from azure_connector import errors
from azure_connector.emulator import Emulator, Reply
from azure_connector.errors import AzureErrorDetails, PartialReply

KEY = "c4nary-key-1234567"
PROMPT = "c4nary prompt"
CLASSES = [
    cls
    for name in errors.__all__
    if isinstance(cls := getattr(errors, name), type)
    and issubclass(cls, AzureErrorDetails)
    and cls is not AzureErrorDetails
]


def made(cls: type[Any], message: str = "said") -> Any:
    """An error of a class with everything that one may have."""
    from azure_connector.transport import http_library

    library = http_library()
    headers = {"api-key": KEY, "x-gateway": KEY, "content-type": "application/json"}
    url = f"https://me:{KEY}@r.openai.azure.com/openai/v1/chat/completions?sig={KEY}"
    request = library.Request("POST", url, headers=headers, content=PROMPT.encode())
    response = library.Response(418, headers={"apim-request-id": "id-1", "set-cookie": KEY}, request=request)
    if issubclass(cls, openai.APIStatusError):
        error = cls(message, response=response, body={"message": PROMPT})
    elif issubclass(cls, openai.APIResponseValidationError):
        error = cls(response, None, message=message)
    elif issubclass(cls, openai.APITimeoutError):
        error = cls(request=request)
    elif issubclass(cls, openai.APIConnectionError):
        error = cls(message=message, request=request)
    else:
        error = cls(message)
    error.hint, error.azure_request_id = "do this", "id-1"
    error.attempts = (errors.Attempt("default", "gpt-4o", 429, "429", 1.0, 2.0),)
    error.__cause__ = RuntimeError(KEY)
    if isinstance(error, errors.StreamInterruptedError):
        error.partial = PartialReply("so far", ({"id": "call_1"},))
    return error


@pytest.mark.parametrize("cls", CLASSES, ids=[cls.__name__ for cls in CLASSES])
def test_an_error_comes_back_from_a_pickle(cls: type[Any]) -> None:
    error = made(cls)
    for text in (pickle.dumps(error), pickle.dumps(error, 0)):
        assert b"c4nary" not in text
        back = pickle.loads(text)
        assert type(back) is cls
        assert (str(back), back.hint, back.attempts) == (str(error), error.hint, error.attempts)
        assert back.azure_request_id == "id-1"
        for name in ("status_code", "code", "param", "type", "request_id", "partial", "retry_after"):
            assert getattr(back, name, None) == getattr(error, name, None), name
        if isinstance(error, openai.APIStatusError):
            assert back.response.status_code == 418
            assert back.response.headers["apim-request-id"] == "id-1"
            assert str(back.request.url) == "https://r.openai.azure.com/openai/v1/chat/completions"
    assert str(copy.copy(error)) == str(error)
    assert type(copy.deepcopy(error)) is cls


@pytest.mark.parametrize("cls", CLASSES, ids=[cls.__name__ for cls in CLASSES])
def test_an_error_shows_no_credential(cls: type[Any]) -> None:
    error = made(cls)
    for carried in (getattr(error, "request", None), getattr(getattr(error, "response", None), "request", None)):
        if carried is not None:
            assert "c4nary" not in repr(carried.headers.raw)
            assert carried.headers["content-type"] == "application/json"


def fail(endpoint: str, kind: str) -> None:
    """A call that fails, in a process of its own."""
    with ac.AzureConnector(azure_endpoint=endpoint, api_key=KEY, max_attempts=1) as client:
        messages: Any = [{"role": "user", "content": PROMPT}]
        for _ in client.chat.completions.create(model="gpt-4o", messages=messages, stream=kind == "stream"):
            pass


def test_an_error_crosses_a_process_pool() -> None:
    with Emulator(api_key=KEY) as azure, ProcessPoolExecutor(1) as pool:
        azure.script(Reply(status=404, body={"error": {"code": "DeploymentNotFound", "message": "no such"}}))
        with pytest.raises(ac.DeploymentNotFoundError, match="no such") as caught:
            pool.submit(fail, azure.endpoint, "whole").result()
        assert caught.value.code == "DeploymentNotFound"
        assert caught.value.attempts


def test_what_a_failed_call_raises_shows_no_key(caplog: pytest.LogCaptureFixture) -> None:
    with Emulator(api_key=KEY) as azure:
        azure.script(Reply(status=404, body={"error": {"code": "DeploymentNotFound", "message": "no such"}}))
        with pytest.raises(openai.OpenAIError) as caught:
            fail(azure.endpoint, "whole")
    error = caught.value
    logging.getLogger("test").error("failed: %r", vars(error), exc_info=error)
    assert KEY.encode() not in pickle.dumps(error)
    assert PROMPT.encode() not in pickle.dumps(error)
    link: BaseException | None = error
    while link is not None:
        for holder in (link, getattr(link, "response", None)):
            request = getattr(holder, "request", None)
            assert request is None or KEY not in repr(request.headers.raw)
        link = link.__cause__ or link.__context__
    assert KEY not in caplog.text


@pytest.mark.parametrize("value", ["c4nary\r\nX-Evil: 1", "c4nary\x00", "c4nary\u2028"])
@pytest.mark.parametrize("kind", [ac.AzureConnector, ac.AsyncAzureConnector])
def test_a_header_that_cannot_be_sent_is_refused_at_once(kind: type[Any], value: str) -> None:
    for make in (
        lambda: kind(azure_endpoint="https://r.openai.azure.com", api_key=KEY, default_headers={"X-Key": value}),
        lambda: ac.ConnectorSettings(azure_endpoint="https://r.openai.azure.com", default_headers={"X-Key": value}),
    ):
        with pytest.raises(ac.ConfigurationError, match="X-Key") as caught:
            make()
        assert "c4nary" not in str(caught.value)


def test_a_message_of_megabytes_is_cut_and_steers_no_terminal() -> None:
    with Emulator(api_key=KEY) as azure:
        azure.script(Reply(status=400, body={"error": {"code": "x", "message": "\x1b]0;owned\x07" + "a" * 3_000_000}}))
        with pytest.raises(openai.BadRequestError) as caught:
            fail(azure.endpoint, "whole")
    said = str(caught.value)
    assert len(said) < 10_000
    assert "more characters" in said
    assert "\x1b" not in said
    assert "\x07" not in said
