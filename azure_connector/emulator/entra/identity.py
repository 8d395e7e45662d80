"""Managed identity: the App Service endpoint and the instance metadata service (IMDS), on loopback over plain HTTP.

    with EntraID() as entra, ManagedIdentityServer(entra, user_assigned=["my-client-id"]) as identity:
        os.environ.update(identity.environment("imds"))
        ManagedIdentityCredential(client_id="my-client-id").get_token(...)

azure-identity (1.27) reads the host of the metadata service from `AZURE_POD_IDENTITY_AUTHORITY_HOST`, in its sync and
async credentials, and then also skips the probe that a chain would send first. It reads the variable when a credential
is built (to skip the probe) and again with every request (for the address).
"""

from __future__ import annotations

import secrets
import time
import uuid
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from azure_connector.emulator.serving import ServerThread

from .apps import DEFAULT_ROLE, App
from .scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal

    from starlette.requests import Request

    from .server import EntraID

APP_SERVICE_PATH = "/msi/token"
IMDS_PATH = "/metadata/identity/oauth2/token"
APP_SERVICE_VERSION = "2019-08-01"
IMDS_VERSION = "2018-02-01"
# The three ways to name a user-assigned identity, with the spellings of both services.
SELECTORS = ("client_id", "object_id", "principal_id", "mi_res_id", "msi_res_id")


_SEVERAL = (
    "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token "
    "request"
)


class ManagedIdentityServer(ScriptedServer):
    """Hands out tokens of an emulated Entra ID to whoever runs "on" this machine.

    Args:
        entra: signs the tokens; its `token_lifetime` counts.
        system_assigned: whether the machine has an identity of its own.
        user_assigned: client ids of further identities, freshly registered; or apps that are known already.
        roles: what the identities may do.
        port: 0 takes a free one.

    Attributes:
        identity_header: the secret that App Service puts into `IDENTITY_HEADER`.
        system: the system-assigned identity, or None.
        identities: the user-assigned ones, by client id.
    """

    def __init__(
        self,
        entra: EntraID,
        *,
        system_assigned: bool = True,
        user_assigned: Sequence[str | App] = (),
        roles: Sequence[str] = (DEFAULT_ROLE,),
        port: int = 0,
    ) -> None:
        super().__init__()
        self._entra = entra
        self.identity_header = secrets.token_hex(16)
        self.system = entra.register_app(roles=roles) if system_assigned else None
        self.identities: dict[str, App] = {}
        for identity in user_assigned:
            app = entra.register_app(identity, roles=roles) if isinstance(identity, str) else identity
            self.identities[app.client_id] = app
        application = Starlette(
            routes=[Route(APP_SERVICE_PATH, self._app_service), Route(IMDS_PATH, self._imds)],
        )
        self._server = ServerThread(application, port=port)

    @property
    def url(self) -> str:
        """E.g. `http://127.0.0.1:41234`."""
        return self._server.url

    def environment(self, kind: Literal["app_service", "imds"]) -> dict[str, str]:
        """The variables that App Service sets, or the one that moves the metadata service."""
        if kind == "app_service":
            return {"IDENTITY_ENDPOINT": f"{self.url}{APP_SERVICE_PATH}", "IDENTITY_HEADER": self.identity_header}
        return {"AZURE_POD_IDENTITY_AUTHORITY_HOST": self.url}

    async def _app_service(self, request: Request) -> Response:
        if (scripted := await self.scripted(request)) is not None:
            return scripted
        header = request.headers.get("x-identity-header", "")
        if not secrets.compare_digest(header.encode(), self.identity_header.encode()):
            return _app_service_error(401, "The request is unauthorized: X-IDENTITY-HEADER is missing or wrong.")
        if request.query_params.get("api-version") != APP_SERVICE_VERSION:
            return _app_service_error(400, "Unsupported api-version.")
        identity = self._find(request.query_params)
        if identity is None:
            message = (
                "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."
                if _selector(request.query_params)
                else "No Managed Identity found for this application."
            )
            return _app_service_error(400, message)
        resource = request.query_params.get("resource", "")
        if not self._knows(resource):
            # A wrong resource is reported as a bare 500 by App Service.
            return _app_service_error(500, "An unexpected error occured while fetching the AAD Token.")
        token, expires_on = self._token(identity, resource)
        return JSONResponse(
            {
                "access_token": token,
                "expires_on": str(expires_on),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": identity.client_id,
            }
        )

    async def _imds(self, request: Request) -> Response:
        if (scripted := await self.scripted(request)) is not None:
            return scripted
        if request.headers.get("metadata", "").lower() != "true":
            return _imds_error("invalid_request", "Required metadata header not specified")
        if request.query_params.get("api-version") != IMDS_VERSION:
            return _imds_error("bad_request_102", "Required api-version parameter is missing or unsupported")
        identity = self._find(request.query_params)
        if identity is None:
            several = len(self.identities) > 1 and _selector(request.query_params) is None
            return _imds_error("invalid_request", _SEVERAL if several else "Identity not found")
        resource = request.query_params.get("resource", "")
        if not self._knows(resource):
            message = (
                f"AADSTS500011: The resource principal named {resource} was not found in the tenant named "
                f"{identity.tenant_id}."
            )
            return _imds_error("invalid_resource", message)
        token, expires_on = self._token(identity, resource)
        lifetime = int(self._entra.token_lifetime)
        return JSONResponse(
            {
                "access_token": token,
                "client_id": identity.client_id,
                "expires_in": str(lifetime),
                "expires_on": str(expires_on),
                "ext_expires_in": str(lifetime),
                "not_before": str(expires_on - lifetime),
                "resource": resource,
                "token_type": "Bearer",
            }
        )

    def _find(self, query: Mapping[str, str]) -> App | None:
        selector = _selector(query)
        if selector is None:
            # A machine with one user-assigned identity and none of its own uses that one.
            alone = next(iter(self.identities.values())) if len(self.identities) == 1 else None
            return self.system or alone
        name, value = selector
        if name == "client_id":
            return self.identities.get(value)
        if name in {"object_id", "principal_id"}:
            return next((app for app in self.identities.values() if app.object_id == value), None)
        return next((app for app in self.identities.values() if value.endswith(f"/{app.client_id}")), None)

    def _knows(self, resource: str) -> bool:
        return resource.rstrip("/") in self._entra.directory.resources

    def _token(self, identity: App, resource: str) -> tuple[str, int]:
        """A token, and the whole second before which it expires."""
        expires_on = int(time.time() + self._entra.token_lifetime)
        return self._entra.issue_token(identity, audience=resource.rstrip("/")), expires_on


def _selector(query: Mapping[str, str]) -> tuple[str, str] | None:
    return next(((name, query[name]) for name in SELECTORS if query.get(name)), None)


def _app_service_error(status: int, message: str) -> Response:
    body: dict[str, Any] = {"statusCode": status, "message": message, "correlationId": str(uuid.uuid4())}
    return JSONResponse(body, status_code=status)


def _imds_error(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status_code=400)
