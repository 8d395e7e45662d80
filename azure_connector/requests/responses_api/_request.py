"""The body of a chat completion to the body of a Responses request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from ..._utils import Json, as_list, as_object
from ...errors import InvalidRequestError
from ...tools import normalize_tools
from ._messages import Conversation
from ._shapes import without

__all__ = ["to_responses"]

# The service refuses a smaller limit ("integer below minimum value", seen on Azure and OpenAI).
_LEAST_OUTPUT_TOKENS = 16
_ENCRYPTED_REASONING = "reasoning.encrypted_content"
_LOGPROBS = "message.output_text.logprobs"

# What the Responses API has no word for. Leaving them out changes how a model answers, not what it is asked.
_UNSAYABLE = ("frequency_penalty", "logit_bias", "prediction", "presence_penalty", "seed", "stop")
_TRANSLATED = frozenset(
    {
        *_UNSAYABLE,
        *("messages", "tools", "web_search_options", "response_format", "verbosity", "text"),
        *("reasoning_effort", "reasoning", "max_tokens", "max_completion_tokens", "max_output_tokens"),
        *("logprobs", "include", "store", "stream_options", "n", "audio", "modalities"),
    }
)


def to_responses(
    body: Mapping[str, object], *, reasons: bool = True, replay: bool = True, origin: str | None = None
) -> tuple[Json, tuple[str, ...]]:
    """Translates a chat completion's body for a model that speaks only the Responses API.

    The request is not stored unless the body says `store: true`, so that it may be repeated; the reasoning comes back
    encrypted instead, stands on the reply's message, and is replayed with it. A limit below 16 tokens becomes 16, the
    least that the service takes. Keys that this function does not know are passed on as they are, so `reasoning:
    {"summary": "auto"}`, `previous_response_id`, `truncation` and the like can be asked for.

    Tools are expected as `tools.normalize_tools(body, "responses")` leaves them. Others are brought into that form, but
    where a name had to be changed the map back is lost, and calls of the older `functions` come back as tool calls.

    Args:
        body: the body for `/chat/completions`; it is not changed.
        reasons: whether the model reasons. Others refuse encrypted reasoning, both asked for and replayed.
        replay: whether the history's reasoning is sent; False to send a request again that was refused for it.
        origin: names the target; reasoning that is known to come from another one is left out.

    Returns:
        The body for `/responses`, and the names of what could not be said and was left out.

    Raises:
        InvalidRequestError: leaving something out would change what is asked: several answers, an answer in audio;
            or a message or tool that cannot be understood.
    """
    _refuse(body)
    body, _ = normalize_tools(dict(body), "responses")
    talk = Conversation(origin=origin, reason=reasons and replay)
    for position, message in enumerate(_messages(body)):
        talk.add(message, position)
    sent = {key: value for key, value in body.items() if key not in _TRANSLATED}
    if body.get("messages") is not None:
        sent["input"] = talk.items
    sent["store"] = bool(body.get("store"))
    include = _include(body, reasons)
    translated = {
        "include": include,
        "tools": _tools(body),
        "text": _text(body),
        "reasoning": _reasoning(body),
        "max_output_tokens": _limit(body),
        "stream_options": without(as_object(body.get("stream_options")), "include_usage"),
    }
    sent.update({key: value for key, value in translated.items() if value not in (None, [], {})})
    unsent = {key for key in _UNSAYABLE if _says_something(key, body.get(key))}
    return sent, tuple(sorted(unsent | talk.unsent))


def _messages(body: Mapping[str, object]) -> Sequence[object]:
    messages = body.get("messages") or ()
    if not isinstance(messages, list | tuple):
        raise InvalidRequestError(f"messages is a {type(messages).__name__}, not a list", param="messages")
    return cast("Sequence[object]", messages)


def _refuse(body: Mapping[str, object]) -> None:
    if (body.get("n") or 1) != 1:
        raise InvalidRequestError(
            "the Responses API gives one answer per request",
            param="n",
            hint="Ask n times, or use a model that speaks Chat Completions.",
        )
    if body.get("audio") or "audio" in as_list(body.get("modalities")):
        raise InvalidRequestError("the Responses API cannot answer in audio", param="modalities")


def _says_something(key: str, value: object) -> bool:
    """Whether a parameter differs from its default; a seed of 0 does."""
    return value not in (None, "", [], {}) and (key == "seed" or value != 0)


def _include(body: Mapping[str, object], reasons: bool) -> list[Any]:
    wanted = as_list(body.get("include"))
    asked = [*([_ENCRYPTED_REASONING] if reasons else []), *([_LOGPROBS] if body.get("logprobs") else [])]
    return [*wanted, *(name for name in asked if name not in wanted)]


def _tools(body: Mapping[str, object]) -> list[Any]:
    tools = as_list(body.get("tools"))
    search = body.get("web_search_options")
    if search is None:
        return tools
    options = as_object(search)
    place = as_object(options.get("user_location"))
    flat = {"user_location": {"type": "approximate", **as_object(place.get("approximate"))}} if place else {}
    return [*tools, {"type": "web_search", **options, **flat}]


def _text(body: Mapping[str, object]) -> Json:
    text = dict(as_object(body.get("text")))
    wanted = as_object(body.get("response_format"))
    if wanted.get("type") == "json_schema":
        text["format"] = {"type": "json_schema", **without(as_object(wanted.get("json_schema")), "type")}
    elif wanted:
        text["format"] = wanted
    if body.get("verbosity") is not None:
        text["verbosity"] = body["verbosity"]
    return text


def _reasoning(body: Mapping[str, object]) -> Json:
    # No summary is asked for by itself: some organizations may not have it, and get a 400.
    reasoning = dict(as_object(body.get("reasoning")))
    if body.get("reasoning_effort") is not None:
        reasoning["effort"] = body["reasoning_effort"]
    return reasoning


def _limit(body: Mapping[str, object]) -> object:
    for name in ("max_output_tokens", "max_completion_tokens", "max_tokens"):
        limit = body.get(name)
        if limit is not None:
            small = isinstance(limit, int) and 0 < limit < _LEAST_OUTPUT_TOKENS
            return _LEAST_OUTPUT_TOKENS if small else limit
    return None
