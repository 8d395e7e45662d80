"""Values that stand in a prompt: quotations, numbers, dates, names. Pure functions."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["clauses", "names", "numbers", "quotations", "readable", "spelled", "stem", "words"]

_STOP_WORDS = (
    "a an and any are as at be been but by can could did do does for from get give had has have how i if in into is it "
    "its just let like made make many me more much my no not now of on or our out please say she should show so some "
    "such tell than that the their them then there these they this to too up use used uses using very want was we were "
    "what when where which who why will with would you your value values given return returns call tool tools function "
    "name string number text input output parameter"
)
_STOP = frozenset(_STOP_WORDS.split())
_QUOTED = re.compile(r"\"([^\"\n]{1,200})\"|“([^”\n]{1,200})”|`([^`\n]{1,200})`|(?<!\w)'([^'\n]{1,200})'(?!\w)")
# Not the parts of a date.
_NUMBER = re.compile(r"(?<![\w.-])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\w|\.\d|-\d)")
_NAME = r"[A-ZÀ-ÖØ-Þ][\w'\u2019-]*"
_PROPER = re.compile(rf"{_NAME}(?:[ ](?:(?:de|of|la|los|von|van|upon|am)[ ])?{_NAME})*")
_BREAK = re.compile(r"(?<=[.!?;])\s+|\n+|,?\s+(?:and then|and also|and|then|also)\s+|;\s*")
_OPENING_WORDS = (
    "What Where When Who Why How Which Is Are Do Does Did Can Could Would Will Please Tell Give Show Find Get List Add "
    "Book Send Create Make Write Search Look Call Use Compute Calculate Convert Translate Summarize Summarise Compare "
    "Check Set Turn Say Hello Hi Hey Explain Describe Name The A An I In On At For From To It If My We You They He She "
    "This That And Or But Then Also Thanks Ok Okay Yes No Plan Schedule Read Return Extract Count Multiply Divide "
    "Subtract Sum Fetch Run Play Order Draw Sort Answer Reply Generate Recommend Suggest Let Today Tomorrow Now"
)
_OPENERS = frozenset(_OPENING_WORDS.split())
LONGEST = 8_000
_GAP = re.compile(r"\s{3,}")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = "['\u2019]"


def readable(text: str) -> str:
    """As much of a text as is looked at, without long gaps: what searches it must not take for ever."""
    return _GAP.sub(lambda gap: gap.group()[:2], text[:LONGEST])


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """A word without its commonest endings, so that `temperatures` meets `temperature`."""
    for ending, shortest in (("ies", 5), ("ing", 6), ("es", 6), ("ed", 5), ("s", 4), ("e", 5)):
        if len(word) >= shortest and word.endswith(ending) and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


def words(text: str) -> list[str]:
    """The stems of the words that mean something, of prose as of `camelCase` and `snake_case` names."""
    split = _HUMP.sub(" ", text)
    return [stem(word) for word in _WORD.findall(split.lower()) if word not in _STOP]


def spelled(stems: list[str], text: str) -> list[str]:
    """Stems as the words that they come from stand in the text, at the last place of each."""
    missing = set(stems)
    found: dict[str, str] = {}
    for word in reversed(_WORD.findall(text)):
        if not missing:
            break
        plain = word.islower() or word.istitle()  # else it may be several words, as `camelCase` is
        meant = stem(word.lower()) if plain else next(iter(words(word)), "")
        if meant in missing:
            missing.discard(meant)
            found[meant] = word
    return [found.get(one, one) for one in stems]


def clauses(text: str) -> list[str]:
    """The text's sentences, cut at `and` and `then` too."""
    return [part for part in (piece.strip() for piece in _BREAK.split(text)) if part]


def quotations(text: str) -> list[str]:
    """What stands in quotation marks or backticks."""
    return [next(group for group in match.groups() if group) for match in _QUOTED.finditer(text)]


def numbers(text: str) -> list[float | int]:
    """The numbers, in order: an int where it is whole."""
    found = [match.group().replace(",", "") for match in _NUMBER.finditer(text) if len(match.group()) < 18]
    return [float(one) if "." in one else int(one) for one in found]


def names(text: str) -> list[str]:
    """Proper names: capitalized words. One that opens a sentence alone may be none and comes last."""
    found: list[str] = []
    doubtful: list[str] = []
    for match in _PROPER.finditer(text):
        parts = match.group().split()
        before = text[max(0, match.start() - 4) : match.start()]
        opens = not match.start() or bool(re.search(r"[.!?:\n]\s*$", before))
        while parts and re.split(_APOSTROPHE, parts[0])[0] in _OPENERS:
            parts.pop(0)
            opens = False
        if parts:
            name = re.sub(f"{_APOSTROPHE}s$", "", " ".join(parts))
            (doubtful if opens and len(parts) == 1 else found).append(name)
    return list(dict.fromkeys([*found, *doubtful]))
