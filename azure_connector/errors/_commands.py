"""Commands that hints print: each can be typed as it stands. Pure."""

from __future__ import annotations

__all__ = ["ENDPOINTS", "RESOURCE_IDS", "TENANTS", "ask_for", "grant"]

ENDPOINTS = "`az cognitiveservices account list --query '[].properties.endpoint' -o tsv`"
"""Lists the endpoints of a subscription."""

RESOURCE_IDS = "`az cognitiveservices account list --query '[].[name,id]' -o tsv`"
"""Lists the resources of a subscription with their ids."""

TENANTS = "`az account list --query '[].{name:name, tenant:tenantId}' -o table`"
"""Lists the tenants that somebody is signed in to."""


def ask_for(variable: str) -> str:
    """Asks for a secret in the terminal, so that it stands in no history, and exports it.

    Args:
        variable: where it belongs.
    """
    return f"`read -rs {variable} && export {variable}`"


def grant(principal: str, account: str, known_id: str = "") -> str:
    """How to grant the role that calls need.

    Args:
        principal: the identity's object or client id; empty for whoever is signed in to the Azure CLI.
        account: the resource's own name; empty where the address does not tell it.
        known_id: the resource's id, where the settings have it.
    """
    who = principal or '"$(az ad signed-in-user show --query id -o tsv)"'
    command = f'az role assignment create --role "Cognitive Services OpenAI User" --assignee {who} --scope'
    query = f"[?contains(properties.endpoint, '//{account}.')].id"
    scope = known_id or (f'"$(az cognitiveservices account list --query "{query}" -o tsv)"' if account else "")
    if scope:
        return f"Grant it: `{command} {scope}`."
    return f"{RESOURCE_IDS} lists the resources' ids; grant it with `{command}` and the id behind it."
