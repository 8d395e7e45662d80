"""Clients on their way to another process: their settings and options travel, connections and secrets do not."""

from __future__ import annotations

import os
import re
from typing import Any

import openai

from ..settings import NotPickledError

__all__ = ["packed", "unpickled"]

_OURS = __name__.partition(".")[0]
_SECRET_NAME = re.compile(r"(?i)key|secret|token|sig|code|pass")


def packed(client: Any) -> dict[str, Any]:
    """What a pickle holds of a client: its settings without their secrets, and its options.

    Raises:
        NotPickledError: it holds secrets that were passed as arguments, or an HTTP client of the caller's own.
    """
    told = {"OpenAI-Organization": client.organization, "OpenAI-Project": client.project}
    headers = [
        name
        for name, value in client.custom_headers.items()
        if not isinstance(value, openai.Omit) and told.get(name) != value
    ]
    query: dict[str, object] = dict(client.custom_query)
    secret = [f"the header {name}" for name in headers] + [
        f"the query parameter {name}" for name in query if _SECRET_NAME.search(name)
    ]
    if client.webhook_secret != os.environ.get("OPENAI_WEBHOOK_SECRET"):  # where the SDK reads it otherwise
        secret.append("webhook_secret, whose variable is OPENAI_WEBHOOK_SECRET")
    if secret:
        raise NotPickledError(
            f"This client cannot be pickled: it holds what may be secrets, passed as arguments ({', '.join(secret)}).",
            hint="Put headers into the variable AZURE_CONNECTOR_DEFAULT_HEADERS, in both processes.",
        )
    if not type(client._client).__module__.startswith(_OURS):
        raise NotPickledError(
            "This client cannot be pickled: it has an http_client of your own.",
            hint="Make the client in the other process, from pickled settings: AzureConnector(settings=settings, …).",
        )
    return {
        "settings": client.settings,
        "timeout": client.timeout,
        "max_retries": client.max_retries,
        "default_query": query or None,
        "organization": client.organization,
        "project": client.project,
        "websocket_base_url": client.websocket_given,
    }


def unpickled(cls: type[Any], state: dict[str, Any]) -> Any:
    """A client out of a pickle, with connections of its own.

    Raises:
        ConfigurationError: a secret that its settings use stands nowhere in this process.
    """
    return cls(**state)
