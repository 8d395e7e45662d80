"""What tokens cost: as the user says, or by the list that LiteLLM's distribution holds, read as the data that it is."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from .._utils import as_object
from ..errors import ConfigurationError

__all__ = ["Price", "PriceList", "read_price"]

_PACKAGE = "litellm"
_FILE = "litellm/model_prices_and_context_window_backup.json"


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs.

    Attributes:
        input, output: per million tokens.
        cached: per million input tokens that came from the cache; as `input` where None.
        currency: a code such as USD; empty where nobody said.
    """

    input: float
    output: float
    cached: float | None = None
    currency: str = ""

    def of(self, usage: Mapping[str, Any]) -> float:
        """What a reply with this usage costs."""
        tokens = int(usage.get("prompt_tokens") or 0)
        cached = min(int(as_object(usage.get("prompt_tokens_details")).get("cached_tokens") or 0), tokens)
        reduced = self.input if self.cached is None else self.cached
        out = int(usage.get("completion_tokens") or 0)
        return ((tokens - cached) * self.input + cached * reduced + out * self.output) / 1e6


class PriceList:
    """Prices by model.

    Args:
        fixed: the user's own, for whatever is called.
    """

    def __init__(self, fixed: Price | None = None) -> None:
        self._fixed = fixed

    def of(self, *models: str | None) -> Price | None:
        """The price of the first of these models that has one: Azure's, or OpenAI's where the list has none of Azure's.

        Args:
            models: names of base models, the most exact one first (`gpt-5-2025-08-07`, `gpt-5`).
        """
        if self._fixed is not None:
            return self._fixed
        table, names = _listed()[0], [model.lower() for model in models if model]
        for entry in (as_object(table.get(f"azure/{name}")) for name in names):
            if price := _price(entry):
                return price
        for entry in (as_object(table.get(name)) for name in names):
            if entry.get("litellm_provider") == "openai" and (price := _price(entry)):
                return price
        return None

    @property
    def source(self) -> str:
        """Where the prices are from, or why there are none."""
        return "--price" if self._fixed is not None else _listed()[1]


def _price(entry: Mapping[str, Any]) -> Price | None:
    """An entry of the list, whose amounts are dollars for a token."""
    if (per_token := entry.get("input_cost_per_token")) is None:
        return None
    cached, out = entry.get("cache_read_input_token_cost"), float(entry.get("output_cost_per_token") or 0)
    return Price(float(per_token) * 1e6, out * 1e6, None if cached is None else float(cached) * 1e6, "USD")


@functools.cache
def _listed() -> tuple[Mapping[str, Any], str]:
    """LiteLLM's list, and what it is or why it is not there. Nothing of LiteLLM is imported."""
    try:
        found = distribution(_PACKAGE)
        text = Path(str(found.locate_file(_FILE))).read_text(encoding="utf-8")
        return as_object(json.loads(text)), f"list prices of LiteLLM {found.version}"
    except PackageNotFoundError:
        return {}, "no prices: LiteLLM, which brings a list, is not installed; --price IN/OUT says them"
    except (OSError, ValueError):
        return {}, "no prices: LiteLLM's list cannot be read; --price IN/OUT says them"


def read_price(text: str | None) -> Price | None:
    """`1.25/10`, or `1.25/10 EUR`, as prices per million input and output tokens.

    Raises:
        ConfigurationError: it is something else.
    """
    if text is None:
        return None
    amounts, _, currency = text.strip().partition(" ")
    try:
        price_in, price_out = map(float, amounts.split("/"))
    except ValueError:
        price_in = price_out = -1.0
    if not (0 <= price_in < math.inf and 0 <= price_out < math.inf):
        raise ConfigurationError(f"--price is IN/OUT per million tokens, such as '1.25/10 EUR', not {text!r}.")
    return Price(price_in, price_out, currency=currency.strip())
