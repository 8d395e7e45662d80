"""An agent host: providers from a TOML table, tools given as `input_schema`, answers streamed from the Responses API.

python samples/agent_host/host.py "How is the weather in Oslo?"
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tomllib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import openai

from azure_connector import AsyncAzureConnector

AZURE = "azure-openai"


class Session(AsyncExitStack):
    """A conversation with the providers of a TOML file, whose tools do what the functions of their names do."""

    def __init__(self, config: Path, functions: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__()
        tables = tomllib.loads(config.read_text(encoding="utf-8"))
        found = tables.get("providers") or tables.get("provider") or []
        self._entries = {one["name"]: one for one in found} if isinstance(found, list) else {AZURE: found}
        self._config, self._functions = config, functions
        self._clients: dict[str, openai.AsyncOpenAI] = {}
        self.conversation: list[Any] = []

    async def provider(self, name: str | None = None) -> tuple[openai.AsyncOpenAI, str]:
        """The client of a provider, the first one when omitted, and its default model."""
        name = name or next(iter(self._entries), AZURE)
        if name not in self._entries:
            raise LookupError(f"{self._config} has no provider called {name!r}, only {', '.join(self._entries)}")
        settings = dict(self._entries[name].get("config", {}))
        model = settings.pop("default_model", None)
        if name not in self._clients:
            # The connector reads its own entry, variables and defaults included; others take theirs as arguments.
            client = AsyncAzureConnector(config_file=self._config) if name == AZURE else openai.AsyncOpenAI(**settings)
            self._clients[name] = await self.enter_async_context(client)
        client = self._clients[name]
        return client, client.settings.model_for("/chat/completions") if isinstance(
            client, AsyncAzureConnector
        ) else model or "gpt-5"

    async def send_message(self, text: str, **options: Any) -> str:
        """The answer, whole; the options are those of `stream_message`."""
        return "".join([piece async for piece in self.stream_message(text, **options)])

    async def stream_message(
        self,
        text: str,
        *,
        provider: str | None = None,
        model: str | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
        on_call: Callable[[str, str, str], object] = lambda *_: None,
    ) -> AsyncIterator[str]:
        """The answer's pieces as they arrive; tools are called on the way, each told to `on_call` with its result."""
        client, default = await self.provider(provider)
        # Nothing is stored, so the model's reasoning travels with the conversation, encrypted.
        more: Any = {"tools": tools, "store": False, "stream": True, "include": ["reasoning.encrypted_content"]}
        self.conversation.append({"role": "user", "content": text})
        while True:
            reply: Any = None
            async with await client.responses.create(model=model or default, input=self.conversation, **more) as events:
                async for event in events:
                    if event.type == "response.output_text.delta":
                        yield event.delta
                    reply = getattr(event, "response", reply)
            self.conversation += reply.output
            calls = [item for item in reply.output if item.type == "function_call"]
            if not calls:
                return
            for call in calls:
                result = self._run(call)
                on_call(call.name, call.arguments, result)
                self.conversation.append({"type": "function_call_output", "call_id": call.call_id, "output": result})

    def _run(self, call: Any) -> str:
        try:
            return str(self._functions[call.name](**json.loads(call.arguments)))
        except Exception as error:  # noqa: BLE001  # whatever a tool does wrong is told to the model
            return f"{type(error).__name__}: {error}"


WEATHER = {
    "name": "get_weather",
    "description": "Tells the weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def show(name: str, arguments: str, result: str) -> None:
    print(f"  {name}({arguments}) -> {result}")


async def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("prompt")
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("host.toml"))
    parser.add_argument("--provider")
    parser.add_argument("--model")
    given = parser.parse_args(arguments)
    functions = {"get_weather": lambda city: f"{city}: 21 degrees and sunny"}
    chosen: Any = {"provider": given.provider, "model": given.model, "tools": [WEATHER], "on_call": show}
    async with Session(given.config, functions) as session:
        async for piece in session.stream_message(given.prompt, **chosen):
            print(piece, end="", flush=True)
    print()


if __name__ == "__main__":
    asyncio.run(main())
