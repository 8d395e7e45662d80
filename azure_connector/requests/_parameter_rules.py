"""A request's draft, and the rules about single parameters: each changes it where the family's profile says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from .._utils import Json, as_list, as_object
from ..deployments import CHAT, EFFORTS, NEUTRAL, RESPONSES, Profile

__all__ = [
    "LIMITS",
    "Names",
    "RequestChange",
    "RequestDraft",
    "adapt",
    "adapt_to_effort",
    "closest_effort",
    "exclude",
    "names_for",
    "refuses",
    "set_role",
]

Action = Literal["renamed", "dropped", "replaced", "moved"]


@dataclass(frozen=True, slots=True)
class RequestChange:
    """One thing that was changed in a request.

    Attributes:
        parameter: the parameter as the caller gave it, e.g. `max_tokens` or `reasoning.effort`.
        action: `renamed` and `moved` keep its meaning; `dropped` and `replaced` may not.
        detail: the new name, value or place, where there is one.
        why: the rule behind it.
        loss: whether something that the caller asked for is lost: then it is a warning, and an error in strict mode.
    """

    parameter: str
    action: Action
    detail: str = ""
    why: str = ""
    loss: bool = False

    def __str__(self) -> str:
        to = {"renamed": " to ", "replaced": " by ", "moved": " to "}.get(self.action, " ") + self.detail
        return f"{self.parameter} {self.action}{to if self.detail else ''}{f' ({self.why})' if self.why else ''}"


class RequestDraft:
    """A request body on its way to the wire: copies only what it changes, and records each change.

    Parameters are named as in the body; a dot leads into an object (`reasoning.effort`).
    """

    __slots__ = ("_copied", "body", "changes", "quiet")

    def __init__(self, body: Json) -> None:
        self.body = body
        self.changes: list[RequestChange] = []
        self.quiet: tuple[str, ...] = ()  # filled in from the settings: nobody asked for these in this call
        self._copied = False

    def get(self, name: str) -> Any:
        """The parameter's value, None where it is absent."""
        parent, _, child = name.partition(".")
        value = self.body.get(parent)
        return as_object(value).get(child) if child else value

    def has(self, name: str) -> bool:
        """Whether the parameter was given, be it as null."""
        parent, _, child = name.partition(".")
        return child in as_object(self.body.get(parent)) if child else parent in self.body

    def put(self, name: str, value: object) -> None:
        """Sets a parameter, without a record."""
        parent, _, child = name.partition(".")
        self._own()[parent] = {**as_object(self.body.get(parent)), child: value} if child else value

    def take(self, name: str) -> Any:
        """Removes a parameter, without a record, and an object that it leaves empty."""
        parent, _, child = name.partition(".")
        body = self._own()
        if not child:
            return body.pop(parent, None)
        inner = dict(as_object(body.get(parent)))
        value = inner.pop(child, None)
        if inner:
            body[parent] = inner
        else:
            body.pop(parent, None)
        return value

    def drop(self, name: str, why: str, *, loss: bool) -> None:
        """Removes a parameter."""
        self.take(name)
        self.changes.append(RequestChange(name, "dropped", "", why, loss and name not in self.quiet))

    def rename(self, name: str, to: str, why: str) -> None:
        """Gives a parameter's value another name."""
        self.put(to, self.take(name))
        self.changes.append(RequestChange(name, "renamed", to, why))

    def replace(self, name: str, value: object, why: str, *, loss: bool = True) -> None:
        """Gives a parameter another value."""
        self.put(name, value)
        self.changes.append(RequestChange(name, "replaced", str(value), why, loss and name not in self.quiet))

    def note(self, change: RequestChange) -> None:
        """Records a change that was made otherwise."""
        self.changes.append(change)

    def _own(self) -> Json:
        if not self._copied:
            self.body = dict(self.body)
            self._copied = True
        return self.body


# From the most to the least specific: where a caller gives several, the first one says best what was meant.
LIMITS = ("max_output_tokens", "max_completion_tokens", "max_tokens")


