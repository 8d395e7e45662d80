"""Entra ID's codes that have a remedy of their own. Numbers and texts may change: for hints only, never for decisions.

Documented at https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import TENANTS

__all__ = ["REMEDIES"]

_FEDERATION = (
    "No federated credential of the application fits the token's issuer, subject and audience. "
    "`az ad app federated-credential list --id {client_id}` lists them; those of a managed identity stand on its page "
    "Federated credentials."
)
_SIGN_IN = "The sign-in has run out or was revoked. Sign in anew: `az login{tenant_option} --scope {scope}`"
_MORE_PROOF = (
    "The tenant wants more proof (multifactor). Sign in once for this scope: "
    "`az login{tenant_option} --scope {scope}`. A program signs in as an application or a managed identity instead."
)
_RESET = (
    '`export AZURE_CLIENT_SECRET="$(az ad app credential reset --id {client_id} --append --query password -o tsv)"`'
)
_LISTED = TENANTS.replace("{", "{{").replace("}", "}}")
_SCOPE = "{scope_remedy}"
_POLICY = "A Conditional Access policy of the tenant forbids it{device}: ask its administrator."
_TENANT = (
    "Check tenant_id (AZURE_TENANT_ID): `az account show --query tenantId -o tsv` shows the one of your sign-in, "
    f"{_LISTED} all of yours"
)
_GUEST = (
    f"The account is not of this tenant. {_LISTED} lists yours: sign in to the resource's with `az login --tenant` and "
    "its id, and set tenant_id (AZURE_TENANT_ID) to it; or have the account invited as a guest."
)

REMEDIES: Mapping[str, str] = {
    "AADSTS7000215": "Set client_secret (AZURE_CLIENT_SECRET) to the secret's value, not to its id. "
    f"A new one: {_RESET}",
    "AADSTS7000222": f"The client secret has expired. A new one for client_secret (AZURE_CLIENT_SECRET): {_RESET}",
    "AADSTS700016": "Check client_id (AZURE_CLIENT_ID) and tenant_id (AZURE_TENANT_ID): "
    "`az ad app show --id {client_id}`",
    "AADSTS7000229": "The application has no service principal in this tenant: `az ad sp create --id {client_id}`",
    "AADSTS7000112": "The application is disabled: `az ad sp update --id {client_id} --set accountEnabled=true`",
    "AADSTS90002": f"{_TENANT}. For a sovereign cloud set authority_host (AZURE_AUTHORITY_HOST).",
    "AADSTS900023": _TENANT,
    "AADSTS50059": _TENANT,
    "AADSTS700027": "Entra ID does not know this certificate, or it has expired. "
    "Register the one of client_certificate_path (AZURE_CLIENT_CERTIFICATE_PATH): "
    "`az ad app credential reset --id {client_id} --cert @{certificate} --append`",
    "AADSTS700024": "The federated token has expired, or this machine's clock is wrong. "
    "Renew the file of federated_token_file (AZURE_FEDERATED_TOKEN_FILE); AKS does so by itself.",
    **dict.fromkeys(("AADSTS70021", "AADSTS700211", "AADSTS700212", "AADSTS700213"), _FEDERATION),
    "AADSTS500011": _SCOPE,
    "AADSTS70011": _SCOPE,
    "AADSTS1002012": _SCOPE,
    **dict.fromkeys(("AADSTS700082", "AADSTS700084", "AADSTS50173", "AADSTS70043", "AADSTS70008"), _SIGN_IN),
    **dict.fromkeys(("AADSTS50076", "AADSTS50079", "AADSTS50078", "AADSTS50158"), _MORE_PROOF),
    "AADSTS53003": _POLICY.replace("{device}", ""),
    **dict.fromkeys(("AADSTS53000", "AADSTS50005"), _POLICY.replace("{device}", " from this device")),
    "AADSTS65001": "Nobody has consented to the application: `az ad app permission admin-consent --id {client_id}`",
    **dict.fromkeys(("AADSTS50020", "AADSTS50034", "AADSTS90072"), _GUEST),
    "AADSTS50057": "The account is disabled: ask the tenant's administrator.",
    "AADSTS50126": "User name or password are wrong. Sign in anew: `az login{tenant_option}`",
    "AADSTS50055": "The password has expired. Renew it, then: `az login{tenant_option}`",
}
"""Code -> what to do. `{client_id}`, `{tenant_option}`, `{scope}` and `{scopes}` are filled in."""
