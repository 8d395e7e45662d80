"""The argument text of a tool call, through the client: however a stream cuts it, it adds up to the whole reply's."""

from __future__ import annotations

import itertools
import json
import logging
import re
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from azure_connector import AzureConnector
from tests.replies.service import sse
from tests.replies.shapes import completion
from tests.support.bodies import chunk
from tests.support.examples import examples
from tests.tools.test_stream import FRONTS, REWRITTEN, TAILS, lenient_json

TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[ \t\r\n]+')


class Clients:
    """A client with repairs and one without, over a transport that answers what it is told."""

    def __init__(self) -> None:
        self.body, self.kind = b"", ""
        transport = httpx.MockTransport(
            lambda _: httpx.Response(200, headers={"content-type": self.kind}, content=self.body)
        )
        given = {"azure_endpoint": "http://localhost:1", "api_key": "k"}
        self.by_repair = {
            repair: AzureConnector(**given, repair_tool_arguments=repair, http_client=httpx.Client(transport=transport))
            for repair in (True, False)
        }

    def ask(self, repair: bool, *, stream: bool) -> Any:
        client: Any = self.by_repair[repair]
        return client.chat.completions.create(model="gpt-4o", messages=[], tools=TOOLS, stream=stream)

    def whole(self, text: str, finish: str, *, repair: bool) -> str:
        call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": text}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        self.body, self.kind = (
            json.dumps(completion(message=message, finish_reason=finish)).encode(),
            "application/json",
        )
        return self.ask(repair, stream=False).choices[0].message.tool_calls[0].function.arguments

    def pieces(self, parts: list[str], finish: str, *, repair: bool, together: bool) -> list[str]:
        opening = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}
        deltas: list[Any] = [[opening], *([{"index": 0, "function": {"arguments": part}}] for part in parts)]
        if together:  # the last piece rides in the chunk with the finish reason
            *deltas, last = deltas
            end = chunk({"tool_calls": last}, finish)
        else:
            end = chunk({}, finish)
        chunks = [*(chunk({"tool_calls": delta}) for delta in deltas), end]
        self.body, self.kind = b"".join(sse(*chunks, "[DONE]")), "text/event-stream"
        found: list[str] = []
        for one in self.ask(repair, stream=True):
            calls = [call for choice in one.choices for call in choice.delta.tool_calls or ()]
            assert len(calls) <= 1, "two entries with one index in one chunk"
            found += [call.function.arguments or "" for call in calls]
        return found


@pytest.fixture(scope="module")
def clients():
    made = Clients()
    yield made
    for client in made.by_repair.values():
        client.close()


def tokens(text: str) -> str:
    """JSON text without the white space between its tokens."""
    return TOKEN.sub(lambda found: found[0] if found[0].startswith('"') else "", text)


texts = st.one_of(st.tuples(FRONTS, lenient_json(), TAILS).map("".join), st.text(alphabet="{}[]\"':, \\nTrue1a`é"))


@examples(200)
@given(
    text=texts,
    cuts=st.lists(st.integers(0, 60), max_size=6),
    together=st.booleans(),
    finish=st.sampled_from(["tool_calls", "stop"]),
)
@example(text='{"city": "Oslo",}', cuts=[16], together=True, finish="tool_calls")
@example(text="{\"a\": True, 'b': None}", cuts=[7, 9, 13], together=True, finish="tool_calls")
@example(text='```json\n{"a": 1}\n```', cuts=[2, 9, 17], together=False, finish="stop")
@example(text='"{\\"a\\": 1}"', cuts=[1, 5], together=True, finish="tool_calls")
@example(text='{"a": 1, "a": 2}', cuts=[4], together=False, finish="tool_calls")
def test_pieces_add_up_to_the_whole_form(clients, text, cuts, together, finish):
    edges = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    parts = [text[one:other] for one, other in itertools.pairwise(edges)] or [text]
    whole = clients.whole(text, finish, repair=True)
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    logger = logging.getLogger("azure_connector.tools")
    logger.addHandler(handler)
    try:
        found = "".join(clients.pieces(parts, finish, repair=True, together=together))
    finally:
        logger.removeHandler(handler)
    said = " ".join(record.getMessage() for record in records if ".arguments" in record.getMessage())
    raw = json.loads(whole).keys() == {"_raw_arguments"}
    if not raw and "not readable" not in said:
        assert tokens(found) == tokens(whole)
    elif text.lstrip(" \t\n\r").startswith("{"):
        assert " repaired: " not in said
        if not REWRITTEN.search(text):
            assert found in (text, text.replace("{}", "{ }"))
    else:
        assert json.loads(found) == json.loads(whole)


@examples(60)
@given(text=texts.filter(bool), cuts=st.lists(st.integers(0, 60), max_size=6), together=st.booleans())
def test_without_repair_both_forms_are_the_model_s_own_text(clients, text, cuts, together):
    edges = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    parts = [text[one:other] for one, other in itertools.pairwise(edges)]
    found = "".join(clients.pieces(parts, "tool_calls", repair=False, together=together))
    assert clients.whole(text, "tool_calls", repair=False) == text
    assert found == text or found.replace("{ }", "{}") == text.replace("{ }", "{}")
