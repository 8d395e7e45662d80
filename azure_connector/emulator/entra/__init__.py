"""A local Entra ID: token endpoint and discovery over TLS, on loopback, in a thread of its own.

    from azure.identity import ClientSecretCredential
    from azure_connector.emulator.entra import EntraID

    with EntraID() as entra:
        app = entra.register_app(secret="s3cret")
        credential = ClientSecretCredential(
            app.tenant_id, app.client_id, "s3cret", **entra.credential_options()
        )

How azure-identity is pointed here (tried with 1.27):

- `authority=entra.authority_host`, or `AZURE_AUTHORITY_HOST`. It must be https.
- `disable_instance_discovery=True` for the synchronous secret and certificate credentials, which otherwise ask
  login.microsoftonline.com about a host that they do not know. There is no environment variable for it. The async
  credentials and both kinds of workload identity never ask.
- the certificate authority: `connection_verify=str(entra.ca_file)` works for all credentials, sync and async. By
  environment the synchronous ones (requests) read `REQUESTS_CA_BUNDLE`; the async ones (aiohttp) only `SSL_CERT_FILE`,
  and only if it is set before aiohttp is imported, because aiohttp builds its default context at import.
- `DefaultAzureCredential(authority=…)` passes the authority to the environment's link alone: its workload identity
  reads only `AZURE_AUTHORITY_HOST`.
- `AZURE_POD_IDENTITY_AUTHORITY_HOST` moves the instance metadata service: see `ManagedIdentityServer`.

What a credential object remembers, so that a test may need a new one: MSAL (the sync secret and certificate
credentials) a 400 for a minute and a 429 or 5xx for 5 seconds or `retry-after`, without asking again; a workload
identity its token file for ten minutes. The sync credentials never reuse a token with less than five minutes left.
"""

from __future__ import annotations

from ..installing import install_hint

try:
    import cryptography  # noqa: F401  # pyright: ignore[reportUnusedImport]  # only whether it is there
    import jwt  # noqa: F401  # pyright: ignore[reportUnusedImport]  # only whether it is there
    import trustme  # noqa: F401  # pyright: ignore[reportUnusedImport]  # only whether it is there
except ImportError as error:
    raise ImportError(
        f"The emulated Entra ID needs cryptography, pyjwt and trustme: {install_hint('emulator')}", name=error.name
    ) from error

from .apps import App, Federation
from .certificates import CertificateFile
from .faults import ScriptedReply, SeenRequest
from .identity import ManagedIdentityServer
from .management import ManagementServer
from .server import EntraID
from .vault import KeyVaultServer
from .verification import TokenVerifier

__all__ = [
    "App",
    "CertificateFile",
    "EntraID",
    "Federation",
    "KeyVaultServer",
    "ManagedIdentityServer",
    "ManagementServer",
    "ScriptedReply",
    "SeenRequest",
    "TokenVerifier",
]
