"""The HTTP face of the emulated Entra ID: discovery, keys and the token endpoint."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .claims import token_reply
from .errors import EntraError, unknown_tenant
from .grants import client_credentials

if TYPE_CHECKING:
    from starlette.requests import Request

    from .state import EntraState

NO_STORE = {"cache-control": "no-store, no-cache", "pragma": "no-cache"}


def entra_application(entra: EntraState) -> Starlette:
    """The ASGI application of one emulated Entra ID."""
    routes = _Routes(entra)
    return Starlette(
        routes=[
            Route("/common/discovery/instance", routes.instance_discovery),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", routes.openid_configuration),
            Route("/{tenant}/discovery/v2.0/keys", routes.keys),
            Route("/{tenant}/oauth2/v2.0/token", routes.token, methods=["POST"]),
        ]
    )


class _Routes:
    def __init__(self, entra: EntraState) -> None:
        self._entra = entra

    async def instance_discovery(self, request: Request) -> Response:
        await self._entra.log.add(request)
        host = self._entra.authority_host.removeprefix("https://")
        tenant = self._entra.tenant_id
        network = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
        return JSONResponse(
            {
                "tenant_discovery_endpoint": f"https://{host}/{tenant}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [network],
            }
        )

    async def openid_configuration(self, request: Request) -> Response:
        await self._entra.log.add(request)
        tenant: str = request.path_params["tenant"]
        if tenant not in self._entra.directory.tenants:
            return self._refuse(unknown_tenant(tenant, discovery=True), request)
        return JSONResponse(_configuration(self._entra.authority_host, tenant))

    async def keys(self, request: Request) -> Response:
        await self._entra.log.add(request)
        return JSONResponse(self._entra.signer.key_set())

    async def token(self, request: Request) -> Response:
        seen = await self._entra.log.add(request)
        scripted = await self._entra.faults.before_reply()
        if scripted is not None:
            return scripted
        tenant: str = request.path_params["tenant"]
        try:
            grant = client_credentials(
                seen.form,
                tenant=tenant,
                directory=self._entra.directory,
                token_url=f"{self._entra.authority_host}/{tenant}/oauth2/v2.0/token",
                now=time.time(),
            )
        except EntraError as error:
            return self._refuse(error, request)
        token = self._entra.issue_token(grant.app, audience=grant.audience)
        return JSONResponse(token_reply(token, self._entra.token_lifetime), headers=NO_STORE)

    def _refuse(self, error: EntraError, request: Request) -> Response:
        correlation_id = request.headers.get("client-request-id")
        body = error.body(self._entra.authority_host, correlation_id=correlation_id)
        return JSONResponse(body, status_code=error.status, headers=NO_STORE)


def _configuration(authority: str, tenant: str) -> dict[str, Any]:
    base = f"{authority}/{tenant}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{base}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "tenant_region_scope": "EU",
        "cloud_instance_name": "localhost",
    }
