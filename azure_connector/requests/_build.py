"""What the caller asked for, made ready for one deployment: body, URL, headers, and how the reply is to be read."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import openai

from .._utils import Json, as_list, as_object
from ..deployments import CHAT, RESPONSES, DeploymentResolver, Target, replace_names
from ..errors import InvalidRequestError, parse_envelope
from ..routing import ResourceAffinity
from ..settings import ApiStyle, Endpoint, form_for, operation_query, operation_url
from ..tools import TOOL_FIELDS, NameMap, normalize_tools, repair_history, repair_input_items
from ._adaptation_from_error import adaptation_from_error
from ._adaptations import Adaptation, apply, merged
from ._call_options import IMAGE_TOOL, CallOptions, changed_options, makes_images, sendable_headers
from ._fit import adapt_request
from ._form_part import read_part, with_names, with_part
from ._memory import CHANGES, LEARNED
from ._other_rules import fit_other
from ._parameter_rules import RequestChange, RequestDraft
from ._replayed_items import fit_replayed_items
from ._reply_plan import ReplyPlan, StreamRules
from ._tool_descriptions import cut_descriptions
from .responses_api import REPLAY_FIELDS, to_responses, without_replay_state

__all__ = ["PreparedRequest", "RequestBuilder"]

_log = logging.getLogger("azure_connector")

# Source: the how-to page of the Responses API; without it Azure answers 400.
_IMAGE_HEADER = "x-ms-oai-image-generation-deployment"
# openai 3.57 cancels an evaluation's run at a path that Azure does not have.
_MOST_ADDRESSES = 256
_MOVED = re.compile(r"(/evals/[^/]+/runs/[^/]+)/cancel")


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request that is ready to be sent to one deployment.

    Attributes:
        target: where it goes.
        operation: the operation that is sent: another one than was asked for after a move to the other API.
        body: the body that is sent; None where there is none or it is no JSON object.
        options: the SDK's options: absolute URL, body and headers.
        reply: how the reply is to be read.
        stream: whether the service streams.
        changes: what was changed so that the request fits, as readable lines.
        adaptations: what the deployment had taught when the request was built.
    """

    target: Target
    operation: str
    body: Json | None = field(repr=False)
    options: Any = field(repr=False)
    reply: ReplyPlan
    stream: bool
    changes: tuple[str, ...] = ()
    adaptations: Sequence[Adaptation] = ()


@dataclass(slots=True)
class _BuildState:
    """What is known of the request so far."""

    operation: str
    body: Json | None = field(repr=False)
    stream: bool
    reply: ReplyPlan
    changes: tuple[RequestChange, ...] = ()
    notes: list[str] = field(default_factory=list[str])
    adaptations: Sequence[Adaptation] = ()


