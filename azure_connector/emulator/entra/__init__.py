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
"""

from __future__ import annotations

from .apps import App, Federation
from .certificates import CertificateFile
from .faults import ScriptedReply, SeenRequest
from .identity import ManagedIdentityServer
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
    "ScriptedReply",
    "SeenRequest",
    "TokenVerifier",
]
