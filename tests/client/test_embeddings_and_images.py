"""Embeddings and images know their models: what loses nothing is left out, what cannot be given is refused unsent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import azure_connector as ac
from azure_connector.emulator import Deployment, Emulator, Reply

MODELS = (
    "text-embedding-ada-002",
    "text-embedding-3-small",
    "text-embedding-3-large",
    "gpt-image-1",
    "gpt-image-1-mini",
    "dall-e-3",
)
PIXEL = {"created": 1, "data": [{"b64_json": "aGk="}]}


@pytest.fixture(scope="module")
def resource() -> Iterator[Emulator]:
    deployments = [*map(Deployment, MODELS), Deployment("vectors", MODELS[0]), Deployment("pictures", "gpt-image-1")]
    with Emulator(deployments) as azure:
        yield azure


@pytest.fixture
def azure(resource: Emulator) -> Emulator:
    resource.clear()
    return resource


def client_of(azure: Emulator) -> ac.AzureConnector:
    mapping = {"old": {"deployment": "vectors", "model": "text-embedding-ada-002"}}
    return ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key, deployment_mapping=mapping)


@pytest.mark.parametrize(
    ("model", "dimensions", "sent"),
    [
        ("text-embedding-ada-002", 1536, None),
        ("text-embedding-ada-002", None, None),
        ("old", 1536, None),
        ("text-embedding-3-small", 1536, 1536),
        ("text-embedding-3-small", 256, 256),
        ("text-embedding-3-large", 3072, 3072),
    ],
)
def test_dimensions_that_the_model_gives(azure, model: str, dimensions: Any, sent: int | None):
    with client_of(azure) as client:
        client.embeddings.create(model=model, input="Hello", dimensions=dimensions)
    assert azure.requests.last.status == 200
    assert azure.requests.last.body.get("dimensions") == sent


@pytest.mark.parametrize(
    ("model", "asked", "words"),
    [
        ("text-embedding-ada-002", {"dimensions": 256}, "dimensions=256"),
        ("old", {"dimensions": 3072}, "1536 dimensions"),
        ("text-embedding-3-small", {"dimensions": 3072}, "at most 1536"),
        ("text-embedding-3-large", {"dimensions": 3073}, "at most 3072"),
        ("text-embedding-3-small", {"input": ["a"] * 2049}, "embedding_batches"),
    ],
)
def test_what_an_embedding_model_cannot_give_is_not_sent(azure, model: str, asked: dict[str, Any], words: str):
    with client_of(azure) as client, pytest.raises(ac.InvalidRequestError, match=words):
        client.embeddings.create(model=model, **{"input": "Hello", **asked})
    assert not azure.requests


@pytest.mark.parametrize("model", ["gpt-image-1", "gpt-image-1-mini"])
@pytest.mark.parametrize("edit", [False, True])
def test_images_that_come_as_base64_anyway(azure, model: str, edit: bool):
    azure.script(Reply(status=200, body=PIXEL))
    with client_of(azure) as client:
        if edit:
            made = client.images.edit(model=model, image=b"\x89PNG", prompt="A fox", response_format="b64_json")
        else:
            made = client.images.generate(model=model, prompt="A fox", response_format="b64_json")
    assert made.data
    assert made.data[0].b64_json == "aGk="
    assert b"response_format" not in azure.requests.last.raw


@pytest.mark.parametrize(
    ("model", "asked", "words"),
    [
        ("gpt-image-1", {"response_format": "url"}, "response_format='url'"),
        ("gpt-image-1", {"n": 11}, "n=11"),
        ("dall-e-3", {"n": 2}, "at most 1 image "),
    ],
)
def test_what_an_image_model_cannot_give_is_not_sent(azure, model: str, asked: dict[str, Any], words: str):
    with client_of(azure) as client, pytest.raises(ac.InvalidRequestError, match=words):
        client.images.generate(model=model, prompt="A fox", **asked)
    assert not azure.requests


def test_an_image_model_of_which_nothing_is_known_teaches(azure):
    words = {
        "error": {
            "message": "Unknown parameter: 'response_format'.",
            "param": "response_format",
            "code": "unknown_parameter",
        }
    }
    azure.script(Reply(status=400, body=words), Reply(status=200, body=PIXEL), Reply(status=200, body=PIXEL))
    with client_of(azure) as client:
        for _ in range(2):
            client.images.generate(model="pictures", prompt="A fox", response_format="b64_json")
    assert [request.body.get("response_format") for request in azure.requests] == ["b64_json", None, None]


@pytest.mark.parametrize("asked", [{"response_format": "b64_json"}, {"response_format": "url"}])
def test_litellm(azure, asked: dict[str, Any]):
    litellm = pytest.importorskip("litellm")
    import litellm_adapter

    litellm_adapter.register("door", azure_endpoint=azure.endpoint, api_key=azure.api_key)
    try:
        azure.script(Reply(status=200, body=PIXEL))
        if asked["response_format"] == "url":
            with pytest.raises(litellm.BadRequestError, match="base64 only"):
                litellm.image_generation(model="door/gpt-image-1", prompt="A fox", **asked)
        else:
            litellm.image_generation(model="door/gpt-image-1", prompt="A fox", **asked)
            assert "response_format" not in azure.requests.last.body
        azure.clear()
        with pytest.raises(litellm.BadRequestError, match="dimensions=256"):
            litellm.embedding(model="door/text-embedding-ada-002", input=["Hello"], dimensions=256)
        litellm.embedding(model="door/text-embedding-ada-002", input=["Hello"], dimensions=1536)
        assert "dimensions" not in azure.requests.last.body
    finally:
        litellm_adapter.unregister("door")


async def test_semantic_kernel(azure):
    pytest.importorskip("semantic_kernel")
    from semantic_kernel.connectors.ai.open_ai import OpenAIEmbeddingPromptExecutionSettings

    from sk_azure_plugin import AzureConnectorTextEmbedding

    service = AzureConnectorTextEmbedding(
        model="text-embedding-ada-002", endpoint=azure.endpoint, api_key=azure.api_key
    )
    try:
        await service.generate_embeddings(["Hello"], OpenAIEmbeddingPromptExecutionSettings(dimensions=1536))
        assert "dimensions" not in azure.requests.last.body
        with pytest.raises(Exception, match="dimensions"):
            await service.generate_embeddings(["Hello"], OpenAIEmbeddingPromptExecutionSettings(dimensions=256))
        assert len(azure.requests) == 1
    finally:
        await service.client.close()
