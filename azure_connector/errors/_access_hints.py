"""What to do about a 401 or 403: key, token, tenant, role, network, subscription."""

from __future__ import annotations

import re

from ._envelope import ErrorFacts
from ._hint_context import HintContext

__all__ = ["blocked", "keys_disabled", "network", "role", "unauthorized"]

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
        asked, *others = context.scopes
        change = f"Resources differ: set scope (AZURE_CONNECTOR_SCOPE) to {' or '.join(others)}. " if others else ""
        return (
            f"The token was refused; it was asked for {asked}. {change}Check also the tenant "
            "(AZURE_TENANT_ID) and the local clock. `azure-connector doctor` shows the token's audience and expiry."
        )
    if context.odd_key:
        return f"{context.where} refused {context.by}. {context.odd_key}"
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


_PRINCIPAL = re.compile(
    r"(?:principal|client|object id)\W{1,4}([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})", re.IGNORECASE
)


def role(facts: ErrorFacts, context: HintContext) -> str:
    """For an identity that lacks a role."""
    named = _PRINCIPAL.search(facts.message)
    return (
        f"The identity behind {context.by} is known but lacks a role on the resource. Grant it: az role assignment "
        f'create --role "Cognitive Services OpenAI User" --assignee {named[1] if named else "PRINCIPAL-ID"} --scope '
        "RESOURCE-ID. A new "
        "assignment takes up to five minutes to work, and a cached token must be renewed."
    )


def keys_disabled(facts: ErrorFacts, context: HintContext) -> str:
    """For a resource that takes no keys."""
    return (
        f"{context.where} accepts no keys. Use Entra ID: remove the key ({context.credential_origin or 'api_key'}) and "
        "sign in with `az login`, or set use_managed_identity (AZURE_USE_MANAGED_IDENTITY), or pass a credential."
    )


def network(facts: ErrorFacts, context: HintContext) -> str:
    """For a 403 without another reason."""
    return (
        f"{context.where} refuses calls from this network or by policy; trying again does not help. Look at the "
        "resource's Networking page (firewall, private endpoint) and at its state in the portal. From inside the "
        "virtual network its name must resolve to the private address: `azure-connector doctor` shows which it is."
    )


_INACTIVE = re.compile(r"subscription .{0,60}\b(?:disabled|not active|inactive|expired|read[- ]only)", re.IGNORECASE)


def blocked(facts: ErrorFacts, context: HintContext) -> str:
    """For a resource or subscription that Azure has shut."""
    if "subscription" in (facts.code or "").lower() or _INACTIVE.search(facts.message):
        return (
            f"The Azure subscription of {context.where} is not active; neither network nor credentials are the cause. "
            "`az account list --all -o table` shows its state; enable it again in the portal (Subscriptions), or use "
            "a resource of another subscription in deployment_mapping (NAME@OTHER-RESOURCE)."
        )
    return (
        f"Azure has blocked {context.where} itself, mostly for suspected abuse or an unpaid or disabled subscription; "
        "neither network nor credentials are the cause, and trying again does not help. Look at the resource's state "
        "and the subscription's notices in the portal, and ask for a review: https://aka.ms/oai/support. A resource of "
        "another subscription in deployment_mapping (NAME@OTHER-RESOURCE) goes on serving meanwhile."
    )
