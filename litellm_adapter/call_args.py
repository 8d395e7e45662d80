"""What LiteLLM hands to a custom provider, taken apart: body for the wire, SDK options, settings."""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import litellm

from azure_connector.settings import CALL_NAMES, parameters_of, refuse_misspelt_secrets, settings_among

from .carried import lifted
from .errors import translated
from .proxy_clients import refuse_of_clients
from .unpublished import LITELLM_PARAMETERS

__all__ = ["CHAT", "CallArguments", "HookArguments", "call_arguments", "chat_arguments"]
__all__ += ["form_arguments", "hook_arguments_for", "remember"]

_log = logging.getLogger("azure_connector.litellm")
CHAT = "/chat/completions"
# Control words that LiteLLM leaves among the parameters, and what is no part of a body.
_NOT_SENT = CALL_NAMES | {"stream", "max_retries", "extra_headers", "extra_body"}
# Arguments of LiteLLM's functions for forms, which it does not count among its own.
_LITELLMS = {"additional_drop_params", "aimage_edit", "aspeech", "async_call", "atranscription", "deployment_id"}
_LITELLMS |= {"drop_params", "extra_query", "messages", "organization", "ssl_verify", "timeout", "user"}
# What a Router adds to the caller's own metadata.
_ROUTERS = frozenset({"api_base", "deployment", "deployment_model_name", "model_group", "original_model_group"})


@dataclass(frozen=True, slots=True)
class CallArguments:
    """One call, ready for a connector.

    Attributes:
        operation: the SDK's path.
        provider: the prefix that the call named.
        model: the model that the call named, without the prefix.
        body: the request's body.
        options: the SDK's request options.
        settings: the connector's settings that the call brings; empty for the prefix's own.
        client: a client of the caller's own, or None.
        base_model: the deployment's base model, where the call says it.
        logging: LiteLLM's logging object of the call, or None.
    """

    operation: str
    provider: str
    model: str
    body: dict[str, Any] = field(repr=False)
    options: dict[str, Any] = field(repr=False)
    settings: Mapping[str, Any] = field(repr=False)
    client: Any = None
    base_model: str | None = None
    logging: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HookArguments:
    """A call's own arguments, as a hook saw them; LiteLLM hands providers only some.

    Attributes:
        arguments: the dictionary that LiteLLM's wrapper keeps for this call.
        won_back: the parameters that LiteLLM would withhold.
        unwanted: what the caller wants to be dropped by name.
    """

    arguments: MutableMapping[str, Any] = field(repr=False)
    won_back: Mapping[str, Any] = field(repr=False)
    unwanted: frozenset[str] = frozenset()


_NOTHING = HookArguments({}, {})
_remembered: contextvars.ContextVar[HookArguments | None] = contextvars.ContextVar(
    "azure_connector_arguments", default=None
)
_ATTRIBUTE = "_azure_connector_arguments"


def remember(found: HookArguments, call_log: object) -> None:
    """Leaves a call's arguments for its provider: on its logging object, or in the task where that is not known."""
    if call_log is None:
        _remembered.set(found)
    else:
        setattr(call_log, _ATTRIBUTE, found)


def hook_arguments_for(call: Mapping[str, object]) -> HookArguments | None:
    """What a hook left for this very call; None where none ran."""
    call_log = call.get("logging_obj")
    found = getattr(call_log, _ATTRIBUTE, None) or _remembered.get()
    if found is None or call_log is None:
        return None
    # Both name the call's logging object; some versions of LiteLLM add it to the arguments only after the hook.
    return found if found.arguments.get("litellm_logging_obj") is call_log else None


def chat_arguments(operation: str, prefix: str, head: dict[str, Any], call: Mapping[str, Any]) -> CallArguments:
    """A chat completion. Args as `call_arguments`."""
    head["messages"] = [lifted(message) for message in head["messages"]]
    made = call_arguments(operation, prefix, head, call)
    if isinstance(reasoning := made.body.get("reasoning_effort"), Mapping):
        # LiteLLM's way to say both; chat has the effort only, and the connector takes the rest to the Responses API.
        made.body.update(reasoning_effort=reasoning.get("effort"), reasoning=dict(reasoning))
    return made


