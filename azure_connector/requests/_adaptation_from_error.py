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
from ..deployments import CHAT, EFFORTS, NEUTRAL, RESPONSES, profile_for
from ..errors import ErrorFacts, classify
from ._adaptations import ROLES, Adaptation, AdaptationAction, AdaptationCache
from ._parameter_rules import LIMITS, RequestDraft, names_for

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
        "prompt_cache_retention",
        "reasoning",
        "reasoning.effort",
        "reasoning.generate_summary",
        "reasoning.summary",
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
_MESSAGE = frozenset({"role", "content", "tool_calls", "tool_call_id"})

_UNSUPPORTED = re.compile(r"Unsupported (?:parameter|value): '([\w.\[\]]+)'")
_UNRECOGNIZED = re.compile(r"Unrecognized request arguments? supplied: (\w[\w.]*\w(?:, \w[\w.]*\w)*)")
_UNKNOWN = re.compile(r"Unknown parameter: '([\w.\[\]]+)'")
_INSTEAD = re.compile(r"[Uu]se ['`\"]([\w.]+)['`\"] instead|has moved to ['`\"]([\w.]+)['`\"]")
_ACCEPTED = re.compile(r"Supported values are:? (.+)", re.DOTALL)
_SPECIFIED = re.compile(r"the specified model, ([\w.-]*\w)")
_QUOTED = re.compile(r"'([^']+)'")
_AT_MOST = re.compile(r"too large.*?at most (\d+)", re.DOTALL)
_ROLE = re.compile(r"^(?:messages|input)\[\d+\]\.role$")
_REFUSED_ROLE = re.compile(r"(?:does not support|Invalid value:) '(\w+)'")


def adaptation_from_error(
    status: int, facts: ErrorFacts, operation: str, body: Json, *, known: Sequence[Adaptation] = ()
) -> Adaptation | None:
    """What a refusal teaches, or None where it is not for the connector to mend.

    Args:
        status: the HTTP status; 400 and 422 teach, 404 only that chat is not served.
        facts: what `parse_envelope` read from the error's body.
        operation: the SDK's path of the request that was refused.
        body: the body that was refused; a parameter that it does not hold teaches nothing.
        known: the lessons with which that body was fitted. One of them again would only be refused again; one that
            another call has learned in the meantime is worth another try.
    """
    if status not in (400, 404, 422) or operation not in (CHAT, RESPONSES):
        return None
    if not classify(status, facts).adaptable:
        return None
    for read in _READERS if status != 404 else (_api,):
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
        served = profile_for(_named_model(text))
        return _lesson("responses", refusal, operation) if served is None or served.kind == "text" else None
    if "Function tools with reasoning_effort" in text and (body.get("tools") or body.get("functions")):
        return _lesson("responses", refusal, operation, "tools")
    return None


def _named_model(message: str) -> str | None:
    found = _SPECIFIED.search(message)
    return found[1] if found else None


def _extra_fields(refusal: ErrorFacts, operation: str, body: Json) -> Adaptation | None:
    for path in refusal.extra:
        steps = path[1:] if path[:1] == ("body",) else path
        if steps[:1] == ("messages",) and len(steps) > 2 and operation == CHAT:
            held = any(steps[-1] in as_object(message) for message in as_list(body.get("messages")))
            if held and steps[-1] not in _MESSAGE:
                return _lesson("drop", refusal, operation, f"messages.{steps[-1]}")
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
    accepted = _accepted(refusal.message) or ROLES
    to = next(role for role in ROLES if role != refused and (role in accepted or role == "user"))
    return _lesson("role", refusal, operation, refused, to=to)


def _stream(refusal: ErrorFacts, operation: str, body: Json) -> Adaptation | None:
    if refusal.param == "stream" and body.get("stream") and "not support" in refusal.message:
        return _lesson("no_stream", refusal, operation)
    return None


def _parameter(refusal: ErrorFacts, operation: str, body: Json) -> Adaptation | None:
    """A parameter, or one of its values, that the model does not take."""
    name = _named(refusal, body)
    if name is None:
        return None
    text = refusal.message
    instead = _INSTEAD.search(text)
    if instead:
        to = instead[1] or instead[2]
        return _lesson("rename", refusal, operation, name, to=to) if to in _KNOWN else None
    limit = _AT_MOST.search(text)
    if limit and name in LIMITS:
        return _lesson("at_most", refusal, operation, name, limit=int(limit[1]))
    accepted = _accepted(text)
    value = RequestDraft(body).get(name)
    if accepted and isinstance(value, str):
        known = value in EFFORTS or value in NEUTRAL.get(name, ()) or refusal.code == "unsupported_value"
        return _lesson("values", refusal, operation, name, values=accepted) if known else None
    if refusal.code in ("unsupported_parameter", "unsupported_value") or _speaks_of_support(text):
        return _without(refusal, operation, body, name)
    return None


def _named(refusal: ErrorFacts, body: Json) -> str | None:
    """The parameter that is refused: as the envelope names it, or as the message does."""
    candidates = [refusal.param] if refusal.param else []
    for pattern in (_UNSUPPORTED, _UNKNOWN, _UNRECOGNIZED):
        candidates += [name.strip() for found in pattern.findall(refusal.message) for name in found.split(",")]
    draft = RequestDraft(body)
    return next((name for name in candidates if name in _KNOWN and draft.has(name)), None)


def _speaks_of_support(text: str) -> bool:
    return any(pattern.search(text) for pattern in (_UNSUPPORTED, _UNKNOWN, _UNRECOGNIZED))


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
        return None if to in body else _lesson("rename", refusal, operation, name, to=to)
    if name not in _DROPPABLE or (name == "store" and operation != CHAT):
        return None
    return _lesson("drop", refusal, operation, name)


def _accepted(message: str) -> tuple[str, ...]:
    found = _ACCEPTED.search(message)
    return tuple(_QUOTED.findall(found[1])) if found else ()


_READERS = (_api, _extra_fields, _role, _stream, _parameter, _encrypted)
