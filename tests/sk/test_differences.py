"""The same server behaviours through SK's own Azure service and through ours: every difference is an improvement."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from semantic_kernel import Kernel
from semantic_kernel.connectors.ai.open_ai import AzureChatCompletion

from azure_connector.emulator import Emulator
from sk_azure_plugin import AzureConnectorChatCompletion
from tests.sk import behaviours as b
from tests.sk.saying import Weather

PAGE = Path(__file__).parents[2] / "docs" / "semantic-kernel.md"
ANSWER = {"text", "role", "finish", "items", "usage", "keys", "counted", "error", "heard", "hint", "verdicts"}
SEEN = ANSWER | {"asked", "requests", "sent"}
Outcome = dict[str, Any]

# What may differ, and what must hold.
IMPROVEMENTS: dict[str, tuple[set[str], Callable[[Outcome, Outcome], bool]]] = {
    b.HINT: ({"hint", "requests"}, lambda stock, ours: ours["hint"] and not stock["hint"]),
    b.FOUND: ({"asked", "sent"}, lambda stock, ours: (stock["asked"], ours["asked"]) == ([], ["Oslo"])),
    b.KNOWN: (ANSWER, lambda stock, ours: stock["error"] == "ValueError" and ours["finish"] == "FinishReason.STOP"),
    b.NEVER_CRASHES: (
        {"error", "hint", "verdicts"},
        lambda stock, ours: (
            stock["error"] in {"AttributeError", "ValueError"} and ours["error"] == "ContentFilterAIException"
        ),
    ),
    b.WRITTEN: (
        {"sent"},
        lambda stock, ours: (
            stock["sent"][-1] == ours["sent"][-1]
            and "malformed" in ours["sent"][-1]["content"]
            and "_raw_arguments" in str(ours["sent"][-2])
        ),
    ),
    b.WRITTEN_FROM_KEY: (
        {"items", "sent"},
        lambda stock, ours: (
            stock["sent"][-1] == ours["sent"][-1]
            and "malformed" in ours["sent"][-1]["content"]
            and json.loads(ours["sent"][-2]["tool_calls"][0]["function"]["arguments"])
            == {"_raw_arguments": '{"city": Oslo'}
        ),
    ),
    b.NO_ANSWER: (
        ANSWER | {"requests"},  # what cannot be read is asked for again
        lambda stock, ours: (
            stock["error"] in {"AttributeError", "TypeError", "IndexError"}  # the first one is for the answer None
            and ours["error"] in {"ServiceInvalidResponseError", "ServiceResponseException"}
        ),
    ),
    "the usage comes last, so that the messages' sum keeps it": (
        {"usage"},
        lambda stock, ours: (stock["usage"], ours["usage"], ours["counted"]) == (None, 5, stock["counted"]),
    ),
    b.AS_SK: (
        ANSWER,
        lambda stock, ours: (ours["error"], ours["heard"], ours["hint"]) == ("ServiceResponseException", "Hi", True),
    ),
    "the role is the assistant's, no ValueError": (
        ANSWER,
        lambda stock, ours: stock["error"] == "ValueError" and ours["role"] == "assistant",
    ),
    "a ReasoningContent comes first": ({"items"}, lambda stock, ours: ours["items"][0] == ("ReasoningContent", "Hm.")),
    "a StreamingReasoningContent comes first": (
        {"items"},
        lambda stock, ours: ours["items"][0] == ("StreamingReasoningContent", "Hm."),
    ),
    "the arguments are read": (
        {"asked", "sent"},
        lambda stock, ours: (stock["asked"], ours["asked"]) == ([], ["Oslo"]),
    ),
    "the text is in the next request": (
        {"sent"},
        lambda stock, ours: "content" not in stock["sent"][1] and ours["sent"][1]["content"] == "Let me look.",
    ),
    "each call has an id of its own, so that Azure takes the next request": (
        {"sent"},
        lambda stock, ours: len({call["id"] for call in ours["sent"][1]["tool_calls"]}) == 2,
    ),
    "a FunctionCallContent, instead of a raw AttributeError": (
        ANSWER,
        lambda stock, ours: stock["error"] == "AttributeError" and ours["items"][0][0] == "FunctionCallContent",
    ),
    "no fragment is lost: the arguments are read": (
        {"items", "sent", "asked"},
        lambda stock, ours: '"x": }' in str(stock["sent"]) and '"x": { }}' in str(ours["sent"]),
    ),
    "a last request without tools gives an answer": (
        {"text", "items", "counted", "requests", "sent", "asked"},
        lambda stock, ours: (stock["text"], ours["text"]) == ("", "done"),
    ),
}


@pytest.fixture(scope="module", autouse=True)
def small_heap() -> Iterator[None]:
    """What was loaded before is not searched at each of these collections: half a second each."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("behaviour", b.BEHAVIOURS, ids=lambda behaviour: behaviour.name)
async def test_every_difference_is_an_improvement(azure: Emulator, behaviour: b.Behaviour) -> None:
    plugin, kernel = Weather(), Kernel()
    kernel.add_plugin(plugin, "weather")
    where: dict[str, Any] = {"api_key": azure.api_key, "api_version": "2024-10-21"}
    async with openai.AsyncAzureOpenAI(azure_endpoint=azure.endpoint, **where) as client:
        theirs = AzureChatCompletion(deployment_name="gpt-4o", async_client=client)
        stock = await b.outcome(theirs, azure, behaviour, kernel, plugin)
        gc.collect()  # SK's own service leaves broken streams open
        for _ in range(20):
            await asyncio.sleep(0)
    service = AzureConnectorChatCompletion(deployment_name="gpt-4o", endpoint=azure.endpoint, **where)
    ours = await b.outcome(service, azure, behaviour, kernel, plugin)
    await service.client.close()
    differing = {name for name in SEEN if stock.get(name) != ours.get(name)}
    if behaviour.better is None:
        assert differing == set(), (stock, ours)
        return
    allowed, holds = IMPROVEMENTS[behaviour.better]
    assert differing <= allowed, (stock, ours)
    assert holds(stock, ours), (stock, ours)


def test_the_page_lists_them_all() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.partition("| the server's behaviour |")[2].count("\n|") == len(b.BEHAVIOURS) + 1
    for behaviour in b.BEHAVIOURS:
        assert f"| {behaviour.name} | {behaviour.better or 'the same'} |" in page
