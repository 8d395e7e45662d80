"""A whole Responses reply to a chat completion."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import Any

from ..._utils import Json, as_list, as_object, as_text
from ...errors import ErrorFacts, parse_envelope
from ...tools import as_function_call
from ._message_text import MessageText
from ._replay_state import CALL_TYPES, fields_of
from ._shapes import chat_usage, merged_verdicts, objects, sound_items, without

__all__ = ["Failure", "chat_call", "commentary", "reasoning_texts", "seconds", "to_chat"]


class Failure(Exception):
    """A Responses reply that is no answer: it failed, was cancelled, or is not finished yet.

    It never reaches users: the client turns it into one of the package's errors.

    Attributes:
        facts: the service's code (`server_error`, `rate_limit_exceeded`, …) or the reply's status, and its words.
        body: the error object as it was received.
    """

    def __init__(self, facts: ErrorFacts, body: Json) -> None:
        super().__init__(f"{facts.code}: {facts.message}" if facts.code else facts.message)
        self.facts = facts
        self.body = body

    @classmethod
    def reported(cls, error: Json, *, code: str | None = None) -> Failure:
        """The failure that an error object of the wire describes; `code` stands in where it holds none."""
        facts = parse_envelope(None, error or {"message": "the model failed to answer"})
        return cls(replace(facts, code=facts.code or code), error)


def to_chat(reply: Json, *, model: str | None = None, origin: str | None = None) -> Json:
    """Translates a Responses reply into a chat completion.

    The message's text is what the model says as its answer; see `MessageText` for several messages and commentary.
    Reasoning summaries are its `reasoning_content`. What Chat Completions cannot say is carried on the message in
    `reasoning_items` and `output_items`, for the next turn; see `carried`.

    Args:
        reply: the reply's JSON.
        model: the model's name where the reply holds none.
        origin: names where the reply comes from; kept with the reasoning, which only its maker can read again.

    Returns:
        A chat completion with one choice; Azure's `content_filters` are its `prompt_filter_results` and the choice's
        `content_filter_results`.

    Raises:
        Failure: the reply's status is `failed`, `cancelled`, or one of a reply that is still being made.
    """
    _refuse(reply)
    output = [as_function_call(item) for item in sound_items(reply.get("output"))]
    speech = MessageText()
    message = _message(output, speech)
    message.update(fields_of(output, speech, origin))
    choice: Json = {
        "index": 0,
        "finish_reason": _finish_reason(reply, has_calls="tool_calls" in message),
        "logprobs": _logprobs(output, speech),
        "message": message,
    }
    prompt, completion = _verdicts(reply, "prompt"), _verdicts(reply, "completion")
    if completion:
        choice["content_filter_results"] = merged_verdicts(completion)
    chat: Json = {
        "id": as_text(reply.get("id")),
        "object": "chat.completion",
        "created": seconds(reply.get("created_at")),
        "model": as_text(reply.get("model")) or model or "",
        "system_fingerprint": None,
        "choices": [choice],
        "usage": chat_usage(reply.get("usage")),
    }
    if reply.get("service_tier") is not None:
        chat["service_tier"] = reply["service_tier"]
    if prompt:
        chat["prompt_filter_results"] = [{"prompt_index": 0, "content_filter_results": merged_verdicts(prompt)}]
    return chat


def _refuse(reply: Json) -> None:
    status = as_text(reply.get("status")) or "completed"
    error = as_object(reply.get("error"))
    if error or status not in ("completed", "incomplete"):
        said = error or {"message": f"the reply's status is {status!r}"}
        raise Failure.reported(said, code=status)


def seconds(value: object) -> int:
    """A time as the SDK's types have it; 0 for none."""
    return int(value) if isinstance(value, int | float) and isfinite(value) else 0


def commentary(item: Json) -> bool:
    """Whether a message is commentary, said while working, and not the answer."""
    return item.get("phase") == "commentary"


