"""Semantic Kernel's own image, audio and realtime services, given the connector: nothing of ours is needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import websockets.asyncio.client
from semantic_kernel.connectors.ai.open_ai import (
    AzureAudioToText,
    AzureChatCompletion,
    AzureChatPromptExecutionSettings,
    AzureRealtimeWebsocket,
    AzureTextEmbedding,
    AzureTextToAudio,
    AzureTextToImage,
    OpenAIAudioToText,
    OpenAIRealtimeExecutionSettings,
    OpenAIRealtimeWebsocket,
    OpenAITextToAudio,
    OpenAITextToImage,
    OpenAITextToImageExecutionSettings,
)
from semantic_kernel.connectors.ai.open_ai.prompt_execution_settings.open_ai_text_to_image_execution_settings import (
    ImageSize,
)
from semantic_kernel.contents import AudioContent, ChatHistory

from azure_connector import AsyncAzureConnector, ConfigurationError
from azure_connector.emulator import Emulator, Reply
from tests.support.waiting import PATIENCE


@pytest_asyncio.fixture
async def connector(azure: Emulator) -> AsyncIterator[AsyncAzureConnector]:
    async with AsyncAzureConnector(
        azure_endpoint=azure.endpoint, api_key=azure.api_key, deployment_mapping={"gpt-image-1": "pictures"}
    ) as connector:
        yield connector


async def test_images(azure: Emulator, connector: AsyncAzureConnector) -> None:
    service = OpenAITextToImage(ai_model_id="gpt-image-1", async_client=connector)
    azure.script(Reply(body={"created": 1, "data": [{"url": "https://example.com/cat.png"}]}))
    settings = OpenAITextToImageExecutionSettings(size=ImageSize(width=1024, height=1024))
    assert await service.generate_images("A cat", settings=settings) == ["https://example.com/cat.png"]
    assert azure.requests.last.url == "/openai/v1/images/generations"
    assert azure.requests.last.body["model"] == "pictures"


async def test_transcription(azure: Emulator, connector: AsyncAzureConnector, tmp_path: Path) -> None:
    service = OpenAIAudioToText(ai_model_id="whisper", async_client=connector)
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    azure.script(Reply(body={"text": "hello"}))
    heard = await service.get_text_content(AudioContent(uri=str(tmp_path / "a.wav")))
    assert heard.text == "hello"
    assert azure.requests.last.operation == "/audio/transcriptions"
    assert b'name="model"\r\n\r\nwhisper' in azure.requests.last.raw


async def test_speech(azure: Emulator, connector: AsyncAzureConnector) -> None:
    service = OpenAITextToAudio(ai_model_id="tts", async_client=connector)
    azure.script(Reply(raw=b"mp3", headers={"content-type": "audio/mpeg"}))
    spoken = await service.get_audio_content("hello")
    assert spoken.data == b"mp3"
    assert azure.requests.last.body["model"] == "tts"


async def test_realtime() -> None:
    with Emulator({"my-voice": "gpt-realtime"}) as azure:
        connector = AsyncAzureConnector(
            azure_endpoint=azure.endpoint, api_key=azure.api_key, deployment_mapping={"gpt-realtime": "my-voice"}
        )
        service = OpenAIRealtimeWebsocket(ai_model_id="gpt-realtime", client=connector)
        settings = OpenAIRealtimeExecutionSettings(instructions="Be brief.")
        heard: list[str] = []
        async with service(settings=settings), asyncio.timeout(PATIENCE):
            async for event in service.receive():
                heard.append(event.service_type)
                if heard[-1] == "session.updated":
                    break
        await connector.close()
        seen = azure.requests.last
    assert heard == ["session.created", "session.updated"]
    assert seen.url == "/openai/v1/realtime?model=my-voice"
    assert seen.headers["api-key"] == azure.api_key
    assert seen.messages[0]["session"]["instructions"] == "Be brief."


class TestAzuresOwnServices:
    """Semantic Kernel's Azure services insist on an `AsyncAzureOpenAI`, which the connector is."""

    async def test_images(self, azure: Emulator, connector: AsyncAzureConnector) -> None:
        service = AzureTextToImage(deployment_name="gpt-image-1", async_client=connector)
        azure.script(Reply(body={"created": 1, "data": [{"url": "https://example.com/cat.png"}]}))
        settings = OpenAITextToImageExecutionSettings(size=ImageSize(width=1024, height=1024))
        assert await service.generate_images("A cat", settings=settings) == ["https://example.com/cat.png"]
        assert azure.requests.last.body["model"] == "pictures"

    @pytest.mark.parametrize("identity", [True, False])
    async def test_realtime(self, monkeypatch: pytest.MonkeyPatch, identity: bool) -> None:
        """It opens its WebSocket by itself: with Entra ID's token, or not at all."""
        reach = websockets.asyncio.client.connect

        def on_loopback(url: str, **options: Any) -> Any:  # the service always asks for TLS
            return reach(url.replace("wss://127", "ws://127"), **options)

        monkeypatch.setattr(websockets.asyncio.client, "connect", on_loopback)
        with Emulator({"my-voice": "gpt-realtime"}) as azure:
            signed: dict[str, str] = {"azure_ad_token": azure.bearer_token} if identity else {"api_key": azure.api_key}
            connector = AsyncAzureConnector(azure_endpoint=azure.endpoint, **signed)
            service = AzureRealtimeWebsocket(
                deployment_name="my-voice", endpoint="https://one.openai.azure.com", async_client=connector
            )
            if identity:
                async with service(), asyncio.timeout(PATIENCE):
                    assert azure.requests.last.headers["authorization"] == f"Bearer {azure.bearer_token}"
            else:
                with pytest.raises(ConfigurationError, match="OpenAIRealtimeWebsocket"):
                    await service.create_session()
                assert len(azure.requests) == 0
            await connector.close()

    async def test_transcription(self, azure: Emulator, connector: AsyncAzureConnector, tmp_path: Path) -> None:
        service = AzureAudioToText(deployment_name="whisper", async_client=connector)
        (tmp_path / "a.wav").write_bytes(b"RIFF")
        azure.script(Reply(body={"text": "hello"}))
        heard = await service.get_text_content(AudioContent(uri=str(tmp_path / "a.wav")))
        assert heard.text == "hello"

    async def test_speech(self, azure: Emulator, connector: AsyncAzureConnector) -> None:
        service = AzureTextToAudio(deployment_name="tts", async_client=connector)
        azure.script(Reply(raw=b"mp3", headers={"content-type": "audio/mpeg"}))
        assert (await service.get_audio_content("hello")).data == b"mp3"

    async def test_embeddings(self, azure: Emulator, connector: AsyncAzureConnector) -> None:
        service = AzureTextEmbedding(deployment_name="text-embedding-3-small", async_client=connector)
        assert len(await service.generate_embeddings(["one", "two"])) == 2
        assert azure.requests.last.url == "/openai/v1/embeddings"

    async def test_chat_and_its_dictionary(self, azure: Emulator, connector: AsyncAzureConnector) -> None:
        service = AzureChatCompletion(deployment_name="gpt-4o", async_client=connector)
        history = ChatHistory(system_message="Be brief.")
        history.add_user_message("Say hello to Oslo")
        reply = await service.get_chat_message_content(history, AzureChatPromptExecutionSettings())
        assert reply is not None
        assert reply.content
        told = service.to_dict()
        assert told["api_version"] == "v1"
        assert azure.api_key not in str(told)
