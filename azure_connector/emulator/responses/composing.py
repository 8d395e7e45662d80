"""A reply as output items, and the response around them. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..chatting import logprobs
from ..completion import Completion
from ..filters import Verdict
from ..identifiers import Identifiers
from ..models import Deployment
from ..sealing import Seal
from ..thinking import Ask, ToolSpec, Turn
from ..values import Json, items_of, object_of, text_of

__all__ = ["Draft", "compose", "output_items", "read_ask", "wants"]


def read_ask(body: Json, turns: tuple[Turn, ...], *, parallel: bool, room: int) -> Ask:
    """A checked body as an `Ask`."""
    choice = body.get("tool_choice")
    fields = object_of(choice)
    named = fields.get("type") in ("function", "custom")
    tools = [_tool(object_of(tool)) for tool in items_of(body.get("tools"))]
    mode = text_of(fields.get("name")) if named else choice if isinstance(choice, str) else "auto"
    if fields.get("type") == "allowed_tools":
        allowed = {object_of(tool).get("name") for tool in items_of(fields.get("tools"))}
        tools = [tool for tool in tools if tool and tool.name in allowed]
        mode = text_of(fields.get("mode")) or "auto"
    wanted = object_of(object_of(body.get("text")).get("format"))
    output: Any = None
    if wanted.get("type") in ("json_object", "json_schema"):
        output = wanted.get("schema") or {}
    wants_parallel = parallel and body.get("parallel_tool_calls") is not False
    return Ask(turns, tuple(tool for tool in tools if tool), mode, wants_parallel, output, room, named=named)


def _tool(tool: Json) -> ToolSpec | None:
    if tool.get("type") not in ("function", "custom"):
        return None
    custom = tool["type"] == "custom"
    return ToolSpec(text_of(tool["name"]), text_of(tool.get("description")), tool.get("parameters"), custom)


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a response is made of.

    Attributes:
        body: the request.
        reply: the settled answer.
        deployment: what served it.
        verdict: the content filter's.
        effort: the effort in force.
        created: when, in seconds since the epoch.
        model: the model that answers.
    """

    body: Json
    reply: Completion
    deployment: Deployment
    verdict: Verdict
    effort: str
    created: int
    model: str

    @property
    def incomplete(self) -> str | None:
        """Why the answer is not whole, or None."""
        if self.verdict.stopped and not self.reply.calls:
            return "content_filter"
        return "max_output_tokens" if self.reply.finish_reason == "length" else None


def output_items(draft: Draft, ids: Identifiers, seal: Seal) -> list[Json]:
    """The output: the reasoning, then the calls or the message."""
    made: list[Json] = []
    if draft.reply.reasoning_tokens:
        made.append(_reasoning(draft, ids, seal))
    status = "incomplete" if draft.incomplete else "completed"
    for call in draft.reply.calls:
        kind, field, prefix = (
            ("custom_tool_call", "input", "ctc") if call.custom else ("function_call", "arguments", "fc")
        )
        identity = f"{prefix}_{ids.hexadecimal(48)}"
        item: Json = {"id": identity, "type": kind, "status": status, field: call.arguments}
        made.append({**item, "call_id": call.call_id, "name": call.name})
    text = draft.reply.text
    if draft.incomplete == "content_filter":
        text = (text or "")[: len(text or "") // 2]
    if text:
        probabilities = logprobs(text, draft.body) if wants(draft.body, "message.output_text.logprobs") else []
        part = {"type": "output_text", "text": text, "annotations": [], "logprobs": probabilities}
        message: Json = {"id": f"msg_{ids.hexadecimal(48)}", "type": "message", "role": "assistant", "status": status}
        if not draft.deployment.family.chat_tools_with_effort:
            message["phase"] = "final_answer"  # the newest models tell commentary from the answer
        made.append({**message, "content": [part]})
    return made


def wants(body: Json, name: str) -> bool:
    """Whether the request's `include` has that name."""
    return name in items_of(body.get("include"))


def _reasoning(draft: Draft, ids: Identifiers, seal: Seal) -> Json:
    item: Json = {"id": f"rs_{ids.hexadecimal(48)}", "type": "reasoning", "summary": []}
    if object_of(draft.body.get("reasoning")).get("summary"):
        text = f"**Answering the user**\n\nI thought about it for {draft.reply.reasoning_tokens} tokens."
        item["summary"] = [{"type": "summary_text", "text": text}]
    if wants(draft.body, "reasoning.encrypted_content"):
        item["encrypted_content"] = seal.close(f"{item['id']} {draft.reply.reasoning_tokens}")
    return item


def compose(draft: Draft, identity: str, output: list[Json]) -> Json:
    """The whole response."""
    body, reply = draft.body, draft.reply
    return _settings(draft) | {
        "id": identity,
        "object": "response",
        "created_at": draft.created,
        "completed_at": None if draft.incomplete else draft.created,
        "status": "incomplete" if draft.incomplete else "completed",
        "background": bool(body.get("background")),
        "content_filters": content_filters(draft),
        "error": None,
        "incomplete_details": {"reason": draft.incomplete} if draft.incomplete else None,
        "model": draft.model,
        "output": output,
        "usage": {
            "input_tokens": reply.prompt_tokens,
            "input_tokens_details": {"cached_tokens": reply.cached_tokens},
            "output_tokens": reply.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": reply.reasoning_tokens},
            "total_tokens": reply.prompt_tokens + reply.completion_tokens,
        },
    }


def _settings(draft: Draft) -> Json:
    """What a response repeats of its request, with the defaults filled in."""
    body = draft.body
    reasons = draft.deployment.family.reasoning
    text = object_of(body.get("text"))
    conversation = body.get("conversation")
    name = object_of(conversation).get("id", conversation)
    shared: Json = {} if conversation is None else {"conversation": {"id": name}}
    return shared | {
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": body.get("max_tool_calls"),
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "previous_response_id": body.get("previous_response_id"),
        "prompt_cache_key": body.get("prompt_cache_key"),
        "reasoning": {
            "effort": draft.effort if reasons else None,
            "summary": object_of(body.get("reasoning")).get("summary"),
        },
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default",
        "store": body.get("store") is not False,
        "temperature": _given(body.get("temperature"), 1.0),
        "text": {"format": text.get("format") or {"type": "text"}, "verbosity": text.get("verbosity") or "medium"},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": [_shown_tool(object_of(tool)) for tool in items_of(body.get("tools"))],
        "top_logprobs": body.get("top_logprobs") or 0,
        "top_p": _given(body.get("top_p"), 0.98 if reasons else 1.0),
        "truncation": body.get("truncation") or "disabled",
        "user": body.get("user"),
        "metadata": body.get("metadata") or {},
    }


def _given(value: Any, default: float) -> Any:
    return default if value is None else value


def _shown_tool(tool: Json) -> Json:
    return {"description": None, "strict": False, **tool} if tool.get("type") == "function" else tool


def content_filters(draft: Draft) -> list[Json]:
    """Azure's annotations of the prompt and of the answer."""
    shown = len(draft.reply.text or "")
    sources = (
        ("prompt", False, draft.verdict.prompt, 0),
        ("completion", draft.verdict.stopped, draft.verdict.output, shown),
    )
    return [
        {
            "blocked": blocked,
            "source_type": source,
            "content_filter_raw": [],
            "content_filter_results": results,
            "content_filter_offsets": {"start_offset": 0, "end_offset": end, "check_offset": 0},
        }
        for source, blocked, results, end in sources
    ]
