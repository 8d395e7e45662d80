"""`/responses` and what hangs below it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from ..bodies import prefixed
from ..brain import CHARACTERS, think
from ..completion import Completion, most_tokens, settle, thinking_tokens
from ..counting import count_value
from ..errors import invalid, missing
from ..filters import judge
from ..models import Deployment
from ..paging import listed
from ..resource import Resource
from ..responsestore import StoredResponse
from ..routes import Handler
from ..shapes import check_shape
from ..thinking import Turn
from ..values import Json, items_of, object_of, whole
from ..wire import Answer, Call, sse
from .composing import Draft, compose, output_items, read_ask, wants
from .conversations import conversation_of, extend
from .filesearch import Found, look_up
from .history import before
from .naming import named
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
    check_shape(call, body)
    keep = body.get("store") is not False
    own = read_items(body.get("input"), resource.responses, resource.seal, stored=keep)
    if not own and not body.get("previous_response_id") and body.get("prompt") is None:
        raise missing("input")
    _check_named(body, own, resource)
    items = [*before(body, resource), *own]
    check_answered(items)
    verdict = judge(filterable(own))
    if verdict.refused:
        raise verdict.refusal()
    turns = turns_of(items, body.get("instructions"))
    found = look_up(body, turns, resource)
    reply = _reply(body, items, turns if found is None else turns + found.turns, deployment, effort, resource)
    model = resource.answering(deployment)
    draft = Draft(body, reply, deployment, verdict, effort, int(resource.clock()), model)
    output = _with_search(output_items(draft, resource.ids, resource.seal), found, body, resource)
    response = compose(draft, f"resp_{resource.ids.hexadecimal(48)}", output)
    size = SMALLEST + len(call.raw) + 8 * len(items) + CHARACTERS * reply.completion_tokens
    given, background = named(own, resource.ids), bool(body.get("background"))
    stored = StoredResponse(response, items, given, background=background, size=size)
    _keep(stored, body, resource)
    if body.get("stream"):
        return Answer(events=_streamed(stored, 0))
    return Answer(body=stored.shown())


def _reply(
    body: Json, items: list[Json], seen: tuple[Turn, ...], deployment: Deployment, effort: str, resource: Resource
) -> Completion:
    """What the model says to what it has seen, with the tokens that are counted for it."""
    family = deployment.family
    limit = most_tokens(
        body.get("max_output_tokens"), family.max_output, alternatives=whole(body.get("top_logprobs"), 0)
    )
    reply = settle(
        think(read_ask(body, seen, parallel=family.parallel_at(effort), room=limit)),
        resource.ids,
        prompt=3 + count_value(items) + count_value(body.get("tools")) + count_value(body.get("instructions")),
        thinking=thinking_tokens(effort) if family.reasoning else 0,
        limit=limit,
    )
    prompt = [body.get("tools"), body.get("instructions"), items]
    return replace(reply, cached_tokens=resource.prompts.cached(deployment.name, prompt, reply.prompt_tokens))


def _keep(stored: StoredResponse, body: Json, resource: Resource) -> None:
    """Store a response, unless it is not to be, and go on with its conversation."""
    if body.get("store") is not False:
        resource.responses.add(stored)
    if body.get("conversation") is not None:
        conversation = conversation_of(body["conversation"], resource)
        extend(conversation, [*stored.own_items, *stored.body["output"]])


def _with_search(output: list[Json], found: Found | None, body: Json, resource: Resource) -> list[Json]:
    """The output with the search before the message that rests on it."""
    message = next((item for item in output if item["type"] == "message"), None)
    if found is None or message is None:
        return output
    found.cite(message)
    item = found.item(resource.ids, results=wants(body, "file_search_call.results"))
    at = output.index(message)
    return [*output[:at], item, *output[at:]]


def _check_named(body: Json, own: list[Json], resource: Resource) -> None:
    """Refuse prompts and files that the resource does not have."""
    prompt = object_of(body.get("prompt")).get("id")
    if body.get("prompt") is not None and prompt is None:
        raise missing("prompt.id")
    if prompt is not None:
        raise invalid(f"Prompt with id '{prefixed(prompt, 'pmpt_', 'prompt.id')}' not found.", "prompt", status=404)
    for index, item in enumerate(own):
        for number, part in enumerate(items_of(item.get("content"))):
            identity = object_of(part).get("file_id")
            if identity is not None:
                resource.file(identity, f"input[{index}].content[{number}].file_id")


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
    return Answer(body=listed(resource.responses.get(call.params["id"]).own_items, call))


HANDLERS: dict[str, Handler] = {
    "POST /responses": create,
    "GET /responses/{id}": retrieve,
    "DELETE /responses/{id}": delete,
    "POST /responses/{id}/cancel": cancel,
    "GET /responses/{id}/input_items": input_items,
}
