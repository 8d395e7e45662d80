"""What the fuzzer begins with: a valid body of each operation, and how ids of each kind begin. Data only."""

from __future__ import annotations

from typing import Any

PREFIXES = {
    "{run}": "run",
    "run_id": "run",
    "{file}": "file",
    "file": "file",
    "training": "file",
    "{message}": "msg",
    "assistant": "asst",
    "vector_stores": "vs",
    "threads": "thread",
    "conversation": "conv",
    "uploads": "upload",
    "part_ids": "part",
    "videos": "video",
    "containers": "cntr",
    "fine_tuning": "ftjob",
    "evals": "eval",
    "previous_response_id": "resp",
    "responses": "resp",
    "chat": "chatcmpl",
}
CHECK = {"type": "string_check", "name": "a", "input": "{{item.a}}", "operation": "eq", "reference": "x"}
ROWS = {"type": "file_content", "content": [{"item": {"a": "x"}}, {"item": 5}, {}]}
SESSION = {"type": "realtime", "model": "gpt-realtime"}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}]
# A valid body of each operation that takes one; some are sent to the wrong one.
BODIES: list[tuple[str, dict[str, Any]]] = [
    (
        "/completions",
        {"model": "gpt-35-turbo-instruct", "prompt": ["a", "b"], "n": 2, "logprobs": 1, "echo": True, "max_tokens": 5},
    ),
    (
        "/chat/completions",
        {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "store": True, "metadata": {"a": "b"}},
    ),
    ("/responses", {"model": "gpt-4o", "input": "hi", "conversation": "conv_0", "previous_response_id": "resp_0"}),
    (
        "/responses",
        {
            "model": "gpt-4o",
            "input": "hi",
            "tools": [{"type": "file_search", "vector_store_ids": ["vs_0"], "filters": {}}],
        },
    ),
    ("/conversations", {"metadata": {"a": "b"}, "items": [{"type": "message", "role": "user", "content": "hi"}]}),
    ("/uploads", {"bytes": 3, "filename": "a", "mime_type": "text/plain", "purpose": "batch"}),
    ("/uploads/{id}/complete", {"part_ids": ["part_0"], "md5": "x"}),
    ("/vector_stores", {"name": "s", "file_ids": ["file-0"], "expires_after": {"anchor": "last_active_at", "days": 1}}),
    (
        "/vector_stores/{id}/search",
        {"query": ["hi", "there"], "filters": {"type": "and", "filters": [{"type": "eq", "key": "a", "value": 1}]}},
    ),
    (
        "/vector_stores/{id}/files",
        {"file_id": "file-0", "attributes": {"a": 1}, "chunking_strategy": {"type": "static", "static": {}}},
    ),
    (
        "/vector_stores/{id}/file_batches",
        {"file_ids": ["file-0"], "chunking_strategy": {"type": "static", "static": {"max_chunk_size_tokens": 100}}},
    ),
    ("/videos", {"model": "sora-2", "prompt": "a cat", "size": "720x1280", "seconds": "4"}),
    ("/containers", {"name": "c", "file_ids": ["file-0"], "expires_after": {"anchor": "last_active_at", "minutes": 2}}),
    (
        "/fine_tuning/jobs",
        {"model": "gpt-4o", "training_file": "file-0", "hyperparameters": {"n_epochs": 2}, "method": {"type": "dpo"}},
    ),
    ("/evals", {"name": "e", "data_source_config": {"type": "custom", "item_schema": {}}, "testing_criteria": [CHECK]}),
    ("/evals/{id}/runs", {"name": "r", "data_source": {"type": "jsonl", "source": ROWS}}),
    (
        "/evals/{id}/runs",
        {"name": "r", "data_source": {"type": "responses", "model": "gpt-4o", "source": {"type": "responses"}}},
    ),
    (
        "/assistants",
        {"model": "gpt-4o", "name": "a", "instructions": "x", "tools": TOOLS, "tool_resources": {"file_search": {}}},
    ),
    (
        "/threads",
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "weather in Oslo"}]}], "metadata": {}},
    ),
    ("/threads/{id}/messages", {"role": "user", "content": "hi", "attachments": [{"file_id": "file-0", "tools": []}]}),
    (
        "/threads/runs",
        {"assistant_id": "asst_0", "thread": {"messages": [{"role": "user", "content": "hi"}]}, "stream": True},
    ),
    (
        "/threads/{id}/runs",
        {"assistant_id": "asst_0", "tools": TOOLS, "tool_choice": "required", "additional_messages": []},
    ),
    (
        "/threads/{id}/runs/{run}/submit_tool_outputs",
        {"tool_outputs": [{"tool_call_id": "call_0", "output": "x"}], "stream": False},
    ),
    ("/realtime/client_secrets", {"session": SESSION, "expires_after": {"anchor": "created_at", "seconds": 60}}),
    ("/realtime/calls", {"sdp": "v=0", "session": SESSION}),
    (
        "/realtime/calls/{id}/accept",
        {"type": "realtime", "model": "gpt-realtime", "target_uri": "tel:1", "status_code": 486},
    ),
]