class RequestBuilder:
    """Builds requests that their deployments accept, and learns from refusals. Safe across threads and event loops.

    Args:
        resolver: base models and their rules.
        affinity: where state lives; None where there is one resource only.
        endpoints: resource name -> its endpoint.
        headers: the settings' headers for every request.
        defaults: the settings' `max_tokens` and `temperature`, for what callers leave open.
        strict: raise instead of dropping or replacing what a caller asked for.
        repeat_unsafe: streams that may exist twice at the service may begin anew as well.
        repair: unreadable arguments of tool calls are repaired.
    """

    def __init__(
        self,
        resolver: DeploymentResolver,
        affinity: ResourceAffinity | None,
        endpoints: Mapping[str, Endpoint],
        *,
        headers: Mapping[str, str],
        defaults: Mapping[str, object] | None = None,
        strict: bool = False,
        repeat_unsafe: bool = False,
        repair: bool = True,
    ) -> None:
        self.adaptations = LEARNED
        self.headers = headers or None  # a mapping that hides its values, or nothing to copy
        self._resolver, self._affinity, self._endpoints = resolver, affinity, endpoints
        self._defaults, self._strict, self._repeat_unsafe = defaults, strict, repeat_unsafe
        self._repair = repair
        self._addresses: dict[tuple[str, str, str, str], tuple[str, Mapping[str, str]]] = {}

    def build(
        self, client: Any, call: CallOptions, target: Target, *, timeout: Any, taught: Sequence[Adaptation] = ()
    ) -> PreparedRequest:
        """Makes the caller's request fit a deployment.

        Args:
            client: the SDK client that was called, for its default headers and query.
            call: what the caller asked for; never changed.
            target: the deployment.
            timeout: the SDK's timeout for this attempt.
            taught: what this deployment has taught this very call.

        Raises:
            InvalidRequestError: the request breaks a rule that holds for every deployment, or strict mode objects.
        """
        state = self._adapted(call, target, taught)
        if state.changes:
            CHANGES.report(self.key_of(target), state.changes, name=target.key)
        endpoint, options = self._endpoints[target.resource], call.options
        _refuse_absent(call, endpoint)
        url, query = self._address(target, state.operation, options.method)
        sent = changed_options(
            options,
            {
                "url": url,
                "params": {**client.custom_query, **query, **call.query, **options.params},
                "headers": {
                    **self._image_header(call, target),
                    **({call.row.preview: "preview"} if call.row.preview else {}),
                    **(self.headers or {}),
                    **client.custom_headers,
                    **sendable_headers(options),
                },
                "json_data": options.json_data if state.body is None else state.body,
                **self._mapped_part(call, target),
                "extra_json": None,
                "follow_redirects": False,
                "timeout": timeout,
                "max_retries": 0,
                # Azure reads none, so no request has one. None would have the SDK make a number for every attempt.
                "idempotency_key": options.idempotency_key or "",
            },
        )
        changes = (*map(str, state.changes), *state.notes)
        return PreparedRequest(
            target, state.operation, state.body, sent, state.reply, state.stream, changes, state.adaptations
        )

    def _address(self, target: Target, operation: str, method: str) -> tuple[str, Mapping[str, str]]:
        """The URL of an operation, and the query that its form demands."""
        key = target.resource, operation, target.deployment, method
        found = self._addresses.get(key)
        if found is None:
            endpoint = self._endpoints[target.resource]
            form = form_for(endpoint, operation, method)
            query = operation_query(endpoint, form, operation, method)
            found = _url(endpoint, operation, target.deployment, form, method), query
            if len(self._addresses) >= _MOST_ADDRESSES:
                self._addresses.clear()  # many operations have an id in their path
            self._addresses[key] = found
        return found

    def adapt_to(self, prepared: PreparedRequest, error: openai.APIStatusError) -> Adaptation | None:
        """What a refusal teaches about asking again; it is kept for the deployment, unless that is a router.

        A router's next answer comes from another model: what one of them refused is no rule for all.
        """
        if prepared.body is None:
            return None
        status = error.status_code
        facts = parse_envelope(status, error.body)
        adaptation = adaptation_from_error(status, facts, prepared.operation, prepared.body, known=prepared.adaptations)
        if adaptation is None or adaptation.once or self._resolver.is_router(prepared.target):
            return adaptation
        if self.adaptations.add(
            self.key_of(prepared.target), adaptation
        ):  # another call may have been taught it meanwhile
            _log.warning("%s taught: %s", prepared.target.key, adaptation)
        return adaptation

    def _adaptations_of(self, target: Target, taught: Sequence[Adaptation] = ()) -> Sequence[Adaptation]:
        known = () if self.adaptations.is_empty else self.adaptations.of(self.key_of(target))
        for adaptation in taught:
            known = known if adaptation in known else merged(known, adaptation)
        return known

    def key_of(self, target: Target) -> str:
        """What names a deployment in the process's memory: its resource's address and its name."""
        return self._resolver.memory_key(target)

    def _adapted(self, call: CallOptions, target: Target, taught: Sequence[Adaptation]) -> _BuildState:
        if call.body is None or call.model is None:
            operation = _azures_path(call.operation, self._endpoints[target.resource])
            return _BuildState(operation, call.body, call.stream, self._native(call, target, None))
        self._refuse_foreign(call, target)
        body, known = self._mapped(call, call.body, target), self._adaptations_of(target, taught)
        if call.operation == CHAT:
            return self._adapted_chat(call, target, body, known)
        if call.operation == RESPONSES:
            state = self._adapted_response(call, target, body, known)
            return _without_model(state) if self._endpoints[target.resource].brings_model else state
        return self._adapted_other(call, target, body, known)

    def _refuse_foreign(self, call: CallOptions, target: Target) -> None:
        """Refuses what the model answers over another maker's API alone; a gateway that translates is told apart.

        Raises:
            InvalidRequestError: it says what to use instead.
        """
        profile = self._resolver.profile(target)
        endpoint = self._endpoints[target.resource]
        if profile is None or not profile.instead or target.api is not None:
            return
        if call.operation in (CHAT, RESPONSES) and endpoint.kind in ("azure", "foundry", "loopback"):
            raise InvalidRequestError(
                f"{target.deployment} is a model of another API than OpenAI's: {call.operation} does not reach it.",
                param="model",
                hint=profile.instead,
            )

    def _adapted_other(
        self, call: CallOptions, target: Target, body: Json, adaptations: Sequence[Adaptation]
    ) -> _BuildState:
        """A request of any other operation: what its deployment has taught holds for it as well."""
        draft = RequestDraft(body)
        fit_other(draft, call.operation, self._resolver.profile(target))
        for adaptation in adaptations:
            apply(draft, adaptation, call.operation)
        reply, changes = self._native(call, target, None), tuple(draft.changes)
        return _BuildState(call.operation, draft.body, call.stream, reply, changes, adaptations=adaptations)

    def _mapped(self, call: CallOptions, body: Json, target: Target) -> Json:
        """The body with the names of deployments on the target's resource."""
        if call.row.models == ("model",):
            return {**body, "model": target.deployment}
        for path in call.row.models:
            body = replace_names(body, path, partial(self._deployment, call, target))
        return body

    def _deployment(self, call: CallOptions, target: Target, model: str) -> str:
        if model == call.model:
            return target.deployment
        return self._resolver.deployment_on(target.resource, model)

    def _mapped_part(self, call: CallOptions, target: Target) -> Json:
        """The parts of a form as an option, also where models stand in one of them; nothing for all other requests."""
        part = None if call.model is None or not call.row.part else read_part(call.options.files, call.row.part)
        if part is None or call.body is not None:
            return {"files": with_names(call.options.files)} if call.options.files else {}
        wrapped = self._mapped(call, {call.row.part: part}, target)
        return {"files": with_part(call.options.files, call.row.part, wrapped[call.row.part])}

    def _image_header(self, call: CallOptions, target: Target) -> Mapping[str, str]:
        """Azure takes the deployment of the Responses tool that makes images from a header."""
        if call.operation != RESPONSES or call.body is None or not makes_images(call.body):
            return {}
        named = next((name for path, name in call.further if path == IMAGE_TOOL), None)
        deployment = (
            self._resolver.deployment_on(target.resource, named)
            if named
            else self._resolver.image_deployment(target.resource)
        )
        return {_IMAGE_HEADER: deployment} if deployment else {}

    def _adapted_chat(
        self, call: CallOptions, target: Target, body: Json, adaptations: Sequence[Adaptation]
    ) -> _BuildState:
        profile = self._resolver.profile(target)
        legacy = bool(body.get("functions")) and not body.get("tools")
        how: dict[str, Any] = {"profile": profile, "adaptations": adaptations, "strict": self._strict}
        adapted = adapt_request(CHAT, body, api=target.api, defaults=self._defaults, **how)
        moved = adapted.operation == RESPONSES
        body, names = _with_tools(adapted.body, "responses" if moved else "chat")
        messages, repairs = repair_history(body.get("messages"), names)
        if messages is not body.get("messages"):
            body = {**body, "messages": messages}
        changes, items = adapted.changes, list[str]()
        if moved:
            reasons = profile is None or profile.reasoning
            body, unsent = to_responses(body, reasons=reasons, origin=target.resource)
            adapted = adapt_request(RESPONSES, body, unsent=unsent, **how)
            body, items = fit_replayed_items(adapted.body, profile, adaptations, whole=False)
            changes += adapted.changes
        else:
            body = _without_replay_state(body)
        body, cut = cut_descriptions(body, adapted.operation, adaptations) if adaptations else (body, ())
        reply = ReplyPlan(
            kind="responses" if moved else "chat",
            names=names,
            as_function_call=legacy,
            repair=self._repair,
            streamed=call.stream,
            deliver_as_stream=adapted.deliver_as_stream,
            include_usage=bool(as_object((call.body or {}).get("stream_options")).get("include_usage")),
            on_model=self._resolver.served_model_recorder(target),
        )
        notes = [*map(str, repairs), *items]
        return _BuildState(adapted.operation, body, adapted.stream, reply, changes + cut, notes, adaptations)

    def _adapted_response(
        self, call: CallOptions, target: Target, body: Json, adaptations: Sequence[Adaptation]
    ) -> _BuildState:
        notes = list[str]()
        if self._affinity is not None:
            body, notes = self._affinity.fit_state(body, target)
        profile = self._resolver.profile(target)
        adapted = adapt_request(
            RESPONSES,
            body,
            profile=profile,
            adaptations=adaptations,
            strict=self._strict,
            defaults=self._defaults,
        )
        body, names = _with_tools(adapted.body, "responses")
        if isinstance(body.get("input"), list):
            # A call that is stored at the service may be answered without standing in the input.
            whole = not (body.get("previous_response_id") or body.get("conversation"))
            items, repairs = repair_input_items(body["input"], names, whole=whole)
            if items is not body["input"]:
                body = {**body, "input": items}
            notes += map(str, repairs)
        body, left_out = fit_replayed_items(body, profile, adaptations)
        notes += left_out
        body, cut = cut_descriptions(body, RESPONSES, adaptations)
        reply = self._native(call, target, names)
        return _BuildState(RESPONSES, body, call.stream, reply, adapted.changes + cut, notes, adaptations)

    def _native(self, call: CallOptions, target: Target, names: NameMap | None) -> ReplyPlan:
        """The plan for a reply of the SDK's own types."""
        affinity = self._affinity
        rules = StreamRules(
            ends=call.operation.startswith((RESPONSES, "/images/", "/audio/")),
            creates=call.operation == RESPONSES and call.options.method.lower() == "post",
            resumed=call.options.method.lower() == "get",
            background=bool((call.body or {}).get("background")),
            repeatable=call.repeatable or self._repeat_unsafe,
            parsed=call.parsed,
            note=partial(affinity.note, target.resource, call.operation) if affinity is not None else None,
            on_model=self._resolver.served_model_recorder(target)
            if call.operation == RESPONSES and call.body
            else None,
        )
        return ReplyPlan(names=names, repair=self._repair, streamed=call.stream, rules=rules)