@dataclass(frozen=True, slots=True)
class Names:
    """How an API spells what both have."""

    operation: str
    effort: str
    verbosity: str
    messages: str
    foreign: tuple[tuple[str, str], ...]


_CHAT_NAMES = Names(CHAT, "reasoning_effort", "verbosity", "messages", ())
_RESPONSES_NAMES = Names(
    RESPONSES,
    "reasoning.effort",
    "text.verbosity",
    "input",
    (("reasoning_effort", "reasoning.effort"), ("verbosity", "text.verbosity")),
)


def names_for(operation: str) -> Names:
    """The spellings of one API."""
    return _RESPONSES_NAMES if operation == RESPONSES else _CHAT_NAMES


def adapt(draft: RequestDraft, profile: Profile, operation: str) -> None:
    """Applies every rule of the family."""
    names = _RESPONSES_NAMES if operation == RESPONSES else _CHAT_NAMES
    if (names is _RESPONSES_NAMES) or not profile.watched.isdisjoint(draft.body):
        for rule in _RULES:
            rule(draft, profile, names)
    if profile.system_role != "any":
        _adapt_roles(draft, profile.system_role, names)


def adapt_to_effort(draft: RequestDraft, profile: Profile, operation: str) -> None:
    """Applies again the rules that depend on the effort, which a lesson may have changed."""
    for rule in (_adapt_sampling, _adapt_parallel_calls, _adapt_include):
        rule(draft, profile, names_for(operation))


def refuses(profile: Profile | None, draft: RequestDraft, name: str, operation: str) -> bool:
    """Whether the family refuses a parameter at the effort that the draft asks for."""
    if profile is None or name not in profile.refused:
        return False
    return name not in profile.sampling_with_effort_none or _effort(draft, profile, names_for(operation)) != "none"


def closest_effort(asked: object, accepted: tuple[str, ...] | None) -> Any:
    """The accepted effort nearest to the one asked for, the lower of two; words that nobody knows stay."""
    known = [effort for effort in accepted or () if effort in EFFORTS]
    if not known or asked in known or not isinstance(asked, str) or asked not in EFFORTS:
        return asked
    rank = EFFORTS.index(asked)
    return min(known, key=lambda effort: (abs(EFFORTS.index(effort) - rank), EFFORTS.index(effort)))


def _keep_one_limit(draft: RequestDraft, operation: str, name: str | None = None) -> None:
    """Leaves one limit of output tokens: under the given name, or under one that the API knows."""
    given = [limit for limit in LIMITS if limit in draft.body]
    known = ("max_output_tokens",) if operation == RESPONSES else ("max_completion_tokens", "max_tokens")
    right = known if name is None else (name,)
    if not given or (len(given) == 1 and given[0] in right):
        return
    meant = [limit for limit in given if draft.get(limit) is not None] or given
    winner = name if name in meant else meant[0]
    for other in given:
        if other != winner:
            lost = draft.get(other) is not None and draft.get(other) != draft.get(winner)
            draft.drop(other, f"{winner} says it more exactly", loss=lost)
    if winner not in right:
        if draft.get(winner) is None:
            draft.drop(winner, "it is null", loss=False)
        else:
            draft.rename(winner, right[0], "the name that this model and API know")


def _adapt_limit(draft: RequestDraft, profile: Profile, names: Names) -> None:
    if names.operation == RESPONSES:
        _keep_one_limit(draft, RESPONSES, "max_output_tokens")
    else:
        _keep_one_limit(draft, CHAT, None if profile.output_limit == "either" else profile.output_limit)


def _adapt_spelling(draft: RequestDraft, _profile: Profile, names: Names) -> None:
    """Chat's flat parameters in a Responses body."""
    for flat, nested in names.foreign:
        if flat in draft.body:
            if draft.get(nested) is None:
                draft.rename(flat, nested, "the name in the Responses API")
            else:
                draft.drop(flat, f"{nested} is given too", loss=draft.get(flat) not in (None, draft.get(nested)))


