"""The providers: each lists its models and opens a stream of chat completion chunks."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from importlib import import_module
from typing import Any, Protocol

import httpx
import openai

from azure_connector import AsyncAzureConnector

from .listing import Listing, Model, Unavailable

__all__ = ["AzureProvider", "LiteLLMProvider", "OllamaProvider", "Provider", "all_providers"]

_LISTING_LASTS = 30.0


class Provider(Protocol):
    """What the page needs of one."""

    id: str

    async def listing(self) -> Listing:
        """Its models, or why there are none. Never raises for a provider that is not set up."""
        ...

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[Any]:
        """Opens a streamed chat completion.

        Raises:
            Unavailable, openai.OpenAIError: it cannot answer.
        """
        ...

    async def close(self) -> None: ...


class AzureProvider:
    """Azure OpenAI through the connector: models of the mapping, and deployments that the resource lists."""

    id = "azure"

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
            return Listing(self.id, self.name, reason=str(error).splitlines()[0])
        self._listed = (time.monotonic(), listing)
        return listing

    async def _list(self, client: AsyncAzureConnector) -> Listing:
        catalog = await client.catalog()
        if all(listing.source in ("", "settings") for listing in catalog.listings):
            await self._probe(client)
        sizes = {
            one.name: f"{one.tokens_per_minute // 1000}K tokens/min" if one.tokens_per_minute else None
            for one in catalog
            if one.serves and {"chat", "responses"} & {*one.apis}
        }
        mapped = [model for model in client.settings.deployment_mapping if model not in sizes]
        names = [*mapped, *sizes] or [client.settings.default_model]
        models = tuple(Model(name, self.id, size=sizes.get(name)) for name in names)
        return Listing(self.id, self.name, models, note="; ".join(catalog.problems))

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


class LiteLLMProvider:
    """Any provider that LiteLLM knows, by the prefix of its models.

    Args:
        prefix: LiteLLM's, which stands before its models' names.
        variables: the key is in one of these.
        models: some of its models; `PREFIX_MODELS` may name others.
    """

    def __init__(self, prefix: str, name: str, variables: tuple[str, ...], models: tuple[str, ...]) -> None:
        self.id, self.name, self.variables = prefix, name, variables
        self._models = models

    async def listing(self) -> Listing:
        if not any(os.environ.get(name) for name in self.variables):
            models = tuple(Model(model, self.id, available=False) for model in self._models)
            return Listing(self.id, self.name, models, reason=f"{' or '.join(self.variables)} is not set")
        wanted = os.environ.get(f"{self.id.upper()}_MODELS", "")
        names = [name.strip() for name in wanted.split(",") if name.strip()] or self._models
        return Listing(self.id, self.name, tuple(Model(name, self.id) for name in names))

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[Any]:
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        try:
            litellm = await asyncio.to_thread(import_module, "litellm")  # takes two seconds
        except ImportError as error:
            raise Unavailable('LiteLLM is not installed: pip install ".[litellm]"') from error
        return await litellm.acompletion(**{**body, "model": f"{self.id}/{body['model']}"}, stream=True)

    async def close(self) -> None:
        """LiteLLM keeps its own connections."""


class OllamaProvider:
    """Models that run on this machine, by Ollama's own API and its OpenAI-compatible one."""

    id, name = "ollama", "Ollama"

    def __init__(self) -> None:
        host = os.environ.get("OLLAMA_HOST") or "127.0.0.1:11434"
        self.host = (host if "://" in host else f"http://{host}").rstrip("/")
        self._client: openai.AsyncOpenAI | None = None

    async def listing(self) -> Listing:
        try:
            async with httpx.AsyncClient(timeout=0.5, trust_env=False) as client:
                reply = await client.get(f"{self.host}/api/tags")
                found = reply.raise_for_status().json()["models"]
        except (httpx.HTTPError, ValueError, KeyError):
            return Listing(self.id, self.name, reason=f"nothing answers at {self.host}")
        models = tuple(Model(one["name"], self.id, size=one.get("details", {}).get("parameter_size")) for one in found)
        return Listing(self.id, self.name, models, reason="" if models else "it has no models: ollama pull llama3.2")

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[Any]:
        if self._client is None:
            self._client = openai.AsyncOpenAI(base_url=f"{self.host}/v1/", api_key="ollama", max_retries=0)
        return await self._client.chat.completions.create(**body, stream=True)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()


def all_providers(azure_name: str = "Azure OpenAI") -> dict[str, Provider]:
    """Every provider by its id, in the page's order."""
    found: list[Provider] = [
        AzureProvider(azure_name),
        LiteLLMProvider(
            "gemini", "Gemini", ("GEMINI_API_KEY", "GOOGLE_API_KEY"), ("gemini-2.5-pro", "gemini-2.5-flash")
        ),
        LiteLLMProvider("openai", "OpenAI", ("OPENAI_API_KEY",), ("gpt-5", "gpt-5-mini", "gpt-4o")),
        LiteLLMProvider("anthropic", "Anthropic", ("ANTHROPIC_API_KEY",), ("claude-sonnet-4-5", "claude-haiku-4-5")),
        LiteLLMProvider("mistral", "Mistral", ("MISTRAL_API_KEY",), ("mistral-large-latest", "mistral-small-latest")),
        OllamaProvider(),
    ]
    return {provider.id: provider for provider in found}
