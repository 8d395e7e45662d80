"""AG-UI's own client, from npm, holds a conversation with the page's server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from azure_connector.emulator import Emulator, faults

from .browser import NPM, missing_from_npm

Serve = Callable[..., str]
Json = dict[str, Any]


pytestmark = pytest.mark.skipif(bool(missing_from_npm("@ag-ui/client")), reason=missing_from_npm("@ag-ui/client"))


def talk(address: str, runs: list[Json], agent: str = "travel") -> list[Json]:
    """What the client made of some runs in one conversation."""
    command = ["node", "talk.mjs", f"{address}/chat/{agent}"]
    done = subprocess.run(
        command, check=False, cwd=NPM, input=json.dumps(runs), capture_output=True, text=True, timeout=50
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert done.stderr == "" or any(one["thrown"] for one in told), "the client has nothing to complain of"
    return told


def roles(told: Json) -> list[str]:
    return [message["role"] for message in told["messages"]]


PROPS = {"provider": "azure-openai", "model": "gpt-4o"}


def test_a_conversation_with_tools_an_error_and_further_turns(serve: Serve, resource: Emulator) -> None:
    runs = [
        {"content": "How is the weather in Bergen? And the weather in Oslo?", "props": PROPS},
        {"content": "[filter:hate=high]", "props": PROPS},
        {"content": "Say well", "props": {**PROPS, "model": "thinker", "temperature": 0.5}},
    ]
    first, second, third = talk(serve(), runs)
    assert roles(first) == ["user", "assistant", "tool", "tool", "assistant"]
    assert len(first["messages"][1]["toolCalls"]) == 2
    assert "Bergen" in first["messages"][-1]["content"]
    assert first["result"] == {"finish_reason": "stop"}
    assert first["error"] is first["thrown"] is None
    assert second["error"]["code"] == "ContentFilteredError"
    assert "hate (high)" in second["error"]["message"]
    # The client keeps the refused question, so the filter acts again: a new conversation must begin, or another words.
    assert third["error"]["code"] == "ContentFilteredError"


def test_a_second_turn_brings_its_tools_and_thoughts_back(serve: Serve, resource: Emulator) -> None:
    runs = [
        {"content": "Say one", "props": {**PROPS, "model": "thinker"}},
        {"content": "How is the weather in Bergen?", "props": PROPS},
        {"content": "Say well", "props": PROPS},
    ]
    *_, last = talk(serve(), runs)
    assert last["messages"][-1]["content"] == "well"
    assert "reasoning" in roles(last)
    sent = [message["role"] for message in resource.requests.last.body["messages"]]
    assert sent == ["system", "user", "assistant", "user", "assistant", "tool", "assistant", "user"]


def test_it_carries_out_tools_of_its_own(serve: Serve) -> None:
    tool = {"name": "colour", "description": "Sets the colour", "parameters": {"type": "object", "properties": {}}}
    forced = {**PROPS, "toolChoice": {"type": "function", "function": {"name": "colour"}}}
    runs = [
        {"content": "Use colour", "props": forced, "tools": [tool]},
        {"props": PROPS, "tools": [tool], "results": {"colour": "it is blue now"}},
    ]
    first, second = talk(serve(), runs, "assistant")
    assert roles(first) == ["user", "assistant"]
    assert roles(second) == ["user", "assistant", "tool", "assistant"]
    assert "it is blue now" in second["messages"][-1]["content"]


def test_a_cut_answer_is_an_error_to_it_and_a_refused_request_is_thrown(serve: Serve, resource: Emulator) -> None:
    resource.script(faults.reset("during", after=6), deployment="gpt-4o")
    runs = [
        {"content": "Count to 20", "props": PROPS},
        {"content": "Hello", "props": {**PROPS, "model": "nope"}},
        {"content": "Say well", "props": PROPS},
    ]
    cut, refused, third = talk(serve(), runs, "assistant")
    assert cut["error"]["message"].startswith("Azure OpenAI broke off before the answer was complete.")
    assert cut["messages"][-1]["content"].startswith("1")
    assert refused["thrown"].startswith("HTTP 404")
    assert third["messages"][-1]["content"] == "well"
