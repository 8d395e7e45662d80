"""What a refusal speaks of, read from its words: a parameter, one of its values, or a combination of two parameters.

A value that is refused says nothing against the parameter, and a combination nothing against either of the two. The
services' codes are often null, so the words decide where they are plain. Wordings: Azure's and OpenAI's as quoted in
public issues, xAI's and Mistral's on Foundry, and the validator of On Your Data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from .._utils import Json
from ..errors import ErrorFacts

__all__ = ["Words", "pointers", "read_words"]

About = Literal["parameter", "value", "combination", ""]

# A name, bare or quoted: `logprobs`, 'reasoning.effort', "stop".
_NAME = r"['\"`]?([A-Za-z_][\w.\[\]]*\w)['\"`]?"
_MODEL = r"(?:this|the|that|your|any|current|selected|specified|given|requested|chosen|deployed)\b.{0,40}?\bmodels?\b"
_TARGET = re.compile(
    rf"^\s*(?:{_MODEL}|models?\b|this (?:deployment|api|endpoint|version|operation)|the (?:api|deployment|endpoint|"
    r"selected|specified|current|provided)\b|your deployment|"
    r"['\"`]?(?:gpt|o[1-9]|codex|grok|deepseek|llama|phi|mistral)-)",
    re.IGNORECASE,
)
_NOT = r"(?:(?:is|are|was|were) (?:not|currently not|not currently|not yet) |(?:isn't|aren't) |not )"
_DENIED = (
    rf"(?:{_NOT}(?:supported|allowed|available|permitted|compatible|valid)|(?:is|are) (?:unsupported|incompatible))"
)

# Where the words name what is refused. The first pattern of a list goes before the others.
_PARAMETERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"unsupported parameters?:? {_NAME}",
        rf"unknown (?:parameter|field|name|argument):? {_NAME}",
        r"unrecognized request arguments? supplied: (\w[\w.]*\w(?:, ?\w[\w.]*\w)*)",
        r"arguments? not supported on this model: (\w[\w.]*\w(?:, ?\w[\w.]*\w)*)",
        rf"(?:does not|doesn't|do not|don't|cannot) (?:support|accept|take|recognize) (?:the )?(?:request )?"
        rf"(?:parameter|argument|field) {_NAME}",
        rf"(?:does not|doesn't|do not|don't|cannot) (?:support|accept|take|recognize) (?:the )?{_NAME} "
        r"(?:request )?(?:parameter|argument|field)",
        rf"(?:parameter|argument|property|field) {_NAME} {_DENIED}",
        rf"{_NAME}(?: (?:request )?(?:parameter|argument|field))? {_DENIED} (?:with|on|by|for|in) (?={_MODEL})",
        rf"{_NAME}:? extra inputs are not permitted",
        rf"additional properties are not allowed \({_NAME}",
    )
)
_VALUES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"unsupported value: {_NAME} does not support",
        rf"invalid (?:value|type) for {_NAME}",
        rf"^{_NAME} '[^']*' is not (?:compatible|supported|available)",
        rf"^{_NAME}:? (?:must be|should be|has to be) one of",
    )
)
_COMBINED = re.compile(
    rf"(?:{_DENIED}|can(?:not|'t) be (?:used|set|specified|combined|given|provided)|conflicts?|may not be (?:used|set))"
    r"\s*(?:together |in combination |in conjunction |at the same time )?(?:with|when|while|alongside|if|and|using)\s+"
    r"(?:using |used (?:with|together with) |combined with )?(.+)",
    re.IGNORECASE | re.DOTALL,
)
_SUBJECT = re.compile(r"([A-Za-z_][\w.]*)['\"`]?\s*$")
_BOTH = re.compile(
    rf"(?:setting|using|both) {_NAME} and {_NAME} (?:at the same time|together|simultaneously)", re.IGNORECASE
)

_SPEAKS_OF_VALUE = re.compile(
    r"supported values (?:are|include)|(?:valid|allowed|accepted|permitted) values|only the default|unsupported value|"
    r"invalid (?:value|type)|must be one of|should be one of|expected one of|is not one of|not compatible with model|"
    r"does not match (?:the )?(?:regex|pattern)",
    re.IGNORECASE,
)
_ACCEPTED = re.compile(
    r"(?:supported|valid|allowed|accepted|permitted) values(?: are| include)?:? (.+)|"
    r"(?:must be|should be|expected|not) one of:? (.+)|\b[Uu]se ((?:'[^']+'(?:,? or |, )?)+) instead",
    re.DOTALL | re.IGNORECASE,
)
_ONLY_DEFAULT = re.compile(r"only the default \(([^)]{1,40})\)", re.IGNORECASE)
_QUOTED = re.compile(r"['\"`]([^'\"`]{1,80})['\"`]")
_POINTER = re.compile(r"#/([\w/.-]+)")

# How combinations name parameters in prose. English words that are parameters' names too count only in quotes.
_PHRASES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), names)
    for words, names in (
        (r"predicted outputs?|predictions?", ("prediction",)),
        (r"parallel (?:tool|function) call(?:s|ing)?", ("parallel_tool_calls",)),
        (r"(?:function|tool) call(?:s|ing)?|function tools|tools|functions", ("tools", "functions")),
        (r"structured outputs?|json schemas?|json mode|response formats?", ("response_format", "text.format", "text")),
        (r"stream(?:ing|s|ed)?", ("stream",)),
        (r"(?:on )?your (?:own )?data|data sources?", ("data_sources",)),
        (r"audio(?: outputs?)?", ("audio",)),
        (r"log ?probs|log probabilities", ("logprobs", "top_logprobs")),
        (r"logit bias", ("logit_bias",)),
        (r"stop sequences?", ("stop",)),
        (r"reasoning(?: efforts?)?", ("reasoning_effort", "reasoning.effort")),
        (r"web search", ("web_search_options",)),
        (r"background(?: mode)?", ("background",)),
    )
)
_ENGLISH = frozenset(
    {"model", "messages", "input", "user", "text", "include", "store", "stop", "reasoning", "n", "seed"}
)


@dataclass(frozen=True, slots=True)
class Words:
    """What a refusal speaks of.

    Attributes:
        about: a parameter, a value of one, a combination of two; empty where the words are not known.
        names: the parameters that it names, the likeliest first; in a combination, the one that gives way first.
        accepted: the values that it lists as accepted.
        default: the only value that it accepts, where it says so.
        beside: in a combination, the parameters beside which `names` are refused.
    """

    about: About
    names: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    default: Any = None
    beside: tuple[str, ...] = ()


def read_words(refusal: ErrorFacts, body: Json) -> Words:
    """What a refusal speaks of.

    Args:
        refusal: the error as it was read.
        body: the request that was refused: combinations are looked for among what it holds.
    """
    text, code = refusal.message, (refusal.code or "").lower()
    by_param = [refusal.param.removeprefix("#/").replace("/", ".")] if refusal.param else []
    if "value" in code or "type" in code or (code != "unsupported_parameter" and _SPEAKS_OF_VALUE.search(text)):
        names = (*by_param, *_found(_VALUES, text), *_found(_PARAMETERS, text))
        only = _ONLY_DEFAULT.search(text)
        return Words("value", names, _accepted(text), None if only is None else _literal(only[1]))
    if (found := _combination(text, by_param, body)) is not None:
        return found
    named = (*by_param, *_found(_PARAMETERS, text))
    speaks = code in ("unsupported_parameter", "unknown_parameter") or any(one.search(text) for one in _PARAMETERS)
    return Words("parameter", named) if speaks else Words("")


def pointers(text: str) -> Iterator[tuple[str, ...]]:
    """The paths of fields that a validator does not know: `Validation error at #/stream_options: Extra inputs …`."""
    if "xtra inputs are not permitted" in text:
        yield from (tuple(found.strip("/.").split("/")) for found in _POINTER.findall(text))


def _found(patterns: tuple[re.Pattern[str], ...], text: str) -> Iterator[str]:
    for pattern in patterns:
        for found in pattern.finditer(text):
            yield from (name.strip() for name in found[1].split(","))


def _combination(text: str, by_param: list[str], body: Json) -> Words | None:
    """A combination, told from "with this model" by what stands behind the preposition."""
    if both := _BOTH.search(text):
        return Words("combination", (both[1], both[2]), beside=(both[2], both[1]))
    found = _COMBINED.search(text)
    if found is None or _TARGET.match(found[1]):
        return None
    before = text[: found.start()]
    subject = _SUBJECT.findall(before)  # here a bare word of English is a name, too
    first = (*by_param, *subject, *_mentioned(before, body))
    others = tuple(name for name in _mentioned(found[1], body) if name not in first[:1])
    return Words("combination", tuple(dict.fromkeys((*first, *others))), beside=(*others, *first))


def _mentioned(text: str, body: Json) -> Iterator[str]:
    """The parameters of the body that a piece of text speaks of."""
    quoted = set(_QUOTED.findall(text))
    yield from (name for name in quoted if name.split(".")[0] in body)
    for name in body:
        if name in quoted or (name not in _ENGLISH and re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text)):
            yield name
    for pattern, names in _PHRASES:
        if pattern.search(text):
            yield from (name for name in names if name.split(".")[0] in body)


def _accepted(text: str) -> tuple[str, ...]:
    found = _ACCEPTED.search(text)
    return tuple(_QUOTED.findall(next(part for part in found.groups() if part))) if found else ()


def _literal(text: str) -> Any:
    """A value as the words write it: a number, a word of JSON, or text."""
    text = text.strip().strip("'\"`")
    words = {"true": True, "false": False}
    if text.lower() in words:
        return words[text.lower()]
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
