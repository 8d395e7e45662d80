"""A tool call and its answer."""

from __future__ import annotations

import json

import litellm
from _resource import resource

import litellm_adapter

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def get_weather(city: str) -> str:
    """Stands for a look at a weather service."""
    return f"{city}: 12 degrees and rain"


with resource():
    litellm_adapter.register()
    messages: list = [{"role": "user", "content": "How is the weather in Bergen?"}]
    while True:
        reply = litellm.completion(model="azure_connector/gpt-4o", messages=messages, tools=[TOOL])
        message = reply.choices[0].message
        if not message.tool_calls:
            break
        messages.append(message)
        for call in message.tool_calls:
            result = get_weather(**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    print(message.content)
