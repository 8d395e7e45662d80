"""Which connector serves a call: one for each distinct set of settings, or a client that the call brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import litellm
import openai
from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler, HTTPHandler

from azure_connector import ConnectorPool

from .call_args import CallArguments

__all__ = ["Connectors", "connectors_for", "prefix_of"]


class Connectors(ConnectorPool):
    """The connectors of one prefix. Args as `ConnectorPool`."""

    def client_for(self, call: CallArguments, kind: type[openai.OpenAI | openai.AsyncOpenAI]) -> Any:
        """The client for a call: the caller's own, or the connector of its settings.

        Args:
            call: the call.
            kind: whether it is sync or async.

        Raises:
            ConfigurationError: settings are missing or contradict each other, or the client is of the other kind.
        """
        own = call.client
        if isinstance(own, HTTPHandler | AsyncHTTPHandler):
            own = own.client  # LiteLLM's own hold the HTTP client that the SDK takes
        client: Any = self.client(kind, call.settings, own)
        if call.base_model and client is not own:
            # LiteLLM writes `azure/eu/gpt-4o-2024-11-20`.
            client.declare_base_model(call.model, call.base_model.rpartition("/")[2])
        return client


def connectors_for(prefix: str | None) -> Connectors | None:
    """The connectors of a prefix; None for a prefix that is not ours."""
    # LiteLLM's own list of providers is the table: the Proxy replaces it whole.
    handlers = (entry["custom_handler"] for entry in litellm.custom_provider_map if entry["provider"] == prefix)
    found = getattr(next(handlers, None), "connectors", None)
    return found if isinstance(found, Connectors) else None


def prefix_of(kwargs: Mapping[str, Any], model: object = None) -> str | None:
    """The prefix of a call's model; None where the call is not for the connector.

    Args:
        kwargs: the call's arguments.
        model: the model, where it was passed by position.
    """
    # What was passed by position stands in the logging object too, which newer versions of LiteLLM give.
    named = kwargs.get("model") or model or getattr(kwargs.get("litellm_logging_obj"), "model", None) or ""
    prefix = kwargs.get("custom_llm_provider") or str(named).partition("/")[0]
    return None if connectors_for(prefix) is None else prefix
