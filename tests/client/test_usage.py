"""The token counts of a reply are at hand, whatever its kind."""

from __future__ import annotations

from azure_connector import AzureConnector, azure_info
from azure_connector.emulator import Emulator


def test_embeddings_and_responses_report_their_usage(azure: Emulator) -> None:
    with AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        embedded = client.embeddings.create(model="text-embedding-3-small", input="hello")
        answered = client.responses.create(model="gpt-4o", input="Say hello")
    assert azure_info(embedded).usage == {"prompt_tokens": embedded.usage.prompt_tokens, "total_tokens": 1}
    assert answered.usage is not None
    usage = azure_info(answered).usage
    assert usage is not None
    assert usage["output_tokens"] == answered.usage.output_tokens
