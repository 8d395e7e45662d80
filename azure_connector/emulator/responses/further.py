"""What else hangs below `/responses`: a response's size before it is asked for, and a history made short."""

from __future__ import annotations

from ..counting import count_value
from ..errors import missing, unknown_parameter
from ..fieldtypes import RESPONSE_TYPES, check_types
from ..resource import Resource
from ..routes import Handler
from ..shapes import check_shape
from ..values import Json
from ..wire import Answer, Call
from .history import before
from .naming import named
from .reading import filterable, read_items

__all__ = ["HANDLERS"]

_COUNTED = (
    "model input instructions tools tool_choice previous_response_id conversation text reasoning truncation "
    "parallel_tool_calls personality"
)
COUNTED = frozenset(_COUNTED.split())
_COMPACTED = (
    "model input instructions previous_response_id prompt_cache_key prompt_cache_options prompt_cache_retention "
    "service_tier"
)
COMPACTED = frozenset(_COMPACTED.split())


def _items(call: Call, resource: Resource, known: frozenset[str]) -> tuple[Json, list[Json]]:
    """The body, and all items that it stands for.

    Raises:
        Refusal: 400 or 404.
    """
    body = call.json_object()
    if not call.deployment:
        raise missing("model")
    resource.deployment(call.deployment)
    for name in body:
        if name not in known:
            raise unknown_parameter(name)
    check_types(body, RESPONSE_TYPES)
    check_shape(call, body)
    own = read_items(body.get("input"), resource.responses, resource.seal, stored=True)
    return body, [*before(body, resource), *own]


async def count_tokens(call: Call, resource: Resource) -> Answer:
    """`POST /responses/input_tokens`."""
    body, items = _items(call, resource, COUNTED)
    tokens = 3 + count_value(items) + count_value(body.get("tools")) + count_value(body.get("instructions"))
    return Answer(body={"object": "response.input_tokens", "input_tokens": tokens})


async def compact(call: Call, resource: Resource) -> Answer:
    """`POST /responses/compact`: the users' messages stay, all else becomes one sealed item."""
    body, items = _items(call, resource, COMPACTED)
    if not items:
        raise missing("input")
    asked = [item for item in items if item["type"] == "message" and item["role"] == "user"]
    rest = "\n".join(filterable([item for item in items if item not in asked]))
    tokens = 3 + count_value(items) + count_value(body.get("instructions"))
    sealed: Json = {
        "id": f"cmp_{resource.ids.hexadecimal(48)}",
        "type": "compaction",
        "encrypted_content": resource.seal.close(rest[:4_000]),
    }
    usage = {
        "input_tokens": tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 64,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens + 64,
    }
    kept = [{**item, "status": "completed"} for item in named(asked, resource.ids)]
    made: Json = {"id": f"resp_{resource.ids.hexadecimal(48)}", "object": "response.compaction"}
    return Answer(body={**made, "created_at": int(resource.clock()), "output": [*kept, sealed], "usage": usage})


HANDLERS: dict[str, Handler] = {
    "POST /responses/input_tokens": count_tokens,
    "POST /responses/compact": compact,
}
