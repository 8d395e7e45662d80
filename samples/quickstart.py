"""One Azure deployment through three doors: the plain client, Semantic Kernel and LiteLLM.

Runs against the local emulator, or against your own resource when AZURE_OPENAI_ENDPOINT is set:

    python samples/quickstart.py
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # no download of a price table at import

from rich.console import Console
from rich.table import Table

from azure_connector import AsyncAzureConnector, AzureConnector, azure_info

console = Console(highlight=False)
MODEL = os.environ.get("AZURE_OPENAI_MODEL", "gpt-5")
QUESTION = "Say hello to Oslo in one sentence."


def weather(city: Annotated[str, "The city to look at"]) -> str:
    """Tells the weather in a city."""
    console.print(f"  [dim]Semantic Kernel called[/] weather(city={city!r})")
    return f"{city}: 21 degrees and sunny"


class Costs:
    """What each door cost: calls, tokens, and money by the list prices that LiteLLM knows."""

    def __init__(self) -> None:
        self.served = MODEL
        self.rows: list[tuple[str, int, int, int]] = []

    def add(self, door: str, calls: int, tokens_in: int, tokens_out: int) -> None:
        self.rows.append((door, calls, tokens_in, tokens_out))

    def show(self) -> None:
        table = Table(title="What each door cost", title_justify="left", box=None, padding=(0, 2, 0, 0))
        for column in ("door", "calls", "tokens in", "out", "cost"):
            table.add_column(column, justify="left" if column == "door" else "right")
        for door, calls, tokens_in, tokens_out in self.rows:
            money = self._money(tokens_in, tokens_out)
            table.add_row(door, str(calls), str(tokens_in), str(tokens_out), money)
        console.print(table)

    def _money(self, tokens_in: int, tokens_out: int) -> str:
        import litellm

        try:
            parts = litellm.cost_per_token(f"azure/{self.served}", tokens_in, tokens_out)
        except Exception:  # noqa: BLE001  # LiteLLM raises plain exceptions for models without a price
            return "no price"
        return f"{sum(parts):.6f} USD"


@contextmanager
def resource() -> Iterator[None]:
    """The resource that the environment names, or the emulator's."""
    if os.environ.get("AZURE_OPENAI_ENDPOINT"):
        yield
        return
    from azure_connector.emulator import Emulator

    with Emulator() as azure:
        os.environ |= {"AZURE_OPENAI_ENDPOINT": azure.endpoint, "AZURE_OPENAI_API_KEY": azure.api_key}
        console.print(f"No AZURE_OPENAI_ENDPOINT is set: asking the emulator at {azure.endpoint}\n", soft_wrap=True)
        yield


def plain_client(costs: Costs) -> None:
    """Door 1: the OpenAI SDK's own interface, streamed."""
    console.rule("1. AzureConnector, an OpenAI client", align="left")
    with AzureConnector() as client:
        target = client.explain(MODEL).targets[0]  # print(client.explain(MODEL)) says much more
        console.print(f"  [dim]will ask {target.name} at {target.url}[/]", soft_wrap=True)
        console.print(f"  [dim]with {target.credential} from {target.credential_origin}[/]", soft_wrap=True)
        stream = client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": QUESTION}],
            max_tokens=800,  # gpt-5 knows only max_completion_tokens: the connector renames it
            stream=True,
            stream_options={"include_usage": True},
        )
        for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                console.print(chunk.choices[0].delta.content, end="")
        info = azure_info(stream)
        console.print(f"\n  [dim]{info.deployment} ({info.served_model}) in {info.region}[/]\n")
        usage, costs.served = info.usage or {}, info.served_model or MODEL
        costs.add(
            "AzureConnector", len(info.attempts), usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)
        )


async def semantic_kernel(costs: Costs) -> None:
    """Door 2: a Semantic Kernel app whose model calls a Python function by itself."""
    console.rule("2. Semantic Kernel", align="left")
    from semantic_kernel import Kernel
    from semantic_kernel.connectors.ai import FunctionChoiceBehavior
    from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
    from semantic_kernel.contents import ChatHistory
    from semantic_kernel.functions import kernel_function

    from sk_azure_plugin import AzureConnectorChatCompletion

    async with AsyncAzureConnector() as connector:
        kernel, service = Kernel(), AzureConnectorChatCompletion(model=MODEL, connector=connector)
        kernel.add_service(service)
        kernel.add_function("travel", kernel_function(weather, name="weather", description=weather.__doc__))
        history = ChatHistory()
        history.add_user_message("How is the weather in Bergen?")
        settings = AzureChatPromptExecutionSettings(function_choice_behavior=FunctionChoiceBehavior.Auto())
        used = (0, 0)
        async for message in service.get_streaming_chat_message_content(history, settings, kernel=kernel):
            if message is not None:
                console.print(str(message), end="")
                usage = message.metadata.get("usage")
                if usage:  # the sum over both calls, so the last one counts
                    used = (usage.prompt_tokens or 0, usage.completion_tokens or 0)
        console.print("\n")
        costs.add("Semantic Kernel", 2, *used)


def litellm_prefix(costs: Costs) -> None:
    """Door 3: LiteLLM, by a model's prefix."""
    console.rule("3. LiteLLM", align="left")
    import litellm

    import litellm_adapter

    litellm_adapter.register()
    stream: Any = litellm.completion(
        model=f"azure_connector/{MODEL}",
        messages=[{"role": "user", "content": QUESTION}],
        stream=True,
        stream_options={"include_usage": True},
    )
    used = (0, 0)
    for chunk in stream:
        console.print(chunk.choices[0].delta.content or "" if chunk.choices else "", end="")
        usage = getattr(chunk, "usage", None)
        used = (usage.prompt_tokens, usage.completion_tokens) if usage else used
    console.print("\n")
    costs.add("LiteLLM", 1, *used)


def main() -> int:
    """Runs the three doors; an error is told in words, never as a traceback."""
    from openai import OpenAIError

    costs = Costs()
    try:
        with resource():
            plain_client(costs)
            asyncio.run(semantic_kernel(costs))
            litellm_prefix(costs)
    except OpenAIError as error:
        console.print(f"\n[red]{type(error).__name__}[/]: {error}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("\ninterrupted")
        return 130
    costs.show()
    return 0


if __name__ == "__main__":
    sys.exit(main())
