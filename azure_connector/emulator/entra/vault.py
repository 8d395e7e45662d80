"""A local Key Vault that hands out secrets to principals of an emulated Entra ID, over TLS."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from azure_connector.emulator.serving import ServerThread

from .apps import DEFAULT_ROLE
from .jose import parse_token
from .scripted import ScriptedServer

if TYPE_CHECKING:
    from starlette.requests import Request

    from .server import EntraID

RESOURCE = "https://vault.azure.net"


class KeyVaultServer(ScriptedServer):
    """A Key Vault on a loopback port, as a context manager.

        with EntraID() as entra, KeyVaultServer(entra, openai_key="s3cret") as vault:
            SecretClient(vault.url, credential, verify_challenge_resource=False, connection_verify=str(entra.ca_file))

    Names of secrets hold hyphens and no underscores, so `openai_key` is served as `openai-key`. A client without a
    token is told in a challenge where to get one. `verify_challenge_resource=False` is needed because the challenge
    names vault.azure.net, which a loopback address is no part of.

    Args:
        entra: whose tokens count; the server shows a certificate of its authority.
        required_role: None lets every principal of the tenant in.
        secrets: the first version of each secret.
    """

    def __init__(self, entra: EntraID, *, required_role: str | None = DEFAULT_ROLE, **secrets: str) -> None:
        super().__init__()
        self._entra = entra
        self._verify = entra.verifier(audience=RESOURCE)
        self._required_role = required_role
        self._versions = {name.replace("_", "-"): [value] for name, value in secrets.items()}
        application = Starlette(
            routes=[Route("/secrets/{name}", self._get), Route("/secrets/{name}/{version:path}", self._get)]
        )
        self._server = ServerThread(application, tls=entra.server_context())

    @property
    def url(self) -> str:
        """E.g. `https://localhost:41234`."""
        return f"https://localhost:{self._server.port}"

    def set(self, name: str, value: str) -> str:
        """Add a version of a secret, which is the newest from now on; returns its full address."""
        self._versions.setdefault(name, []).append(value)
        return self.address(name, len(self._versions[name]))

    def address(self, name: str, version: int | None = None) -> str:
        """The address of a secret, as the portal shows it; without a version it means the newest."""
        address = f"https://localhost:{self._server.port}/secrets/{name}"
        return address if version is None else f"{address}/{_version_id(version)}"

    async def _get(self, request: Request) -> Response:
        if (scripted := await self.scripted(request)) is not None:
            return scripted
        token = self._verify.token_in(request.headers.get("authorization", ""))
        if token is None:
            authority = f"{self._entra.authority_host}/{self._entra.tenant_id}"
            challenge = f'Bearer authorization="{authority}", resource="{RESOURCE}"'
            message = "AKV10000: Request is missing a Bearer or PoP token."
            return _error(401, "Unauthorized", message, {"www-authenticate": challenge})
        claims = parse_token(token).claims
        if self._required_role is not None and self._required_role not in claims.get("roles", ()):
            return _error(
                403, "Forbidden", f"Caller is not authorized to perform action. Caller: oid={claims.get('oid')}"
            )
        return self._secret(request.path_params["name"], request.path_params.get("version", ""))

    def _secret(self, name: str, version: str) -> Response:
        versions = self._versions.get(name, [])
        wanted = next((n for n in range(1, len(versions) + 1) if _version_id(n) == version), None)
        number = wanted if version else len(versions)
        if not number:
            message = f"A secret with (name/id) {name}/{version} was not found in this key vault."
            return _error(404, "SecretNotFound", message)
        now = int(time.time())
        attributes = {"enabled": True, "created": now, "updated": now, "recoveryLevel": "Recoverable+Purgeable"}
        body = {"value": versions[number - 1], "id": self.address(name, number), "attributes": attributes}
        return JSONResponse(body)


def _version_id(number: int) -> str:
    return f"{number:032x}"


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    body: dict[str, Any] = {"error": {"code": code, "message": message}}
    return JSONResponse(body, status_code=status, headers=headers)
