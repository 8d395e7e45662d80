"""What stands in place of a key: something that is none, told by its shape alone. Pure; a key is never shown."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import ask_for

__all__ = ["odd_key"]


class _Shape(NamedTuple):
    """One shape: what it is, and what to do; `{variable}` is where it stands."""

    pattern: re.Pattern[str]
    what: str
    remedy: str


def _shape(pattern: str, what: str, remedy: str = "") -> _Shape:
    return _Shape(re.compile(pattern, re.IGNORECASE), what, remedy or _COPY)


_COPY = f"Copy KEY 1 of your resource's page Keys and Endpoint and give it here: {ask_for('{variable}')}."
_SIGNED_IN = (
    '`export AZURE_OPENAI_AD_TOKEN="${variable}"` and `unset {variable}`; it lasts an hour, an az login longer.'
)
_OF_APPLICATION = "It belongs into AZURE_CLIENT_SECRET, with AZURE_CLIENT_ID and AZURE_TENANT_ID; `unset {variable}`."

# Before all others: what documents write where a key is to stand.
_SHAPES: tuple[_Shape, ...] = (
    _shape(r"<.*>|\{.*\}|\[.*\]|\$.*|[.…*xX]{3,}|%.*%", "a placeholder"),
    _shape(
        r"(?:(?:your|my|the|insert|put|enter|paste|add)[-_ ]?)*(?:azure[-_ ]?)?(?:openai[-_ ]?|aoai[-_ ]?)?"
        r"(?:api[-_ ]?|resource[-_ ]?|secret[-_ ]?)?key(?:[-_ ]?1)?(?:[-_ ]?here)?|(?:change|replace)[-_ ]?me.*|todo|"
        r"your[-_ ].*|dummy|none|null",
        "a placeholder",
    ),
    _shape(r"eyJ[\w-]*\.[\w-]+\.[\w-]*", "an Entra ID token, no key", _SIGNED_IN),
    _shape(r"https?://.*", "an address, no key: are endpoint and key interchanged?"),
    _shape(r"sk-ant-.*", "a key of Anthropic's own service"),
    _shape(r"sk-.*", "a key of OpenAI's own service (or of a LiteLLM proxy)"),
    _shape(r"(?:gh[pousr]_|github_pat_).*", "a token of GitHub"),
    _shape(r"AIza.*", "a key of Google's"),
    _shape(r"(?:hf_|gsk_|xai-|pplx-).{16,}", "a key of another service"),
    _shape(r".*AccountKey=.*", "a connection string of Azure Storage"),
    _shape(r"[\w.-]{3}\dQ~.{30,}", "an application's client secret, no key", _OF_APPLICATION),
    _shape(
        r"[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}", "an id (of a tenant, an application or a subscription), no key"
    ),
    _shape(r"/subscriptions/.*", "a resource's id, no key"),
    _shape(r"(?:api-key|authorization|ocp-apim-subscription-key)\s*[:=].*", "a whole header: leave its name out"),
    _shape(r".*\s.*", "text with a blank in it, which no key has"),
)


def odd_key(key: str, variable: str = "AZURE_OPENAI_API_KEY") -> str:
    """What a key looks like instead of a key, and what to do; empty where nothing is odd about it.

    Args:
        key: the value; nothing of it is in the answer.
        variable: the variable that holds it.
    """
    found = next((shape for shape in _SHAPES if shape.pattern.fullmatch(key)), None)
    if found is None:
        return ""
    return f"What is given as the key is {found.what}. {found.remedy.replace('{variable}', variable)}"
