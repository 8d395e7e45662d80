"""Embeddings that behave like embeddings, and the lists."""

from __future__ import annotations

import base64
import math
import struct
from typing import Any

import httpx
import openai
import pytest

from azure_connector.emulator import Deployment, Emulator

PATH = "/openai/v1/embeddings"


def vectors(http: httpx.Client, given: Any, **more: Any) -> list[list[float]]:
    reply = http.post(PATH, json={"model": "text-embedding-3-small", "input": given, **more})
    assert reply.status_code == 200, reply.text
    return [one["embedding"] for one in reply.json()["data"]]


def dot(first: list[float], second: list[float]) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("size", [1536, 256, 64])
def test_unit_length_deterministic_and_similar_texts_closer(http: httpx.Client, size: int) -> None:
    texts = [
        "The cat sat on the mat",
        "A cat is sitting on a mat",
        "Shares fell sharply in London",
        "The cat sat on the mat",
    ]
    first, near, far, again = vectors(http, texts, dimensions=size)
    assert len(first) == size
    assert math.isclose(dot(first, first), 1, abs_tol=1e-6)
    assert first == again
    assert dot(first, near) > dot(first, far) + 0.2
    assert dot(first, near) < 0.999


def test_a_shorter_vector_is_the_start_of_the_long_one(http: httpx.Client) -> None:
    [full], [short] = vectors(http, "hello world"), vectors(http, "hello world", dimensions=100)
    cut = full[:100]
    length = math.sqrt(dot(cut, cut))
    assert all(math.isclose(a / length, b, abs_tol=1e-6) for a, b in zip(cut, short, strict=True))


def test_reply_has_azures_shape(http: httpx.Client) -> None:
    body = http.post(PATH, json={"model": "text-embedding-3-small", "input": ["a", "b c"]}).json()
    assert body["object"] == "list"
    assert [one["index"] for one in body["data"]] == [0, 1]
    assert body["model"] == "text-embedding-3-small"
    assert body["usage"] == {"prompt_tokens": 3, "total_tokens": 3}


def test_base64_and_token_arrays(http: httpx.Client) -> None:
    [plain] = vectors(http, "hello", dimensions=16)
    [coded] = vectors(http, "hello", dimensions=16, encoding_format="base64")
    unpacked = struct.unpack("<16f", base64.b64decode(str(coded)))
    assert all(math.isclose(a, b, abs_tol=1e-6) for a, b in zip(plain, unpacked, strict=True))
    assert len(vectors(http, [1, 2, 3])) == 1
    assert len(vectors(http, [[1, 2], [3]])) == 2


def test_the_sdk_reads_it(v1: openai.OpenAI, classic: openai.AzureOpenAI) -> None:
    for client in (v1, classic):
        assert len(client.embeddings.create(model="text-embedding-3-small", input="x").data[0].embedding) == 1536


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"input": ["x"] * 2049}, "input"),
        ({"input": ""}, "input"),
        ({"input": [None]}, "input[0]"),
        ({"input": 5}, "input"),
        ({}, "input"),
        ({"input": "x", "dimensions": 1537}, "dimensions"),
        ({"input": "x", "encoding_format": "hex"}, "encoding_format"),
        ({"input": "x", "nonsense": 1}, "nonsense"),
        ({"input": "word " * 9000}, "input"),
    ],
)
def test_refusals(http: httpx.Client, given: dict[str, Any], param: str) -> None:
    reply = http.post(PATH, json={"model": "text-embedding-3-small", **given})
    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == param


def test_a_full_batch_passes(http: httpx.Client) -> None:
    assert len(vectors(http, ["x"] * 2048, dimensions=8)) == 2048


def test_a_chat_model_does_not_embed(http: httpx.Client) -> None:
    error = http.post(PATH, json={"model": "gpt-4o", "input": "x"}).json()["error"]
    assert error["code"] == "OperationNotSupported"
    assert "embeddings operation does not work with the specified model, gpt-4o." in error["message"]


def test_lists() -> None:
    own = [Deployment("my-chat", "gpt-5", capacity=10), Deployment("other", "gpt-5"), "o4-mini"]
    with Emulator(own) as azure, httpx.Client(base_url=azure.endpoint, headers={"api-key": azure.api_key}) as http:
        listed = http.get("/openai/deployments?api-version=2023-03-15-preview").json()
        assert [(one["id"], one["model"], one["status"]) for one in listed["data"]] == [
            ("my-chat", "gpt-5", "succeeded"),
            ("other", "gpt-5", "succeeded"),
            ("o4-mini", "o4-mini", "succeeded"),
        ]
        assert http.get("/openai/deployments?api-version=2024-10-21").status_code == 404
        for url in ("/openai/v1/models", "/openai/models?api-version=2024-10-21"):
            models = http.get(url).json()["data"]
            assert [one["id"] for one in models] == ["gpt-5-2025-08-07", "o4-mini-2025-04-16"]
            assert models[0]["capabilities"]["chat_completion"] is True
        assert http.get("/openai/v1/models/gpt-5").json()["id"] == "gpt-5-2025-08-07"
        assert http.get("/openai/v1/models/nope").status_code == 404


def test_deployments_may_be_a_mapping() -> None:
    with Emulator({"private-name": "gpt-4o"}) as azure:
        body = {"model": "private-name", "messages": [{"role": "user", "content": "Say hi"}]}
        reply = httpx.post(
            f"{azure.endpoint}/openai/v1/chat/completions", json=body, headers={"api-key": azure.api_key}
        )
    assert reply.json()["model"] == "gpt-4o-2024-11-20"
    assert reply.headers["x-ms-deployment-name"] == "private-name"
