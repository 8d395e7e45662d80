"""What fixes a failure: by Entra's code, by what went wrong, by method. Data."""

from __future__ import annotations

from collections.abc import Mapping

from ..settings import SCOPES, AuthSettings
from ._chain import Method

__all__ = ["credential_hint"]

_FEDERATION = (
    "No federated credential of the application fits the token's issuer, subject and audience. "
    "List them: az ad app federated-credential list --id {client_id} (or az identity federated-credential list)."
)

_OTHER_LOOP = (
    "An async credential keeps its connections on the event loop that used it first. Pass the sync class of "
    "azure.identity instead: it works in a thread and blocks no loop."
)

# The codes are documented at https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
_BY_CODE: Mapping[str, str] = {
    "AADSTS7000215": "Set client_secret (AZURE_CLIENT_SECRET) to the secret's value, not to its id. "
    "A new one: az ad app credential reset --id {client_id}",
    "AADSTS7000222": "The client secret has expired. A new one for client_secret (AZURE_CLIENT_SECRET): "
    "az ad app credential reset --id {client_id}",
    "AADSTS700016": "Check client_id (AZURE_CLIENT_ID) and tenant_id (AZURE_TENANT_ID): "
    "az ad app show --id {client_id}",
    "AADSTS7000229": "The application has no service principal in this tenant: az ad sp create --id {client_id}",
    "AADSTS90002": "Check tenant_id (AZURE_TENANT_ID): az account show --query tenantId. "
    "For a sovereign cloud set authority_host (AZURE_AUTHORITY_HOST).",
    "AADSTS900023": "Check tenant_id (AZURE_TENANT_ID): az account show --query tenantId",
    "AADSTS700027": "Entra ID does not know this certificate, or it has expired. "
    "Register the one of client_certificate_path (AZURE_CLIENT_CERTIFICATE_PATH): "
    "az ad app credential reset --id {client_id} --cert @certificate.pem --append",
    "AADSTS700024": "The federated token has expired, or this machine's clock is wrong. "
    "Renew the file of federated_token_file (AZURE_FEDERATED_TOKEN_FILE); AKS does so by itself.",
    "AADSTS70021": _FEDERATION,
    "AADSTS700211": _FEDERATION,
    "AADSTS700212": _FEDERATION,
    "AADSTS700213": _FEDERATION,
    "AADSTS500011": "Check scope (AZURE_CONNECTOR_SCOPE): Azure OpenAI takes {scopes}.",
    "AADSTS70011": "Check scope (AZURE_CONNECTOR_SCOPE): it must end in /.default; Azure OpenAI takes {scopes}.",
    "AADSTS1002012": "Check scope (AZURE_CONNECTOR_SCOPE): it must end in /.default; Azure OpenAI takes {scopes}.",
    "AADSTS53003": "A Conditional Access policy of the tenant forbids it: ask its administrator.",
}

# Found in the text of a failure that has no code of Entra's.
_BY_TEXT: tuple[tuple[str, str], ...] = (
    (
        "CERTIFICATE_VERIFY_FAILED",
        "Behind a proxy that inspects TLS, set ca_bundle (AZURE_CONNECTOR_CA_BUNDLE) to your "
        "company's certificate authorities.",
    ),
    (
        "not well-known",
        "For a private cloud set disable_instance_discovery (AZURE_CONNECTOR_DISABLE_INSTANCE_DISCOVERY=true).",
    ),
    ("Unable to get authority configuration", "Check tenant_id (AZURE_TENANT_ID): az account show --query tenantId"),
    ("Invalid tenant ID", "Check tenant_id (AZURE_TENANT_ID): az account show --query tenantId"),
    (
        "Event loop is closed",
        _OTHER_LOOP,
    ),
    (
        "attached to a different loop",
        _OTHER_LOOP,
    ),
    (
        "Failed to resolve",
        "Entra ID could not be reached: check the network, proxy (AZURE_CONNECTOR_PROXY) and "
        "authority_host (AZURE_AUTHORITY_HOST).",
    ),
    (
        "Failed to establish a new connection",
        "Entra ID could not be reached: check the network, proxy "
        "(AZURE_CONNECTOR_PROXY) and authority_host (AZURE_AUTHORITY_HOST).",
    ),
)

_NO_IDENTITY = (
    "Assign one: az vm identity assign, az webapp identity assign or az containerapp identity assign. "
    "Outside Azure unset use_managed_identity (AZURE_USE_MANAGED_IDENTITY) and use another method, e.g. az login."
)

_BY_METHOD: Mapping[Method, str] = {
    "key vault": "The identity needs the role Key Vault Secrets User on the vault; check key_vault_secret "
    "(AZURE_CONNECTOR_KEY_VAULT_SECRET): az keyvault secret show --id URL",
    "token provider": "It was raised by the callable given as azure_ad_token_provider.",
    "credential object": "It was raised by the object given as credential.",
    "api-key": "It was raised by the callable given as api_key.",
    "client certificate": "Check client_certificate_path (AZURE_CLIENT_CERTIFICATE_PATH): a PEM or PKCS12 file with "
    "certificate and RSA private key; its password goes into AZURE_CLIENT_CERTIFICATE_PASSWORD.",
    "workload identity": "Check federated_token_file (AZURE_FEDERATED_TOKEN_FILE). On AKS the pod needs the label "
    'azure.workload.identity/use: "true" and an annotated service account.',
    "default credential": "On your own machine: az login. Elsewhere set AZURE_OPENAI_API_KEY, or AZURE_TENANT_ID, "
    "AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or AZURE_USE_MANAGED_IDENTITY=true.",
}


def credential_hint(method: Method, text: str, code: str | None, auth: AuthSettings) -> str:
    """The command or setting that fixes a failure.

    Args:
        method: the method that failed.
        text: what was said.
        code: Entra's code in it.
        auth: the settings, for the application's id.
    """
    if code is not None and code in _BY_CODE:
        scopes = " or ".join(SCOPES["public"])
        return _BY_CODE[code].format(client_id=auth.client_id or "CLIENT_ID", scopes=scopes)
    if method == "managed identity":
        pinned = auth.managed_identity_client_id
        check = f"Check managed_identity_client_id ({pinned}; AZURE_MANAGED_IDENTITY_CLIENT_ID). " if pinned else ""
        return check + _NO_IDENTITY
    for part, hint in _BY_TEXT:
        if part in text:
            return hint
    return _BY_METHOD.get(method, "")
