"""The environment variables that make azure-identity find an emulated Entra ID, one set per way to log in."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Literal

from .apps import DEFAULT_ROLE, new_id
from .azure_cli import CliState, write_az

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .state import EntraState

Kind = Literal["client_secret", "certificate", "workload_identity", "cli"]
WORKLOAD_SUBJECT = "system:serviceaccount:default:workload"


def environment(
    entra: EntraState, kind: Kind, *, expired: bool = False, roles: Sequence[str] = (DEFAULT_ROLE,)
) -> dict[str, str]:
    """Register a fresh app and return what an environment must hold to log in as it.

    Args:
        entra: must be running.
        kind: how the app proves who it is.
        expired: the secret, certificate, federated token or login has run out.
        roles: what the app may do.
    """
    if kind == "cli":
        return cli_environment(entra, state="expired" if expired else "logged_in", roles=roles)
    values = {"AZURE_AUTHORITY_HOST": entra.authority_host}
    if kind == "client_secret":
        secret = secrets.token_urlsafe(16)
        app = entra.register_app(**{"expired_secret" if expired else "secret": secret}, roles=roles)
        values["AZURE_CLIENT_SECRET"] = secret
    elif kind == "certificate":
        written = entra.write_certificate(expired=expired)
        app = entra.register_app(certificate=written, roles=roles)
        values["AZURE_CLIENT_CERTIFICATE_PATH"] = str(written.path)
    else:
        app = entra.register_app(federated=WORKLOAD_SUBJECT, roles=roles)
        token = entra.write_federated_token(WORKLOAD_SUBJECT, lifetime=-60.0 if expired else 3600.0)
        values["AZURE_FEDERATED_TOKEN_FILE"] = str(token)
    return {**values, "AZURE_TENANT_ID": app.tenant_id, "AZURE_CLIENT_ID": app.client_id}


def cli_environment(
    entra: EntraState, *, state: CliState = "logged_in", delay: float = 0.0, roles: Sequence[str] = (DEFAULT_ROLE,)
) -> dict[str, str]:
    """A `PATH` that begins with a directory that holds a stand-in `az`."""
    secret = secrets.token_urlsafe(16)
    app = entra.register_app(secret=secret, roles=roles)
    directory = entra.files / f"az-{new_id()[:8]}"
    write_az(
        directory,
        authority=entra.authority_host,
        ca_file=entra.ca_file,
        tenant=app.tenant_id,
        client_id=app.client_id,
        client_secret=secret,
        state=state,
        delay=delay,
    )
    return {"PATH": os.pathsep.join([str(directory), os.environ.get("PATH", os.defpath)])}
