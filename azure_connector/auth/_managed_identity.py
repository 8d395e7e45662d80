"""Whether this machine has a metadata service that could give it a managed identity.

azure-identity decides from variables that the Azure platform sets, and reads them itself; they are read here the same
way, so that the answer is about what it will do. Only the metadata service of virtual machines (IMDS) has to be looked
for: elsewhere its address leads nowhere, and waiting for it takes from ten seconds to over a minute.
"""

from __future__ import annotations

import http.client
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["default_chain_asks_imds", "imds_answers", "imds_url"]

_IMDS = "http://169.254.169.254"
_IMDS_HOST = "AZURE_POD_IDENTITY_AUTHORITY_HOST"
_IMDS_PATH = "/metadata/identity/oauth2/token?api-version=2018-02-01"
# Link-local: where it exists it answers within milliseconds. Connecting and answering each get this long.
_PROBE_SECONDS = 0.8

# Each makes azure-identity use another service: App Service, Arc, Service Fabric; Azure ML, Cloud Shell.
_OTHER_SERVICES = ("IDENTITY_ENDPOINT", "MSI_ENDPOINT")
# Where this agent is installed, MSAL asks Azure Arc even without these variables.
_ARC_AGENTS = ("/opt/azcmagent/bin/himds", r"${ProgramFiles}\AzureConnectedMachineAgent\himds.exe")
_WORKLOAD = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE")
# What makes EnvironmentCredential complete: DefaultAzureCredential then ends there, in success or in failure.
_SERVICE_PRINCIPAL = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID")
_PROOFS = ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH")
# The values of AZURE_TOKEN_CREDENTIALS under which DefaultAzureCredential tries a managed identity among others.
_CHAINS_WITH_IDENTITY = ("", "prod")


def imds_url(environ: Mapping[str, str] = os.environ) -> str | None:
    """The metadata service that azure-identity would ask; None where the platform names another service."""
    if any(environ.get(name) for name in _OTHER_SERVICES) or all(environ.get(name) for name in _WORKLOAD):
        return None
    if any(Path(os.path.expandvars(agent)).exists() for agent in _ARC_AGENTS):
        return None
    return environ.get(_IMDS_HOST, _IMDS).strip("/")


def default_chain_asks_imds(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether DefaultAzureCredential would come to ask the metadata service."""
    if environ.get("AZURE_TOKEN_CREDENTIALS", "").strip().lower() not in _CHAINS_WITH_IDENTITY:
        return False
    principal = all(environ.get(name) for name in _SERVICE_PRINCIPAL)
    return imds_url(environ) is not None and not (principal and any(environ.get(name) for name in _PROOFS))


def imds_answers(url: str) -> bool:
    """Ask once, for nothing: without its `Metadata` header the service refuses at once. Blocks for 1.6 s at most.

    No proxy is used: the address is link-local.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PROBE_SECONDS)
    try:
        connection.request("GET", _IMDS_PATH)
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()
