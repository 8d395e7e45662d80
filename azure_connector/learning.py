"""What a deployment teaches by refusing a request, kept so that the next one is right at once.

lesson = learn(400, exc.body, "/chat/completions", body)
if lesson is not None and learned.add(target.key, lesson):
    ...  # fit the caller's body again, with learned.lessons(target.key), and send it
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .changes import Draft
from .families import EFFORTS, NEUTRAL, Profile
from .fitting import CHAT, LIMITS, RESPONSES, closest_effort, exclude, names_for, set_role
from .profiles import profile_for
from .refusals import Refusal, read_refusal
from .wire import Json, as_list, as_object

__all__ = ["Learned", "Lesson", "apply", "learn"]

LessonAction = Literal["rename", "drop", "values", "at_most", "role", "responses", "no_stream"]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One thing that a deployment does not accept, and what to do instead.

    Attributes:
        action: `rename` a parameter, `drop` it, keep to the accepted `values`, send `at_most` a number, give messages
            another `role`, use the `responses` API, or `no_stream`.
        operation: the API that taught it, and to which it applies.
        parameter: which parameter; for `role` the refused role; for `responses` the condition (`tools` or empty).
        to: the new name or role.
        values: the accepted values.
        limit: the highest number.
        reason: the beginning of the service's message.
    """

    action: LessonAction
    operation: str
    parameter: str = ""
    to: str = ""
    values: tuple[str, ...] = ()
    limit: int = 0
    reason: str = field(default="", compare=False)

    def __str__(self) -> str:
        return _SAYINGS[self.action].format(lesson=self, values=", ".join(self.values))


_SAYINGS: dict[str, str] = {
    "rename": "{lesson.parameter} is sent as {lesson.to}",
    "drop": "{lesson.parameter} is left out",
    "values": "{lesson.parameter} is kept to {values}",
    "at_most": "{lesson.parameter} is at most {lesson.limit}",
    "role": "{lesson.parameter} messages are sent as {lesson.to}",
    "responses": "chat goes through the Responses API",
    "no_stream": "a stream is delivered from one whole reply",
}

