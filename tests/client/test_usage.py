"""The token counts of a reply are at hand, whatever its kind."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from azure_connector import AsyncAzureConnector, AzureConnector, UnreadableReplyError, azure_info
from azure_connector.emulator import Emulator, Reply


def test_embeddings_and_responses_report_their_usage(azure: Emulator) -> None:
    with AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        embedded = client.embeddings.create(model="text-embedding-3-small", input="hello")
        answered = client.responses.create(model="gpt-4o", input="Say hello")
    assert azure_info(embedded).usage == {"prompt_tokens": embedded.usage.prompt_tokens, "total_tokens": 1}
    assert answered.usage is not None
    usage = azure_info(answered).usage
    assert usage is not None
    assert usage["output_tokens"] == answered.usage.output_tokens


class _City(BaseModel):
    city: str


async def test_parsed_objects_know_where_they_came_from(azure: Emulator) -> None:
    asked: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "The city is Oslo"}]}
    place = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}
    with AzureConnector(**place) as client:
        found = client.chat.completions.parse(**asked, response_format=_City)
        assert azure_info(found).deployment == "gpt-4o"
    async with AsyncAzureConnector(**place) as client:
        found = await client.chat.completions.parse(**asked, response_format=_City)
        assert azure_info(found).region == "Sweden Central"


@pytest.mark.parametrize("body", [{}, {"choices": None}, {"output": None}, {"choices": None, "usage": None}])
def test_a_reply_whose_choices_are_null_is_none(azure: Emulator, body: dict[str, Any]) -> None:
    azure.script(Reply(body={"id": "i", "object": "chat.completion", "created": 1, "model": "m", **body}))
    with (
        AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key, max_attempts=1) as client,
        pytest.raises(UnreadableReplyError),
    ):
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