def _without_model(state: _BuildState) -> _BuildState:
    """The request to a published agent, which brings its model along and refuses another one."""
    body = {name: value for name, value in (state.body or {}).items() if name != "model"}
    return replace(state, body=body, notes=[*state.notes, "model is dropped: the published agent has its own"])


def _without_replay_state(body: Json) -> Json:
    """Without what a reply of the Responses API carries for its next turn: Chat Completions refuses it."""
    messages: list[Any] = as_list(body.get("messages"))
    if all(REPLAY_FIELDS.isdisjoint(as_object(message)) for message in messages):
        return body
    return {**body, "messages": [without_replay_state(message) for message in messages]}


def _with_tools(body: Json, api: Literal["chat", "responses"]) -> tuple[Json, NameMap | None]:
    """The body with its tools in the API's form, and the map of their names; most requests have none."""
    return (body, None) if TOOL_FIELDS.isdisjoint(body) else normalize_tools(body, api)


def _url(endpoint: Endpoint, operation: str, deployment: str, form: ApiStyle, method: str) -> str:
    if operation.startswith(("http://", "https://")):
        return operation  # a page of a listing; the sender adds credentials only on the resource's own origin
    return operation_url(endpoint, operation, deployment, form, method)


def _azures_path(operation: str, endpoint: Endpoint) -> str:
    """The operation's path on Azure, where the SDK has moved it."""
    moved = _MOVED.fullmatch(operation) if endpoint.kind != "other" else None
    return moved[1] if moved else operation


def _refuse_absent(call: CallOptions, endpoint: Endpoint) -> None:
    """Refuses what Azure does not have, on a resource's own host; a gateway may have it.

    Raises:
        InvalidRequestError: it says what to use instead.
    """
    if call.row.instead and endpoint.kind in ("azure", "foundry"):
        raise InvalidRequestError(f"Azure OpenAI has no {call.operation}.", hint=f"{call.row.instead}.")
