"""What to do about replies that name their reason by a code or in words of their own, whatever their class. Data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ._commands import ask_for
from ._envelope import ErrorFacts
from ._hint_context import HintContext

__all__ = ["reply_hint", "says_retired", "wants_subscription_key"]

# API Management's own words. Azure's for a wrong key of a resource go on with "or wrong API endpoint".
_GATEWAY = re.compile(
    r"missing subscription key|invalid subscription key(?!.{0,60}wrong API endpoint)", re.IGNORECASE | re.DOTALL
)


class _Row(NamedTuple):
    """One kind of reply: it is meant where a code, the status or the words fit."""

    hint: str
    codes: frozenset[str] = frozenset()
    words: re.Pattern[str] | None = None
    statuses: Sequence[int] = ()

    def fits(self, facts: ErrorFacts, codes: frozenset[str]) -> bool:
        return (
            not self.codes.isdisjoint(codes)
            or facts.status in self.statuses
            or (self.words is not None and self.words.search(facts.message) is not None)
        )


def _row(hint: str, codes: str = "", words: str = "", statuses: Sequence[int] = ()) -> _Row:
    pattern = re.compile(words, re.IGNORECASE | re.DOTALL) if words else None
    return _Row(hint, frozenset(codes.lower().split()), pattern, statuses)


_RETIRED = _row(
    "The model behind {deployment!r} has been retired. Deploy a current model under the same name, and nothing "
    "need be changed here; or use another deployment: `azure-connector models` lists them. Dates: "
    "https://aka.ms/oai/model-retirements.",
    "ModelDeprecated ModelRetired DeploymentDeprecated model_deprecated",
    r"\b(?:model|deployment)\b.{0,120}\b(?:deprecated|retired)\b",
    (410,),
)

# `{where}`, `{deployment}` and `{model}` are filled in.
_ROWS: tuple[_Row, ...] = (
    _row(
        "This model speaks another API than OpenAI's: Claude on Foundry answers only Anthropic's Messages API, at "
        "…/anthropic. Use Anthropic's client for it, with the same resource and key.",
        "api_not_supported",
    ),
    _row(
        "{where} has no model or deployment {deployment!r}: `azure-connector models` lists those that exist. Name one "
        "of them as the model.",
        "unknown_model",
    ),
    _RETIRED,
    _row(
        "The resource keeps no more files than it has. Look at them with client.files.list(), delete those that are "
        "no longer needed with client.files.delete(), then upload again; expires_after lets them go.",
        words=r"\bfiles?\b.{0,80}\bquota\b|\bquota\b.{0,80}\bfiles?\b|maximum number of files",
    ),
    _row(
        "{deployment!r} takes no tools in this request: leave out tools and tool_choice (and data_sources, where both "
        "are sent), or name a deployment whose model calls functions.",
        "UnsupportedToolUse",
    ),
    _row(
        'Say the word JSON in a message, such as {{"role": "system", "content": "Answer in JSON."}}, or describe the '
        "answer by a schema (response_format of the type json_schema).",
        words=r"must contain the word '?json",
    ),
    _row(
        "The request's body is too large for the service or a gateway before it: send less text or fewer files.",
        words=r"\btoo large\b",
        statuses=(413,),
    ),
)


def says_retired(facts: ErrorFacts) -> bool:
    """Whether a reply says that the model behind a deployment is no more."""
    return _RETIRED.fits(facts, _codes(facts))


def _codes(facts: ErrorFacts) -> frozenset[str]:
    return frozenset(code.lower() for code in (facts.code, facts.inner_code, facts.type) if code)


def wants_subscription_key(message: str) -> bool:
    """Whether API Management says that it wants its own subscription key: no other credential is at fault."""
    return _GATEWAY.search(message) is not None


def reply_hint(facts: ErrorFacts, context: HintContext) -> str:
    """The advice for a reply that says itself what is wrong; empty for every other.

    Args:
        facts: what it says.
        context: what the call looked like.
    """
    if wants_subscription_key(facts.message):
        return (
            f"The gateway at {context.where} wants its subscription key, whatever the other credential is: give it "
            f"here: {ask_for('AZURE_APIM_SUBSCRIPTION_KEY')} (apim_subscription_key); and set apim_header where the "
            "gateway calls the header differently. Is it a resource, no gateway? Then AZURE_OPENAI_API_KEY is not its "
            "key."
        )
    codes = _codes(facts)
    found = next((row for row in _ROWS if row.fits(facts, codes)), None)
    if found is None:
        return ""
    names: Mapping[str, str] = {
        "where": context.where,
        "deployment": context.deployment or "?",
    }
    return found.hint.format_map(names)