def _adapt_effort(draft: RequestDraft, profile: Profile, names: Names) -> None:
    if profile.efforts == () and names.operation == RESPONSES and not profile.reasoning and "reasoning" in draft.body:
        lost = draft.get("reasoning") not in NEUTRAL["reasoning"]
        draft.drop("reasoning", f"{profile.family} does not reason", loss=lost)
        return
    name = names.effort
    if names.operation == CHAT and profile.efforts is not None and "reasoning" in draft.body:
        _flatten_reasoning(draft)
    if not draft.has(name):
        return
    asked = draft.get(name)
    if asked is None:
        draft.drop(name, "it is null", loss=False)
    elif profile.efforts == ():
        draft.drop(name, f"{profile.family} has no reasoning effort", loss=asked != "none")
    elif profile.efforts is not None:
        accepted = profile.efforts + (profile.responses_efforts if names.operation == RESPONSES else ())
        nearest = closest_effort(asked, accepted)
        if nearest != asked:
            draft.replace(name, nearest, f"{profile.family} takes {', '.join(accepted)}, not {asked}")


def _flatten_reasoning(draft: RequestDraft) -> None:
    """Responses' object in a chat request: chat has a word for the effort alone."""
    effort = draft.get("reasoning.effort")
    lost = any(value is not None for name, value in as_object(draft.get("reasoning")).items() if name != "effort")
    if effort is not None and draft.get("reasoning_effort") is None:
        draft.put("reasoning_effort", effort)
    draft.drop("reasoning", "Chat Completions knows reasoning_effort alone", loss=lost)


def _adapt_sampling(draft: RequestDraft, profile: Profile, names: Names) -> None:
    """Leaves out what the family refuses at the effort that the draft asks for."""
    given = [name for name in draft.body if name in profile.refused]
    if not given:
        return
    free = profile.sampling_with_effort_none
    if free and _effort(draft, profile, names) == "none":
        given = [name for name in given if name not in free]
    for name in given:
        value = draft.get(name)
        lost = value not in NEUTRAL.get(name, (None,))
        shown = f", and {value} was asked for" if isinstance(value, int | float) else ""
        draft.drop(name, f"{profile.family} takes only the default{shown}", loss=lost)


def _effort(draft: RequestDraft, profile: Profile, names: Names) -> Any:
    asked = draft.get(names.effort)
    return profile.default_effort if asked is None else closest_effort(asked, profile.efforts)


def _adapt_verbosity(draft: RequestDraft, profile: Profile, names: Names) -> None:
    name = names.verbosity
    if profile.verbosity is not None and draft.has(name):
        asked = draft.get(name)
        if asked not in profile.verbosity:
            lost = asked not in NEUTRAL["verbosity"]
            draft.drop(name, f"{profile.family} does not take verbosity {asked}", loss=lost)


def _adapt_parallel_calls(draft: RequestDraft, profile: Profile, names: Names) -> None:
    name = "parallel_tool_calls"
    if name not in draft.body:
        return
    wanted = draft.get(name)
    if wanted is None:
        draft.drop(name, "it is null", loss=False)
    elif names.operation == CHAT and not draft.body.get("tools") and not draft.body.get("functions"):
        draft.drop(name, "it is allowed only with tools", loss=False)
    elif not profile.parallel_tool_calls:
        draft.drop(name, f"{profile.family} makes one call at a time", loss=bool(wanted))
    elif profile.minimal_effort_forbids_parallel_calls and _effort(draft, profile, names) == "minimal":
        draft.drop(name, f"{profile.family} makes one call at a time with minimal effort", loss=bool(wanted))


def _adapt_json_object(draft: RequestDraft, profile: Profile, names: Names) -> None:
    if profile.json_object == "yes" or names.operation == RESPONSES:
        return
    if as_object(draft.get("response_format")).get("type") == "json_object" and (
        profile.json_object == "no" or _asks_to_think(draft)
    ):
        draft.drop("response_format", "json_object leaves the answer empty while the model thinks", loss=True)


