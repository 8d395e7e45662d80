"""What a conversation has used, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ConfigurationError

__all__ = ["Cost", "read_price"]


@dataclass(slots=True)
class Cost:
    """What has been used so far.

    Attributes:
        price: per million input and output tokens; None where nobody said.
        calls: requests that were answered.
    """

    price: tuple[float, float] | None = None
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, usage: Mapping[str, Any] | None) -> None:
        self.calls += 1
        self.input_tokens += int((usage or {}).get("prompt_tokens") or 0)
        self.output_tokens += int((usage or {}).get("completion_tokens") or 0)

    @property
    def money(self) -> float | None:
        """In the price's currency."""
        if self.price is None:
            return None
        return (self.input_tokens * self.price[0] + self.output_tokens * self.price[1]) / 1e6

    def __str__(self) -> str:
        spent = "" if self.money is None else f", {self.money:.6f}"
        calls = f"{self.calls} call{'s' if self.calls != 1 else ''}"
        return f"{calls}, {self.input_tokens:,} tokens in, {self.output_tokens:,} out{spent}"


def read_price(text: str | None) -> tuple[float, float] | None:
    """`1.25/10` as prices per million input and output tokens.

    Raises:
        ConfigurationError: it is something else.
    """
    if text is None:
        return None
    try:
        price_in, price_out = map(float, text.split("/"))
    except ValueError:
        raise ConfigurationError(f"--price is IN/OUT per million tokens, such as 1.25/10, not {text!r}.") from None
    return price_in, price_out
