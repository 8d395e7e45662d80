"""Deployments from the management plane: the real management client against a stand-in over TLS."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from azure_connector import AsyncAzureConnector, AzureConnector, azure_info
from azure_connector.emulator import Emulator
from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.serving import ServerThread

ACCOUNT = "/subscriptions/sub-1/resourceGroups/group-1/providers/Microsoft.CognitiveServices/accounts/account-1"
SECRET = "s3cret-value"


class Plane:
    """Azure Resource Manager as far as a listing needs it; tokens are checked for their audience by their issuer."""

    def __init__(self, entra: EntraID) -> None:
        self.paths: list[str] = []
        self.tokens: set[str] = set()
        self.refuse = False
        routes = [
            Route(f"{ACCOUNT}/deployments", self.deployments),
            Route(ACCOUNT, self.account),
            Route(
                "/subscriptions/sub-1/providers/Microsoft.CognitiveServices/locations/swedencentral/usages", self.usages
            ),
        ]
        self._server = ServerThread(Starlette(routes=routes), tls=entra.server_context())

    @property
    def address(self) -> str:
        return self._server.url.replace("127.0.0.1", "localhost")

    def deployments(self, request: Request) -> Response:
        self.paths.append(request.url.path)
        self.tokens.add(request.headers["authorization"])
        if self.refuse:
            error = {"code": "AuthorizationFailed", "message": "The client does not have authorization."}
            return JSONResponse({"error": error}, 403)
        data = [
            deployment("blue-chat", "gpt-5", "2025-08-07", 50),
            deployment("gone", "gpt-4o", "2024-11-20", 5, "Failed"),
        ]
        return JSONResponse({"value": data})

    def account(self, request: Request) -> Response:
        return JSONResponse({"id": ACCOUNT, "name": "account-1", "location": "swedencentral", "properties": {}})

    def usages(self, request: Request) -> Response:
        names = ("OpenAI.GlobalStandard.gpt-5", "OpenAI.Standard.other")
        value = [{"name": {"value": name}, "currentValue": 50, "limit": 200, "unit": "Count"} for name in names]
        return JSONResponse({"value": value})

    def __enter__(self) -> Plane:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()


def deployment(name: str, model: str, version: str, capacity: int, state: str = "Succeeded") -> dict[str, Any]:
    limits = [
        {"key": "request", "renewalPeriod": 10, "count": 10},
        {"key": "token", "renewalPeriod": 60, "count": capacity * 1000},
    ]
    properties = {
        "model": {"format": "OpenAI", "name": model, "version": version},
        "provisioningState": state,
        "rateLimits": limits,
    }
    return {
        "id": f"{ACCOUNT}/deployments/{name}",
        "name": name,
        "sku": {"name": "GlobalStandard", "capacity": capacity},
        "properties": properties,
    }


@pytest.fixture
def plane() -> Iterator[tuple[Plane, Emulator, dict[str, Any]]]:
    with EntraID() as entra, Plane(entra) as plane, Emulator({"blue-chat": "gpt-5"}, entra=entra) as azure:
        app = entra.register_app(secret=SECRET)
        settings = {
            "azure_endpoint": azure.endpoint,
            "tenant_id": app.tenant_id,
            "client_id": app.client_id,
            "client_secret": SECRET,
            "authority_host": entra.authority_host,
            "disable_instance_discovery": True,
            "ca_bundle": str(entra.ca_file),
            "resource_id": ACCOUNT,
            "management_endpoint": plane.address,
            "discover": True,
            "max_attempts": 1,
        }
        yield plane, azure, settings


def test_sku_capacity_limits_and_quota(plane: tuple[Plane, Emulator, dict[str, Any]]) -> None:
    arm, azure, settings = plane
    with AzureConnector(**settings) as client:
        found = client.catalog()
        blue, gone = found.deployments
        assert (blue.model, blue.version, blue.sku, blue.capacity) == ("gpt-5", "2025-08-07", "GlobalStandard", 50)
        assert (blue.tokens_per_minute, blue.requests_per_minute) == (50_000, 60)
        assert (gone.status, gone.serves) == ("failed", False)
        assert [(quota.name, quota.used, quota.limit) for quota in found.listings[0].quotas] == [
            ("OpenAI.GlobalStandard.gpt-5", 50, 200)
        ]
        assert "GlobalStandard" in str(found)
        assert "50 of 200 used" in str(found)
        reply = client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "Hi"}])
        assert azure_info(reply).deployment == "blue-chat"
    # The management plane's token is another one than the resource's.
    assert azure.requests.last.headers["authorization"] not in arm.tokens


async def test_the_async_client_lists_in_a_thread(plane: tuple[Plane, Emulator, dict[str, Any]]) -> None:
    _, _, settings = plane
    async with AsyncAzureConnector(**settings) as client:
        assert (await client.discover()).mapping() == {"gpt-5": "blue-chat"}


def test_a_refusal_is_told_with_what_to_do(plane: tuple[Plane, Emulator, dict[str, Any]]) -> None:
    arm, _, settings = plane
    arm.refuse = True
    with AzureConnector(**settings) as client:
        (problem,) = client.catalog().problems
    assert "AuthorizationFailed" in problem


def test_without_the_extra_its_name_is_told(
    plane: tuple[Plane, Emulator, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, settings = plane
    monkeypatch.setitem(sys.modules, "azure.mgmt.cognitiveservices", None)
    with AzureConnector(**settings) as client:
        (problem,) = client.catalog().problems
    assert 'pip install ".[management]"' in problem
