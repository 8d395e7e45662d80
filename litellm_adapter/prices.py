"""Prices and capabilities for the prefixes: LiteLLM's own for Azure's models, under our names.

LiteLLM looks costs, budgets, context windows and `supports_…` up by `prefix/model` in one table.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import litellm

from azure_connector import ConnectorSettings
from azure_connector.transport import ForkLock

from .call_args import CallArguments

__all__ = ["add_prices", "base_of", "cost_of", "forget_prices", "note_served", "refill"]

_SOURCE = "azure/"
_bases: dict[str, dict[str, str]] = {}
"""Prefix -> name after the slash -> base model."""
_lock = ForkLock(threading.RLock)
_filled: list[Any] = []
"""The table that was filled last."""


def add_prices(prefix: str, settings: ConnectorSettings | None) -> None:
    """Adds Azure's entries of LiteLLM's table, and the models and deployments that the settings map.

    Args:
        prefix: the prefix.
        settings: its settings; None where they cannot be read yet.
    """
    with _lock:
        bases = _bases.setdefault(prefix, {})
        if settings is not None:
            bases.update(settings.deployments.base_models())
        _fill(prefix)


def refill() -> None:
    """Adds everything again where LiteLLM's table was replaced."""
    if not _filled or litellm.model_cost is not _filled[0]:
        with _lock:
            _filled[:] = [litellm.model_cost]
            for prefix in _bases:
                _fill(prefix)


def base_of(prefix: str, name: str, said: str | None = None) -> str:
    """The base model behind a name, as far as it is known or said; else the name itself."""
    return (said or _bases.get(prefix, {}).get(name, name)).removeprefix(_SOURCE)


def cost_of(call: CallArguments, reply: object, **how: object) -> float | None:
    """A reply's price by Azure's list, in dollars; None where there is none.

    Args:
        call: the call.
        reply: its reply in LiteLLM's type.
        how: what else `litellm.completion_cost` is to know.
    """
    base = base_of(call.provider, call.model, call.base_model)
    try:
        return litellm.completion_cost(reply, model=f"{_SOURCE}{base}", custom_llm_provider="azure", **how)
    except Exception:  # noqa: BLE001  # LiteLLM raises plain exceptions for models without a price
        return None


def note_served(call: CallArguments, served: str | None) -> None:
    """Prices a deployment of any name by the model that its reply reports."""
    entry = litellm.model_cost.get(f"{call.provider}/{call.model}") or {}
    if entry.get("input_cost_per_token") is None and (served or call.base_model):
        for base in (call.base_model, served):
            if base and _put(call.provider, call.model, base.removeprefix(_SOURCE)):
                _bases.setdefault(call.provider, {})[call.model] = base.removeprefix(_SOURCE)
                return


def forget_prices(prefix: str) -> None:
    """Takes a prefix's entries out again."""
    _bases.pop(prefix, None)
    for name in [name for name in litellm.model_cost if name.startswith(f"{prefix}/")]:
        del litellm.model_cost[name]


def _fill(prefix: str) -> None:
    for name in [name for name in litellm.model_cost if name.startswith(_SOURCE)]:
        base = name.removeprefix(_SOURCE)
        _put(prefix, base, base)
        _put(prefix, name, base)  # a `base_model` is named so
    for name, base in _bases[prefix].items():
        _put(prefix, name, base)


def _put(prefix: str, name: str, base: str) -> bool:
    table = litellm.model_cost
    source: Mapping[str, Any] | None = table.get(f"{_SOURCE}{base}") or table.get(base)
    if source is None:
        return False
    # A Router that was made before has left an entry without prices; what a user has set in it stays.
    known = {key: value for key, value in (table.get(f"{prefix}/{name}") or {}).items() if value is not None}
    entry = {**source, "litellm_provider": prefix, **known}
    if entry.get("mode") == "responses":
        # LiteLLM would go round by its own Responses bridge, which custom providers do not have; the connector
        # itself goes to the Responses API where the model speaks nothing else.
        entry["mode"] = "chat"
    table[f"{prefix}/{name}"] = entry
    return True
