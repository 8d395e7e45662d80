"""What the caller asked for, made ready for one target: body, URL, headers, and how the reply will be read."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import is_
from typing import TYPE_CHECKING, Any

from openai import NotGiven

from .._utils._json import Json, as_list, as_object
from ..deployments._table import Target
from ..replies._info import AzureInfo
from ..replies._reader import Call, ChatCall
from ..replies._reading import Reading, chat_call
from ..settings._endpoint import ApiStyle, Endpoint, operation_query, operation_url
from ..tools import NameMap, normalize_tools, repair_history, repair_input_items
from ._adaptations import Lesson
from ._call_options import Asked, given_headers
from ._draft import Change
from ._fit import CHAT, RESPONSES, fit
from .responses_api import strip_carried, to_responses

if TYPE_CHECKING:
    from ..client._state import Core
    from ..replies._chat_stream import Failure

__all__ = ["Prepared", "form_for", "prepare"]

_log = logging.getLogger("azure_connector")

# The classic form has the Responses API from this api-version on.
_FIRST_WITH_RESPONSES = "2025-03-01-preview"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that is ready to be sent to one target.

    Attributes:
        target: where it goes.
        operation: the operation that is sent: another one than was asked for after a move to the other API.
        body: the body that is sent; None where there is none or it is no JSON object.
        options: the SDK's options: absolute URL, body, headers, and `post_parser` for the reply.
        call: how the reply is read.
        stream: whether the service streams.
        cast_to: what the SDK shall parse the reply into; None for what was asked for.
        lessons: what the deployment had taught when the request was fitted.
    """

    target: Target
    operation: str
    body: Json | None
    options: Any
    call: Call
    stream: bool
    cast_to: Any = None
    lessons: Sequence[Lesson] = ()

    @property
    def info(self) -> AzureInfo:
        return self.call.info


@dataclass(slots=True)
class _Draft:
    """What is known of the request so far."""

    operation: str
    body: Json | None
    stream: bool
    reading: Reading | None = None
    changes: tuple[Change, ...] = ()
    notes: list[str] = field(default_factory=list[str])
    lessons: Sequence[Lesson] = ()
    names: NameMap | None = None


def prepare(
    core: Core, client: Any, asked: Asked, target: Target, *, asynchronous: bool, failure: Failure, timeout: Any
) -> Prepared:
    """Makes the caller's request fit a target.

    Args:
        core: settings, profiles and lessons.
        client: the SDK client that was called, for its default headers and query.
        asked: what the caller asked for; never changed.
        target: the deployment.
        asynchronous: whether streams are for `async for`.
        failure: makes the exception for a stream that breaks.
        timeout: the SDK's timeout for this attempt.

    Raises:
        InvalidRequestError: the request breaks a rule that holds for every deployment, or strict mode objects.
    """
    draft = _draft(core, asked, target)
    core.change_log.report(target.key, draft.changes)
    info = AzureInfo(target, asked.model or "", changes=(*map(str, draft.changes), *draft.notes))
    options = asked.options
    parser = None if isinstance(options.post_parser, NotGiven) else options.post_parser
    if draft.reading is not None:
        call: Call = chat_call(draft.reading, info, asked, asynchronous=asynchronous, failure=failure, parser=parser)
    else:
        call = Call(
            info,
            asynchronous=asynchronous,
            failure=failure,
            post_parser=parser,
            names=draft.names,
            watch=core.watch(asked, target),
        )
    endpoint = core.resource(target.resource).endpoint
    form = form_for(endpoint, draft.operation)
    sent = options.model_copy(
        update={
            "url": _url(endpoint, draft.operation, target.deployment, form),
            "params": {**client.custom_query, **operation_query(endpoint, form), **options.params},
            "headers": {**core.default_headers, **client.custom_headers, **given_headers(options)},
            "json_data": options.json_data if draft.body is None else draft.body,
            "extra_json": None,
            "post_parser": call.parsed,
            "follow_redirects": False,
            "timeout": timeout,
            "max_retries": 0,
        }
    )
    cast_to = object if isinstance(call, ChatCall) else None
    return Prepared(target, draft.operation, draft.body, sent, call, draft.stream, cast_to, draft.lessons)


