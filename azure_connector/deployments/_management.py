"""Deployments with SKU, capacity and quota, from Azure's management plane (extra `management`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from .._utils import install_hint
from ..errors import ConfigurationError
from ._catalog import ListedDeployment, Quota
from ._profiles import base_model

__all__ = ["RESOURCE_ID", "Account", "AzureResource", "ManagementPlane", "Subscription", "list_account"]

RESOURCE_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.CognitiveServices/accounts/(?P<account>[^/]+)/?",
    re.IGNORECASE,
)
"""The id of an Azure OpenAI resource in the management plane."""

_T = TypeVar("_T")

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
    found = RESOURCE_ID.fullmatch(resource_id)
    assert found is not None, "the settings were checked"

    def read(client: Any) -> Account:
        deployments = client.deployments.list(found["group"], found["account"])
        listed = tuple(_deployment(one, resource) for one in deployments)
        return Account(listed, tuple(_quotas(client, found["group"], found["account"], listed)))

    with credential as opened:
        plane = ManagementPlane(opened, address, options)
        return plane.ask(found["subscription"], f"the deployments of {found['account']!r}", read)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription that somebody may see: its id and its name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class AzureResource:
    """A resource of Azure OpenAI or Foundry in a subscription.

    Attributes:
        id: in the management plane.
        name: its own.
        endpoint: its address.
        location: its region.
        takes_keys: whether keys are not switched off.
    """

    id: str
    name: str
    endpoint: str
    location: str
    takes_keys: bool = True


class ManagementPlane:
    """What the management plane knows of whoever is signed in. Every method blocks.

    Args:
        credential: an azure-identity credential.
        address: the management plane's address.
        options: how the Azure SDK's client connects, and its scope (`credential_scopes`).

    Raises:
        ImportError: the Azure SDK's management client is not installed.
    """

    def __init__(self, credential: Any, address: str, options: Mapping[str, Any]) -> None:
        try:
            from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
        except ImportError as error:
            raise ImportError(
                f"resource_id needs azure-mgmt-cognitiveservices: {install_hint('management')}"
            ) from error
        self._client, self._credential = CognitiveServicesManagementClient, credential
        self._address, self._options = address, dict(options)

    def subscriptions(self) -> tuple[Subscription, ...]:
        """The subscriptions that are switched on.

        Raises:
            ConfigurationError: the management plane refused, or could not be reached.
        """

        def read(pages: Any) -> tuple[Subscription, ...]:
            found: list[Subscription] = []
            url = f"{self._address}/subscriptions?api-version={_SUBSCRIPTIONS}"
            while url:
                reply = pages(url)
                found += [
                    Subscription(one["subscriptionId"], one.get("displayName") or one["subscriptionId"])
                    for one in reply.get("value", ())
                    if one.get("state", "Enabled") in ("Enabled", "Warned", "PastDue")
                ]
                url = reply.get("nextLink") or ""
            return tuple(found)

        return self._told("the subscriptions", lambda: self._pages(read))

    def resources(self, subscription: str) -> tuple[AzureResource, ...]:
        """The resources of a subscription that answer OpenAI's operations.

        Raises:
            ConfigurationError: as for `subscriptions`.
        """
        return self.ask(subscription, "the resources", lambda client: tuple(_resources(client.accounts.list())))

    def deployments(self, resource_id: str) -> tuple[ListedDeployment, ...]:
        """The deployments of a resource.

        Raises:
            ConfigurationError: as for `subscriptions`.
        """
        found = RESOURCE_ID.fullmatch(resource_id)
        assert found is not None, "the id is the management plane's own"

        def read(client: Any) -> tuple[ListedDeployment, ...]:
            return tuple(
                _deployment(one, "default") for one in client.deployments.list(found["group"], found["account"])
            )

        return self.ask(found["subscription"], f"the deployments of {found['account']!r}", read)

    def key(self, resource_id: str) -> str:
        """KEY 1 of a resource.

        Raises:
            ConfigurationError: as for `subscriptions`; the role Cognitive Services OpenAI User does not show keys.
        """
        found = RESOURCE_ID.fullmatch(resource_id)
        assert found is not None, "the id is the management plane's own"

        def read(client: Any) -> str:
            return client.accounts.list_keys(found["group"], found["account"]).key1 or ""

        return self.ask(found["subscription"], f"the keys of {found['account']!r}", read)

    def ask(self, subscription: str, what: str, read: Callable[[Any], _T]) -> _T:
        """Reads something with the Azure SDK's client of a subscription.

        Args:
            subscription: its id.
            what: what is read, in words.
            read: reads it.

        Raises:
            ConfigurationError: as for `subscriptions`.
        """

        def once() -> _T:
            client: Any = self._client(self._credential, subscription, self._address, **self._options)
            with client:
                return read(client)

        return self._told(what, once)

    def _pages(self, read: Callable[[Callable[[str], Any]], _T]) -> _T:
        # The client of Cognitive Services lists no subscriptions; the same SDK's pipeline asks for them.
        from azure.core.pipeline import policies
        from azure.core.rest import HttpRequest
        from azure.mgmt.core import ARMPipelineClient
        from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

        options = dict(self._options)
        scopes = options.pop("credential_scopes")
        chain: list[Any] = [
            policies.RetryPolicy(retry_total=options.pop("retry_total", 1)),
            ARMChallengeAuthenticationPolicy(self._credential, *scopes),
        ]
        make: Any = ARMPipelineClient
        client = make(self._address, policies=chain, **options)

        def page(url: str) -> Any:
            reply = client.send_request(HttpRequest("GET", url))
            reply.raise_for_status()
            return reply.json()

        with client:
            return read(page)

    def _told(self, what: str, read: Callable[[], _T]) -> _T:
        from azure.core.exceptions import AzureError

        try:
            return read()
        except AzureError as error:
            problem = str(error).partition("\n")[0]
        # Outside of the handler: the SDK's error leads to the request, which holds the token.
        raise ConfigurationError(
            f"The management plane ({self._address}) does not list {what}: {problem}",
            hint="The identity needs the role Reader on the resource. A key cannot be used there: sign in with "
            "`az login`, or configure a client secret or a managed identity.",
        )


# The kinds of accounts that answer OpenAI's operations; the others are Speech, Vision, Translator, ….
_KINDS = frozenset({"openai", "aiservices", "cognitiveservices"})
_SUBSCRIPTIONS = "2022-12-01"


def _resources(accounts: Iterable[Any]) -> Iterable[AzureResource]:
    for one in accounts:
        endpoint = getattr(one.properties, "endpoint", None)
        if one.id and one.name and endpoint and (one.kind or "").lower() in _KINDS:
            takes_keys = not getattr(one.properties, "disable_local_auth", None)
            yield AzureResource(one.id, one.name, endpoint, one.location or "", takes_keys)


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