def reasoning_texts(item: Json) -> list[str]:
    """The readable reasoning of a reasoning item: open models' own text, then the summaries."""
    parts = [*objects(item.get("content")), *objects(item.get("summary"))]
    return [part["text"] for part in parts if part.get("text")]


def chat_call(item: Json, position: int) -> Json:
    """A tool call of Chat Completions from its item; `call_id` is the call's id, `id` only the item's."""
    call_id = item.get("call_id") or item.get("id") or f"call_{position}"
    name = item.get("name") or ""
    if item.get("type") == "custom_tool_call":
        return {"id": call_id, "type": "custom", "custom": {"name": name, "input": item.get("input") or ""}}
    function = {"name": name, "arguments": item.get("arguments") or ""}
    return {"id": call_id, "type": "function", "function": function}


def _message(output: list[Json], speech: MessageText) -> Json:
    text, refusals, reasoning, calls = "", MessageText(), "", list[Json]()
    refusal = ""
    thought = MessageText()
    for position, item in enumerate(output):
        kind = item.get("type")
        if kind == "message":
            for part in objects(item.get("content")):
                if said := part.get("refusal"):
                    speech.answer()
                    refusal += refusals.say(position, said)
                text += speech.say(position, part.get("text") or "", commentary=commentary(item))
        elif kind in CALL_TYPES:
            text += speech.flush()
            calls.append(chat_call(item, position))
        elif kind == "reasoning":
            for n, said in enumerate(reasoning_texts(item)):
                reasoning += thought.say((position, n), said)
    text += speech.flush()
    message: Json = {"role": "assistant", "content": text or None, "refusal": refusal or None}
    if not text and not refusal and not calls:
        # A Chat model that said nothing gives an empty text, not null.
        message["content"] = ""
    if calls:
        message["tool_calls"] = calls
    if reasoning:
        message["reasoning_content"] = reasoning
    message.update(_annotations(output, speech))
    return message


def _annotations(output: list[Json], speech: MessageText) -> Json:
    """Citations of the web in Chat Completions' shape, others as they came; positions are those in the joined text."""
    web: list[Json] = []
    files: list[Json] = []
    for position, item in enumerate(output):
        if item.get("type") != "message" or position not in speech.starts:
            continue
        offset = speech.starts[position]
        for part in objects(item.get("content")):
            for annotation in objects(part.get("annotations")):
                moved = _moved(annotation, offset)
                if annotation.get("type") == "url_citation":
                    web.append({"type": "url_citation", "url_citation": without(moved, "type")})
                else:
                    files.append(moved)
            offset += len(part.get("text") or "")
    return {**({"annotations": web} if web else {}), **({"file_citations": files} if files else {})}


def _moved(annotation: Json, offset: int) -> Json:
    # `index`, which file citations have, counts files and not characters.
    places = {key: annotation[key] + offset for key in ("start_index", "end_index") if key in annotation}
    return {**annotation, **places}


def _logprobs(output: list[Json], speech: MessageText) -> Json | None:
    tokens: list[Any] = []
    for position, item in enumerate(output):
        if item.get("type") == "message" and position not in speech.asides:
            for part in objects(item.get("content")):
                tokens.extend(as_list(part.get("logprobs")))
    return {"content": tokens, "refusal": None} if tokens else None


def _finish_reason(reply: Json, *, has_calls: bool) -> str:
    if reply.get("status") == "incomplete":
        reason = as_object(reply.get("incomplete_details")).get("reason")
        return "content_filter" if reason == "content_filter" else "length"
    if any(entry.get("blocked") and _source(entry) == "completion" for entry in objects(reply.get("content_filters"))):
        return "content_filter"
    return "tool_calls" if has_calls else "stop"


def _source(entry: Json) -> object:
    return entry.get("source_type")


def _verdicts(reply: Json, source: str) -> list[Json]:
    """The filter's verdicts on the prompt or the completion; Azure sends null for the whole list early in a stream."""
    entries = [entry for entry in objects(reply.get("content_filters")) if _source(entry) == source]
    return [verdict for entry in entries if (verdict := as_object(entry.get("content_filter_results")))]
