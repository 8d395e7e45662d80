"""What to do about a 401 or 403: key, token, tenant, role, network, subscription."""

from __future__ import annotations

import re

from ._commands import TENANTS, ask_for, grant
from ._envelope import ErrorFacts
from ._hint_context import HintContext

__all__ = ["blocked", "expired_hint", "is_inactive", "keys_disabled", "network", "role", "scope_hint", "unauthorized"]

# "Token tenant X does not match resource tenant." is what Azure says; some services name the resource's too.
_TENANTS = re.compile(
    r"token tenant\s+'?(?P<token>[\w.-]+)'?\s+does not match resource tenant(?:\s+'?(?P<resource>[\w-]+(?:\.\w+)*)'?)?",
    re.IGNORECASE,
)


def unauthorized(facts: ErrorFacts, context: HintContext) -> str:
    """For a 401."""
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
        return role(facts, context)
    if context.scopes and ("audience" in message or "token" in message):
        return _wrong_audience(context)
    if context.odd_key:
        return f"{context.where} refused {context.by}. {context.odd_key}"
    other = f"{context.other_resource}: they may not belong together. " if context.other_resource else ""
    return (
        f"{context.where} refused {context.by}. {other}A key belongs to one resource, and ends when it is regenerated. "
        f"Copy KEY 1 of that resource's page Keys and Endpoint and give it here: {ask_for('AZURE_OPENAI_API_KEY')}. "
        "Behind API Management the subscription key is its own setting: apim_subscription_key "
        "(AZURE_APIM_SUBSCRIPTION_KEY). `azure-connector doctor` tries the whole chain."
    )


def _wrong_audience(context: HintContext) -> str:
    """A scope that was set and is none of the cloud's is never recommended."""
    if context.expired and context.credential == "static token":
        return expired_hint(context.leave_out("azure_ad_token"))
    asked, *others = context.scopes
    said = f"The token was refused; it was asked for {asked}. "
    if context.foreign_scope:
        return f"{said}{scope_hint(asked, context.leave_out('scope'))}"
    change = f"Resources differ: {context.change('scope', others[0])} asks for the other one. " if others else ""
    return (
        f"{said}{change}Check also the tenant (AZURE_TENANT_ID) and the local clock. `azure-connector doctor` shows "
        "the token's audience and expiry."
    )


def expired_hint(without: str) -> str:
    """What to do about a token that was given ready and has run out.

    Args:
        without: how to take it away.
    """
    return (
        f"A token given as azure_ad_token is never renewed, and this one has run out: {without} and sign in with "
        "`az login`, or use a client secret or a managed identity: they renew theirs."
    )


def scope_hint(asked: str, without: str) -> str:
    """What to do about a scope that is none of Azure OpenAI's.

    Args:
        asked: the scope.
        without: how to take it away.
    """
    return f"The scope {asked} is not Azure OpenAI's: {without}, and the host's own is used."


def _wrong_tenant(facts: ErrorFacts, context: HintContext) -> str:
    """Names the token's tenant and the resource's, as far as the reply tells them."""
    found = _TENANTS.search(facts.message)
    tokens, resources = (found["token"], found["resource"]) if found else (None, None)
    named = f" {tokens}" if tokens else ""
    configured = f" although tenant_id is {context.tenant}" if context.tenant and context.tenant != tokens else ""
    where = f"is in the tenant {resources}" if resources else "is in another one"
    said = f"The token is of the tenant{named}{configured}, and {context.where} {where}. "
    if resources:
        return f"{said}Sign in there: `az login --tenant {resources}`; {context.change('tenant_id', resources)}."
    return (
        f"{said}{TENANTS} lists yours; sign in to the resource's with `az login --tenant` and its id, and set "
        "tenant_id (AZURE_TENANT_ID) to it."
    )


_PRINCIPAL = re.compile(
    r"(?:principal|client|object id)\W{1,4}([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})", re.IGNORECASE
)


def role(facts: ErrorFacts, context: HintContext) -> str:
    """For an identity that lacks a role."""
    named = _PRINCIPAL.search(facts.message)
    how = grant(named[1] if named else context.principal, context.account, context.resource_id)
    return (
        f"The identity behind {context.by} is known but lacks a role on the resource. {how} A new assignment takes up "
        "to five minutes to work, and a cached token must be renewed."
    )


def keys_disabled(facts: ErrorFacts, context: HintContext) -> str:
    """For a resource that takes no keys."""
    return (
        f"{context.where} accepts no keys. Use Entra ID: {context.leave_out('api_key')}, then sign in with `az login`. "
        "In Azure set use_managed_identity (AZURE_USE_MANAGED_IDENTITY=true) instead; or pass a credential."
    )


def network(facts: ErrorFacts, context: HintContext) -> str:
    """For a 403 without another reason."""
    return (
        f"{context.where} refuses calls from this network or by policy; trying again does not help. Look at the "
        "resource's Networking page (firewall, private endpoint) and at its state in the portal. From inside the "
        "virtual network its name must resolve to the private address: `azure-connector doctor` shows which it is."
    )


_INACTIVE = re.compile(r"subscription .{0,60}\b(?:disabled|not active|inactive|expired|read[- ]only)", re.IGNORECASE)


def is_inactive(facts: ErrorFacts) -> bool:
    """Whether a reply says that the subscription itself is shut."""
    return "subscription" in (facts.code or "").lower() or _INACTIVE.search(facts.message) is not None


def blocked(facts: ErrorFacts, context: HintContext) -> str:
    """For a resource or subscription that Azure has shut."""
    if is_inactive(facts):
        return (
            f"The Azure subscription of {context.where} is not active; neither network nor credentials are the cause. "
            "`az account list --all -o table` shows its state; enable it again in the portal (Subscriptions). A "
            "resource of another subscription, named second in deployment_mapping, would serve meanwhile."
        )
    return (
        f"Azure has blocked {context.where} itself, mostly for suspected abuse or an unpaid or disabled subscription; "
        "neither network nor credentials are the cause, and trying again does not help. Look at the resource's state "
        "and the subscription's notices in the portal, and ask for a review: https://aka.ms/oai/support. A resource of "
        "another subscription, named second in deployment_mapping, goes on serving meanwhile."
    )
