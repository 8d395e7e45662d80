"""What LiteLLM hands to a custom provider, taken apart: body for the wire, SDK options, identity."""

from __future__ import annotations

import contextvars
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import litellm

__all__ = ["Ask", "Carried", "carried_for", "chat_ask", "embedding_ask", "image_ask", "remember"]

# LiteLLM's name -> the connector's setting. A call or a router's deployment may bring any of these.
_IDENTITY: Mapping[str, str] = {
    "api_version": "api_version",
    "azure_ad_token": "azure_ad_token",
    "azure_ad_token_provider": "azure_ad_token_provider",
    "azure_scope": "scope",
    "client_id": "client_id",
    "client_secret": "client_secret",
    "credential": "credential",
    "managed_identity_client_id": "managed_identity_client_id",
    "tenant_id": "tenant_id",
    "use_default_credential": "use_default_credential",
    "use_managed_identity": "use_managed_identity",
}
CREDENTIALS = frozenset(
    {
        "api_key",
        "azure_ad_token",
        "azure_ad_token_provider",
        "client_secret",
        "credential",
        "use_default_credential",
        "use_managed_identity",
    }
)
"""The settings that prove who is calling."""

# Control words that LiteLLM leaves among the parameters, and what is no part of a body.
_NOT_SENT = frozenset({"stream", "max_retries", "extra_headers", "extra_body", *_IDENTITY})
EMBEDDING_PARAMETERS = ("dimensions", "encoding_format", "user")
"""What LiteLLM refuses for a custom provider's embeddings."""
_CHAT = "/chat/completions"
_CHAT_PARAMETERS = ("prompt_cache_retention",)
_IMAGE_PARAMETERS = ("n", "quality", "response_format", "size", "style", "user")
# What LiteLLM gives for a call without a timeout; the connector's own setting holds then.
_DEFAULT_TIMEOUTS = (600, 6000)


@dataclass(frozen=True, slots=True)
class Ask:
    """One call, ready for a connector.

    Attributes:
        operation: the SDK's path.
        provider: the prefix that the call named.
        model: the model that the call named, without the prefix.
        body: the request's body.
        options: the SDK's request options.
        identity: the connector's settings that the call brings; empty for the prefix's own.
        client: a client of the caller's own, or None.
        base_model: the deployment's base model, where the call says it.
    """

    operation: str
    provider: str
    model: str
    body: dict[str, Any] = field(repr=False)
    options: dict[str, Any] = field(repr=False)
    identity: Mapping[str, Any] = field(repr=False)
    client: Any = None
    base_model: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """An async call's own arguments, as the pre-call hook saw them; LiteLLM hands providers only some.

    Attributes:
        arguments: the dictionary that LiteLLM's wrapper keeps for this call.
    """

    arguments: MutableMapping[str, Any] = field(repr=False)


_carried: contextvars.ContextVar[Carried | None] = contextvars.ContextVar("azure_connector_carried", default=None)


def remember(carried: Carried) -> None:
    """Leaves an async call's arguments for its provider, which runs in the same task."""
    _carried.set(carried)


def carried_for(call: Mapping[str, Any]) -> Carried | None:
    """What the hook left for this very call; None for sync calls, and where the hook did not run."""
    carried, logging = _carried.get(), call.get("logging_obj")
    if carried is None or logging is None:
        return None
    # Both name the call's logging object; some versions of LiteLLM add it to the arguments only after the hook.
    return carried if carried.arguments.get("litellm_logging_obj") is logging else None


def chat_ask(prefix: str, model: str, messages: list[Any], call: Mapping[str, Any], *, stream: bool) -> Ask:
    """A chat completion.

    Args:
        prefix: the provider's prefix, where the call does not say it.
        model: the model without the prefix.
        messages: the conversation.
        call: what else LiteLLM passes to the handler.
        stream: whether a stream is asked for.
    """
    ask = _ask(_CHAT, prefix, {"model": model, "messages": messages}, call, _CHAT_PARAMETERS)
    if stream:
        ask.body["stream"] = True
    return ask


def embedding_ask(prefix: str, model: str, text: Any, call: Mapping[str, Any]) -> Ask:
    """An embedding; args as `chat_ask`."""
    return _ask("/embeddings", prefix, {"model": model, "input": text}, call, EMBEDDING_PARAMETERS)


def image_ask(prefix: str, model: str, prompt: str, call: Mapping[str, Any]) -> Ask:
    """An image; args as `chat_ask`."""
    return _ask("/images/generations", prefix, {"model": model, "prompt": prompt}, call, _IMAGE_PARAMETERS)


def _ask(operation: str, prefix: str, head: dict[str, Any], call: Mapping[str, Any], lost: tuple[str, ...]) -> Ask:
    """Puts a call together.

    Args:
        operation, prefix, call: as they come.
        head: what the body begins with.
        lost: the parameters that LiteLLM does not hand on.
    """
    params, extra = _parameters(call)
    known, given = _known(call), call.get("litellm_params") or {}
    found = {name: known[name] for name in lost if known.get(name) is not None}
    metadata = _metadata(params, known, call) if operation == _CHAT else {}
    return Ask(
        operation,
        given.get("custom_llm_provider") or prefix,
        head["model"],
        {**head, **params, **found, **metadata, **extra},
        _options(call, known),
        _identity(call, known),
        call.get("client") or known.get("client"),
        given.get("base_model") or known.get("base_model"),
    )


def _known(call: Mapping[str, Any]) -> Mapping[str, Any]:
    carried = carried_for(call)
    return {} if carried is None else carried.arguments


def _parameters(call: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters for the body, and those of `extra_body`, which go last."""
    given: Mapping[str, Any] = call.get("optional_params") or {}
    params = {name: value for name, value in given.items() if name not in _NOT_SENT}
    return params, dict(given.get("extra_body") or {})


def _metadata(params: Mapping[str, Any], known: Mapping[str, Any], call: Mapping[str, Any]) -> dict[str, Any]:
    """The caller's own metadata, where the completion is stored; otherwise it is LiteLLM's, for its logs."""
    if not params.get("store"):
        return {}
    given = known.get("metadata") or (call.get("litellm_params") or {}).get("metadata") or {}
    own = given.get("requester_metadata", given) or {}
    # A router's bookkeeping stands in the same dictionary: without a list of the caller's own, nothing is sent.
    if "model_group" in own or not all(isinstance(value, str) for value in own.values()):
        return {}
    return {"metadata": dict(own)} if own else {}


def _options(call: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    given: Mapping[str, Any] = call.get("optional_params") or {}
    params: Mapping[str, Any] = call.get("litellm_params") or {}
    options: dict[str, Any] = {}
    headers = {**(call.get("headers") or litellm.headers or {})}
    for source in (given.get("extra_headers"), known.get("headers"), known.get("extra_headers")):
        headers.update(source or {})
    if headers:
        options["headers"] = headers
    timeout = call.get("timeout")
    if timeout is not None and timeout not in _DEFAULT_TIMEOUTS:
        options["timeout"] = timeout
    retries = given.get("max_retries", params.get("max_retries"))
    if retries is not None:
        options["max_retries"] = int(retries)
    return options


def _identity(call: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    given: Mapping[str, Any] = call.get("optional_params") or {}
    params: Mapping[str, Any] = call.get("litellm_params") or {}
    own = {"azure_endpoint": call.get("api_base") or known.get("base_url"), "api_key": call.get("api_key")}
    for name, setting in _IDENTITY.items():
        own[setting] = params.get(name) or given.get(name) or known.get(name)
    return {name: value for name, value in own.items() if value}
