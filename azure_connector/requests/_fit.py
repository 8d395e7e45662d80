"""The caller's request, made to fit one deployment: names, values and the API that its base model accepts.

    fitted = fit("/chat/completions", body, profile=profile, learned=adaptations.of(target.key))
    if fitted.operation != "/chat/completions":
        body, unsent = to_responses(fitted.body)
        fitted = fit("/responses", body, profile=profile, learned=adaptations.of(target.key), unsent=unsent)

Pure: nothing is sent, and the caller's body is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .._utils import Json, as_list, as_object
from ..deployments import CHAT, RESPONSES, Api, Profile
from ..errors import InvalidRequestError
from ._adaptations import Adaptation, apply, has_files, order
from ._answer_format import fit_answer_format
from ._parameter_rules import (
    LIMITS,
    Names,
    RequestChange,
    RequestDraft,
    adapt,
    adapt_to_effort,
    closest_effort,
    names_for,
    refuses,
)
from ._value_checks import CHECKED, check_values

__all__ = ["AdaptedRequest", "RequestChange", "adapt_request"]


@dataclass(frozen=True, slots=True)
class AdaptedRequest:
    """A request as one deployment accepts it.

    Attributes:
        operation: where it goes. Another one than was asked for means: translate the body first, then fit it again.
        body: the very object that was given where nothing had to change.
        changes: what was changed, in order.
        stream: whether the reply arrives as a stream.
        deliver_as_stream: the caller wants a stream, the model has none: deliver the whole reply as one.
    """

    operation: str
    body: Json
    changes: tuple[RequestChange, ...] = ()
    stream: bool = False
    deliver_as_stream: bool = False


def adapt_request(
    operation: str,
    body: Json,
    *,
    profile: Profile | None,
    adaptations: Sequence[Adaptation] | None = None,
    strict: bool = False,
    api: Api | None = None,
    defaults: Mapping[str, object] | None = None,
    unsent: Iterable[str] = (),
) -> AdaptedRequest:
    """Makes a request fit the base model of a deployment.

    Args:
        operation: the SDK's path, e.g. `/chat/completions`. Other ones than chat and Responses pass untouched.
        body: the request's JSON; not changed.
        profile: the model's rules, None where nothing is known of it.
        adaptations: what this deployment taught by refusing earlier requests; it outweighs the profile.
        strict: raise instead of dropping or replacing what the caller asked for.
        api: the API that the settings force for this deployment.
        defaults: the settings' `max_tokens` and `temperature`, for what the caller left open.
        unsent: what the translation to this API has left out: it counts as lost.

    Raises:
        InvalidRequestError: a value that no model takes; in strict mode also when something would be lost: it names
            every such parameter.
    """
    if operation not in _TEXT or (profile is not None and profile.kind != "text"):
        return AdaptedRequest(operation, body, stream=bool(body.get("stream")))
    if not CHECKED.isdisjoint(body):
        check_values(operation, body)
    draft = RequestDraft(body)
    goal, why = (operation, "") if operation == RESPONSES else _goal(draft, profile, adaptations, api)
    if defaults:
        _fill(draft, defaults, profile, names_for(operation), goal)
    if goal != operation:
        draft.note(RequestChange(operation, "moved", goal, why))
        return AdaptedRequest(goal, draft.body, tuple(draft.changes), bool(body.get("stream")))
    for name in unsent:
        draft.note(RequestChange(name, "dropped", why="the Responses API has no word for it", loss=True))
    if "response_format" in draft.body or "text" in draft.body:
        fit_answer_format(draft, operation, profile)
    adapt(draft, profile or _UNKNOWN, operation)
    streaming = _apply_all(draft, adaptations or (), operation, profile)
    wanted = bool(body.get("stream"))
    if wanted and not streaming:
        _unstream(draft)
    if draft.changes and strict:
        _insist(draft, profile)
    return AdaptedRequest(operation, draft.body, tuple(draft.changes), wanted and streaming, wanted and not streaming)


def _apply_all(draft: RequestDraft, adaptations: Sequence[Adaptation], operation: str, profile: Profile | None) -> bool:
    """Applies what a deployment has taught; says whether it may be asked for a stream."""
    streaming = profile is None or profile.streaming
    for adaptation in sorted(adaptations, key=order):  # conditions of others ask for the effort that is sent
        streaming = apply(draft, adaptation, operation, profile) and streaming
    if profile is not None and adaptations:
        adapt_to_effort(draft, profile, operation)
    return streaming


_TEXT = frozenset({CHAT, RESPONSES})
_UNKNOWN = Profile(family="this model")  # everything passes; only the APIs' own rules hold


def _goal(
    draft: RequestDraft, profile: Profile | None, adaptations: Sequence[Adaptation] | None, api: Api | None
) -> tuple[str, str]:
    """Where a chat request goes, and why it does not stay."""
    if api is not None:
        return (CHAT, "") if api == "chat" else (RESPONSES, "the settings force the Responses API")
    body = draft.body
    tools = bool(body.get("tools") or body.get("functions"))
    if profile is not None:
        if profile.apis and profile.apis[0] == "responses":
            return RESPONSES, f"{profile.family} is served by the Responses API"
        if "responses" in profile.apis:
            asked = body.get("reasoning_effort")
            if asked in profile.responses_efforts:
                return RESPONSES, f"only the Responses API takes an effort of {asked}"
            if profile.reasoning and _asks_for_more_than_effort(body):
                return RESPONSES, "only the Responses API has a summary of the reasoning"
            if tools and not profile.tools_with_reasoning_over_chat and _thinks(asked, profile):
                return RESPONSES, f"over chat, {profile.family} takes no function tools while it reasons"
    for adaptation in adaptations or ():
        if adaptation.action == "responses" and _moves(adaptation.parameter, body, profile, tools=tools):
            return RESPONSES, adaptation.reason
    return CHAT, ""


def _moves(condition: str, body: Json, profile: Profile | None, *, tools: bool) -> bool:
    """Whether the condition holds under which a deployment has sent chats to Responses."""
    if condition == "tools":
        return tools and _may_think(body, profile)
    if condition == "files":
        return has_files(body) and (profile is None or "responses" in profile.apis)
    return True


def _asks_for_more_than_effort(body: Json) -> bool:
    """Whether Responses' own object stands in a chat request, in a way that Responses can answer."""
    reasoning = as_object(body.get("reasoning"))
    more = any(value is not None for name, value in reasoning.items() if name != "effort")
    return (
        more and body.get("n") in (None, 1) and not body.get("audio") and "audio" not in as_list(body.get("modalities"))
    )


