"""An agent host: the provider comes from a TOML table, tools are given as `input_schema`, answers come from Responses.

python samples/agent_host/host.py "How is the weather in Oslo?"
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tomllib
from pathlib import Path
from typing import Any

import openai

from azure_connector import AsyncAzureConnector

TOOLS = [
    {
        "name": "get_weather",
        "description": "Tells the weather in a city.",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
]


def get_weather(city: str) -> str:
    return f"{city}: 21 degrees and sunny"


def provider(config: Path, name: str | None) -> tuple[openai.AsyncOpenAI, str]:
    """The client and the model of a `[[providers]]` entry: the one of that name, or the first."""
    entries = tomllib.loads(config.read_text(encoding="utf-8"))["providers"]
    entry = next((one for one in entries if name in (None, one["name"])), None)
    if entry is None:
        raise SystemExit(f"{config} has no provider called {name!r}, only {', '.join(one['name'] for one in entries)}")
    if entry["name"] == "azure-openai":
        client = AsyncAzureConnector(config_file=config)  # reads its own entry, variables included
        return client, client.settings.default_model
    settings = dict(entry["config"])
    model = settings.pop("model")
    return openai.AsyncOpenAI(**settings), model


async def run(client: openai.AsyncOpenAI, model: str, prompt: str) -> str:
    """Asks until the model calls no more tools."""
    # Nothing is stored, so the model's reasoning travels with the conversation, encrypted.
    options: dict[str, Any] = {"tools": TOOLS, "store": False, "include": ["reasoning.encrypted_content"]}
    conversation: list[Any] = [{"role": "user", "content": prompt}]
    while True:
        reply = await client.responses.create(model=model, input=conversation, **options)
        calls = [item for item in reply.output if item.type == "function_call"]
        if not calls:
            return reply.output_text
        conversation += reply.output
        for call in calls:
            result = get_weather(**json.loads(call.arguments))
            print(f"  {call.name}({call.arguments}) -> {result}")
            conversation.append({"type": "function_call_output", "call_id": call.call_id, "output": result})


async def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("prompt")
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("host.toml"))
    parser.add_argument("--provider")
    given = parser.parse_args(arguments)
    client, model = provider(given.config, given.provider)
    async with client:
        print(await run(client, model, given.prompt))


if __name__ == "__main__":
    asyncio.run(main())
