"""What a conversation has used, and what that costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._utils import as_list, as_object, estimated_tokens, money
from ._prices import Price, PriceList

if TYPE_CHECKING:
    from ..replies import AzureInfo

__all__ = ["Cost", "estimated_usage", "price_of", "text_of"]


def price_of(prices: PriceList, info: AzureInfo | None, model: str) -> Price | None:
    """The price of what answered: by the model that the reply names, then by the deployment's, then by the call's."""
    if info is None:
        return prices.of(model)
    return prices.of(info.served_model, info.target.model, info.deployment, model)


def estimated_usage(messages: Sequence[Mapping[str, Any]], answer: str) -> dict[str, Any]:
    """The usage of an answer that was stopped: Azure counts the tokens of a stream only at its end."""
    asked = sum(len(text_of(message.get("content"))) for message in messages)
    return {"prompt_tokens": _tokens(asked), "completion_tokens": _tokens(len(answer))}


def _tokens(characters: int) -> int:
    return math.ceil(estimated_tokens(characters))


def text_of(content: object) -> str:
    """The texts of a message's content."""
    return (
        content
        if isinstance(content, str)
        else "".join(str(as_object(part).get("text") or "") for part in as_list(content))
    )


@dataclass(slots=True)
class Cost:
    """What has been used so far.

    Attributes:
        calls: requests that were answered, or whose answer was stopped.
        stopped: of these, answers that were cut off; their tokens are an estimate.
        input_tokens, output_tokens: of all calls.
        unpriced: calls of models that have no price.
        amounts: currency -> what was spent.
    """

    calls: int = 0
    stopped: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    unpriced: int = 0
    amounts: dict[str, float] = field(default_factory=dict[str, float])

    def add(self, usage: Mapping[str, Any], price: Price | None, *, stopped: bool = False) -> None:
        """Adds a call."""
        self.calls += 1
        self.stopped += stopped
        self.input_tokens += int(usage.get("prompt_tokens") or 0)
        self.output_tokens += int(usage.get("completion_tokens") or 0)
        if price is None:
            self.unpriced += 1
        else:
            self.amounts[price.currency] = self.amounts.get(price.currency, 0.0) + price.of(usage)

    @property
    def amount(self) -> float | None:
        """In the one currency of all calls; None where a call has no price."""
        return None if self.unpriced or len(self.amounts) != 1 else next(iter(self.amounts.values()))

    @property
    def currency(self) -> str | None:
        """The one currency of all calls, if they have one and its name is known."""
        return next(iter(self.amounts)) or None if len(self.amounts) == 1 else None

    def __str__(self) -> str:
        calls = f"{self.calls} call{'s' if self.calls != 1 else ''}"
        if self.stopped:
            calls += f" ({self.stopped} stopped: {'its' if self.stopped == 1 else 'their'} tokens are an estimate)"
        return ", ".join([calls, *self.parts()])

    def parts(self) -> list[str]:
        """Tokens and money, in words."""
        spent = [money(amount, currency) for currency, amount in self.amounts.items()]
        if self.unpriced and spent:
            spent.append(f"and {self.unpriced} without a price")
        return [f"{self.input_tokens:,} tokens in", f"{self.output_tokens:,} out", *spent]
