"""No input makes a reader raise anything but this package's errors, whatever stands where in a reply."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_connector import AzureConnector, errors
from tests.replies.service import sse
from tests.replies.shapes import completion, say
from tests.responses import wire
from tests.support.bodies import chunk
from tests.support.examples import examples

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(),
    st.text("ab\ud83d\ude00{}\",'\n", max_size=5),
    st.sampled_from(["stop", "tool_calls", "error", "assistant", "response.completed", "function_call", "message"]),
)
junk = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["index", "id", "type", "error"]), inner)
    ),
    max_leaves=5,
)

CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "completion_tokens_details": {}}
FILTERS = [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}}]
COMPLETION = {
    **completion(message={"role": "assistant", "content": "Hello", "tool_calls": [CALL]}),
    "usage": USAGE,
    "prompt_filter_results": FILTERS,
}
CHUNKS = [
    {**chunk({}), "choices": [], "prompt_filter_results": FILTERS},
    *say("Hel", "lo"),
    chunk({"tool_calls": [CALL]}),
    chunk({"tool_calls": [{"index": 0, "function": {"arguments": " "}}]}),
    chunk({}, "tool_calls", content_filter_results={"hate": {"filtered": False}}),
    {**chunk({}), "choices": [], "usage": USAGE},
]
REPLY = wire.reply(wire.reasoning("Why."), wire.message("Hello"), wire.call(), wire.custom_call(), wire.refusal("No."))
EVENTS = wire.events(REPLY)
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to everything in a JSON value."""
    yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in steps:
        yield from places(member, (*path, step))


def replaced(value: Any, path: tuple[Any, ...], by: object) -> Any:
    """A copy of a JSON value in which something else stands at a path."""
    if not path:
        return by
    copied = copy.deepcopy(value)
    inner = copied
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = by
    return copied


def damaged(value: Any) -> st.SearchStrategy[Any]:
    """JSON values like this one, with one to three places damaged."""
    found = [path for path in places(value) if path]

    def apply(faults: list[tuple[tuple[Any, ...], object]]) -> Any:
        result = value
        # The longest paths first, so that none of them leads through what another has put there.
        for path, by in sorted(faults, key=lambda fault: len(fault[0]), reverse=True):
            result = replaced(result, path, by)
        return result

    fault = st.tuples(st.sampled_from(found), junk)
    return st.lists(fault, min_size=1, max_size=3, unique_by=lambda one: one[0]).map(apply)


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


NOBODY = "http://localhost:1"


def outcome(body: bytes, kind: str, *, model: str = "gpt-4o", api: str = "chat", stream: bool = False) -> Any:
    """What becomes of a reply: its end, or one of this package's errors."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers={"content-type": kind}, content=body))
    with (
        httpx.Client(transport=transport) as http_client,
        AzureConnector(
            azure_endpoint="http://localhost:1", api_key="k", max_retries=0, http_client=http_client
        ) as client,
    ):
        try:
            if api == "responses":
                reply = client.responses.create(model=model, input="x", stream=stream)
            else:
                reply = client.chat.completions.create(
                    model=model, messages=[{"role": "user", "content": "x"}], tools=TOOLS, stream=stream
                )
            if not stream:
                return reply.model_dump(warnings=False)
            return [item.model_dump(warnings=False) for item in reply]
        except errors.AzureErrorDetails as failed:
            return failed


JSON, STREAM = "application/json", "text/event-stream"


@examples(50)
@given(damaged(COMPLETION))
def test_whole_completions(body: Any):
    outcome(encoded(body), JSON)


@examples(50)
@given(damaged(CHUNKS), st.booleans())
def test_streamed_completions(data: Any, whole: bool):
    outcome(b"".join(sse(*map(json.dumps, data), *(["[DONE]"] if whole else []))), STREAM, stream=True)


@examples(40)
@given(damaged(REPLY))
def test_whole_responses(body: Any):
    outcome(encoded(body), JSON, api="responses")
    outcome(encoded(body), JSON, model="gpt-5-codex")
    outcome(encoded(body), JSON, api="responses", stream=True)


@examples(50)
@given(damaged(EVENTS))
def test_streamed_responses(data: Any):
    body = b"".join(sse(*map(json.dumps, data)))
    outcome(body, STREAM, api="responses", stream=True)
    outcome(body, STREAM, model="gpt-5-codex", stream=True)


@examples(50)
@given(
    st.one_of(junk.map(encoded), st.binary(max_size=20), junk.map(lambda value: b"data: " + encoded(value) + b"\n\n"))
)
@pytest.mark.parametrize("kind", [JSON, STREAM])
def test_anything_at_all(kind: str, body: bytes):
    for api, model, stream in (
        ("chat", "gpt-4o", False),
        ("chat", "gpt-4o", True),
        ("chat", "gpt-5-codex", False),
        ("chat", "gpt-5-codex", True),
        ("responses", "gpt-4o", False),
        ("responses", "gpt-4o", True),
    ):
        found = outcome(body, kind, api=api, model=model, stream=stream)
        assert isinstance(found, errors.AzureErrorDetails), found
