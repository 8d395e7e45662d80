"""What to do about an error, in words that name the setting, the variable and the command.

A hint never holds a secret: its context knows credentials only by kind and origin.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ._envelope import ErrorFacts
from ._hint_context import HintContext
from ._tls_hints import certificate_hint

__all__ = ["hint_for"]

# "Token tenant X does not match resource tenant." is what Azure says; some services name the resource's too.
_TENANTS = re.compile(
    r"token tenant\s+'?(?P<token>[\w.-]+)'?\s+does not match resource tenant(?:\s+'?(?P<resource>[\w-]+(?:\.\w+)*)'?)?",
    re.IGNORECASE,
)


def hint_for(cls: type[BaseException], facts: ErrorFacts, context: HintContext) -> str:
    """Says what to do about an error; empty where nothing better than Azure's own words is known.

    Args:
        cls: the error's class, as `error_class` chose it.
        facts: what the reply said.
        context: what the call looked like.
    """
    if context.gateway:
        return _openai_server(facts, context)
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
    model = context.model or "MODEL"
    beside = "".join(
        f" Or it is another model of the request that is missing: {path} names {other!r}, which is deployment {one!r}."
        for path, other, one in context.beside
    )
    return (
        f"There is no deployment {context.deployment or '?'!r} at {context.where}{chosen}. `azure-connector models` "
        "lists those that exist. Then map the model to one of them: "
        f'deployment_mapping={{"{model}": "YOUR-DEPLOYMENT"}}, '
        f'or export AZURE_OPENAI_DEPLOYMENT_MAPPING=\'{{"{model}": "YOUR-DEPLOYMENT"}}\', '
        "or set AZURE_OPENAI_DEFAULT_DEPLOYMENT. A deployment made in the last five minutes may not be ready yet."
        f"{beside}"
    )


def _not_found(facts: ErrorFacts, context: HintContext) -> str:
    if advice := _container(facts):
        return f"{advice}This call went to {context.where}."
    if context.instead:
        return f"Azure OpenAI has no {context.operation}. {context.instead}."
    if facts.code == "api_not_supported":
        return (
            "This model speaks another API than OpenAI's: Claude on Foundry answers only Anthropic's Messages API, at "
            "…/anthropic. Use Anthropic's client for it, with the same resource and key."
        )
    if context.form == "classic":
        version = context.api_version or "none"
        remedy = (
            f"The classic URL form was used with api-version {version}: it may be misspelt, retired, or too old for "
            "this operation. Leave api_version (AZURE_OPENAI_API_VERSION, OPENAI_API_VERSION) unset to use the v1 form."
        )
    else:
        remedy = (
            "The v1 URL form was used (…/openai/v1). An older resource, or a gateway that knows only the classic form, "
            "needs an api-version: export AZURE_OPENAI_API_VERSION=2024-10-21. A server that speaks OpenAI's own "
            "protocol, such as a LiteLLM proxy, has its operations below /v1: append /v1 to the endpoint."
        )
    return (
        f"Nothing is at this path of {context.where}. {remedy} If the call names an id (a response, a file), it may "
        "have been deleted or live on another resource. `azure-connector doctor` tries the forms."
    )


def _openai_server(facts: ErrorFacts, context: HintContext) -> str:
    return (
        f"{context.where} answers as {context.gateway} does: its operations stand below /v1, not below /openai/v1. "
        f"If it is one, append /v1 to the endpoint: export AZURE_OPENAI_ENDPOINT={context.where}/v1."
    )


def _api_version(facts: ErrorFacts, context: HintContext) -> str:
    if context.form == "v1":
        return (
            "The v1 URL form takes no api-version, and this request carried one: remove it from the endpoint's URL, "
            "from default_query and from extra_query. To use the classic form instead, set api_version "
            "(AZURE_OPENAI_API_VERSION)."
        )
    return (
        f"The classic URL form was used with api-version {context.api_version or 'none'}. Set api_version "
        "(AZURE_OPENAI_API_VERSION) to one that the resource knows, such as 2024-10-21, or leave it unset to use the "
        "v1 form, which needs none."
    )


def _unauthorized(facts: ErrorFacts, context: HintContext) -> str:
    message = facts.message.lower()
    if "tenant" in message:
        return _wrong_tenant(facts, context)
    if "/api/projects/" in context.endpoint and "key" in (context.credential or "").lower():
        return (
            f"{context.where} refused {context.by}: a Foundry project's agents, conversations and evals take Entra ID "
            "tokens only. Sign in with `az login`, set use_managed_identity (AZURE_USE_MANAGED_IDENTITY) or pass a "
            "credential, and leave the key out; the role is Azure AI User."
        )
    if facts.code == "PermissionDenied" or "data action" in message:
        return _role(facts, context)
    if context.scopes and ("audience" in message or "token" in message):
        asked, *others = context.scopes
        change = f"Resources differ: set scope (AZURE_CONNECTOR_SCOPE) to {' or '.join(others)}. " if others else ""
        return (
            f"The token was refused; it was asked for {asked}. {change}Check also the tenant "
            "(AZURE_TENANT_ID) and the local clock. `azure-connector doctor` shows the token's audience and expiry."
        )
    other = f"{context.other_resource}: they may not belong together. " if context.other_resource else ""
    return (
        f"{context.where} refused {context.by}. {other}A key belongs to one resource: check that endpoint and key are "
        "from the same one (AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_KEY), and that the key was not regenerated. Behind "
        "API Management the subscription key is its own setting: apim_subscription_key (AZURE_APIM_SUBSCRIPTION_KEY). "
        "`azure-connector doctor` tries the whole chain."
    )


def _wrong_tenant(facts: ErrorFacts, context: HintContext) -> str:
    """Names the token's tenant and the resource's, as far as the reply tells them."""
    found = _TENANTS.search(facts.message)
    tokens, resources = (found["token"], found["resource"]) if found else (None, None)
    named = f" {tokens}" if tokens else ""
    configured = f" although tenant_id is {context.tenant}" if context.tenant and context.tenant != tokens else ""
    target = resources or "RESOURCE-TENANT-ID"
    where = f"is in the tenant {resources}" if resources else "is in another one"
    return (
        f"The token is of the tenant{named}{configured}, and {context.where} {where}. Set tenant_id (AZURE_TENANT_ID) "
        f"to {target}, or sign in there: az login --tenant {target}. "
        "az account list --query '[].{name:name, tenant:tenantId}' -o table lists yours."
    )


def _role(facts: ErrorFacts, context: HintContext) -> str:
    return (
        f"The identity behind {context.by} is known but lacks a role on the resource. Grant it: az role assignment "
        'create --role "Cognitive Services OpenAI User" --assignee PRINCIPAL-ID --scope RESOURCE-ID. A new '
        "assignment takes up to five minutes to work, and a cached token must be renewed."
    )


def _keys_disabled(facts: ErrorFacts, context: HintContext) -> str:
    return (
        f"{context.where} accepts no keys. Use Entra ID: remove the key ({context.credential_origin or 'api_key'}) and "
        "sign in with `az login`, or set use_managed_identity (AZURE_USE_MANAGED_IDENTITY), or pass a credential."
    )


def _network(facts: ErrorFacts, context: HintContext) -> str:
    return (
        f"{context.where} refuses calls from this network or by policy; trying again does not help. Look at the "
        "resource's Networking page (firewall, private endpoint) and at its state in the portal. From inside the "
        "virtual network its name must resolve to the private address: `azure-connector doctor` shows which it is."
    )


def _blocked(facts: ErrorFacts, context: HintContext) -> str:
    return (
        f"Azure has blocked {context.where} itself, mostly for suspected abuse or an unpaid or disabled subscription; "
        "neither network nor credentials are the cause, and trying again does not help. Look at the resource's state "
        "and the subscription's notices in the portal, and ask for a review: https://aka.ms/oai/support. A resource of "
        "another subscription in deployment_mapping (NAME@OTHER-RESOURCE) goes on serving meanwhile."
    )


def _refused(facts: ErrorFacts, context: HintContext) -> str:
    if facts.status == 413 or "too large" in facts.message.lower():
        return "The request's body is too large for the service or a gateway before it: send less text or fewer files."
    return ""


def _quota(facts: ErrorFacts, context: HintContext) -> str:
    return (
        f"The quota of {context.deployment or 'the deployment'} on {context.resource!r} is used up. Raise its capacity "
        "or ask for more (https://aka.ms/oai/quotaincrease), lower max_tokens (it counts in advance), or name several "
        f'deployments in order of preference: deployment_mapping={{"{context.model or "MODEL"}": ["FIRST", '
        '"SECOND@OTHER-RESOURCE"]}.'
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
        return (
            "This model speaks another API. Declare its base model so that the right one is used: deployment_mapping="
            f'{{"{context.model or "MODEL"}": {{"deployment": "{context.deployment or "DEPLOYMENT"}", '
            '"model": "gpt-5-pro", "api": "responses"}}.'
        )
    what = f"the parameter {facts.param!r}" if facts.param else "a parameter"
    return (
        f"The model behind {context.deployment or 'the deployment'} does not accept {what} as sent. Leave it out, or "
        "declare the deployment's base model in deployment_mapping, so that requests are made to fit it. "
        f"`azure-connector explain {context.model or 'MODEL'}` shows what is known."
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
        f"{' and '.join(map(_method, answered))}. Use that, or name a deployment that serves {asked}: "
        f'deployment_mapping={{"{context.model or "MODEL"}": "YOUR-DEPLOYMENT"}}; `azure-connector models` lists them.'
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
        "(DEPLOYMENT@RESOURCE as the model), or begin it anew without previous_response_id and reasoning items."
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
        "(NAME@OTHER-RESOURCE) would have been tried. Azure's state: https://azure.status.microsoft."
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
    return (
        f"No connection to {context.where}: check the endpoint's spelling (AZURE_OPENAI_ENDPOINT), DNS, HTTPS_PROXY "
        "and the company's certificates. `azure-connector doctor` tests name, connection and TLS one by one."
    )


def _deadline(facts: ErrorFacts, context: HintContext) -> str:
    return (
        "The time allowed for the whole call (deadline) ran out; timeout is for one attempt. Raise either, or stream."
    )


def _unreadable(facts: ErrorFacts, context: HintContext) -> str:
    return (
        "Something between here and the deployment answered in its place, or cut the reply off. If it stays so, look "
        f"at what {context.endpoint} answers: azure-connector doctor shows it, and whether that is the resource."
    )


def _timeout(facts: ErrorFacts, context: HintContext) -> str:
    if context.not_repeated:
        return _unavailable(facts, context)
    return (
        "Every permitted attempt took longer than `timeout` (seconds for one attempt). Raise it, or stream: then it "
        "counts from piece to piece. A limit for the whole call is `deadline`."
    )


def _too_large(facts: ErrorFacts, context: HintContext) -> str:
    return "No answer is that large: something in front of the service is at fault. It was not asked for again."


_ADVICE: Mapping[str, Callable[[ErrorFacts, HintContext], str]] = {
    "AccessTokenError": _unauthorized,
    "CapacityError": _capacity,
    "ContentFilteredError": _filtered,
    "ContextWindowExceededError": _context_window,
    "DeadlineExceededError": _deadline,
    "DeploymentNotFoundError": _deployment_not_found,
    "EndpointUnreachableError": _unreachable,
    "IncompleteReplyError": _incomplete,
    "KeysDisabledError": _keys_disabled,
    "NetworkBlockedError": _network,
    "QuotaExceededError": _quota,
    "ReplyTimeoutError": _timeout,
    "ReplyTooLargeError": _too_large,
    "ResourceNotFoundError": _not_found,
    "RequestRefusedError": _refused,
    "ResourceBlockedError": _blocked,
    "RoleMissingError": _role,
    "ServiceUnavailableError": _unavailable,
    "StateBoundToResourceError": _state,
    "UnsupportedParameterError": _unsupported,
    "WrongApiVersionError": _api_version,
    "UnreadableReplyError": _unreadable,
}
