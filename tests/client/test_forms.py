"""Every endpoint form that users paste, through both clients, plain and streamed: what arrives on the wire."""

from __future__ import annotations

import pytest

from azure_connector import AzureConnector, azure_info
from tests.support.asking import WAYS, ask, text_of

V1 = "/openai/v1/chat/completions"
CLASSIC = "/openai/deployments/gpt-4o/chat/completions"
FORMS = {
    "bare": ("", {}, V1, {}),
    "slash": ("/", {}, V1, {}),
    "openai": ("/openai", {}, V1, {}),
    "v1": ("/openai/v1", {}, V1, {}),
    "v1 slash": ("/openai/v1/", {}, V1, {}),
    "v1 target": ("/openai/v1/chat/completions", {}, V1, {}),
    "api_version": ("", {"api_version": "2024-10-21"}, CLASSIC, {"api-version": "2024-10-21"}),
    "classic target": (
        "/openai/deployments/gpt-4o/chat/completions?api-version=2024-06-01",
        {},
        CLASSIC,
        {"api-version": "2024-06-01"},
    ),
    "classic base": (
        "/openai/deployments/gpt-4o?api-version=2024-06-01",
        {},
        CLASSIC,
        {"api-version": "2024-06-01"},
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", FORMS)
def test_each_form_reaches_the_deployment(azure, form, way):
    pasted, options, path, query = FORMS[form]
    reply = ask(way, azure_endpoint=azure.endpoint + pasted, api_key=azure.api_key, **options)
    (request,) = azure.requests
    assert (request.method, request.raw_path, request.query) == ("POST", path, query)
    assert request.headers["api-key"] == azure.api_key
    assert "authorization" not in request.headers
    assert request.body["model"] == "gpt-4o"
    assert request.body["messages"] == [{"role": "user", "content": "Say hello to Oslo"}]
    assert ("stream" in request.body) == way.endswith("stream")
    assert "Oslo" in text_of(reply)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("version", [None, "2024-10-21"])
def test_a_mapped_model_reaches_its_deployment(azure, way, version):
    reply = ask(
        way,
        {"model": "gpt-5"},
        azure_endpoint=azure.endpoint,
        api_key=azure.api_key,
        api_version=version,
        deployment_mapping={"gpt-5": "gpt-5-mini"},
    )
    (request,) = azure.requests
    assert request.deployment == "gpt-5-mini"
    assert request.body["model"] == "gpt-5-mini"
    last = reply[-1] if isinstance(reply, list) else reply
    assert azure_info(last).deployment == "gpt-5-mini"
    assert azure_info(last).region


@pytest.mark.parametrize("version", [None, "2024-10-21"])
def test_embeddings_in_both_forms(azure, version):
    with AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key, api_version=version) as client:
        reply = client.embeddings.create(model="text-embedding-3-small", input=["one", "two"])
    assert [len(item.embedding) for item in reply.data] == [1536, 1536]
    (request,) = azure.requests
    assert request.operation == "/embeddings"
    assert request.query == ({} if version is None else {"api-version": version})
    assert azure_info(reply).deployment == "text-embedding-3-small"


def test_a_deployments_name_cannot_leave_its_path_segment(azure):
    from azure_connector import DeploymentNotFoundError

    options = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, "api_version": "2024-10-21"}
    with AzureConnector(**options) as client, pytest.raises(DeploymentNotFoundError):
        client.chat.completions.create(model="../../models?x=", messages=[{"role": "user", "content": "x"}])
    (request,) = azure.requests
    assert request.raw_path == "/openai/deployments/..%2F..%2Fmodels%3Fx%3D/chat/completions"


@pytest.mark.parametrize("way", WAYS)
def test_a_bearer_token_goes_in_the_authorization_header_alone(azure, way):
    ask(way, azure_endpoint=azure.endpoint, azure_ad_token=azure.bearer_token)
    (request,) = azure.requests
    assert request.headers["authorization"] == f"Bearer {azure.bearer_token}"
    assert "api-key" not in request.headers


@pytest.mark.parametrize("way", WAYS)
def test_a_token_provider_is_asked_for_the_token(azure, way):
    asked = []

    def provider():
        asked.append(1)
        return azure.bearer_token

    ask(way, azure_endpoint=azure.endpoint, azure_ad_token_provider=provider)
    assert asked == [1]
    assert azure.requests[0].headers["authorization"] == f"Bearer {azure.bearer_token}"
