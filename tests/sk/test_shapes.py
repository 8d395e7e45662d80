"""Odd replies through Semantic Kernel: each class arrives as its own, with ours as the cause; the core retries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
from semantic_kernel.connectors.ai.open_ai.exceptions.content_filter_ai_exception import ContentFilterAIException
from semantic_kernel.contents import ChatHistory
from semantic_kernel.exceptions import ServiceResponseException

from azure_connector import errors
from sk_azure_plugin import AzureConnectorChatCompletion
from tests.replies.service import Service
from tests.replies.shapes import GOOD, ROWS, Row, good

RETRIED = (errors.UnreadableReplyError, errors.ServiceUnavailableError, errors.StreamInterruptedError)
SETTINGS = AzureChatPromptExecutionSettings()


def picked(door: str) -> Iterator[Row]:
    """Two shapes of each class that a door meets."""
    known = [row for row in ROWS if isinstance(row.outcome, type) and door in row.doors and not row.text]
    for cls in dict.fromkeys(row.outcome for row in known):
        found = [row for row in known if row.outcome is cls]
        yield from [row for row in found if row.answer.status == 200][:2] or found[:2]


CASES = [pytest.param(row, door, id=f"{row.name}-{door}") for door in ("chat", "chat stream") for row in picked(door)]


@pytest.fixture
def said() -> Iterator[Service]:
    made = Service()
    yield made
    made.stop()


async def asked(said: Service, door: str, attempts: int) -> str:
    service = AzureConnectorChatCompletion(
        model="gpt-4o", endpoint=said.endpoint, api_key="key-0123456789", max_attempts=attempts
    )
    history = ChatHistory()
    history.add_user_message("Hi")
    pieces: list[Any] = []
    try:
        if "stream" in door:
            async for messages in service.get_streaming_chat_message_content(history, SETTINGS):
                pieces.append(messages)
            return "".join(str(piece) for piece in pieces)
        return str(await service.get_chat_message_content(history, SETTINGS))
    finally:
        await service.client.close()


@pytest.mark.parametrize(("row", "door"), CASES)
async def test_the_class_is_semantic_kernel_s(said, row, door):
    said.says(row.answer)
    expected = ContentFilterAIException if row.outcome is errors.ContentFilteredError else ServiceResponseException
    with pytest.raises(expected) as caught:
        await asked(said, door, 1)
    cause = caught.value.__cause__
    assert type(cause) is row.outcome
    assert [words for words in row.words if words not in str(cause)] == []
    assert cause.hint in str(caught.value)


@pytest.mark.parametrize(("row", "door"), [case for case in CASES if issubclass(case.values[0].outcome, RETRIED)])
async def test_the_core_has_retried_before_semantic_kernel_hears_of_it(said, row, door):
    said.says(row.answer.soon(), good(door))
    assert await asked(said, door, 2) == GOOD
    assert len(said.requests) == 2