def _draft(core: Core, asked: Asked, target: Target) -> _Draft:
    if asked.body is None or asked.model is None:
        return _Draft(asked.operation, asked.body, asked.stream)
    body = {**asked.body, "model": target.deployment}
    if asked.operation == CHAT:
        return _draft_chat(core, asked, target, body)
    if asked.operation == RESPONSES:
        return _draft_responses(core, asked, target, body)
    return _Draft(asked.operation, body, asked.stream)


def _draft_chat(core: Core, asked: Asked, target: Target, body: Json) -> _Draft:
    profile, lessons, strict = core.profile(target), core.learned.lessons(target.key), core.settings.strict
    legacy = bool(body.get("functions")) and not body.get("tools")
    fitted = fit(CHAT, body, profile=profile, learned=lessons, strict=strict, api=target.api, defaults=core.defaults)
    moved = fitted.operation == RESPONSES
    body, names = normalize_tools(fitted.body, "responses" if moved else "chat")
    messages, mends = repair_history(body.get("messages"), names)
    if messages is not body.get("messages"):
        body = {**body, "messages": messages}
    changes = fitted.changes
    if moved:
        reasons = profile is None or profile.reasoning
        body, unsent = to_responses(body, reasons=reasons, origin=target.resource)
        fitted = fit(RESPONSES, body, profile=profile, learned=lessons, strict=strict, unsent=unsent)
        body, changes = fitted.body, changes + fitted.changes
    else:
        body = _without_carried(body)
    reading = Reading(
        moved=moved,
        names=names,
        as_function_call=legacy,
        deliver_as_stream=fitted.deliver_as_stream,
        include_usage=bool(as_object((asked.body or {}).get("stream_options")).get("include_usage")),
        on_model=core.model_recorder(target),
    )
    return _Draft(fitted.operation, body, fitted.stream, reading, changes, [*map(str, mends)], lessons)


def _without_carried(body: Json) -> Json:
    """Without what a reply of the Responses API carries for its next turn: Chat Completions refuses it."""
    messages = as_list(body.get("messages"))
    stripped = [strip_carried(message) for message in messages]
    if all(map(is_, messages, stripped)):
        return body
    return {**body, "messages": stripped}


def _draft_responses(core: Core, asked: Asked, target: Target, body: Json) -> _Draft:
    lessons = core.learned.lessons(target.key)
    body, notes = core.fit_state(body, target)
    fitted = fit(
        RESPONSES,
        body,
        profile=core.profile(target),
        learned=lessons,
        strict=core.settings.strict,
        defaults=core.defaults,
    )
    body, names = normalize_tools(fitted.body, "responses")
    if isinstance(body.get("input"), list):
        # A call that is stored at the service may be answered without standing in the input.
        whole = not (body.get("previous_response_id") or body.get("conversation"))
        items, mends = repair_input_items(body["input"], names, whole=whole)
        if items is not body["input"]:
            body = {**body, "input": items}
        notes += map(str, mends)
    return _Draft(RESPONSES, body, asked.stream, None, fitted.changes, notes, lessons, names)


def form_for(endpoint: Endpoint, operation: str) -> ApiStyle:
    """The resource's own URL form, but v1 for Responses where the classic api-version is too old for it."""
    if endpoint.form == "classic" and operation.startswith(RESPONSES):
        version = endpoint.api_version or ""
        if version < _FIRST_WITH_RESPONSES:
            _log.info("api-version %s has no Responses API: %s is called in the v1 form", version, endpoint.base)
            return "v1"
    return endpoint.form


def _url(endpoint: Endpoint, operation: str, deployment: str, form: ApiStyle) -> str:
    if operation.startswith(("http://", "https://")):
        return operation  # a page of a listing; the sender adds credentials only on the resource's own origin
    return operation_url(endpoint, operation, deployment, form)
