"""Models' names as people write them: `gpt-4.1-mini` is GPT-4.1 mini. What is not known stays as it is."""

from __future__ import annotations

import re

__all__ = ["display_name"]

_FAMILIES = {"gpt": "GPT", "gemini": "Gemini", "claude": "Claude", "mistral": "Mistral", "codestral": "Codestral"}
_WORDS = {"35": "3.5", "mini": "mini", "nano": "nano", "oss": "OSS", "latest": "(latest)", "preview": "(preview)"}


def display_name(model: str) -> str:
    """The name that a list shows for a model's id."""
    family, _, rest = model.partition("-")
    if family not in _FAMILIES or not rest or not re.fullmatch(r"[a-z0-9.-]+", rest):
        return model
    # Anthropic writes versions with a hyphen (4-5); a date's parts have more than one digit.
    parts = re.sub(r"\b(\d)-(\d)\b", r"\1.\2", rest).split("-")
    first, *others = [_WORDS.get(part, _capital(part)) for part in parts]
    return " ".join([f"{_FAMILIES[family]}{'-' if family == 'gpt' else ' '}{first}", *others])


def _capital(word: str) -> str:
    if word.isalpha():
        return word.capitalize()
    return word.upper() if re.fullmatch(r"\d+[bk]", word) else word
