"""Runs: an assistant at work on a thread."""

from __future__ import annotations

from collections.abc import Iterator

from .assistants import check_settings, check_tools, deployment_name
from .bodies import prefixed, read_body, update
from .errors import invalid, missing
from .paging import listed
from .parameters import check_integer
from .resource import Resource
from .routes import Handler
from .runsteps import Event, advance, finish, set_status
from .shelves import Shelf, Thing
from .threads import ACTIVE, add_message, make_thread
from .values import Json, items_of, object_of
from .wire import Answer, Call, sse

__all__ = ["HANDLERS"]

LIFETIME = 600
_UNSET = "required_action last_error started_at cancelled_at failed_at completed_at incomplete_details usage"
UNSET = tuple(_UNSET.split())
TYPES = {
    "assistant_id": "a string",
    "model": "a string",
    "instructions": "a string",
    "additional_instructions": "a string",
    "additional_messages": "an array",
    "tools": "an array",
    "stream": "a boolean",
    "parallel_tool_calls": "a boolean",
    "truncation_strategy": "an object",
    "tool_choice": "one of a string or object",
}


def _start(thread: Thing, body: Json, resource: Resource) -> Thing:
    """A run in the queue.

    Raises:
        Refusal: 400 or 404.
    """
    identity = prefixed(body["assistant_id"], "asst_", "assistant_id")
    assistant = resource.shelves.assistants.find(identity, "assistant_id").body
    for run in thread.below["runs"].bodies():
        if run["status"] in ACTIVE:
            raise invalid(f"Thread {thread.identity} already has an active run {run['id']}.")
    check_settings(body)
    check_integer("max_completion_tokens", body.get("max_completion_tokens"), 256)
    check_integer("max_prompt_tokens", body.get("max_prompt_tokens"), 256)
    model = deployment_name(body.get("model") or assistant["model"], resource)
    tools = check_tools(body) if body.get("tools") is not None else assistant["tools"]
    for number, message in enumerate(items_of(body.get("additional_messages"))):
        add_message(thread, object_of(message), resource, f"additional_messages[{number}].")
    shown = _made(thread, body, assistant, resource) | {"model": model, "tools": tools}
    below = {"steps": Shelf("No run step found with id '{}'.")}
    return thread.below["runs"].keep(Thing(shown, {"calls": [], "outputs": {}}, below, size=6_000))


def _made(thread: Thing, body: Json, assistant: Json, resource: Resource) -> Json:
    now = int(resource.clock())
    told = [body.get("instructions") or assistant["instructions"], body.get("additional_instructions")]
    nothing: Json = dict.fromkeys(UNSET)
    return {
        "id": f"run_{resource.ids.letters(24)}",
        "object": "thread.run",
        "created_at": now,
        "thread_id": thread.identity,
        "assistant_id": assistant["id"],
        "status": "queued",
        "expires_at": now + LIFETIME,
        "instructions": "\n".join(one for one in told if one),
        "metadata": body.get("metadata") or {},
        "temperature": body.get("temperature", assistant["temperature"]),
        "top_p": body.get("top_p", assistant["top_p"]),
        "max_prompt_tokens": body.get("max_prompt_tokens"),
        "max_completion_tokens": body.get("max_completion_tokens"),
        "truncation_strategy": body.get("truncation_strategy") or {"type": "auto", "last_messages": None},
        "tool_choice": body.get("tool_choice") or "auto",
        "response_format": body.get("response_format") or assistant["response_format"],
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        **nothing,
    }


def _streamed(thread: Thing, run: Thing, resource: Resource, *, begun: bool) -> Iterator[bytes]:
    """The rest of a run as events."""
    events: list[Event] = [] if begun else [("thread.run.created", dict(run.body))]
    events.append(("thread.run.queued", {**run.body, "status": "queued"}))
    run.body["started_at"] = run.body["started_at"] or int(resource.clock())
    events.append(set_status(run, "in_progress", resource))
    for name, data in events:
        yield sse(data, name)
    for name, data in finish(thread, run, resource):
        yield sse(data, name)
    yield sse("[DONE]", "done")


