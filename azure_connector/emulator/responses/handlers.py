"""`/responses` and what hangs below it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from ..brain import CHARACTERS, think
from ..completion import most_tokens, settle, thinking_tokens
from ..counting import count_value
from ..errors import invalid, missing
from ..filters import judge
from ..paging import page
from ..resource import Resource
from ..responsestore import StoredResponse
from ..routes import Handler
from ..values import Json, is_object, items_of, object_of, whole
from ..wire import Answer, Call, sse
from .composing import Draft, compose, output_items, read_ask
from .reading import check_answered, filterable, read_items, turns_of
from .rules import check_parameters
from .streaming import events_of

__all__ = ["HANDLERS"]

SMALLEST = 16_000
"""Bytes that a stored response takes beside its texts."""


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /responses`."""
    body = call.json_object()
    if not call.deployment:
        raise missing("model")
    deployment = resource.deployment(call.deployment)
    effort = check_parameters(body, deployment, call, resource.rules.sizes)
    keep = body.get("store") is not False
    own = read_items(body.get("input"), resource.responses, resource.seal, stored=keep)
    if not own and not body.get("previous_response_id") and body.get("prompt") is None:
        raise missing("input")
    _check_named(body, own, resource)
    items = [*_before(body, resource), *own]
    check_answered(items)
    verdict = judge(filterable(own))
    if verdict.refused:
        raise verdict.refusal()
    family = deployment.family
    limit = most_tokens(
        body.get("max_output_tokens"), family.max_output, alternatives=whole(body.get("top_logprobs"), 0)
    )
    turns = turns_of(items, body.get("instructions"))
    reply = settle(
        think(read_ask(body, turns, parallel=family.parallel_at(effort), room=limit)),
        resource.ids,
        prompt=3 + count_value(items) + count_value(body.get("tools")) + count_value(body.get("instructions")),
        thinking=thinking_tokens(effort) if family.reasoning else 0,
        limit=limit,
    )
    prompt = [body.get("tools"), body.get("instructions"), items]
    reply = replace(reply, cached_tokens=resource.prompts.cached(deployment.name, prompt, reply.prompt_tokens))
    model = resource.answering(deployment)
    draft = Draft(body, reply, deployment, verdict, effort, int(resource.clock()), model)
    response = compose(draft, f"resp_{resource.ids.hexadecimal(48)}", output_items(draft, resource.ids, resource.seal))
    listed = _named(own, resource)
    size = SMALLEST + len(call.raw) + 8 * len(items) + CHARACTERS * reply.completion_tokens
    stored = StoredResponse(response, items, listed, background=bool(body.get("background")), size=size)
    if keep:
        resource.responses.add(stored)
    if body.get("stream"):
        return Answer(events=_streamed(stored, 0))
    return Answer(body=stored.shown())


def _check_named(body: Json, own: list[Json], resource: Resource) -> None:
    """Refuse prompts, conversations, vector stores and files that the resource does not have."""
    prompt = object_of(body.get("prompt")).get("id")
    if body.get("prompt") is not None and prompt is None:
        raise missing("prompt.id")
    if prompt is not None:
        raise invalid(f"Prompt with id '{prompt!s:.100}' not found.", "prompt", status=404)
    conversation = body.get("conversation")
    if conversation is not None:
        if body.get("previous_response_id") is not None:
            text = "'previous_response_id' and 'conversation' cannot be given together."
            raise invalid(text, "previous_response_id", "mutually_exclusive_parameters")
        identity = object_of(conversation).get("id") if is_object(conversation) else conversation
        raise invalid(f"Conversation with id '{identity!s:.100}' not found.", "conversation", status=404)
    for number, tool in enumerate(items_of(body.get("tools"))):
        for identity in items_of(object_of(tool).get("vector_store_ids")):
            param = f"tools[{number}].vector_store_ids"
            raise invalid(f"Vector store with id '{identity!s:.100}' not found.", param, status=404)
    for index, item in enumerate(own):
        for number, part in enumerate(items_of(item.get("content"))):
            identity = object_of(part).get("file_id")
            if identity is not None:
                resource.file(identity, f"input[{index}].content[{number}].file_id")


def _before(body: Json, resource: Resource) -> list[Json]:
    """The items of the response that this one continues."""
    identity = body.get("previous_response_id")
    if identity is None:
        return []
    previous = resource.responses.previous(str(identity))
    return [*previous.items, *previous.body["output"]]


def _named(items: list[Json], resource: Resource) -> list[Json]:
    """The input's items as they are listed: each with an id, messages with parts."""
    named: list[Json] = []
    for item in items:
        prefix = {"message": "msg", "function_call_output": "fco"}.get(item["type"], "item")
        shown = {"id": f"{prefix}_{resource.ids.hexadecimal(48)}", **item}
        if item["type"] == "message" and isinstance(item["content"], str):
            kind = "output_text" if item["role"] == "assistant" else "input_text"
            part: Json = {"type": kind, "text": item["content"]}
            shown["content"] = [{**part, "annotations": []} if kind == "output_text" else part]
        named.append(shown)
    return named


def _streamed(stored: StoredResponse, start: int) -> Iterator[bytes]:
    """The events from a sequence number on; a stream that is read to its end has ended the response."""
    for event in islice(events_of(stored.body), start, None):
        if stored.status == "cancelled":
            return
        yield sse(event, event["type"])
    stored.finish()


async def retrieve(call: Call, resource: Resource) -> Answer:
    """`GET /responses/{id}`, streamed again with `stream=true`."""
    stored = resource.responses.get(call.params["id"])
    if call.query.get("stream") == "true":
        if not stored.background:
            text = "This response cannot be streamed because it was not created with background=true."
            raise invalid(text, "stream")
        after = call.query.get("starting_after")
        if after is not None and not re.fullmatch(r"[0-9]{1,9}", after):
            raise invalid(f"Invalid value for 'starting_after': '{after}'.", "starting_after", "invalid_value")
        return Answer(events=_streamed(stored, 0 if after is None else int(after) + 1))
    shown = stored.shown()
    stored.advance()
    return Answer(body=shown)


async def delete(call: Call, resource: Resource) -> Answer:
    """`DELETE /responses/{id}`."""
    return Answer(body=resource.responses.delete(call.params["id"]))


async def cancel(call: Call, resource: Resource) -> Answer:
    """`POST /responses/{id}/cancel`."""
    stored = resource.responses.get(call.params["id"])
    if not stored.background:
        raise invalid("Cannot cancel a synchronous response.")
    if stored.status in {"queued", "in_progress"}:
        stored.status = "cancelled"
    return Answer(body=stored.shown())


async def input_items(call: Call, resource: Resource) -> Answer:
    """`GET /responses/{id}/input_items`."""
    items = list(resource.responses.get(call.params["id"]).own_items)
    if call.query.get("order", "desc") == "desc":
        items.reverse()
    return Answer(body=page(items, call))


HANDLERS: dict[str, Handler] = {
    "POST /responses": create,
    "GET /responses/{id}": retrieve,
    "DELETE /responses/{id}": delete,
    "POST /responses/{id}/cancel": cancel,
    "GET /responses/{id}/input_items": input_items,
}
