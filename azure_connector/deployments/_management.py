"""Deployments with SKU, capacity and quota, from Azure's management plane (extra `management`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from .._utils import install_hint
from ..errors import ConfigurationError
from ._catalog import ListedDeployment, Quota
from ._profiles import base_model

__all__ = ["RESOURCE_ID", "Account", "list_account"]

RESOURCE_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.CognitiveServices/accounts/(?P<account>[^/]+)/?",
    re.IGNORECASE,
)
"""The id of an Azure OpenAI resource in the management plane."""

_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Account:
    """What the management plane says about one resource."""

    deployments: tuple[ListedDeployment, ...]
    quotas: tuple[Quota, ...] = ()


def list_account(
    resource: str,
    resource_id: str,
    address: str,
    credential: AbstractContextManager[Any],
    options: Mapping[str, Any],
) -> Account:
    """Lists the deployments of a resource and the quotas of its region. Blocks.

    Args:
        resource: the resource's name in the settings.
        resource_id: its id in the management plane.
        address: the management plane's address.
        credential: gives a token credential for as long as it is open.
        options: how the Azure SDK's client connects, and its scope.

    Raises:
        ImportError: the Azure SDK's management client is not installed.
        ConfigurationError: the management plane refused, or could not be reached.
    """
    try:
        from azure.core.exceptions import AzureError
        from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
    except ImportError as error:
        raise ImportError(f"resource_id needs azure-mgmt-cognitiveservices: {install_hint('management')}") from error
    found = RESOURCE_ID.fullmatch(resource_id)
    assert found is not None, "the settings were checked"
    with credential as opened:
        client: Any = CognitiveServicesManagementClient(opened, found["subscription"], address, **options)
        problem = ""
        try:
            with client:
                deployments = client.deployments.list(found["group"], found["account"])
                listed = tuple(_deployment(one, resource) for one in deployments)
                return Account(listed, tuple(_quotas(client, found["group"], found["account"], listed)))
        except AzureError as error:
            problem = str(error).partition("\n")[0]
    # Outside of the handler: the SDK's error leads to the request, which holds the token.
    raise ConfigurationError(
        f"The management plane ({address}) does not list the deployments of {found['account']!r}: {problem}",
        hint="The identity needs the role Reader on the resource. A key cannot be used there: sign in with az login, "
        "or configure a client secret or a managed identity.",
    )


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
