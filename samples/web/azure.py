"""Azure OpenAI through the connector: the models of its mapping, and the deployments that its resources list."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import openai

from azure_connector import AsyncAzureConnector, Catalog, ListedDeployment

from .listing import Listing, Model
from .names import display_name
from .words import plain

__all__ = ["AzureProvider"]

_LISTING_LASTS = 30.0
_NO_MODELS = (
    'No model is known here. Name your deployments: export AZURE_OPENAI_DEPLOYMENT_MAPPING=\'{"gpt-5": "DEPLOYMENT"}\''
)


class AzureProvider:
    """The provider `azure-openai`.

    Args:
        name: how the page calls the resource.
    """

    id, long_ids = "azure-openai", False
    remedy = "Check AZURE_OPENAI_ENDPOINT and the credential: `azure-connector doctor` tries them."

    def __init__(self, name: str = "Azure OpenAI") -> None:
        self.name = name
        self._connector: AsyncAzureConnector | None = None
        self._listed: tuple[float, Listing] | None = None

    def _client(self) -> AsyncAzureConnector:
        if self._connector is None:
            connector = AsyncAzureConnector()
            connector.settings.require_endpoint()
            self._connector = connector
        return self._connector

    async def listing(self) -> Listing:
        if self._listed and time.monotonic() - self._listed[0] < _LISTING_LASTS:
            return self._listed[1]
        try:
            listing = await self._list(self._client())
        except openai.OpenAIError as error:
            return Listing(self.id, self.name, reason=plain(error))
        self._listed = (time.monotonic(), listing)
        return listing

    async def _list(self, client: AsyncAzureConnector) -> Listing:
        catalog = await client.catalog()
        if all(listing.source in ("", "settings") for listing in catalog.listings):
            await self._probe(client)
        models = tuple(models_of(client, catalog))
        note = "; ".join(catalog.problems)
        return Listing(self.id, self.name, models, reason="" if models else _NO_MODELS, note=note)

    @staticmethod
    async def _probe(client: AsyncAzureConnector) -> None:
        """Tells a resource that lists nothing, as some gateways do, from one that cannot be used at all."""
        with suppress(openai.NotFoundError, openai.BadRequestError):
            await client.models.list()

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[Any]:
        return await self._client().chat.completions.create(**body, stream=True)

    async def close(self) -> None:
        if self._connector is not None:
            await self._connector.close()


def models_of(client: AsyncAzureConnector, catalog: Catalog) -> Iterator[Model]:
    """What can be chosen: the default model, the mapping's models, then every deployment that chats."""
    deployments = {one.key: one for one in catalog}
    settings = client.settings
    asked = list(settings.deployment_mapping)
    if settings.origins["default_model"] != "default" or not any(map(_chats, catalog)):
        asked.insert(0, settings.model_for("/chat/completions"))
    reached: dict[str, set[str]] = {}
    for model in dict.fromkeys(asked):
        targets = client.explain(model).targets
        names = {target.name for target in targets}
        known = [deployments.get(one.name) or ListedDeployment(one.deployment, one.resource) for one in targets]
        serving = [one for one in known if one.serves and _chats(one)]
        # A deployment that only the mapping names may still exist where nothing lists the resource's.
        if serving or not any(map(_chats, known)):
            reached[model.lower()] = names
            yield _model(model, model, (serving or known)[0], available=bool(serving))
    for one in catalog:
        name = one.name if one.resource == settings.default_resource else one.key
        if one.key in reached.get(name.lower(), ()) or not (one.serves and _chats(one)):
            continue
        name = one.key if name.lower() in reached else name
        targets = client.explain(name).targets
        # A default deployment would answer for a name that the mapping does not know.
        yield _model(name, name if targets[0].name == one.key else one.key, one, is_deployment=True)


def _chats(one: ListedDeployment) -> bool:
    """Whether it answers chats, as far as anything says."""
    if not one.apis:
        return one.model is None and "embedding_deployment" not in one.mapped
    return bool({"chat", "responses"} & {*one.apis})


def _model(
    name: str, asked: str, one: ListedDeployment, *, available: bool = True, is_deployment: bool = False
) -> Model:
    quota = f"{one.tokens_per_minute // 1000}K tokens/min" if one.tokens_per_minute else "Azure Cloud"
    shown = display_name(name)
    if is_deployment and one.model and name.lower() != one.model:
        shown = f"{name} ({display_name(one.model)})"
    return Model(name, AzureProvider.id, shown, quota, available, one.name, one.version, is_deployment, asked)