def _answered(thread: Thing, run: Thing, body: Json, resource: Resource, *, begun: bool = False) -> Answer:
    if body.get("stream"):
        return Answer(events=_streamed(thread, run, resource, begun=begun))
    return Answer(body=dict(run.body))


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /threads/{id}/runs`."""
    thread = resource.shelves.threads.find(call.params["id"])
    body = read_body(call, ("assistant_id",), TYPES)
    return _answered(thread, _start(thread, body, resource), body, resource)


async def create_both(call: Call, resource: Resource) -> Answer:
    """`POST /threads/runs`: a thread and its run."""
    body = read_body(call, ("assistant_id",), {**TYPES, "thread": "an object"})
    resource.shelves.assistants.find(prefixed(body["assistant_id"], "asst_", "assistant_id"), "assistant_id")
    thread = make_thread(object_of(body.get("thread")), resource)
    return _answered(thread, _start(thread, body, resource), body, resource)


def _run(call: Call, resource: Resource) -> tuple[Thing, Thing]:
    """A thread and its run, which may have expired.

    Raises:
        Refusal: 404.
    """
    thread = resource.shelves.threads.find(call.params["id"])
    run = thread.below["runs"].find(call.params["run"])
    expires = run.body["expires_at"]
    if run.body["status"] in ACTIVE and expires is not None and resource.clock() >= expires:
        run.body |= {"status": "expired", "required_action": None}
    return thread, run


async def list_runs(call: Call, resource: Resource) -> Answer:
    """`GET /threads/{id}/runs`."""
    thread = resource.shelves.threads.find(call.params["id"])
    return Answer(body=listed([dict(one) for one in thread.below["runs"].bodies()], call))


async def retrieve(call: Call, resource: Resource) -> Answer:
    """`GET /threads/{id}/runs/{run}`: shows where it stands, then works on."""
    thread, run = _run(call, resource)
    shown = dict(run.body)
    advance(thread, run, resource)
    return Answer(body=shown)


async def modify(call: Call, resource: Resource) -> Answer:
    """`POST /threads/{id}/runs/{run}`: its metadata."""
    _, run = _run(call, resource)
    return Answer(body=dict(update(run.body, read_body(call), ("metadata",))))


async def cancel(call: Call, resource: Resource) -> Answer:
    """`POST /threads/{id}/runs/{run}/cancel`."""
    _, run = _run(call, resource)
    if run.body["status"] not in ACTIVE:
        raise invalid(f"Cannot cancel run with status '{run.body['status']}'.")
    run.body |= {"status": "cancelling", "required_action": None}
    return Answer(body=dict(run.body))


async def submit(call: Call, resource: Resource) -> Answer:
    """`POST /threads/{id}/runs/{run}/submit_tool_outputs`."""
    thread, run = _run(call, resource)
    body = read_body(call, ("tool_outputs",), {"tool_outputs": "an array", "stream": "a boolean"})
    if run.body["status"] != "requires_action":
        raise invalid(f'Runs in status "{run.body["status"]}" do not accept tool outputs.')
    wanted = [one["id"] for one in run.body["required_action"]["submit_tool_outputs"]["tool_calls"]]
    given: dict[str, str] = {}
    for number, one in enumerate(items_of(body["tool_outputs"])):
        identity = object_of(one).get("tool_call_id")
        if identity is None:
            raise missing(f"tool_outputs[{number}].tool_call_id")
        if identity not in wanted:
            raise invalid(f"Expected tool outputs for call_ids {wanted}, got ['{identity!s:.100}']", "tool_outputs")
        given[identity] = str(object_of(one).get("output") or "")
    if set(given) != set(wanted):
        raise invalid(f"Expected tool outputs for call_ids {wanted}, got {list(given)}", "tool_outputs")
    run.hidden["outputs"] |= given
    step = run.below["steps"].find(run.hidden["step"])
    for one in step.body["step_details"]["tool_calls"]:
        one["function"]["output"] = given[one["id"]]
    step.body |= {"status": "completed", "completed_at": int(resource.clock())}
    run.body |= {"status": "queued", "required_action": None}
    return _answered(thread, run, body, resource, begun=True)


async def list_steps(call: Call, resource: Resource) -> Answer:
    """`GET /threads/{id}/runs/{run}/steps`."""
    _, run = _run(call, resource)
    return Answer(body=listed(run.below["steps"].bodies(), call))


async def get_step(call: Call, resource: Resource) -> Answer:
    """`GET /threads/{id}/runs/{run}/steps/{step}`."""
    _, run = _run(call, resource)
    return Answer(body=run.below["steps"].find(call.params["step"]).body)


HANDLERS: dict[str, Handler] = {
    "POST /threads/runs": create_both,
    "POST /threads/{id}/runs": create,
    "GET /threads/{id}/runs": list_runs,
    "GET /threads/{id}/runs/{run}": retrieve,
    "POST /threads/{id}/runs/{run}": modify,
    "POST /threads/{id}/runs/{run}/cancel": cancel,
    "POST /threads/{id}/runs/{run}/submit_tool_outputs": submit,
    "GET /threads/{id}/runs/{run}/steps": list_steps,
    "GET /threads/{id}/runs/{run}/steps/{step}": get_step,
}