def _asks_to_think(draft: RequestDraft) -> bool:
    """Every way in which DeepSeek's models are asked to think."""
    return (
        draft.get("thinking.type") == "enabled"
        or draft.get("chat_template_kwargs.thinking") is True
        or draft.get("reasoning_effort") not in (None, "none")
    )


def _adapt_include(draft: RequestDraft, profile: Profile, names: Names) -> None:
    if names.operation != RESPONSES or "include" not in draft.body:
        return
    if not profile.reasoning and profile.efforts == ():
        exclude(draft, ("reasoning.encrypted_content",), f"{profile.family} has no reasoning to carry")
    if refuses(profile, draft, "logprobs", RESPONSES):
        exclude(draft, ("message.output_text.logprobs",), f"{profile.family} gives no log probabilities", loss=True)


def exclude(draft: RequestDraft, items: tuple[str, ...], why: str, *, loss: bool = False) -> None:
    """Takes entries out of `include`."""
    included = as_list(draft.get("include"))
    if any(item in included for item in items):
        rest = [item for item in included if item not in items]
        draft.put("include", rest) if rest else draft.take("include")
        draft.note(RequestChange("include", "dropped", ", ".join(items), why, loss))


_RULES: tuple[Callable[[RequestDraft, Profile, Names], None], ...] = (
    _adapt_spelling,
    _adapt_limit,
    _adapt_effort,
    _adapt_sampling,
    _adapt_verbosity,
    _adapt_parallel_calls,
    _adapt_json_object,
    _adapt_include,
)


def _adapt_roles(draft: RequestDraft, role: str, names: Names) -> None:
    """Instructions in the one role that the family knows: system and developer never stand together."""
    messages: list[Json] = as_list(draft.body.get(names.messages))
    for message in messages:  # the one loop over a whole history: no calls in it that can be saved
        if isinstance(message, dict):  # pyright: ignore[reportUnnecessaryIsInstance] callers send what they like
            given = message.get("role")
            if (given == "system" or given == "developer") and given != role:  # noqa: PLR1714 quicker than a tuple
                break
    else:
        return
    if role == "user" and names.operation == CHAT:
        draft.put("messages", _folded(messages))
        draft.note(RequestChange("messages.role", "moved", "the user's message", "the model knows no system role"))
    else:
        set_role(draft, ("system", "developer"), role, names)


def set_role(draft: RequestDraft, given: tuple[str, ...], role: str, names: Names) -> None:
    """Gives every message of some roles another one."""
    messages = as_list(draft.body.get(names.messages))
    if not any(as_object(message).get("role") in given and message["role"] != role for message in messages):
        return
    draft.put(
        names.messages,
        [{**message, "role": role} if as_object(message).get("role") in given else message for message in messages],
    )
    draft.note(RequestChange(f"{names.messages}.role", "renamed", role, "the role for instructions to this model"))


def _folded(messages: list[Any]) -> list[Any]:
    """The messages with all instructions in front of the next thing that the user says."""
    folded: list[Any] = []
    waiting: list[Any] = []
    for message in messages:
        role = as_object(message).get("role")
        if role in ("system", "developer"):
            waiting.append(as_object(message).get("content"))
        elif role == "user" and waiting:
            folded.append({**message, "content": _joined([*waiting, message.get("content")])})
            waiting = []
        else:
            folded.append(message)
    if waiting:
        folded.append({"role": "user", "content": _joined(waiting)})
    return folded


def _joined(contents: list[Any]) -> Any:
    """Several messages' contents as one: text, or parts where one of them has parts."""
    contents = [content for content in contents if content]
    if all(isinstance(content, str) for content in contents):
        return "\n\n".join(contents)
    parts: list[Any] = []
    for content in contents:
        parts += as_list(content) or [{"type": "text", "text": content}]
    return parts
