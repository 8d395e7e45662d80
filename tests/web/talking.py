"""Asking the page's server, and reading the AG-UI events of its answers."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import httpx
from pydantic import TypeAdapter

__all__ = ["chat", "custom", "ended", "events_of", "kinds", "post", "run", "said"]

AZURE = {"provider": "azure-openai", "model": "gpt-4o"}
Json = dict[str, Any]


@cache
def _event_type() -> TypeAdapter[Any]:
    from ag_ui.core import Event

    return TypeAdapter(Event)


def events_of(text: str) -> list[Json]:
    """The events of a stream; each is validated, and their order is what AG-UI's client demands."""
    blocks = text.split("\n\n")
    assert blocks.pop() == ""
    assert all(block.startswith("data: ") for block in blocks)
    found = [json.loads(block.removeprefix("data: ")) for block in blocks]
    for event in found:
        parsed = _event_type().validate_python(event)
        assert parsed.model_dump(mode="json", by_alias=True) == event, "nothing is in it that the protocol lacks"
    _in_order(found)
    return found


def _in_order(events: list[Json]) -> None:
    assert events[0]["type"] == "RUN_STARTED"
    assert [event["type"] in ("RUN_FINISHED", "RUN_ERROR") for event in events].index(True) == len(events) - 1
    begun: list[str] = []
    for event in events:
        kind, identity = event["type"], event.get("messageId") or event.get("toolCallId") or ""
        if kind.endswith("_START"):
            begun.append(kind.removesuffix("_START") + identity)
        elif kind.endswith("_END"):
            assert begun.pop() == kind.removesuffix("_END") + identity
        elif kind.endswith(("_CONTENT", "_ARGS")):
            assert begun[-1] == kind.removesuffix("_CONTENT").removesuffix("_ARGS") + identity
        elif kind == "RUN_FINISHED":
            assert begun == []


def post(address: str, body: Any, agent: str = "assistant", **options: Any) -> httpx.Response:
    return httpx.post(f"{address}/chat/{agent}", json=body, timeout=20, **options)


def _answered(reply: httpx.Response) -> list[Json]:
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].startswith("text/event-stream")
    return events_of(reply.text)


def chat(address: str, text: str, agent: str = "assistant", **body: Any) -> list[Json]:
    """The events of one answer to the simple body."""
    return _answered(post(address, {**AZURE, "messages": [{"role": "user", "content": text}], **body}, agent))


def run(address: str, messages: list[Json], agent: str = "assistant", **body: Any) -> list[Json]:
    """The events of one answer to a `RunAgentInput`."""
    numbered = [{"id": str(number), **message} for number, message in enumerate(messages)]
    asked = {"threadId": "t", "runId": "r", "messages": numbered, "forwardedProps": AZURE, **body}
    return _answered(post(address, asked, agent))


def kinds(events: list[Json]) -> list[str]:
    """The events' types, those that repeat once."""
    found = [event["type"] for event in events]
    return [kind for index, kind in enumerate(found) if found[index - 1 : index] != [kind]]


def said(events: list[Json]) -> str:
    return "".join(event["delta"] for event in events if event["type"] == "TEXT_MESSAGE_CONTENT")


def custom(events: list[Json], name: str) -> Any:
    """The value of the last custom event of a name."""
    return [event["value"] for event in events if event["type"] == "CUSTOM" and event["name"] == name][-1]


def ended(events: list[Json]) -> Json:
    """The last event, of a run that was finished."""
    assert events[-1]["type"] == "RUN_FINISHED"
    return events[-1]
