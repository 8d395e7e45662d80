"""Asking the token endpoint as a client library does."""

from __future__ import annotations

import httpx

from azure_connector.emulator.entra import App, EntraID

SCOPE = "https://cognitiveservices.azure.com/.default"


def ask(entra: EntraID, app: App, **form: str) -> httpx.Response:
    """Sends a request for a token with the client's own credentials; `form` changes or adds fields."""
    fields = {"grant_type": "client_credentials", "client_id": app.client_id, "scope": SCOPE} | form
    with httpx.Client(verify=entra.client_context(), trust_env=False) as client:
        return client.post(f"{entra.authority_host}/{app.tenant_id}/oauth2/v2.0/token", data=fields)
