"""Prices and capabilities for the prefixes: LiteLLM's own for Azure's models, under our names.

LiteLLM looks costs, budgets, context windows and `supports_…` up by `prefix/model` in one table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import litellm

from azure_connector import ConnectorSettings

from .asking import Ask

__all__ = ["add_mapped", "add_prices", "forget_prices", "note_served"]

_SOURCE = "azure/"


def add_prices(prefix: str) -> None:
    """Copies Azure's entries of LiteLLM's table, once for each."""
    table = litellm.model_cost
    for name in [name for name in table if name.startswith(_SOURCE)]:
        _put(f"{prefix}/{name.removeprefix(_SOURCE)}", prefix, table[name])


def add_mapped(prefix: str, settings: ConnectorSettings) -> None:
    """Adds the models and deployments that the settings map, by their base models."""
    for model, targets in settings.deployments.mapping.items():
        for target in targets:
            base = target.model or model
            _add(prefix, target.deployment, base)
            _add(prefix, model, base)


def note_served(ask: Ask, served: str | None) -> None:
    """Prices a deployment of any name by the model that its reply reports."""
    entry = litellm.model_cost.get(f"{ask.provider}/{ask.model}") or {}
    if entry.get("input_cost_per_token") is None and (served or ask.base_model):
        for base in (ask.base_model, served):
            if base and _add(ask.provider, ask.model, base.removeprefix(_SOURCE)):
                return


def forget_prices(prefix: str) -> None:
    """Takes a prefix's entries out again."""
    for name in [name for name in litellm.model_cost if name.startswith(f"{prefix}/")]:
        del litellm.model_cost[name]


def _add(prefix: str, name: str, base: str) -> bool:
    table = litellm.model_cost
    source = table.get(f"{_SOURCE}{base}") or table.get(base)
    if source is None:
        return False
    _put(f"{prefix}/{name}", prefix, source)
    return True


def _put(name: str, prefix: str, source: Mapping[str, Any]) -> None:
    # A Router that was made before has left an entry without prices; what a user has set in it stays.
    known = {key: value for key, value in (litellm.model_cost.get(name) or {}).items() if value is not None}
    entry = {**source, "litellm_provider": prefix, **known}
    if entry.get("mode") == "responses":
        # LiteLLM would go round by its own Responses bridge, which custom providers do not have; the connector
        # itself goes to the Responses API where the model speaks nothing else.
        entry["mode"] = "chat"
    litellm.model_cost[name] = entry