def form_arguments(operation: str, prefix: str, head: dict[str, Any], call: Mapping[str, Any]) -> CallArguments:
    """A call whose body is a form: LiteLLM maps nothing there and hands everything on, its own arguments included.

    Args as `call_arguments`.
    """
    known = {**(call.get("optional_params") or {}), **(hook_arguments_for(call) or _NOTHING).arguments}
    litellms = (LITELLM_PARAMETERS | _LITELLMS) - parameters_of(operation) - _NOT_SENT
    given = {name: value for name, value in known.items() if name not in litellms and value is not None}
    return call_arguments(operation, prefix, head, {**call, "optional_params": {**given, **head}})


def call_arguments(operation: str, prefix: str, head: dict[str, Any], call: Mapping[str, Any]) -> CallArguments:
    """Puts a call together.

    Args:
        operation: the SDK's path.
        prefix: the provider's prefix, where the call does not say it.
        head: what the body begins with: the model without the prefix, and what is asked of it.
        call: what LiteLLM passes to the handler.

    Raises:
        litellm.BadRequestError: a parameter is a misspelt secret, or a client of the Proxy brings settings.
    """
    given: Mapping[str, Any] = call.get("optional_params") or {}
    params: Mapping[str, Any] = call.get("litellm_params") or {}
    hooked = hook_arguments_for(call) or _NOTHING
    known = hooked.arguments
    sent = {name: value for name, value in given.items() if name not in _NOT_SENT}
    provider = params.get("custom_llm_provider") or prefix
    with translated(provider, head["model"]):
        refuse_of_clients(params.get("proxy_server_request") or known.get("proxy_server_request"))
        refuse_misspelt_secrets(sent.keys() - parameters_of(operation))
    metadata = _metadata(known, params) if operation == CHAT and sent.get("store") else {}
    more = {**sent, **hooked.won_back, **metadata, **(given.get("extra_body") or {})}
    own = {name: call.get(name) for name in ("api_base", "api_key")}
    return CallArguments(
        operation,
        provider,
        head["model"],
        {**head, **{name: value for name, value in more.items() if name not in hooked.unwanted}},
        _options(call, given, params, known),
        settings_among(known, given, params, own),
        call.get("client") or known.get("client"),
        params.get("base_model") or known.get("base_model") or (known.get("model_info") or {}).get("base_model"),
        call.get("logging_obj"),
    )


def _metadata(known: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """The caller's own metadata, for a completion that is stored; otherwise it is LiteLLM's, for its logs."""
    given = known.get("metadata") or params.get("metadata") or {}
    own = given.get("requester_metadata") or given
    sent = {name: value for name, value in own.items() if isinstance(value, str)}
    if "model_group" in own:  # a Router writes into the caller's own dictionary
        sent = {name: value for name, value in sent.items() if name not in _ROUTERS}
    elif lost := own.keys() - sent.keys() - {"hidden_params"}:
        _log.warning("Metadata that is no text is not stored with the completion: %s.", ", ".join(sorted(lost)))
    return {"metadata": sent} if sent else {}


def _options(call: Mapping[str, Any], *sources: Mapping[str, Any]) -> dict[str, Any]:
    given, _, known = sources
    options: dict[str, Any] = {}
    headers = {**(call.get("headers") or litellm.headers or {})}
    for more in (given.get("extra_headers"), known.get("headers"), known.get("extra_headers")):
        headers.update(more or {})
    if headers:
        options["headers"] = headers
    # 600 and 6000 are what LiteLLM gives for a call without a timeout; the connector's own setting holds then.
    if (timeout := call.get("timeout")) is not None and timeout not in (600, 6000):
        options["timeout"] = timeout
    retries = next((found["max_retries"] for found in sources if "max_retries" in found), None)
    if retries is not None:
        options["max_retries"] = int(retries)
    return options
