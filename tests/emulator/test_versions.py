"""Which api-versions there are, and what each of them can do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from azure_connector.emulator import Emulator

SAY = [{"role": "user", "content": "Say hi"}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}


@pytest.fixture(scope="module")
def azure() -> Iterator[Emulator]:
    with Emulator(["gpt-4o", "gpt-4o-mini-tts", "gpt-realtime", "gpt-image-1"]) as emulator:
        yield emulator


def post(azure: Emulator, path: str, body: dict[str, Any]) -> httpx.Response:
    return httpx.post(f"{azure.endpoint}{path}", json=body, headers={"api-key": azure.api_key})


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (None, None),
        ("v1", None),
        ("preview", None),
        ("latest", "API version not supported"),
        ("2024-10-21", "api-version query parameter is not allowed when using /v1 path"),
        ("2025-04-01-preview", "api-version query parameter is not allowed when using /v1 path"),
        ("", "API version not supported"),
    ],
)
@pytest.mark.parametrize("path", ["/chat/completions", "/responses"])
def test_v1_takes_words_and_no_dates(azure: Emulator, path: str, version: str | None, words: str | None) -> None:
    body = {"model": "gpt-4o", "messages" if "chat" in path else "input": SAY}
    query = "" if version is None else f"?api-version={version}"
    reply = post(azure, f"/openai/v1{path}{query}", body)
    assert reply.status_code == (400 if words else 200)
    if words:
        assert reply.json()["error"] == {"code": "BadRequest", "message": words}


def test_strict_resources_refuse_every_version_on_v1() -> None:
    with Emulator(strict_versions=True) as azure:
        body = {"model": "gpt-4o", "messages": SAY}
        assert post(azure, "/openai/v1/chat/completions", body).status_code == 200
        for version in ("v1", "preview", "2024-10-21"):
            assert post(azure, f"/openai/v1/chat/completions?api-version={version}", body).status_code == 400


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("2023-05-15", 200),
        ("2024-10-21", 200),
        ("2025-04-01-preview", 200),
        ("v1", 200),
        ("2024-10-21-preview", 404),
        ("2025-04-01", 404),
        ("2099-01-01", 404),
        ("banana", 404),
        ("", 404),
    ],
)
def test_classic_knows_the_versions_that_exist(azure: Emulator, version: str, status: int) -> None:
    path = f"/openai/deployments/gpt-4o/chat/completions?api-version={version}"
    assert post(azure, path, {"messages": SAY}).status_code == status


@pytest.mark.parametrize(
    ("version", "given", "words"),
    [
        ("2024-06-01", {"max_completion_tokens": 9}, "Unrecognized request argument supplied: max_completion_tokens"),
        ("2024-08-01-preview", {"max_completion_tokens": 9}, "argument supplied: max_completion_tokens"),
        ("2024-09-01-preview", {"max_completion_tokens": 9}, None),
        ("2024-10-21", {"max_completion_tokens": 9}, None),
        ("2023-05-15", {"tools": [TOOL]}, "Unrecognized request argument supplied: tools"),
        ("2024-02-01", {"tools": [TOOL]}, None),
        ("2024-06-01", {"tools": [TOOL], "parallel_tool_calls": False}, "argument supplied: parallel_tool_calls"),
        ("2024-06-01", {"response_format": SCHEMA}, "json_schema is enabled only for api versions 2024-08-01-preview"),
        ("2024-10-21", {"response_format": SCHEMA}, None),
    ],
)
def test_classic_versions_know_what_they_can_do(
    azure: Emulator, version: str, given: dict[str, Any], words: str | None
) -> None:
    path = f"/openai/deployments/gpt-4o/chat/completions?api-version={version}"
    reply = post(azure, path, {"messages": SAY, **given})
    assert reply.status_code == (400 if words else 200), reply.text
    if words:
        assert words in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("/openai/responses", "2024-10-21", "2025-03-01-preview"),
        ("/openai/deployments/gpt-4o-mini-tts/audio/speech", "2024-10-21", "2024-02-15-preview"),
        ("/openai/deployments/gpt-image-1/images/generations", "2023-05-15", "2024-02-01"),
    ],
)
def test_operations_came_with_a_version(azure: Emulator, path: str, old: str, new: str) -> None:
    body = {"model": "gpt-4o", "input": "hi"} if "responses" in path else {"input": "hi", "voice": "alloy"}
    body = {"prompt": "a cat"} if "images" in path else body
    assert post(azure, f"{path}?api-version={old}", body).json()["error"]["code"] == "404"
    assert post(azure, f"{path}?api-version={new}", body).status_code == 200


def test_vercels_provider_in_both_its_forms(azure: Emulator) -> None:
    """Its paths, as @ai-sdk/azure writes them."""
    body = {"model": "gpt-4o", "messages": SAY}
    for path in ("/openai/v1/chat/completions", "/openai/deployments/gpt-4o/chat/completions"):
        for version in ("v1", "preview"):
            assert post(azure, f"{path}?api-version={version}", body).status_code == 200
