"""The options of a query."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

__all__ = ["QueryOptions"]

Tool = Callable[..., Any] | Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryOptions:
    """Everything that a query may be told; what is None comes from the file and the environment.

    Attributes:
        endpoint: the resource's or the gateway's address.
        tenant_id, client_id, client_secret: the application that signs in to Entra ID (client credentials).
        scope: the scope of its token, where the gateway wants another one than Azure OpenAI's.
        apim_subscription_key: API Management's key, sent beside the token.
        model: the model or deployment; the settings' `default_model` when omitted.
        max_tokens: the limit of output tokens for each request.
        temperature: the sampling temperature.
        system_prompt: goes before the prompt.
        tools: functions, which are called, or definitions in any known shape, whose calls end the query.
        cwd: the directory for tools: a function with a parameter `cwd` is given it, which the model does not see.
        max_turns: requests to the model, at most.
        settings: any other setting of the connector, such as `apim_header`, `ca_bundle` or `deployment_mapping`.
    """

    endpoint: str | None = None
    tenant_id: str | None = None
    client_id: str | None = None
    client_secret: str | SecretStr | None = field(default=None, repr=False)
    scope: str | None = None
    apim_subscription_key: str | SecretStr | None = field(default=None, repr=False)
    model: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    system_prompt: str | None = None
    tools: Sequence[Tool] = ()
    cwd: str | os.PathLike[str] | None = None
    max_turns: int = 10
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    def connector_arguments(self) -> dict[str, Any]:
        """The options that are settings of a connector, by their names there."""
        named: dict[str, Any] = {
            "azure_endpoint": self.endpoint,
            "tenant_id": self.tenant_id,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": self.scope,
            "apim_subscription_key": self.apim_subscription_key,
        }
        return {**self.settings, **{name: value for name, value in named.items() if value is not None}}

    def request_arguments(self) -> dict[str, Any]:
        """The options that are parameters of a request."""
        named = {"max_tokens": self.max_tokens, "temperature": self.temperature}
        return {name: value for name, value in named.items() if value is not None}
