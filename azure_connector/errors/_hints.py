"""What to do about an error, in words that name the setting, the variable and the command.

A hint never holds a secret: its context knows credentials only by kind and origin.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping

from ._access_hints import blocked, keys_disabled, network, role, unauthorized
from ._address_hints import placeholder_hint, scheme_hint
from ._commands import ENDPOINTS
from ._envelope import ErrorFacts
from ._hint_context import HintContext
from ._proxy_hints import proxy_hint
from ._reply_hints import reply_hint
from ._tls_hints import certificate_hint

__all__ = ["hint_for"]


def hint_for(cls: type[BaseException], facts: ErrorFacts, context: HintContext) -> str:
    """Says what to do about an error; empty where nothing better than Azure's own words is known.

    Args:
        cls: the error's class, as `error_class` chose it.
        facts: what the reply said.
        context: what the call looked like.
    """
    if context.gateway:
        return _openai_server(facts, context)
    if advice := reply_hint(facts, context):
        return advice
    if facts.html:
        return _gateway(facts, context)
    for base in cls.__mro__:
        if (advice := _ADVICE.get(base.__name__)) is not None:
            return advice(facts, context)
    return ""


def _gateway(facts: ErrorFacts, context: HintContext) -> str:
    return (
        f"The reply comes from a gateway or proxy in front of {context.where}, not from Azure OpenAI. Check the "
        "endpoint (AZURE_OPENAI_ENDPOINT), HTTPS_PROXY and NO_PROXY. `azure-connector doctor` shows where the way ends."
    )


_RULES: Mapping[str, str] = {
    "mapping": "deployment_mapping names it for the model {model!r}",
    "discovered": "the resource's own listing named it for the model {model!r}",
    "default": "no mapping names the model {model!r}, so default_deployment was used",
    "pass-through": "no mapping names the model {model!r} and no default_deployment is set, so its own name was used",
    "argument": "the call named it",
}


def _deployment_not_found(facts: ErrorFacts, context: HintContext) -> str:
    rule = _RULES.get(context.rule or "", "").format(model=context.model)
    if context.rule == "pass-through" and context.source:
        rule = f"{context.source}, so the model's own name was used"
    chosen = f" ({rule})" if rule else ""
    beside = "".join(
        f" Or it is another model of the request that is missing: {path} names {other!r}, which is deployment {one!r}."
        for path, other, one in context.beside
    )
    return (
        f"There is no deployment {context.deployment or '?'!r} at {context.where}{chosen}. {_existing(context)} "
        f"A deployment made in the last five minutes may not be ready yet.{beside}"
    )


def _existing(context: HintContext) -> str:
    """What is there instead, and how to name it."""
    if context.existing:
        there = f"It has: {', '.join(context.existing)}."
    else:
        there = "`azure-connector models` lists those that exist."
    if not context.named:
        return f"{there} Name one of them."
    if context.rule in ("pass-through", None) and not context.discovers:
        return (
            f"{there} If one of them is of the model {context.named!r}, `export AZURE_CONNECTOR_DISCOVER=true` finds "
            "it by that listing; otherwise name one of them as the model, or in deployment_mapping. "
            "`azure-connector doctor` prints the mapping."
        )
    return f"{there} `azure-connector doctor` prints what to write in place of {context.deployment or '?'!r}."


def _not_found(facts: ErrorFacts, context: HintContext) -> str:
    if advice := _container(facts):
        return f"{advice}This call went to {context.where}."
    if context.instead:
        return f"Azure OpenAI has no {context.operation}. {context.instead}."
    if context.form == "classic":
        version = context.api_version or "none"
        remedy = (
            f"The classic URL form was used with api-version {version}: it may be misspelt, retired, or too old for "
            f"this operation. Leave it out to use the v1 form: {context.leave_out('api_version')}."
        )
    else:
        remedy = (
            "The v1 URL form was used (…/openai/v1). An older resource, or a gateway that knows only the classic form, "
            "needs an api-version: `export AZURE_OPENAI_API_VERSION=2024-10-21`. A server that speaks OpenAI's own "
            "protocol, such as a LiteLLM proxy, has its operations below /v1: append /v1 to the endpoint."
        )
    return (
        f"Nothing is at this path of {context.where}. {remedy} If the call names an id (a response, a file), it may "
        "have been deleted or live on another resource. `azure-connector doctor` shows what answers."
    )


def _openai_server(facts: ErrorFacts, context: HintContext) -> str:
    return (
        f"{context.where} answers as {context.gateway} does: its operations stand below /v1, not below /openai/v1. "
        f"If it is one, append /v1 to the endpoint: {context.change('azure_endpoint', context.where + '/v1')}."
    )


def _api_version(facts: ErrorFacts, context: HintContext) -> str:
    if context.form == "v1":
        return (
            "The v1 URL form takes no api-version, and this request carried one: remove it from the endpoint's URL, "
            "from default_query and from extra_query. To use the classic form instead, set api_version "
            "(AZURE_OPENAI_API_VERSION)."
        )
    return (
        f"The classic URL form was used with api-version {context.api_version or 'none'}, which the resource does not "
        f"take. Leave it out to use the v1 form, which needs none: {context.leave_out('api_version')}."
    )


def _quota(facts: ErrorFacts, context: HintContext) -> str:
    return (
        f"The quota of {context.deployment or 'the deployment'} on {context.resource!r} is used up. Raise its capacity "
        "or ask for more (https://aka.ms/oai/quotaincrease), lower max_tokens (it counts in advance), or name several "
        "deployments in order of preference in deployment_mapping: a list in place of one name, NAME@RESOURCE for "
        "those of another resource."
    )


def _capacity(facts: ErrorFacts, context: HintContext) -> str:
    return (
        "Azure has no capacity for this model in this region at the moment; the quota is not the cause. Name a "
        "deployment in another region, or a global one, as second choice in deployment_mapping."
    )


def _context_window(facts: ErrorFacts, context: HintContext) -> str:
    return (
        "Shorten the history or the documents, ask for fewer output tokens, or use a model with a larger window. Where "
        "deployment_mapping lists several deployments, they may differ in it."
    )


def _incomplete(facts: ErrorFacts, context: HintContext) -> str:
    return (
        "Allow more: max_output_tokens counts the reasoning as well. What came of the answer is in `.partial`; "
        "`responses.create()` gives such an answer as it is."
    )


def _unsupported(facts: ErrorFacts, context: HintContext) -> str:
    if (
        facts.code or ""
    ).lower() == "operationnotsupported" or "does not work with the specified model" in facts.message:
        answered = context.served_by(facts.named_model) or context.served_by(None)
        if answered and context.operation and context.operation not in answered:
            return _other_kind(answered, facts, context)
        return _wrong_operation(facts, context)
    if context.operation.startswith(("/audio/", "/images/")) and facts.param:
        return (
            f"The model behind {context.deployment or 'the deployment'} does not take this value of {facts.param!r}: "
            "leave it out for the model's own default, or pass one that the message above names."
        )
    what = f"the parameter {facts.param!r}" if facts.param else "a parameter"
    return (
        f"The model behind {context.deployment or 'the deployment'} does not accept {what} as sent. Leave it out, or "
        "declare the deployment's base model in deployment_mapping, so that requests are made to fit it. "
        f"`azure-connector explain {shlex.quote(context.model or context.deployment or 'gpt-5')}` shows what is known."
    )


# What the Responses API can say as well, where a model does not take it as a chat.
_CHATS = ("/chat/completions", "/completions")


def _wrong_operation(facts: ErrorFacts, context: HintContext) -> str:
    """A model that does not answer this operation, and of which it is not known what it answers."""
    deployment, model = context.deployment or "?", context.named or context.deployment or "?"
    if context.operation in _CHATS or not context.operation:
        mapping = json.dumps({model: {"deployment": deployment, "api": "responses"}})
        return (
            f"The model behind {deployment!r} answers no chat. If it is one that speaks the Responses API only (such "
            f"as gpt-5-pro or a codex model), say so: {context.change('deployment_mapping', mapping)}. Otherwise name "
            "a deployment of a chat model; `azure-connector models` lists them."
        )
    return (
        f"The model behind {deployment!r} does not answer {_method(context.operation)}. Name a deployment whose model "
        "does; `azure-connector models` lists them with what they answer."
    )


# Where the SDK's method is not called as its path is, with `create` behind it.
_METHODS: Mapping[str, str] = {
    "/images/generations": "client.images.generate",
    "/images/edits": "client.images.edit",
    "/realtime": "client.realtime.connect",
}


def _method(operation: str) -> str:
    return f"{_METHODS.get(operation) or 'client' + operation.replace('/', '.') + '.create'}(…)"


def _other_kind(answered: tuple[str, ...], facts: ErrorFacts, context: HintContext) -> str:
    model, asked = facts.named_model or context.model or "another model", _method(context.operation)
    return (
        f"The deployment {context.deployment or '?'!r} at {context.where} is one of {model}, which answers "
        f"{' and '.join(map(_method, answered))}. Use that, or name a deployment that serves {asked}; "
        "`azure-connector models` lists them with what they answer."
    )


def _filtered(facts: ErrorFacts, context: HintContext) -> str:
    names = ", ".join(
        f"{category.name} ({category.severity})" if category.severity else category.name
        for category in facts.categories
        if category.filtered
    )
    blamed = (
        f"The content filter refused the prompt for: {names}. " if names else "The content filter refused the prompt. "
    )
    return f"{blamed}The same prompt will be refused again; thresholds are set per deployment, in its content filter."


def _container(facts: ErrorFacts) -> str:
    if "container" not in facts.message.lower():
        return ""
    return (
        "Containers of the code interpreter live on one resource and expire 20 minutes after their last use: leave the "
        'id out and pass {"container": {"type": "auto"}}, or make a new one with client.containers.create. '
    )


def _state(facts: ErrorFacts, context: HintContext) -> str:
    if advice := _container(facts):
        return advice.strip()
    return (
        "Stored responses, files and encrypted reasoning can be read only on the resource that made them, and stored "
        f"responses for 30 days. This call went to {context.where}. Send the conversation to its own resource "
        "(NAME@RESOURCE as the model), or begin it anew without previous_response_id and reasoning items."
    )


def _unavailable(facts: ErrorFacts, context: HintContext) -> str:
    if context.not_repeated:
        return (
            f"{context.where} failed and may have done the work all the same, so the request was not repeated: a "
            "stored response, a file or a batch could then exist twice. Pass store=False for a response that need not "
            "be kept, or allow repeats: repeat_unsafe=True (AZURE_CONNECTOR_REPEAT_UNSAFE)."
        )
    return (
        f"{context.where} failed and every permitted attempt was made. A second resource in deployment_mapping "
        "would have been tried. Azure's state: https://azure.status.microsoft."
    )


def _unreachable(facts: ErrorFacts, context: HintContext) -> str:
    if "too many open files" in facts.message.lower():
        return (
            "This process may open no more files (`ulimit -n`); neither the endpoint nor the network is at fault. Use "
            "one client for the whole process instead of one for each call, close streams that are not read to their "
            "end, or raise the limit."
        )
    if advice := certificate_hint(facts.message, context.where):
        return advice
    if context.not_repeated:
        return _unavailable(facts, context)
    if advice := placeholder_hint(context.where):
        return advice
    if context.proxy:
        return proxy_hint(facts.message, context)
    if advice := scheme_hint(facts.message, context.where):
        return advice
    return (
        f"No connection to {context.where}: check the endpoint's spelling (AZURE_OPENAI_ENDPOINT), DNS, and whether "
        "this network must use a proxy (HTTPS_PROXY). `azure-connector doctor` tests name, connection and TLS one by "
        "one."
    )


def _deadline(facts: ErrorFacts, context: HintContext) -> str:
    return (
        "The time allowed for the whole call (deadline) ran out; timeout is for one attempt. Raise either, or stream."
    )


def _unreadable(facts: ErrorFacts, context: HintContext) -> str:
    return (
        "Something between here and the deployment answered in its place, or cut the reply off. If it stays so, see "
        f"what answers there: `curl -sS -i {context.where}`. It is no Azure OpenAI resource, or something before it; "
        f"the resource's own endpoint belongs into AZURE_OPENAI_ENDPOINT. {ENDPOINTS} lists yours."
    )


def _timeout(facts: ErrorFacts, context: HintContext) -> str:
    if context.not_repeated:
        return _unavailable(facts, context)
    return (
        "Every permitted attempt took longer than `timeout` (seconds for one attempt). Raise it, or stream: then it "
        "counts from piece to piece. A limit for the whole call is `deadline`."
    )


def _unexpected(facts: ErrorFacts, context: HintContext) -> str:
    return (
        f"Azure OpenAI answers with no such status: something in front of {context.where} may have. Check the endpoint "
        "(AZURE_OPENAI_ENDPOINT), HTTPS_PROXY and NO_PROXY. `azure-connector doctor` shows where the way ends."
    )


def _too_large(facts: ErrorFacts, context: HintContext) -> str:
    return "No answer is that large: something in front of the service is at fault. It was not asked for again."


_ADVICE: Mapping[str, Callable[[ErrorFacts, HintContext], str]] = {
    "AccessTokenError": unauthorized,
    "CapacityError": _capacity,
    "ContentFilteredError": _filtered,
    "ContextWindowExceededError": _context_window,
    "DeadlineExceededError": _deadline,
    "DeploymentNotFoundError": _deployment_not_found,
    "EndpointUnreachableError": _unreachable,
    "IncompleteReplyError": _incomplete,
    "KeysDisabledError": keys_disabled,
    "NetworkBlockedError": network,
    "QuotaExceededError": _quota,
    "ReplyTimeoutError": _timeout,
    "ReplyTooLargeError": _too_large,
    "ResourceNotFoundError": _not_found,
    "ResourceBlockedError": blocked,
    "RoleMissingError": role,
    "ServiceUnavailableError": _unavailable,
    "StateBoundToResourceError": _state,
    "UnexpectedStatusError": _unexpected,
    "UnsupportedParameterError": _unsupported,
    "WrongApiVersionError": _api_version,
    "UnreadableReplyError": _unreadable,
}
