"""A secret planted in every secret setting appears in nothing that a client shows, logs or raises."""

from __future__ import annotations

import json
import logging
import pickle
import traceback

import pytest

import azure_connector as ac
from azure_connector.emulator import Reply
from tests.support.asking import WAYS, ask

CANARY = "canary-0123456789abcdef-"


@pytest.fixture(params=["api_key", "azure_ad_token", "apim_subscription_key", "client_secret", "proxy"])
def planted(request, azure):
    options = {"azure_endpoint": azure.endpoint, "max_attempts": 1}
    name = request.param
    if name == "client_secret":
        return options | {
            "client_secret": CANARY + "s",
            "tenant_id": "t",
            "client_id": "c",
            "authority_host": "https://localhost:9",
            "disable_instance_discovery": True,
        }
    if name == "proxy":
        return options | {"api_key": CANARY + "k", "proxy": f"http://user:{CANARY}p@127.0.0.1:9"}
    return options | {name: CANARY + name}


def everything_about(error: BaseException) -> str:
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    # The frames of the test itself hold the secret by right.
    for part in walk(told):
        part.stack[:] = [frame for frame in part.stack if "/tests/" not in frame.filename]
    return "".join(told.format()) + repr(error) + str(vars(error))


def walk(told: traceback.TracebackException):
    while told is not None:
        yield told
        told = told.__cause__ or told.__context__


@pytest.mark.parametrize("way", WAYS)
def test_errors_and_logs(azure, planted, way, caplog):
    caplog.set_level(logging.DEBUG)
    azure.script(Reply(status=401, body={"statusCode": 401, "message": "Access denied"}), Reply(status=401))
    with pytest.raises(ac.AzureErrorDetails) as caught:
        ask(way, **planted)
    shown = everything_about(caught.value)
    assert "canary" not in shown
    assert "canary" not in caplog.text


def test_client_explanation_and_settings(planted):
    client = ac.AzureConnector(**planted)
    try:
        explanation = client.explain("gpt-5")
        shown = [repr(client), repr(client.settings), str(client.settings), str(explanation)]
        shown += [explanation._repr_html_(), json.dumps(explanation.to_dict()), json.dumps(client.settings.to_dict())]
        shown += [
            repr(vars(client)),
            client.api_key,
            str(client.settings.model_dump()),
            client.settings.model_dump_json(),
        ]
        assert "canary" not in "".join(shown)
        with pytest.raises(TypeError):
            pickle.dumps(client)
    finally:
        client.close()


def test_a_bad_argument_beside_a_secret():
    with pytest.raises(ac.ConfigurationError) as caught:
        ac.AzureConnector(azure_endpoint="ftp://x", api_key=CANARY + "k")
    assert "canary" not in everything_about(caught.value)


def test_a_copy_with_another_key(azure):
    with ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        other = client.with_options(api_key=CANARY + "k", max_retries=0)
        with pytest.raises(ac.AccessTokenError) as caught:
            other.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "x"}])
    assert "canary" not in everything_about(caught.value)
    assert azure.requests[0].headers["api-key"] == CANARY + "k"
