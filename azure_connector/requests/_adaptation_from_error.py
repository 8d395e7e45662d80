"""What a deployment teaches by refusing a request, kept so that the next one is right at once.

    known = cache.of(target.key)
    adapted = adapt_request(operation, body, profile=profile, adaptations=known)
    ...  # refused
    facts = parse_envelope(400, exc.body)
    adaptation = adaptation_from_error(400, facts, adapted.operation, adapted.body, known=known)
    if adaptation is not None:
        cache.add(target.key, adaptation)
        ...  # fit the caller's body again, with what is known now, and send it

What is not the model's rule but the caller's mistake teaches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .._utils import Json, as_list, as_object
from ..deployments import CHAT, EFFORTS, NEUTRAL, RESPONSES, SAMPLING, profile_for
from ..errors import ErrorFacts, classify
from ._adaptations import ROLES, Adaptation, AdaptationAction, AdaptationCache, has_files, is_one_of
from ._parameter_rules import LIMITS, RequestDraft, names_for
from ._refusal_words import Words, pointers, read_words
from ._replayed_items import replay_lesson
from ._tool_descriptions import description_lesson
from ._window import limit_within_window

__all__ = ["Adaptation", "AdaptationCache", "adaptation_from_error"]

# Parameters without which an answer is still an answer to the same question. Whatever else is refused, among it
# names that the API never had, is for the caller to see. Limits of output tokens are renamed or lowered, never lost:
# they bound the cost. `store` may go over chat only: Responses would store what it was told not to.
_DROPPABLE = frozenset(
    {
        "frequency_penalty",
        "include",
        "logit_bias",
        "logprobs",
        "max_tool_calls",
        "metadata",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning",
        "reasoning_effort",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream_options",
        "temperature",
        "text.verbosity",
        "top_logprobs",
        "top_p",
        "truncation",
        "user",
        "verbosity",
    }
)
_KNOWN = _DROPPABLE | set(LIMITS)
# Every part of these may be left out as well; of `text` only the verbosity, for its format decides what an answer is.
_DROPPABLE_PARTS = ("reasoning.", "stream_options.", "prompt_cache_options.")
# Words that some model takes: refused by another one, they are the model's limits and not the caller's mistake.
_VOCABULARIES: dict[str, frozenset[str]] = {
    "service_tier": frozenset({"auto", "default", "flex", "scale", "priority", "fast"}),
    "prompt_cache_retention": frozenset({"in_memory", "in-memory", "24h"}),
    "reasoning.summary": frozenset({"auto", "concise", "detailed"}),
    "reasoning.context": frozenset({"auto", "current_turn", "all_turns"}),
    "reasoning.mode": frozenset({"standard", "pro"}),
    "verbosity": frozenset({"low", "medium", "high"}),
    "text.verbosity": frozenset({"low", "medium", "high"}),
    "truncation": frozenset({"auto", "disabled"}),
    "reasoning_effort": frozenset(EFFORTS),
    "reasoning.effort": frozenset(EFFORTS),
}
_LONGEST_VALUE = 80  # characters of a value that is remembered
_AUDIO = ("/audio/transcriptions", "/audio/translations")
_IMAGES = ("/images/generations", "/images/edits")
_MESSAGE = frozenset({"role", "content", "tool_calls", "tool_call_id"})

_INSTEAD = re.compile(r"[Uu]se ['`\"]([\w.]+)['`\"] instead|has moved to ['`\"]([\w.]+)['`\"]")
# "Invalid value: 'file'. Supported values are: 'text', …", "This model does not support file content types."
_REFUSED_FILE = re.compile(
    r"(?:Invalid [Vv]alue|Unsupported value|[Uu]nsupported content (?:part )?type):? ['\"`]file['\"`]|"
    r"not support (?:the )?['\"`]?files?['\"`]? (?:content|input|part|type)|"
    r"content (?:part )?type ['\"`]file['\"`] is not supported"
)
_AT_MOST = re.compile(r"too large.*?at most (\d+)", re.DOTALL)
_ROLE = re.compile(r"^(?:messages|input)\[\d+\]\.role$")
_REFUSED_ROLE = re.compile(r"(?:does not support|Invalid value:) '(\w+)'")


def adaptation_from_error(
    status: int, facts: ErrorFacts, operation: str, body: Json, *, known: Sequence[Adaptation] = ()
) -> Adaptation | None:
    """What a refusal teaches, or None where no other request would help.

    Args:
        status: the HTTP status; 400 and 422 teach, 404 only that chat is not served.
        facts: what `parse_envelope` read from the error's body.
        operation: the SDK's path of the request that was refused.
        body: the body that was refused; a parameter that it does not hold teaches nothing.
        known: the lessons with which that body was fitted. One of them again would only be refused again; one that
            another call has learned in the meantime is worth another try.
    """
    if status not in (400, 404, 422) or operation not in (CHAT, RESPONSES, *_AUDIO, *_IMAGES):
        return None
    if (within := limit_within_window(facts, operation, body)) is not None:
        return None if within in known else within
    if not classify(status, facts).adaptable:
        return None
    readers = (_audio_format,) if operation in _AUDIO else (_image_format,) if operation in _IMAGES else _READERS
    for read in readers if status != 404 else (_api,):
        adaptation = read(facts, operation, body)
        if adaptation is not None:
            return None if adaptation in known else adaptation
    return None


def _lesson(
    action: AdaptationAction, refusal: ErrorFacts, operation: str, parameter: str = "", **fields: Any
) -> Adaptation:
    return Adaptation(action, operation, parameter, reason=refusal.message[:160], **fields)


def _api(refusal: ErrorFacts, operation: str, body: Json) -> Adaptation | None:
    """Models that only the Responses API serves, and those that reason with tools only there."""
    if operation != CHAT:
        return None
    text = refusal.message
    if refusal.code == "OperationNotSupported" or "only supported in v1/responses" in text:
        served = profile_for(refusal.named_model)
        return _lesson("responses", refusal, operation) if served is None or served.kind == "text" else None
    if _REFUSED_FILE.search(text) and has_files(body):
        return _lesson("responses", refusal, operation, "files")
    if "Function tools with reasoning_effort" in text and (body.get("tools") or body.get("functions")):
        return _lesson("responses", refusal, operation, "tools")
    return None


def _extra_fields(refusal: ErrorFacts, operation: str, body: Json) -> Adaptation | None:
    for path in (*refusal.extra, *pointers(refusal.message)):
        steps = path[1:] if path[:1] == ("body",) else path
        if steps[:1] == ("messages",) and len(steps) > 2 and operation == CHAT:
            held = any(steps[-1] in as_object(message) for message in as_list(body.get("messages")))
            if held and steps[-1] not in _MESSAGE:
                return _lesson("drop", refusal, operation, f"messages.{steps[-1]}", **_condition(body))
        elif steps:
            adaptation = _without(refusal, operation, body, steps[0])
            if adaptation is not None:
                return adaptation
    return None


def _role(refusal: ErrorFacts, operation: str, body: Json) -> Adaptation | None:
    given = {as_object(item).get("role") for item in as_list(body.get(names_for(operation).messages))}
    text, param = refusal.message, refusal.param or ""
    if param in ("messages", "input") and {"system", "developer"} <= given and "'system' and 'developer'" in text:
        return _lesson("role", refusal, operation, "system", to="developer")
    found = _REFUSED_ROLE.search(text) if _ROLE.match(param) else None
    refused = found[1] if found else ""
    if refused not in ("system", "developer") or refused not in given:
        return None
    accepted = read_words(refusal, body).accepted or ROLES
    to = next(role for role in ROLES if role != refused and (role in accepted or role == "user"))
    return _lesson("role", refusal, operation, refused, to=to)


def _stream(refusal: ErrorFacts, operation: str, body: Json) -> Adaptation | None:
    if refusal.param == "stream" and body.get("stream") and "not support" in refusal.message:
        return _lesson("no_stream", refusal, operation)
    return None


def _parameter(refusal: ErrorFacts, operation: str, body: Json) -> Adaptation | None:
    """A parameter, one of its values, or a combination, that the model does not take."""
    words, draft = read_words(refusal, body), RequestDraft(body)
    name = next((name for name in words.names if _may_change(name) and draft.has(name)), None)
    if name is None:
        return None
    text = refusal.message
    instead = _INSTEAD.search(text)
    if words.about != "combination" and instead and _may_change(to := instead[1] or instead[2]) and to != name:
        return _lesson("rename", refusal, operation, name, to=to)
    limit = _AT_MOST.search(text)
    if limit and name in LIMITS:
        return _lesson("at_most", refusal, operation, name, limit=int(limit[1]))
    if words.about == "value":
        return _value(refusal, operation, body, name, words)
    if words.about == "combination":
        return _combination(refusal, operation, draft, words)
    return _without(refusal, operation, body, name) if words.about else None


def _audio_format(refusal: ErrorFacts, operation: str, body: Json) -> Adaptation | None:
    """The formats of a transcription: newer models have no timestamps, and refuse the format that carries them."""
    words, asked = read_words(refusal, body), body.get("response_format")
    named = "response_format" in (*words.names, refusal.param) and words.about == "value"
    if not named or not words.accepted or not isinstance(asked, str) or asked in words.accepted:
        return None
    return _lesson("values", refusal, operation, "response_format", values=words.accepted)


def _image_format(refusal: ErrorFacts, operation: str, body: Json) -> Adaptation | None:
    """Newer models of images have no such parameter, and always give base64: who asked for that loses nothing."""
    words = read_words(refusal, body)
    if words.about not in ("parameter", "value") or "response_format" not in (*words.names, refusal.param):
        return None
    if body.get("response_format") != "b64_json":
        return None
    return _lesson("refuses", refusal, operation, "response_format", values=("b64_json",))


def _may_change(name: str) -> bool:
    return name in _KNOWN or name.startswith(_DROPPABLE_PARTS)


def _value(refusal: ErrorFacts, operation: str, body: Json, name: str, words: Words) -> Adaptation | None:
    """Which values are accepted, or that this one is not. Never more: the parameter itself was not refused."""
    value = RequestDraft(body).get(name)
    if isinstance(value, bool | int | float | str) and len(str(value)) <= _LONGEST_VALUE and name not in LIMITS:
        known = value in _VOCABULARIES.get(name, ()) or value in NEUTRAL.get(name, ())
        says_so = refusal.code == "unsupported_value" and (not isinstance(value, str) or name not in _VOCABULARIES)
        condition = _condition(body, name)
        if words.default is not None and not is_one_of(value, (words.default,)):
            return _lesson("values", refusal, operation, name, values=(words.default,), **condition)
        if words.accepted and isinstance(value, str) and value not in words.accepted and (known or says_so):
            return _lesson("values", refusal, operation, name, values=words.accepted, **condition)
        if not words.accepted and (says_so or (known and _names_value(refusal.message, value))):
            return _lesson("refuses", refusal, operation, name, values=(value,), **condition)
    return None


def _names_value(text: str, value: object) -> bool:
    return isinstance(value, str) and bool(re.search(rf"['\"`]{re.escape(value)}['\"`]", text))


def _combination(refusal: ErrorFacts, operation: str, draft: RequestDraft, words: Words) -> Adaptation | None:
    """Two parameters that do not go together: the one that may be left out is, beside the other."""
    for name in words.names:
        if _droppable(name, operation) and draft.has(name):
            other = next((one for one in words.beside if one != name and draft.get(one) is not None), None)
            if other is None:
                return None
            value = draft.get(other)
            held = value if isinstance(value, bool | int | float | str) and len(str(value)) <= _LONGEST_VALUE else None
            return _lesson("drop", refusal, operation, name, beside=other, beside_value=held)
    return None


def _condition(body: Json, name: str = "") -> dict[str, Any]:
    """Under which condition a lesson holds: On Your Data has a validator of its own, and reasoning fixes sampling."""
    if body.get("data_sources"):
        return {"beside": "data_sources"}
    if name not in SAMPLING:
        return {}
    asked = body.get("reasoning_effort") or as_object(body.get("reasoning")).get("effort")
    return {"reasoning": asked != "none"}


def _encrypted(refusal: ErrorFacts, operation: str, body: Json) -> Adaptation | None:
    if "Encrypted content is not supported" in refusal.message and "include" in body:
        return _lesson("drop", refusal, operation, "include", values=("reasoning.encrypted_content",))
    return None


def _without(refusal: ErrorFacts, operation: str, body: Json, name: str) -> Adaptation | None:
    """The lesson for a parameter that is not known at all: its sibling in the other spelling, or nothing."""
    if not RequestDraft(body).has(name):
        return None
    if operation == CHAT and name in ("max_tokens", "max_completion_tokens"):
        to = "max_tokens" if name == "max_completion_tokens" else "max_completion_tokens"
        return None if to in body else _lesson("rename", refusal, operation, name, to=to, **_condition(body))
    if not _droppable(name, operation):
        return None
    return _lesson("drop", refusal, operation, name, **_condition(body, name))


def _droppable(name: str, operation: str) -> bool:
    if name == "store":
        return operation == CHAT
    return name in _DROPPABLE or name.startswith(_DROPPABLE_PARTS)


_READERS = (_api, description_lesson, replay_lesson, _extra_fields, _role, _stream, _encrypted, _parameter)
