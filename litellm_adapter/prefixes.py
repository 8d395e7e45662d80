"""Which prefixes are the connector's, and the connectors behind each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import litellm

from .connectors import Connectors

__all__ = ["connectors_for", "prefix_of"]


def connectors_for(prefix: str | None) -> Connectors | None:
    """The connectors of a prefix; None for a prefix that is not ours."""
    for entry in litellm.custom_provider_map:
        if entry["provider"] == prefix:
            # LiteLLM's own list of providers is the table: the Proxy replaces it whole.
            found = getattr(entry["custom_handler"], "connectors", None)
            return found if isinstance(found, Connectors) else None
    return None


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
