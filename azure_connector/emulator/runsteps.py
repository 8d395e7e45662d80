"""How a run goes on: from its thread to an answer or to tool calls, told as the events that a stream sends."""

from __future__ import annotations

from collections.abc import Iterator

from .brain import think
from .completion import Completion, most_tokens, settle
from .counting import count_value, pieces
from .filters import judge, unmarked
from .resource import Resource
from .shelves import Thing
from .thinking import Ask, ToolCall, ToolSpec, Turn
from .threads import add_message
from .values import Json, items_of, object_of, text_of

__all__ = ["Event", "advance", "finish", "set_status"]

Event = tuple[str, Json]
_ENDS = {"completed": "completed_at", "failed": "failed_at", "cancelled": "cancelled_at"}


def set_status(run: Thing, status: str, resource: Resource) -> Event:
    """Move a run; the event that tells of it."""
    run.body["status"] = status
    if status in _ENDS:
        run.body[_ENDS[status]] = int(resource.clock())
        run.body["expires_at"] = None
    return f"thread.run.{status}", dict(run.body)


def advance(thread: Thing, run: Thing, resource: Resource) -> None:
    """One step on: queued, in progress, then what comes of it."""
    if run.body["status"] == "queued":
        run.body["started_at"] = int(resource.clock())
        set_status(run, "in_progress", resource)
    elif run.body["status"] == "in_progress":
        for _ in finish(thread, run, resource):
            pass
    elif run.body["status"] == "cancelling":
        set_status(run, "cancelled", resource)


def finish(thread: Thing, run: Thing, resource: Resource) -> Iterator[Event]:
    """The end of a run that is in progress, event by event."""
    turns = _turns(thread, run)
    verdict = judge([turn.text for turn in turns if turn.role == "user"])
    if verdict.refused:
        run.body["last_error"] = {"code": "content_filter", "message": verdict.refusal().body["error"]["message"]}
        yield set_status(run, "failed", resource)
        return
    reply = _reply(run, tuple(turns), resource)
    usage = {"prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.completion_tokens}
    run.body["usage"] = {**usage, "total_tokens": sum(usage.values())}
    if reply.calls:
        yield from _ask_for_tools(run, reply.calls, resource)
        return
    message = add_message(thread, {"role": "assistant", "content": reply.text or " "}, resource, run=run.body)
    step = _step(run, "message_creation", {"message_id": message.identity}, resource)
    yield "thread.run.step.created", dict(step.body)
    empty: Json = {**message.body, "status": "in_progress", "content": [], "completed_at": None}
    yield "thread.message.created", empty
    yield "thread.message.in_progress", empty
    for piece in pieces(reply.text or " "):
        part = {"index": 0, "type": "text", "text": {"value": piece}}
        yield (
            "thread.message.delta",
            {"id": message.identity, "object": "thread.message.delta", "delta": {"content": [part]}},
        )
    yield "thread.message.completed", dict(message.body)
    step.body |= {"status": "completed", "completed_at": int(resource.clock()), "usage": run.body["usage"]}
    yield "thread.run.step.completed", dict(step.body)
    yield set_status(run, "completed", resource)


def _ask_for_tools(run: Thing, calls: tuple[ToolCall, ...], resource: Resource) -> Iterator[Event]:
    made: list[Json] = [
        {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in calls
    ]
    shown: list[Json] = [{**one, "function": {**one["function"], "output": None}} for one in made]
    step = _step(run, "tool_calls", {"tool_calls": shown}, resource)
    run.hidden["step"] = step.identity
    run.hidden["calls"] = [*run.hidden["calls"], *made]
    run.body["required_action"] = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": made}}
    yield "thread.run.step.created", dict(step.body)
    yield set_status(run, "requires_action", resource)


def _step(run: Thing, kind: str, details: Json, resource: Resource) -> Thing:
    shown: Json = {
        "id": f"step_{resource.ids.letters(24)}",
        "object": "thread.run.step",
        "created_at": int(resource.clock()),
        "run_id": run.identity,
        "assistant_id": run.body["assistant_id"],
        "thread_id": run.body["thread_id"],
        "type": kind,
        "status": "in_progress",
        "step_details": {"type": kind, kind: details.get(kind, details)},
        "cancelled_at": None,
        "completed_at": None,
        "expired_at": None,
        "failed_at": None,
        "last_error": None,
        "metadata": {},
        "usage": None,
    }
    return run.below["steps"].keep(Thing(shown))


def _turns(thread: Thing, run: Thing) -> list[Turn]:
    turns = [Turn("system", text) for text in [text_of(run.body["instructions"])] if text]
    for message in thread.below["messages"].bodies():
        texts = [object_of(part.get("text")).get("value") for part in message["content"] if part["type"] == "text"]
        text = "\n".join(text_of(one) for one in texts)
        turns.append(Turn("user", unmarked(text)) if message["role"] == "user" else Turn("assistant", text))
    for call in run.hidden["calls"]:
        function, identity = call["function"], call["id"]
        turns.append(Turn("assistant", calls=(ToolCall(function["name"], function["arguments"], identity),)))
        turns.append(Turn("tool", run.hidden["outputs"].get(identity, ""), call_id=identity))
    return turns


def _reply(run: Thing, turns: tuple[Turn, ...], resource: Resource) -> Completion:
    family = resource.deployment(run.body["model"]).family
    limit = most_tokens(run.body["max_completion_tokens"], family.max_output)
    tools: list[ToolSpec] = []
    for tool in items_of(run.body["tools"]):
        function = object_of(object_of(tool).get("function"))
        if function:
            description = text_of(function.get("description"))
            tools.append(ToolSpec(text_of(function.get("name")), description, function.get("parameters")))
    choice = run.body["tool_choice"]
    named = text_of(object_of(object_of(choice).get("function")).get("name"))
    if run.hidden["calls"] and (named or choice == "required"):
        choice, named = "auto", ""  # it was done
    wanted = object_of(object_of(object_of(run.body["response_format"]).get("json_schema")).get("schema"))
    kind = object_of(run.body["response_format"]).get("type")
    ask = Ask(
        turns,
        tuple(tools),
        named or text_of(choice) or "auto",
        bool(run.body["parallel_tool_calls"]),
        wanted if kind in ("json_schema", "json_object") else None,
        limit,
        named=bool(named),
    )
    prompt = sum(count_value(turn.text) for turn in turns) + count_value(run.body["tools"])
    return settle(think(ask), resource.ids, prompt=prompt, thinking=0, limit=limit)