def _thinks(asked: object, profile: Profile) -> bool:
    effort = profile.default_effort if asked is None else closest_effort(asked, profile.efforts)
    return effort != "none"


def _may_think(body: Json, profile: Profile | None) -> bool:
    """For an unknown model: whether nothing says that it does not reason."""
    asked = body.get("reasoning_effort")
    return asked != "none" if profile is None else _thinks(asked, profile)


def _fill(
    draft: RequestDraft, defaults: Mapping[str, object], profile: Profile | None, names: Names, goal: str
) -> None:
    """The settings' values for what the caller left open, where the model takes them."""
    limit, temperature = defaults.get("max_tokens"), defaults.get("temperature")
    quiet: list[str] = []
    if limit is not None and all(draft.get(name) is None for name in LIMITS):
        quiet.append(_limit_name(profile, names, moves=goal != names.operation))
        draft.put(quiet[-1], limit)
    if (
        temperature is not None
        and draft.get("temperature") is None
        and not refuses(profile, draft, "temperature", goal)
    ):
        quiet.append("temperature")
        draft.put("temperature", temperature)
    draft.quiet = tuple(quiet)


def _limit_name(profile: Profile | None, names: Names, *, moves: bool) -> str:
    if names.operation == RESPONSES:
        return "max_output_tokens"
    if profile is None or moves:
        return "max_completion_tokens"
    return "max_tokens" if profile.output_limit == "either" else profile.output_limit


def _unstream(draft: RequestDraft) -> None:
    for name in ("stream", "stream_options"):
        if draft.has(name):
            draft.take(name)
    draft.note(RequestChange("stream", "moved", "one whole reply, delivered as a stream", "the model does not stream"))


def _insist(draft: RequestDraft, profile: Profile | None) -> None:
    """Strict mode: what would be lost is an error that names all of it, and the ways out."""
    lost = [change for change in draft.changes if change.loss]
    if not lost:
        return
    model = "this deployment" if profile is None else profile.family
    listed = "".join(f"\n  {change}" for change in lost)
    raise InvalidRequestError(
        f"strict: {model} does not take all that the request asks for:{listed}",
        param=lost[0].parameter,
        hint=(
            f"Leave out {', '.join(change.parameter for change in lost)}, name another model, or switch strict off "
            "to have the request adapted. If the rule is wrong for this deployment, correct it in the settings "
            "under `profiles`."
        ),
    )
