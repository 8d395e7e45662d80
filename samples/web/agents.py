"""The agents: instructions, and the functions that the model may call."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["AGENTS", "Agent"]


def weather(city: str) -> dict[str, Any]:
    """Tells today's weather in a city."""
    return {"city": city, "degrees": 8 + sum(map(ord, city)) % 18, "sky": "sunny"}


def distance(origin: str, destination: str) -> dict[str, Any]:
    """Tells the distance between two cities."""
    kilometres = 40 * (1 + abs(sum(map(ord, origin)) - sum(map(ord, destination))) % 50)
    return {"from": origin, "to": destination, "kilometres": kilometres}


@dataclass(frozen=True)
class Agent:
    """Instructions and the functions that the model may call."""

    id: str
    name: str
    instructions: str
    functions: tuple[Callable[..., Any], ...] = ()
    hint: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The functions' names."""
        return tuple(function.__name__ for function in self.functions)

    def tools(self) -> list[dict[str, Any]]:
        """In the Chat Completions form, which every provider takes. (The connector would take the functions.)"""
        return [
            {
                "type": "function",
                "function": {
                    "name": function.__name__,
                    "description": function.__doc__,
                    "parameters": {
                        "type": "object",
                        "properties": {name: {"type": "string"} for name in _parameters(function)},
                        "required": _parameters(function),
                    },
                },
            }
            for function in self.functions
        ]

    def call(self, name: str, arguments: str) -> str:
        """What a tool gives, as JSON; a wrong call is told to the model, which then may mend it."""
        function = next((one for one in self.functions if one.__name__ == name), None)
        try:
            if function is None:
                raise ValueError(f"there is no tool {name!r}")
            return json.dumps(function(**json.loads(arguments)))
        except (TypeError, ValueError) as error:
            return json.dumps({"error": str(error)})


def _parameters(function: Callable[..., Any]) -> list[str]:
    return [name for name in function.__annotations__ if name != "return"]


AGENTS = {
    agent.id: agent
    for agent in (
        Agent("assistant", "Assistant", "Answer briefly.", hint="Count to 20"),
        Agent(
            "travel",
            "Travel (has tools)",
            "You help travellers. Use the tools.",
            (weather, distance),
            hint="How is the weather in Bergen?",
        ),
    )
}
