"""The body of `POST /chat/{agent_id}`: AG-UI's `RunAgentInput`, or `{messages, provider, model}`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from ag_ui.core import RunAgentInput
from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from .history import chat_messages, chat_tools, context_text

__all__ = ["Asked", "named", "received", "understood"]

LONGEST = 1_000_000
DEEPEST = 100
# Generation parameters are passed on as they are; these the page itself decides.
_OWN = {"messages", "model", "tools", "functions", "function_call", "stream", "stream_options", "n", "audio"}
PARAMETERS = frozenset(CompletionCreateParamsBase.__annotations__) - _OWN


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        messages: the conversation in Chat Completions' shape; empty where there is nothing to answer.
        tools: those that the client carries out.
        context: what the client tells the agent beside the conversation.
        parameters: generation parameters.
    """

    thread_id: str
    run_id: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    tools: list[dict[str, Any]] = field(default_factory=list)
    context: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


def named(body: dict[str, Any]) -> tuple[Any, Any]:
    """The provider and the model that a body names, as they are; None where it leaves them open."""
    asked = _props(body) if _is_run(body) else body
    return asked.get("provider"), asked.get("model")


def understood(body: dict[str, Any]) -> Asked:
    """What a body asks.

    Raises:
        HTTPException: 400 or 422, with words that say what to send.
    """
    return _run(body) if _is_run(body) else _simple(body)


def _is_run(body: dict[str, Any]) -> bool:
    return {"threadId", "runId"} <= set(body)


def _props(body: dict[str, Any]) -> dict[str, Any]:
    props = body.get("forwardedProps")
    return props if isinstance(props, dict) else {}


def _run(body: dict[str, Any]) -> Asked:
    try:
        run = RunAgentInput.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise HTTPException(422, f"That is no RunAgentInput: {where}: {first['msg']}") from error
    messages = chat_messages(run.messages)
    if not messages or messages[-1]["role"] == "assistant":
        raise HTTPException(400, "There is nothing to answer: the last message must be the user's, or a tool's result.")
    tools, context = chat_tools(run.tools or ()), context_text(run.context or ())
    return Asked(run.thread_id, run.run_id, messages, tools, context, _parameters(_props(body)))


def _simple(body: dict[str, Any]) -> Asked:
    given = body.get("messages", [{"role": "user", "content": body["message"]}] if "message" in body else None)
    return Asked(str(uuid4()), str(uuid4()), _messages(given), parameters=_parameters(body))


def _parameters(given: dict[str, Any]) -> dict[str, Any]:
    """The generation parameters, also those that JavaScript writes as `maxTokens`."""
    named = {re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower(): value for name, value in given.items()}
    return {name: value for name, value in named.items() if name in PARAMETERS and value is not None}


def _messages(value: object) -> list[dict[str, Any]]:
    """The conversation, reduced to texts of the user and of the assistant."""
    if not isinstance(value, list) or not value:
        raise HTTPException(400, "messages must be a list with at least one message.")
    for position, message in enumerate(value):
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
            raise HTTPException(400, f"messages[{position}] must have the role user or assistant.")
        content = message.get("content")
        if not isinstance(content, str) or not content.strip():
            raise HTTPException(400, f"messages[{position}].content must be text.")
    if value[-1]["role"] != "user":
        raise HTTPException(400, "The last message must be the user's.")
    return [{"role": message["role"], "content": message["content"]} for message in value]


async def received(request: Request) -> dict[str, Any]:
    """The JSON object of a request. Demanding its type also keeps other sites' plain forms out.

    Raises:
        HTTPException: 400, 413 or 415, with words that say what to send.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "Send JSON (content-type: application/json).")
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > LONGEST:
            raise HTTPException(413, f"More than {LONGEST:,} bytes.")
    try:
        body = json.loads(content, parse_constant=_no_number)
        json.dumps(body, ensure_ascii=False).encode()  # half a character pair could not be passed on
    except RecursionError as error:
        raise HTTPException(400, "That JSON is nested too deeply.") from error
    except ValueError as error:
        raise HTTPException(400, f"That is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise HTTPException(400, "Send a JSON object with provider, model and messages, or AG-UI's RunAgentInput.")
    if _deeper(body, DEEPEST):
        raise HTTPException(400, f"That JSON is nested too deeply: more than {DEEPEST} levels.")
    return body


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects are nested more deeply than that."""
    layer = [value]
    for _ in range(levels + 1):
        layer = [
            inner
            for one in layer
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not layer:
            return False
    return True
