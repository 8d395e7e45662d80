"""A local management plane (Azure Resource Manager): subscriptions, resources, deployments and keys, over TLS."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from azure_connector.emulator.serving import ServerThread

from .scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from azure_connector.emulator.models import Deployment

    from .server import EntraID

AUDIENCE = "https://management.azure.com"
GROUP = "emulated"
LOCATION = "swedencentral"
_PROVIDER = "providers/Microsoft.CognitiveServices"
_ACCOUNT = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/{_PROVIDER}/accounts/{{account}}"


class _Policy(Protocol):
    @property
    def keys_disabled(self) -> bool: ...


class _Emulated(Protocol):
    """What is asked of an emulated resource; `Emulator` has it."""

    @property
    def endpoint(self) -> str: ...
    @property
    def api_key(self) -> str: ...
    @property
    def deployments(self) -> Mapping[str, Deployment]: ...
    @property
    def resource(self) -> _Policy: ...


@dataclass(frozen=True, slots=True)
class _Subscription:
    id: str
    name: str
    resources: Mapping[str, _Emulated]


class ManagementServer(ScriptedServer):
    """Azure Resource Manager as far as resources of Azure OpenAI need it, on a loopback port, as a context manager.

        with EntraID() as entra, Emulator(entra=entra) as azure:
            with ManagementServer(entra, {"Team": {"team-resource": azure}}) as plane:
                os.environ["AZURE_CONNECTOR_MANAGEMENT_ENDPOINT"] = plane.url

    Args:
        entra: whose tokens count; the server shows a certificate of its authority.
        subscriptions: a subscription's name -> the resources in it, by name.
        port: 0 takes a free one.
    """

    def __init__(self, entra: EntraID, subscriptions: Mapping[str, Mapping[str, _Emulated]], *, port: int = 0) -> None:
        super().__init__()
        self._tenant = entra.tenant_id
        self._verify = entra.verifier(audience=AUDIENCE)
        made = [
            _Subscription(str(uuid.uuid5(uuid.NAMESPACE_DNS, name)), name, resources)
            for name, resources in subscriptions.items()
        ]
        self._subscriptions = {one.id: one for one in made}
        routes: tuple[tuple[str, str, Callable[[Request], Any]], ...] = (
            ("GET", "/subscriptions", self._list_subscriptions),
            ("GET", f"/subscriptions/{{subscription}}/{_PROVIDER}/accounts", self._list_accounts),
            ("GET", f"/subscriptions/{{subscription}}/{_PROVIDER}/locations/{{location}}/usages", self._usages),
            ("GET", f"{_ACCOUNT}/deployments", self._list_deployments),
            ("POST", f"{_ACCOUNT}/listKeys", self._list_keys),
            ("GET", _ACCOUNT, self._get_account),
        )
        served = [Route(path, self._answered(handler), methods=[method]) for method, path, handler in routes]
        self._server = ServerThread(Starlette(routes=served), port=port, tls=entra.server_context())

    @property
    def url(self) -> str:
        """E.g. `https://localhost:41234`."""
        return f"https://localhost:{self._server.port}"

    def resource_id(self, account: str) -> str:
        """The id of a resource by its name; the first of that name."""
        subscription = next(one for one in self._subscriptions.values() if account in one.resources)
        return _account_id(subscription.id, account)

    def _answered(self, handler: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            if (scripted := await self.scripted(request)) is not None:
                return scripted
            if self._verify.token_in(request.headers.get("authorization", "")) is None:
                return _error(401, "AuthenticationFailed", "Authentication failed.")
            if not request.query_params.get("api-version"):
                return _error(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
            wanted = request.path_params.get("subscription")
            if wanted is not None and wanted not in self._subscriptions:
                return _error(404, "SubscriptionNotFound", f"The subscription '{wanted}' could not be found.")
            name = request.path_params.get("account")
            if name is not None and name not in self._subscriptions[str(wanted)].resources:
                message = f"The Resource 'Microsoft.CognitiveServices/accounts/{name}' was not found."
                return _error(404, "ResourceNotFound", message)
            return JSONResponse(handler(request))

        return answer

    def _list_subscriptions(self, request: Request) -> dict[str, Any]:
        value = [
            {
                "id": f"/subscriptions/{one.id}",
                "subscriptionId": one.id,
                "displayName": one.name,
                "state": "Enabled",
                "tenantId": self._tenant,
            }
            for one in self._subscriptions.values()
        ]
        return {"value": value}

    def _list_accounts(self, request: Request) -> dict[str, Any]:
        subscription = self._subscriptions[request.path_params["subscription"]]
        return {"value": [_account(subscription.id, name, azure) for name, azure in subscription.resources.items()]}

    def _get_account(self, request: Request) -> dict[str, Any]:
        name = request.path_params["account"]
        return _account(request.path_params["subscription"], name, self._resource(request))

    def _list_deployments(self, request: Request) -> dict[str, Any]:
        parent = _account_id(request.path_params["subscription"], request.path_params["account"])
        return {"value": [_deployment(parent, one) for one in self._resource(request).deployments.values()]}

    def _list_keys(self, request: Request) -> dict[str, Any]:
        key = self._resource(request).api_key
        return {"key1": key, "key2": key}

    def _usages(self, request: Request) -> dict[str, Any]:
        subscription = self._subscriptions[request.path_params["subscription"]]
        used: dict[str, int] = {}
        for azure in subscription.resources.values():
            for one in azure.deployments.values():
                name = f"OpenAI.{one.sku}.{one.base_model}"
                used[name] = used.get(name, 0) + (one.capacity or 0)
        value = [
            {"name": {"value": name}, "currentValue": capacity, "limit": 1000, "unit": "Count"}
            for name, capacity in used.items()
        ]
        return {"value": value}

    def _resource(self, request: Request) -> _Emulated:
        return self._subscriptions[request.path_params["subscription"]].resources[request.path_params["account"]]


def _account_id(subscription: str, name: str) -> str:
    return _ACCOUNT.format(subscription=subscription, group=GROUP, account=name)


def _account(subscription: str, name: str, azure: _Emulated) -> dict[str, Any]:
    properties = {
        "endpoint": f"{azure.endpoint}/",
        "provisioningState": "Succeeded",
        "disableLocalAuth": azure.resource.keys_disabled,
    }
    return {
        "id": _account_id(subscription, name),
        "name": name,
        "type": "Microsoft.CognitiveServices/accounts",
        "kind": "OpenAI",
        "location": LOCATION,
        "sku": {"name": "S0"},
        "properties": properties,
    }


def _deployment(parent: str, one: Deployment) -> dict[str, Any]:
    version = one.served_model.removeprefix(one.base_model).lstrip("-")
    return {
        "id": f"{parent}/deployments/{one.name}",
        "name": one.name,
        "sku": {"name": one.sku, "capacity": one.capacity or 250},
        "properties": {
            "model": {"format": "OpenAI", "name": one.base_model, "version": version},
            "provisioningState": "Succeeded",
            "rateLimits": [
                {"key": "request", "renewalPeriod": 60, "count": one.requests_per_minute or one.capacity or 250},
                {"key": "token", "renewalPeriod": 60, "count": (one.capacity or 250) * 1000},
            ],
        },
    }


def _error(status: int, code: str, message: str) -> Response:
    body: dict[str, Any] = {"error": {"code": code, "message": message}}
    return JSONResponse(body, status_code=status)
