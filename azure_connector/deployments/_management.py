"""Deployments with SKU, capacity and quota, from Azure's management plane (extra `management`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._utils._extras import install_hint
from ..errors._classes import ConfigurationError
from ..settings._hosts import Cloud
from ..settings._resource_fields import RESOURCE_ID
from ._catalog import ListedDeployment, Quota
from ._profiles import base_model

if TYPE_CHECKING:
    from ..client._state import Core
    from ..settings._resources import Resource

__all__ = ["MANAGEMENT_HOSTS", "Account", "list_account"]

MANAGEMENT_HOSTS: Mapping[Cloud, str] = {
    "public": "https://management.azure.com",
    "usgov": "https://management.usgovcloudapi.net",
    "china": "https://management.chinacloudapi.cn",
}
"""The management plane's address per cloud, as azure-core's `AzureClouds` have it."""

_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Account:
    """What the management plane says about one resource."""

    deployments: tuple[ListedDeployment, ...]
    quotas: tuple[Quota, ...] = ()


def list_account(core: Core, resource: Resource) -> Account:
    """Lists the deployments of a resource and the quotas of its region. Blocks.

    Args:
        core: for the credential and the connections' settings.
        resource: with a `resource_id`.

    Raises:
        ImportError: the Azure SDK's management client is not installed.
        ConfigurationError: the management plane refused, or could not be reached.
    """
    try:
        from azure.core.exceptions import AzureError
        from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
    except ImportError as error:
        raise ImportError(f"resource_id needs azure-mgmt-cognitiveservices: {install_hint('management')}") from error
    found = RESOURCE_ID.fullmatch(resource.resource_id or "")
    assert found is not None, "the settings were checked"
    address = resource.management_endpoint or MANAGEMENT_HOSTS[resource.endpoint.cloud]
    with core.authenticator(resource.name).token_credential() as credential:
        options = _options(core, resource)
        client: Any = CognitiveServicesManagementClient(credential, found["subscription"], address, **options)
        problem = ""
        try:
            with client:
                deployments = client.deployments.list(found["group"], found["account"])
                listed = tuple(_deployment(one, resource.name) for one in deployments)
                return Account(listed, tuple(_quotas(client, found["group"], found["account"], listed)))
        except AzureError as error:
            problem = str(error).partition("\n")[0]
    # Outside of the handler: the SDK's error leads to the request, which holds the token.
    raise ConfigurationError(
        f"The management plane ({address}) does not list the deployments of {found['account']!r}: {problem}",
        hint="The identity needs the role Reader on the resource. A key cannot be used there: sign in with az login, "
        "or configure a client secret or a managed identity.",
    )


def _options(core: Core, resource: Resource) -> dict[str, Any]:
    from ..auth._azure_identity import http_options

    scope = f"{MANAGEMENT_HOSTS[resource.endpoint.cloud]}/.default"
    return {"credential_scopes": [scope], "retry_total": 1, **http_options(core.transport)}


def _deployment(one: Any, resource: str) -> ListedDeployment:
    properties, sku = one.properties, one.sku
    model = getattr(properties, "model", None)
    limits = {limit.key: limit for limit in getattr(properties, "rate_limits", None) or ()}
    state = getattr(properties, "provisioning_state", None)
    return ListedDeployment(
        name=one.name,
        resource=resource,
        model=base_model(model.name) if model is not None and model.name else None,
        version=model.version if model is not None else None,
        status=str(getattr(state, "value", state)).lower() if state else None,
        sku=sku.name if sku is not None else None,
        capacity=sku.capacity if sku is not None else None,
        tokens_per_minute=_per_minute(limits.get("token")),
        requests_per_minute=_per_minute(limits.get("request")),
    )


def _per_minute(limit: Any) -> int | None:
    if limit is None or not limit.count:
        return None
    return round(limit.count * _MINUTE / (limit.renewal_period or _MINUTE))


def _quotas(client: Any, group: str, account: str, deployments: Iterable[ListedDeployment]) -> list[Quota]:
    """The region's quotas that these deployments draw on."""
    location = client.accounts.get(group, account).location
    wanted = {f"openai.{one.sku}.{one.model}".lower() for one in deployments if one.sku and one.model}
    found: list[Quota] = []
    for usage in client.usages.list(location):
        name = getattr(usage.name, "value", None)
        if name and name.lower() in wanted and usage.limit:
            found.append(Quota(name, usage.current_value or 0.0, usage.limit))
    return found
