"""Images, audio, documents and files of a history: each arrives as the part that OpenAI has for it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
from semantic_kernel.contents import (
    AnnotationContent,
    AudioContent,
    ChatHistory,
    ChatMessageContent,
    FileReferenceContent,
    ImageContent,
    TextContent,
)
from semantic_kernel.contents.binary_content import BinaryContent
from semantic_kernel.contents.utils.author_role import AuthorRole
from semantic_kernel.exceptions.service_exceptions import ServiceInvalidRequestError

from azure_connector.emulator import Emulator
from sk_azure_plugin import AzureConnectorChatCompletion
from tests.sk.saying import completion

DATA = b"\x89PNG\r\n\xff"
BASE64 = base64.b64encode(DATA).decode()
SETTINGS = AzureChatPromptExecutionSettings()


def looking_at(*items: Any) -> ChatHistory:
    history = ChatHistory()
    history.add_message(ChatMessageContent(role=AuthorRole.USER, items=[TextContent(text="What is it?"), *items]))
    return history


IMAGE_URL = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
IMAGE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{BASE64}"}}


@pytest.mark.parametrize(
    ("item", "part"),
    [
        (ImageContent(uri="https://example.com/cat.png"), IMAGE_URL),
        (ImageContent(data=DATA, mime_type="image/png", data_format="base64"), IMAGE),
        (ImageContent(data=DATA, mime_type="image/png"), IMAGE),
        (ImageContent(data=DATA, mime_type="image/png", metadata={"detail": "mine"}), IMAGE),
        (ImageContent(data_uri=f"data:image/png;base64,{BASE64}"), IMAGE),
        (BinaryContent(data=DATA, mime_type="image/png"), IMAGE),
        (
            AudioContent(data=DATA, mime_type="audio/wav", data_format="base64"),
            {"type": "input_audio", "input_audio": {"data": BASE64, "format": "wav"}},
        ),
        (
            AudioContent(data=DATA, mime_type="audio/mpeg"),
            {"type": "input_audio", "input_audio": {"data": BASE64, "format": "mp3"}},
        ),
        (
            BinaryContent(data=DATA, mime_type="application/pdf", uri="https://example.com/docs/terms.pdf"),
            {
                "type": "file",
                "file": {"filename": "terms.pdf", "file_data": f"data:application/pdf;base64,{BASE64}"},
            },
        ),
        (
            BinaryContent(data=DATA, mime_type="application/pdf"),
            {"type": "file", "file": {"filename": "file.pdf", "file_data": f"data:application/pdf;base64,{BASE64}"}},
        ),
        (BinaryContent(data="a,b", mime_type="text/csv"), {"type": "text", "text": "a,b"}),
        (FileReferenceContent(file_id="file-1"), {"type": "file", "file": {"file_id": "file-1"}}),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, dict) else str(value["type"]),
)
async def test_items_become_parts(
    azure: Emulator, service: AzureConnectorChatCompletion, item: Any, part: dict[str, Any]
) -> None:
    azure.script(completion(content="A cat."))
    await service.get_chat_message_content(looking_at(item), SETTINGS)
    (message,) = azure.requests.last.body["messages"]
    assert message == {"role": "user", "content": [{"type": "text", "text": "What is it?"}, part]}


async def test_a_file_from_the_disk(azure: Emulator, service: AzureConnectorChatCompletion, tmp_path: Path) -> None:
    (tmp_path / "terms.pdf").write_bytes(DATA)
    (tmp_path / "cat.png").write_bytes(DATA)
    azure.script(completion(content="Both."))
    document = BinaryContent.from_file(tmp_path / "terms.pdf", mime_type="application/pdf")
    image = ImageContent.from_image_file(str(tmp_path / "cat.png"))
    await service.get_chat_message_content(looking_at(document, image), SETTINGS)
    _, file, picture = azure.requests.last.body["messages"][0]["content"]
    assert file["file"] == {"filename": "terms.pdf", "file_data": f"data:application/pdf;base64,{BASE64}"}
    assert picture == IMAGE


async def test_annotations_are_for_the_reader(azure: Emulator, service: AzureConnectorChatCompletion) -> None:
    azure.script(completion(content="Yes."))
    await service.get_chat_message_content(looking_at(AnnotationContent(quote="q")), SETTINGS)
    assert azure.requests.last.body["messages"] == [{"role": "user", "content": "What is it?"}]


@pytest.mark.parametrize(
    "item",
    [
        AudioContent(uri="https://example.com/a.wav"),
        AudioContent(data=DATA, mime_type="audio/flac"),
        BinaryContent(uri="https://example.com/terms.pdf"),
    ],
    ids=["audio by address", "flac", "document by address"],
)
async def test_what_cannot_be_sent_is_said(azure: Emulator, service: AzureConnectorChatCompletion, item: Any) -> None:
    with pytest.raises(ServiceInvalidRequestError, match=r"mime_type|data="):
        await service.get_chat_message_content(looking_at(item), SETTINGS)
    assert len(azure.requests) == 0


async def test_images_reach_a_responses_only_model(azure: Emulator, service: AzureConnectorChatCompletion) -> None:
    settings = AzureChatPromptExecutionSettings(ai_model_id="gpt-5-pro")
    await service.get_chat_message_content(looking_at(ImageContent(data=DATA, mime_type="image/png")), settings)
    sent = azure.requests.last.body["input"][0]["content"]
    assert [part["type"] for part in sent] == ["input_text", "input_image"]
