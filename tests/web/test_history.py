"""Conversations that come back from an AG-UI client: all roles, parts, tools of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from azure_connector.emulator import Emulator

from .talking import kinds, run, said

Serve = Callable[..., str]
Json = dict[str, Any]


def call(identity: str, arguments: str = "{}", name: str = "weather") -> Json:
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}


def sent(serve: Serve, resource: Emulator, messages: list[Json], **body: Any) -> list[Json]:
    """What the model was sent of a conversation, after the agent's own instructions."""
    run(serve(), messages, "travel", **body)
    asked = next(seen for seen in resource.requests if "chat/completions" in seen.operation)
    return asked.body["messages"][1:]


def test_all_roles_are_understood(serve: Serve, resource: Emulator) -> None:
    history: list[Json] = [
        {"role": "system", "content": "Be kind."},
        {"role": "developer", "content": "Be short."},
        {"role": "user", "content": "How is the weather in Oslo?"},
        {"role": "reasoning", "content": "I need the tool."},
        {"role": "assistant", "toolCalls": [call("a", '{"city": "Oslo"}')]},
        {"role": "tool", "toolCallId": "a", "content": "sunny"},
        {"role": "activity", "activityType": "PLAN", "content": {"steps": []}},
        {"role": "assistant", "content": "It is sunny."},
        {"role": "user", "content": "Thanks"},
    ]
    assert sent(serve, resource, history) == [
        {"role": "system", "content": "Be kind."},
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "How is the weather in Oslo?"},
        {"role": "assistant", "content": None, "tool_calls": [call("a", '{"city": "Oslo"}')]},
        {"role": "tool", "tool_call_id": "a", "content": "sunny"},
        {"role": "assistant", "content": "It is sunny."},
        {"role": "user", "content": "Thanks"},
    ]


def test_calls_and_results_are_paired(serve: Serve, resource: Emulator) -> None:
    """A stopped run leaves calls without results, and clients keep results where they like."""
    history: list[Json] = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "Let me see.", "toolCalls": [call("a"), call("b", "{cut"), call("lost")]},
        {"role": "assistant", "toolCalls": [call("lost too")]},
        {"role": "tool", "toolCallId": "b", "content": [{"type": "text", "text": "rain"}]},
        {"role": "tool", "toolCallId": "nobody's", "content": "?"},
        {"role": "tool", "toolCallId": "a", "content": "none", "error": "it failed"},
        {"role": "user", "content": "And?"},
    ]
    assert sent(serve, resource, history) == [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [call("a"), call("b")]},
        {"role": "tool", "tool_call_id": "a", "content": '{"error": "it failed", "content": "none"}'},
        {"role": "tool", "tool_call_id": "b", "content": "rain"},
        {"role": "user", "content": "And?"},
    ]


def test_parts_are_passed_on_or_dropped(serve: Serve, resource: Emulator) -> None:
    dot = "iVBORw0KGgo="
    parts: list[Json] = [
        {"type": "text", "text": "What is this?"},
        {"type": "image", "source": {"type": "data", "value": dot, "mimeType": "image/png"}},
        {"type": "image", "source": {"type": "url", "value": "https://example.org/a.png"}},
        {"type": "image", "source": {"type": "file", "value": "file-1"}},
        {"type": "video", "source": {"type": "url", "value": "https://example.org/a.mp4"}},
    ]
    only_text = [{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}]
    first, second = sent(serve, resource, [{"role": "user", "content": only_text}, {"role": "user", "content": parts}])
    assert first["content"] == "One\nTwo"
    assert second["content"] == [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{dot}"}},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
    ]


TOOL = {"name": "colour", "description": "Sets the page's colour.", "parameters": {"type": "object", "properties": {}}}


def test_a_clients_own_tool_ends_the_run_and_its_result_begins_the_next(serve: Serve, resource: Emulator) -> None:
    address = serve()
    question = {"role": "user", "content": "Use colour, please. How is the weather in Bergen?"}
    tools = [TOOL, {"name": "weather", "description": "another of that name"}]
    events = run(address, [question], "travel", tools=tools, forwardedProps={"tool_choice": _only("colour")})
    assert kinds(events)[-1] == "RUN_FINISHED"
    begun = [one for one in events if one["type"] == "TOOL_CALL_START"]
    assert [one["toolCallName"] for one in begun] == ["colour"]
    assert "TOOL_CALL_RESULT" not in kinds(events), "that is the client's to say"
    asked = resource.requests.last.body
    assert [tool["function"]["name"] for tool in asked["tools"]] == ["weather", "distance", "colour"]
    called = {"role": "assistant", "toolCalls": [call(begun[0]["toolCallId"], name="colour")]}
    answered = {"role": "tool", "toolCallId": begun[0]["toolCallId"], "content": "blue"}
    assert said(run(address, [question, called, answered], tools=[TOOL]))


def _only(name: str) -> Json:
    return {"type": "function", "function": {"name": name}}


def test_what_the_client_tells_beside_the_conversation_reaches_the_agent(serve: Serve, resource: Emulator) -> None:
    context = [{"description": "The reader's city", "value": "Bergen"}]
    run(serve(), [{"role": "user", "content": "Hello"}], context=context)
    system = resource.requests.last.body["messages"][0]
    assert system == {"role": "system", "content": "Answer briefly.\n\nThe reader's city: Bergen"}


def test_ids_of_the_run_come_back(serve: Serve) -> None:
    events = run(serve(), [{"role": "user", "content": "Hello"}], threadId="mine", runId="7")
    assert json.dumps(events[0]).count("mine") == 1
    for event in (events[0], events[-1]):
        assert (event["threadId"], event["runId"]) == ("mine", "7")
