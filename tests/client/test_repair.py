"""`repair_tool_arguments=False`: a model's argument text reaches the caller as the model wrote it."""

from __future__ import annotations

import pytest

from azure_connector import AzureConnector
from azure_connector.emulator import Reply

TEXT = '{"city": "Oslo",}'
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": TEXT}}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
ASKED = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "tools": TOOLS}
FRAME = {"id": "chatcmpl-1", "created": 1790000000, "model": "gpt-4o-2024-11-20"}


@pytest.mark.parametrize(
    ("repair", "stream", "expected"),
    [(True, False, '{"city": "Oslo"}'), (True, True, '{"city": "Oslo"}'), (False, False, TEXT), (False, True, TEXT)],
)
def test_argument_text_is_repaired_unless_the_settings_say_no(azure, repair, stream, expected):
    whole = {"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [CALL]}}
    opening = {"index": 0, "delta": {"role": "assistant", "tool_calls": [{"index": 0, **CALL}]}, "finish_reason": None}
    ending = {"index": 0, "delta": {}, "finish_reason": "tool_calls"}
    chunks = tuple({**FRAME, "object": "chat.completion.chunk", "choices": [one]} for one in (opening, ending))
    body = {**FRAME, "object": "chat.completion", "choices": [{**whole, "finish_reason": "tool_calls"}]}
    azure.script(Reply(events=chunks) if stream else Reply(body=body))
    given = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, "repair_tool_arguments": repair}
    with AzureConnector(**given) as client:
        if not stream:
            reply = client.chat.completions.create(**ASKED)
            assert reply.choices[0].message.tool_calls[0].function.arguments == expected
            return
        deltas = [chunk.choices[0].delta for chunk in client.chat.completions.create(**ASKED, stream=True)]
    pieces = [call.function.arguments or "" for delta in deltas for call in delta.tool_calls or ()]
    assert "".join(pieces) == expected
