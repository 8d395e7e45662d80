"""One small call to a deployment, and what its failure means."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import openai

from ... import errors
from ...replies import AzureInfo, azure_info
from ._finding import Cause, Finding
from ._mapping import mapping_remedy

if TYPE_CHECKING:
    from ...client import AzureConnector
    from ...deployments import ListedDeployment

__all__ = ["cause_of", "check_call"]

_OUTPUT = 16  # tokens; the least that the Responses API takes

# The most specific class first.
_BY_CLASS: Sequence[tuple[type[Exception], Cause]] = (
    (errors.RoleMissingError, "missing-role"),
    (errors.KeysDisabledError, "keys-disabled"),
    (errors.NetworkBlockedError, "network-blocked"),
    (errors.DeploymentNotFoundError, "deployment-missing"),
    (errors.ResourceNotFoundError, "wrong-path"),
    (errors.WrongApiVersionError, "api-version"),
    (errors.QuotaExceededError, "quota"),
    (errors.CapacityError, "capacity"),
    (errors.CredentialError, "credential"),
    (errors.ContentFilteredError, "filter"),
    (errors.EndpointUnreachableError, "unreachable"),
    (errors.UnreadableReplyError, "no-answer"),
)
# What is wrong by a call, and which check it is.
_CHECKS: Mapping[Cause, str] = {
    "tenant": "tenant",
    "missing-role": "role",
    "quota": "quota",
    "capacity": "quota",
    "filter": "filter",
    "retired": "model",
}


def check_call(
    client: AzureConnector, one: ListedDeployment, existing: Sequence[ListedDeployment], timeout: float
) -> Finding:
    """Asks a deployment for a word, or for one vector.

    Args:
        client: a connector.
        one: the deployment.
        existing: the deployments that the resource lists, for the advice where this one is missing.
        timeout: seconds to wait.
    """
    if one.apis and one.apis[0] not in ("chat", "responses", "embeddings"):
        detail = f"{one.name} makes {one.apis[0]}, which costs more than a word: not called"
        return Finding("call", "skipped", detail, resource=one.resource, subject=one.key)
    caller = client.with_options(max_retries=0, timeout=timeout)
    began = time.perf_counter()
    try:
        if one.apis == ("embeddings",):
            reply: Any = caller.embeddings.create(model=one.key, input="ping")
        else:
            messages: Any = [{"role": "user", "content": "Say pong."}]
            reply = caller.chat.completions.create(model=one.key, messages=messages, max_tokens=_OUTPUT)
    except openai.OpenAIError as error:
        return _failed(error, one, existing, client)
    info = azure_info(reply)
    told = [f"{one.name} answers", info.served_model or one.model or "", info.region or ""]
    return Finding(
        "call",
        "ok",
        ", ".join(text for text in told if text),
        resource=one.resource,
        subject=one.key,
        seconds=time.perf_counter() - began,
        facts=_facts(info),
    )


def _facts(info: AzureInfo) -> Mapping[str, Any]:
    limits = info.rate_limits
    return {
        "request_id": info.request_id,
        "region": info.region,
        "served_model": info.served_model,
        "limit_requests": limits.limit_requests,
        "remaining_requests": limits.remaining_requests,
        "limit_tokens": limits.limit_tokens,
        "remaining_tokens": limits.remaining_tokens,
        "filters": sorted(info.prompt_filters),
        "changes": list(info.changes),
    }


def cause_of(error: openai.OpenAIError) -> Cause:
    """What is wrong, by the class and the words of an error."""
    message = str(error).lower()
    if isinstance(error, openai.APIStatusError) and errors.wants_subscription_key(message):
        return "gateway-key"
    if isinstance(error, openai.APIStatusError) and "<html" in str(error.body or error.response.text[:500]).lower():
        return "gateway"
    if isinstance(error, openai.APIStatusError):
        facts = errors.parse_envelope(error.status_code, error.body)
        if errors.says_retired(facts):
            return "retired"
        if isinstance(error, errors.ResourceBlockedError):
            return "subscription" if errors.is_inactive(facts) else "blocked"
    if isinstance(error, errors.AccessTokenError):
        if "token tenant" in message:
            return "tenant"
        if "data action" in message or "permissiondenied" in message:
            return "missing-role"
        sent = error.response.request.headers
        return "wrong-key" if "api-key" in sent and "authorization" not in sent else "wrong-audience"
    for kind, cause in _BY_CLASS:
        if isinstance(error, kind):
            return cause
    return "other"


def _failed(
    error: openai.OpenAIError, one: ListedDeployment, existing: Sequence[ListedDeployment], client: AzureConnector
) -> Finding:
    cause = cause_of(error)
    hint = error.hint if isinstance(error, errors.AzureErrorDetails) else ""
    detail = str(error).removesuffix(hint).strip().partition("\n")[0]
    if cause == "deployment-missing":
        names = sorted(other.name for other in existing)
        known = f" The resource has: {', '.join(names)}." if names else ""
        hint = (mapping_remedy(client.settings, one, existing) or hint) + known
    facts: dict[str, Any] = {"error": type(error).__name__}
    if isinstance(error, openai.APIStatusError):
        facts |= {"status": error.status_code, "request_id": getattr(error, "azure_request_id", None)}
    # A capacity or a quota comes back by itself; all else does not.
    status = "warning" if cause == "capacity" else "failed"
    check = _CHECKS.get(cause, "call")
    return Finding(check, status, f"{one.name}: {detail}", cause, hint, one.resource, one.key, facts=facts)
