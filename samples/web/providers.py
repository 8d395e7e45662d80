"""The providers: each lists its models and opens a stream of chat completion chunks."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from importlib import import_module
from inspect import iscoroutinefunction
from typing import Any, Protocol

import httpx
import openai

from .azure import AzureProvider
from .listing import Listing, Model, Unavailable
from .names import display_name

__all__ = ["LiteLLMProvider", "OllamaProvider", "Provider", "all_providers"]


class Provider(Protocol):
    """What the page needs of one.

    Attributes:
        remedy: what to look at when it does not answer.
        long_ids: whether ids of tool calls may be longer than OpenAI's 40 characters.
    """

    id: str
    name: str
    remedy: str
    long_ids: bool

    async def listing(self) -> Listing:
        """Its models, or why there are none. Never raises for a provider that is not set up."""
        ...

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[Any]:
        """Opens a streamed chat completion.

        Raises:
            Unavailable, openai.OpenAIError, httpx.HTTPError: it cannot answer.
        """
        ...

    async def close(self) -> None: ...


class LiteLLMProvider:
    """Any provider that LiteLLM knows, by the prefix of its models.

    Args:
        prefix: LiteLLM's, which stands before its models' names.
        variables: the key is in one of these.
        models: some of its models; `PREFIX_MODELS` may name others.
    """

    def __init__(self, prefix: str, name: str, variables: tuple[str, ...], models: tuple[str, ...]) -> None:
        self.id, self.name, self.variables = prefix, name, variables
        self.long_ids = prefix == "gemini"  # LiteLLM keeps Gemini's thought signatures in them
        self.remedy = f"Check the key in {' or '.join(variables)}, and choose models in {prefix.upper()}_MODELS."
        self._models = models

    async def listing(self) -> Listing:
        wanted = os.environ.get(f"{self.id.upper()}_MODELS", "")
        names = [name.strip() for name in wanted.split(",") if name.strip()] or self._models
        keyed = any(os.environ.get(name) for name in self.variables)
        models = tuple(Model(name, self.id, display_name(name), f"{self.name} Cloud", keyed) for name in names)
        missing = f"{' or '.join(self.variables)} is not set. Export it and start the page again."
        return Listing(self.id, self.name, models, reason="" if keyed else missing)

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[Any]:
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        try:
            litellm: Any = await asyncio.to_thread(import_module, "litellm")  # takes two seconds
        except ImportError as error:
            raise Unavailable('LiteLLM is not installed: pip install ".[litellm]"') from error
        litellm.suppress_debug_info = True  # else every error prints an invitation to its bug tracker
        litellm.modify_params = True  # a history with calls may go to an agent without tools, which Anthropic refuses
        return await litellm.acompletion(**{**body, "model": f"{self.id}/{body['model']}"}, stream=True)

    async def close(self) -> None:
        """Closes the connections that LiteLLM keeps, for all of its providers at once."""
        if (litellm := sys.modules.get("litellm")) is not None:
            kept = list(litellm.in_memory_llm_clients_cache.cache_dict.values())
            litellm.in_memory_llm_clients_cache.flush_cache()
            for client in kept:
                if iscoroutinefunction(getattr(client, "close", None)):
                    await client.close()


class OllamaProvider:
    """Models that run on this machine, by Ollama's own API and its OpenAI-compatible one."""

    id, name, long_ids = "ollama", "Ollama", False

    def __init__(self) -> None:
        host = os.environ.get("OLLAMA_HOST") or "127.0.0.1:11434"
        self.host = (host if "://" in host else f"http://{host}").rstrip("/")
        self.remedy = f"Is it running? Start it with `ollama serve`; OLLAMA_HOST says where it listens ({self.host})."
        self._client: openai.AsyncOpenAI | None = None

    async def listing(self) -> Listing:
        try:
            async with httpx.AsyncClient(timeout=0.5, trust_env=False) as client:
                reply = await client.get(f"{self.host}/api/tags")
                models = tuple(self._model(one) for one in reply.raise_for_status().json()["models"])
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, AttributeError):
            return Listing(self.id, self.name, reason=f"Nothing answers at {self.host}. {self.remedy}")
        reason = "" if models else "It has no models yet. Fetch one: ollama pull llama3.2"
        return Listing(self.id, self.name, models, reason=reason)

    def _model(self, one: dict[str, Any]) -> Model:
        size, parameters = one.get("size"), (one.get("details") or {}).get("parameter_size")
        on_disk = f"{size / 1e9:.1f} GB" if isinstance(size, int) else "this machine"
        return Model(one["name"], self.id, one["name"], parameters or on_disk)

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[Any]:
        if self._client is None:
            # Environment proxies are for the world outside; this server is on this machine.
            direct = openai.DefaultAsyncHttpxClient(trust_env=False)
            self._client = openai.AsyncOpenAI(
                base_url=f"{self.host}/v1/", api_key="ollama", max_retries=0, http_client=direct
            )
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