# Parameters without which an answer is still an answer to the same question. Whatever else is refused, among it
# names that the API never had, is for the caller to see.
_DROPPABLE = frozenset(
    {
        "frequency_penalty",
        "include",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_output_tokens",
        "max_tokens",
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
_CALLERS = frozenset({"content_filter", "context_length_exceeded", "invalid_encrypted_content", "DeploymentNotFound"})
_MESSAGE = frozenset({"role", "content", "tool_calls", "tool_call_id"})
_ROLES = ("developer", "system", "user")

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


def learn(status: int, error_body: Json | None, operation: str, body: Json) -> Lesson | None:
    """What a refusal teaches, or None where it is not for the connector to mend.

    Args:
        status: the HTTP status; only 400 and 422 teach.
        error_body: the error's JSON, with or without its `error` envelope.
        operation: the SDK's path of the request that was refused.
        body: the body that was refused; a parameter that it does not hold teaches nothing.
    """
    if status not in (400, 422) or operation not in (CHAT, RESPONSES):
        return None
    refusal = read_refusal(error_body)
    if refusal.code in _CALLERS:
        return None
    for read in _READERS:
        lesson = read(refusal, operation, body)
        if lesson is not None:
            return lesson
    return None


def _lesson(action: LessonAction, refusal: Refusal, operation: str, parameter: str = "", **fields: Any) -> Lesson:
    return Lesson(action, operation, parameter, reason=refusal.message[:160], **fields)


def _api(refusal: Refusal, operation: str, body: Json) -> Lesson | None:
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


def _extra_fields(refusal: Refusal, operation: str, body: Json) -> Lesson | None:
    for path in refusal.extra:
        steps = path[1:] if path[:1] == ("body",) else path
        if steps[:1] == ("messages",) and len(steps) > 2 and operation == CHAT:
            held = any(steps[-1] in as_object(message) for message in as_list(body.get("messages")))
            if held and steps[-1] not in _MESSAGE:
                return _lesson("drop", refusal, operation, f"messages.{steps[-1]}")
        elif steps:
            lesson = _without(refusal, operation, body, steps[0])
            if lesson is not None:
                return lesson
    return None


def _role(refusal: Refusal, operation: str, body: Json) -> Lesson | None:
    given = {as_object(item).get("role") for item in as_list(body.get(names_for(operation).messages))}
    text, param = refusal.message, refusal.param or ""
    if param in ("messages", "input") and {"system", "developer"} <= given and "'system' and 'developer'" in text:
        return _lesson("role", refusal, operation, "system", to="developer")
    found = _REFUSED_ROLE.search(text) if _ROLE.match(param) else None
    refused = found[1] if found else ""
    if refused not in ("system", "developer") or refused not in given:
        return None
    accepted = _accepted(refusal.message) or _ROLES
    to = next(role for role in _ROLES if role != refused and (role in accepted or role == "user"))
    return _lesson("role", refusal, operation, refused, to=to)


def _stream(refusal: Refusal, operation: str, body: Json) -> Lesson | None:
    if refusal.param == "stream" and body.get("stream") and "not support" in refusal.message:
        return _lesson("no_stream", refusal, operation)
    return None


def _parameter(refusal: Refusal, operation: str, body: Json) -> Lesson | None:
    """A parameter, or one of its values, that the model does not take."""
    name = _named(refusal, body)
    if name is None:
        return None
    text = refusal.message
    instead = _INSTEAD.search(text)
    if instead:
        to = instead[1] or instead[2]
        return _lesson("rename", refusal, operation, name, to=to) if to in _DROPPABLE else None
    limit = _AT_MOST.search(text)
    if limit and name in LIMITS:
        return _lesson("at_most", refusal, operation, name, limit=int(limit[1]))
    accepted = _accepted(text)
    value = Draft(body).get(name)
    if accepted and isinstance(value, str):
        known = value in EFFORTS or value in NEUTRAL.get(name, ()) or refusal.code == "unsupported_value"
        return _lesson("values", refusal, operation, name, values=accepted) if known else None
    if refusal.code in ("unsupported_parameter", "unsupported_value") or _speaks_of_support(text):
        return _without(refusal, operation, body, name)
    return None


def _named(refusal: Refusal, body: Json) -> str | None:
    """The parameter that is refused: as the envelope names it, or as the message does."""
    candidates = [refusal.param] if refusal.param else []
    for pattern in (_UNSUPPORTED, _UNKNOWN, _UNRECOGNIZED):
        candidates += [name.strip() for found in pattern.findall(refusal.message) for name in found.split(",")]
    draft = Draft(body)
    return next((name for name in candidates if name in _DROPPABLE and draft.has(name)), None)


def _speaks_of_support(text: str) -> bool:
    return any(pattern.search(text) for pattern in (_UNSUPPORTED, _UNKNOWN, _UNRECOGNIZED))


def _encrypted(refusal: Refusal, operation: str, body: Json) -> Lesson | None:
    if "Encrypted content is not supported" in refusal.message and "include" in body:
        return _lesson("drop", refusal, operation, "include", values=("reasoning.encrypted_content",))
    return None


def _without(refusal: Refusal, operation: str, body: Json, name: str) -> Lesson | None:
    """The lesson for a parameter that is not known at all: its sibling in the other spelling, or nothing."""
    if name not in _DROPPABLE or not Draft(body).has(name):
        return None
    if operation == CHAT and name in ("max_tokens", "max_completion_tokens"):
        to = "max_tokens" if name == "max_completion_tokens" else "max_completion_tokens"
        return None if to in body else _lesson("rename", refusal, operation, name, to=to)
    return _lesson("drop", refusal, operation, name)


def _accepted(message: str) -> tuple[str, ...]:
    found = _ACCEPTED.search(message)
    return tuple(_QUOTED.findall(found[1])) if found else ()


_READERS = (_api, _extra_fields, _role, _stream, _parameter, _encrypted)


_WHY = "learnt from this deployment"


def apply(draft: Draft, lesson: Lesson, operation: str, profile: Profile | None = None) -> bool:
    """Applies one lesson to a draft. False means: this deployment does not stream."""
    if lesson.operation != operation:
        return True
    if lesson.action == "no_stream":
        return False
    name = lesson.parameter
    if lesson.action == "role":
        set_role(draft, (name,), lesson.to, names_for(operation))
    elif name.startswith("messages."):
        _strip_messages(draft, name.removeprefix("messages."))
    elif name == "include" and lesson.values:
        exclude(draft, lesson.values, _WHY)
    elif lesson.action != "responses" and draft.has(name):
        _apply_to_parameter(draft, lesson, profile)
    return True


def _apply_to_parameter(draft: Draft, lesson: Lesson, profile: Profile | None) -> None:
    name, value = lesson.parameter, draft.get(lesson.parameter)
    if lesson.action == "rename" and not draft.has(lesson.to):
        draft.rename(name, lesson.to, _WHY)
    elif lesson.action == "at_most":
        if isinstance(value, int) and value > lesson.limit:
            draft.replace(name, lesson.limit, f"{_WHY}: it can give no more", loss=False)
    elif lesson.action == "values" and (value in lesson.values or (_is_effort(name) and value not in EFFORTS)):
        return
    elif lesson.action == "values" and _is_effort(name) and value != _default(profile):
        draft.replace(name, closest_effort(value, lesson.values), f"{_WHY}: it takes {', '.join(lesson.values)}")
    else:
        # What holds without the parameter is its default, so that nothing is lost by leaving the default out.
        default = value in NEUTRAL.get(name, (None,)) or (_is_effort(name) and value == _default(profile))
        draft.drop(name, _WHY, loss=not default)


def _is_effort(name: str) -> bool:
    return name in ("reasoning_effort", "reasoning.effort")


def _default(profile: Profile | None) -> str | None:
    return None if profile is None else profile.default_effort


def _strip_messages(draft: Draft, key: str) -> None:
    messages = as_list(draft.body.get("messages"))
    if any(key in as_object(message) for message in messages):
        kept = [
            {k: v for k, v in message.items() if k != key} if key in as_object(message) else message
            for message in messages
        ]
        draft.put("messages", kept)


class Learned:
    """The lessons of every deployment. Safe to share between threads; reading takes no lock.

    Args:
        deployments: how many deployments are remembered; the ones that taught longest ago are forgotten first.
        lessons: how many lessons are kept of each.
    """

    def __init__(self, deployments: int = 500, lessons: int = 20) -> None:
        self._deployments = deployments
        self._lessons = lessons
        self._by_key: OrderedDict[str, tuple[Lesson, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def lessons(self, key: str) -> tuple[Lesson, ...]:
        """What is known of a deployment (`deployment@resource`), oldest first."""
        return self._by_key.get(key, ())

    def add(self, key: str, lesson: Lesson) -> bool:
        """Keeps a lesson. False if it was known: then sending again would only be refused again."""
        with self._lock:
            known = self._by_key.get(key, ())
            if lesson in known:
                return False
            self._by_key[key] = _merged(known, lesson)[-self._lessons :]
            self._by_key.move_to_end(key)
            while len(self._by_key) > self._deployments:
                self._by_key.popitem(last=False)
            return True

    def forget(self, key: str) -> None:
        """Drops what is known of a deployment, e.g. because it serves another model now."""
        with self._lock:
            self._by_key.pop(key, None)

    def explain(self, key: str) -> tuple[str, ...]:
        """The lessons as lines of text."""
        return tuple(f"{lesson} (learnt on {lesson.operation}: {lesson.reason})" for lesson in self.lessons(key))


def _merged(known: Sequence[Lesson], lesson: Lesson) -> tuple[Lesson, ...]:
    """The lessons with a new one, which outweighs what contradicts it."""
    about = (lesson.action, lesson.operation, lesson.parameter)
    kept = [old for old in known if (old.action, old.operation, old.parameter) != about]
    reverse = (lesson.action, lesson.operation, lesson.to, lesson.parameter)
    opposite = [old for old in kept if (old.action, old.operation, old.parameter, old.to) == reverse]
    if not opposite:
        return (*kept, lesson)
    kept = [old for old in kept if old not in opposite]
    if lesson.action != "role":
        return (*kept, lesson)
    # Neither of the two roles is taken, so instructions can only come from the user.
    return (*kept, *(Lesson("role", lesson.operation, role, "user", reason=lesson.reason) for role in _ROLES[:2]))
