"""Who asks for an `AzureOpenAI`, or branches on one, takes the connector's clients."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from pydantic import BaseModel

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import Emulator, Reply
from tests.support import asking
from tests.support.frameworks import needed

frameworks = needed("litellm", "instructor", "agent_framework.openai", "langsmith.wrappers")


class City(BaseModel):
    name: str


@pytest.fixture
def quiet_langsmith(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """LangSmith without a network: what it would send is kept."""
    runs: list[dict[str, Any]] = []
    monkeypatch.setenv("LANGSMITH_TRACING", "false")
    return runs


@pytest.mark.parametrize("version", [None, "2024-10-21"])
class TestLiteLLMsAzure:
    """LiteLLM's own `azure/`, with `client=`: it writes an api-version into the client's query."""

    def test_chat(self, azure: Emulator, version: str | None) -> None:
        import litellm

        with AzureConnector(**asking.options(azure, api_version=version)) as client:
            for _ in range(2):
                reply = litellm.completion("azure/gpt-4o", asking.HELLO, client=client, api_version="2024-10-21")
                assert reply.choices[0].message.content
        assert azure.requests.last.query == ({} if version is None else {"api-version": version})

    async def test_async_chat(self, azure: Emulator, version: str | None) -> None:
        import litellm

        async with AsyncAzureConnector(**asking.options(azure, api_version=version)) as client:
            reply = await litellm.acompletion("azure/gpt-4o", asking.HELLO, client=client, api_version="2024-10-21")
        assert reply.choices[0].message.content

    def test_embeddings(self, azure: Emulator, version: str | None) -> None:
        import litellm

        with AzureConnector(**asking.options(azure, api_version=version)) as client:
            reply = litellm.embedding(
                "azure/text-embedding-3-small",
                ["one"],
                client=client,
                api_base=azure.endpoint,
                api_version="2024-10-21",
            )
        assert len(reply.data) == 1


def test_litellms_transcription(azure: Emulator, tmp_path: Any) -> None:
    import litellm

    (tmp_path / "a.wav").write_bytes(b"RIFF")
    azure.script(Reply(body={"text": "hello"}))
    with AzureConnector(**asking.options(azure)) as client, (tmp_path / "a.wav").open("rb") as file:
        reply = litellm.transcription("azure/whisper", file, client=client, api_base=azure.endpoint, api_version="v1")
    assert reply.text == "hello"


def test_langsmiths_wrapper(azure: Emulator, quiet_langsmith: list[dict[str, Any]]) -> None:
    from langsmith.wrappers import wrap_openai

    with AzureConnector(**asking.options(azure)) as client:
        wrapped = wrap_openai(client)
        assert wrapped.chat.completions.create(model="gpt-4o", messages=asking.HELLO).choices
        chunks = wrapped.chat.completions.create(model="gpt-4o", messages=asking.HELLO, stream=True)
        assert asking.text_of(list(chunks))
        assert wrapped.responses.create(model="gpt-4o", input="Hello").output_text


async def test_langsmiths_wrapper_of_an_async_client(azure: Emulator, quiet_langsmith: list[dict[str, Any]]) -> None:
    from langsmith.wrappers import wrap_openai

    async with AsyncAzureConnector(**asking.options(azure)) as client:
        wrapped = wrap_openai(client)
        assert (await wrapped.chat.completions.create(model="gpt-4o", messages=asking.HELLO)).choices


async def test_agent_framework(azure: Emulator) -> None:
    import agent_framework.openai

    async with AsyncAzureConnector(**asking.options(azure)) as connector:
        for kind in (agent_framework.openai.OpenAIChatClient, agent_framework.openai.OpenAIChatCompletionClient):
            client = kind(model="gpt-4o", async_client=connector)
            reply = await client.get_response([agent_framework.Message("user", ["Say hello to Oslo"])])
            assert reply.text
            assert client.OTEL_PROVIDER_NAME.startswith("azure") or "azure" in str(vars(client)).lower()


def test_instructor(azure: Emulator) -> None:
    import instructor

    call = {"id": "c1", "type": "function", "function": {"name": "City", "arguments": '{"name": "Oslo"}'}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    azure.script(
        Reply(
            body={
                "id": "x",
                "object": "chat.completion",
                "created": 1,
                "model": "gpt-4o",
                "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}],
            }
        )
    )
    with AzureConnector(**asking.options(azure)) as client:
        assert isinstance(client, openai.AzureOpenAI)
        made = instructor.from_openai(client)
        found = made.chat.completions.create(model="gpt-4o", messages=asking.HELLO, response_model=City)
    assert found.name == "Oslo"
