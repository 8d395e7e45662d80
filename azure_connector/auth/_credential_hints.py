"""What fixes a failure: by Entra's code, by what was said, by method. Data."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from ..errors import company_authority, scope_hint
from ..settings import SCOPES, AuthSettings, Cloud, change, leave_out
from ._chain import Method
from ._entra_codes import REMEDIES

__all__ = ["credential_hint"]

_OTHER_LOOP = (
    "An async credential keeps its connections on the event loop that used it first. Pass the sync class of "
    "azure.identity instead: it works in a thread and blocks no loop."
)

# Found in the text of a failure that has no code of Entra's.
_BY_TEXT: tuple[tuple[str, str], ...] = (
    (
        "CERTIFICATE_VERIFY_FAILED",
        "Entra ID's certificate is not trusted here. {company_authority}",
    ),
    (
        "not well-known",
        "For a private cloud set disable_instance_discovery (AZURE_CONNECTOR_DISABLE_INSTANCE_DISCOVERY=true).",
    ),
    ("Unable to get authority configuration", REMEDIES["AADSTS900023"]),
    ("Invalid tenant ID", REMEDIES["AADSTS900023"]),
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
    "use_managed_identity (AZURE_USE_MANAGED_IDENTITY) is for machines in Azure. Outside: {without}, and use another "
    "method, e.g. `az login`. In Azure assign one: az vm identity assign, az webapp identity assign or az containerapp "
    "identity assign."
)
# MSAL says (invalid_scope) of any reply of App Service's that holds no token, with its status and message behind it.
_BUSY = re.compile(
    r"\b(?:429|50\d)\b|too many requests|internal server error|\(invalid_scope\) None, None", re.IGNORECASE
)
_PASSES = (
    "The identity service of this machine is busy or failing, which passes: try again in a minute. Neither the "
    "identity nor its assignment is the cause."
)
_NAME_IT = "managed_identity_client_id (AZURE_MANAGED_IDENTITY_CLIENT_ID)"

# What the services of managed identities say, and azure-identity for them.
_BY_IDENTITY: tuple[tuple[str, str], ...] = (
    (
        "Multiple user assigned identities",
        f"The machine has several identities: name one by its client id in {_NAME_IT}. "
        "`az identity list --query '[].{{name:name, clientId:clientId}}' -o table` lists them.",
    ),
    (
        "Identity not found",
        f"No identity with the client id {{pinned}} ({_NAME_IT}) is assigned to this machine. {{unpin}}: then "
        "its own is used. Or assign that one at the machine's page Identity, User assigned.",
    ),
    (
        "No User Assigned or Delegated Managed Identity found",
        f"No identity with the client id {{pinned}} ({_NAME_IT}) is assigned here. {{unpin}}: then its own is used. Or "
        "assign that one at the app's page Identity, User assigned.",
    ),
    (
        "for cloud shell managed identity",
        f"Cloud Shell has the signed-in user's identity alone: leave out {_NAME_IT} and client_id (AZURE_CLIENT_ID).",
    ),
    (
        "Service Fabric managed identity",
        f"On Service Fabric the cluster decides which identity it is: leave out {_NAME_IT} and client_id "
        "(AZURE_CLIENT_ID).",
    ),
    (
        "azcmagent",
        "Azure Arc gives tokens to its group alone: sudo usermod -aG himds $USER, then sign in anew. On Windows the "
        "group is 'Hybrid agent extension applications'.",
    ),
    (
        "Azure Arc did not confirm",
        f"This Azure Arc agent knows the machine's own identity alone: leave out {_NAME_IT}, or update the agent.",
    ),
)

# What the Azure CLI's member of the chain says; each has a remedy of its own.
_BY_CLI: tuple[tuple[str, str], ...] = (
    ("Please run 'az login'", "Nobody is signed in to the Azure CLI: `az login{tenant_option}`. "),
    (
        "Failed to invoke the Azure CLI",
        "The Azure CLI gave no answer within {cli_timeout:g} s: give it longer: `export "
        "AZURE_CONNECTOR_CLI_TIMEOUT=60` (cli_timeout), or see what it waits for: `az account get-access-token --scope "
        "{scope}`. ",
    ),
    (
        "Azure CLI not found on path",
        "There is no Azure CLI on the PATH of this process: install it and sign in (`az login{tenant_option}`). ",
    ),
)

_BY_METHOD: Mapping[Method, str] = {
    "key vault": "The identity needs the role Key Vault Secrets User on the vault; check key_vault_secret "
    "(AZURE_CONNECTOR_KEY_VAULT_SECRET): `az keyvault secret show --id {vault_secret}`",
    "token provider": "It was raised by the callable given as azure_ad_token_provider.",
    "credential object": "It was raised by the object given as credential.",
    "api-key": "It was raised by the callable given as api_key.",
    "client certificate": "Check client_certificate_path (AZURE_CLIENT_CERTIFICATE_PATH): a PEM or PKCS12 file with "
    "certificate and RSA private key; its password goes into AZURE_CLIENT_CERTIFICATE_PASSWORD.",
    "workload identity": "Check federated_token_file (AZURE_FEDERATED_TOKEN_FILE). On AKS the pod needs the label "
    'azure.workload.identity/use: "true" and an annotated service account.',
    "default credential": "On your own machine: `az login{tenant_option}`. {elsewhere}",
}


_ELSEWHERE = (
    "Elsewhere set AZURE_OPENAI_API_KEY, or AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or "
    "AZURE_USE_MANAGED_IDENTITY=true."
)


def credential_hint(method: Method, text: str, code: str | None, auth: AuthSettings, cloud: Cloud = "public") -> str:
    """The command or setting that fixes a failure.

    Args:
        method: the method that failed.
        text: what was said.
        code: Entra's code in it.
        auth: the settings, for what stands in the hint.
        cloud: the resource's cloud.
    """
    pinned = "managed_identity_client_id" if auth.managed_identity_client_id else "client_id"
    return _template(method, text, code, auth).format(
        client_id=auth.client_id or "$AZURE_CLIENT_ID",
        certificate=auth.client_certificate_path or "$AZURE_CLIENT_CERTIFICATE_PATH",
        vault_secret=auth.key_vault_secret or "$AZURE_CONNECTOR_KEY_VAULT_SECRET",
        pinned=auth.managed_identity_client_id or auth.client_id,
        unpin=_without(pinned, auth),
        without=_without("use_managed_identity", auth),
        scope_remedy=_scope(auth, cloud),
        company_authority=company_authority(),
        tenant_option=f" --tenant {auth.tenant_id}" if auth.tenant_id else "",
        scope=auth.scope or SCOPES[cloud][0],
        cli_timeout=auth.cli_timeout,
        elsewhere=_ELSEWHERE,
    )


def _without(setting: str, auth: AuthSettings) -> str:
    return leave_out(setting, auth.origins.get(setting, "default"), os.environ) or f"Leave {setting} out"


def _scope(auth: AuthSettings, cloud: Cloud) -> str:
    """What to do where Entra ID knows no such scope: one that was set and is none of the cloud's goes away."""
    if auth.scope and auth.scope not in SCOPES[cloud]:
        return scope_hint(auth.scope, _without("scope", auth))
    other = next((one for one in SCOPES[cloud] if one != auth.scope), SCOPES[cloud][0])
    return f"The tenant knows no such scope: {change('scope', other, auth.origins.get('scope', 'default'))}."


def _template(method: Method, text: str, code: str | None, auth: AuthSettings) -> str:
    if code is not None and code in REMEDIES:
        return REMEDIES[code]
    if method == "managed identity":
        pinned = auth.managed_identity_client_id
        check = "" if pinned is None else f"Check managed_identity_client_id ({pinned}). "
        return _found(_BY_IDENTITY, text) or (_PASSES if _BUSY.search(text) else check + _NO_IDENTITY)
    if hint := _found(_BY_TEXT, text):
        return hint
    if cli := _found(_BY_CLI, text):
        return cli + (_ELSEWHERE if method == "default credential" else "")
    return _BY_METHOD.get(method, "")


def _found(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((hint for part, hint in table if part in text), "")
