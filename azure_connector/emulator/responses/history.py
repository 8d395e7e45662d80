"""What a response goes on from: an earlier response, or a conversation."""

from __future__ import annotations

from ..bodies import prefixed
from ..errors import invalid
from ..resource import Resource
from ..values import Json
from .conversations import conversation_of, items_in

__all__ = ["before"]


def before(body: Json, resource: Resource) -> list[Json]:
    """The items that come before the input.

    Raises:
        Refusal: 400, both are given; 404, there is none.
    """
    identity, conversation = body.get("previous_response_id"), body.get("conversation")
    if conversation is not None:
        if identity is not None:
            text = "'previous_response_id' and 'conversation' cannot be given together."
            raise invalid(text, "previous_response_id", "mutually_exclusive_parameters")
        return items_in(conversation_of(conversation, resource))
    if identity is None:
        return []
    previous = resource.responses.previous(prefixed(identity, "resp_", "previous_response_id"))
    return [*previous.items, *previous.body["output"]]
