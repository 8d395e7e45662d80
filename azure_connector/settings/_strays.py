"""Variables that nobody reads and that were meant for a setting: misspelt ones, and those of other clients."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from ._foreign import FOREIGN_HOSTS
from ._meaning import nearest_variable
from ._names import ENVIRONMENT
from ._remedies import renamed

__all__ = ["candidates", "stray_hint", "strays_among"]

_OURS = re.compile(r"(?:AZURE|OPENAI|AOAI|OPEN_AI)", re.IGNORECASE)
# What other clients read. OpenAI's own variables are meant for Azure only where nothing else is there.
_FOREIGN: Mapping[str, str] = {
    "AZURE_ENDPOINT": "azure_endpoint",
    "AZURE_AI_ENDPOINT": "azure_endpoint",
    "AZURE_AI_PROJECT_ENDPOINT": "azure_endpoint",
    "AZURE_OPENAI_URL": "azure_endpoint",
    "OPENAI_AZURE_ENDPOINT": "azure_endpoint",
    "OPENAI_BASE_URL": "azure_endpoint",
    "OPENAI_API_BASE": "azure_endpoint",
    "AZURE_KEY": "api_key",
    "AZURE_AI_KEY": "api_key",
    "AZURE_AI_API_KEY": "api_key",
    "OPENAI_API_KEY": "api_key",
    "OPENAI_KEY": "api_key",
}
_SOUGHT = frozenset({"azure_endpoint", "api_key", "deployment_mapping", "default_deployment"})
_READ = frozenset(variable for names in ENVIRONMENT.values() for variable in names)


def candidates(held: Iterable[str]) -> tuple[str, ...]:
    """The names in a set of variables that may have been meant for us; cheap, since every reading asks."""
    return tuple(name for name in held if name not in _READ and _OURS.match(name))


def strays_among(names: Iterable[str], given: Iterable[str]) -> dict[str, str]:
    """Setting -> the variable that was meant for it, for settings that nothing gives.

    Args:
        names: what `candidates` left over.
        given: the settings that have a value.
    """
    wanted = _SOUGHT.difference(given)
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda one: one.startswith("OPENAI_")):
        setting = _FOREIGN.get(name) or _meant(name)
        if setting in wanted and not _of_openai(name):
            found.setdefault(setting, name)
    return found


@lru_cache(maxsize=256)
def _meant(name: str) -> str | None:
    variable = nearest_variable(name, [one for setting in _SOUGHT for one in ENVIRONMENT[setting]])
    return next((setting for setting in _SOUGHT if variable in ENVIRONMENT[setting]), None)


def _of_openai(name: str) -> bool:
    """Whether a variable holds what belongs to OpenAI's own service: its address, or a key of its kind."""
    text = os.environ.get(name, "").strip().strip("\"'")
    return text.startswith("sk-") or (urlsplit(text).hostname or "") in FOREIGN_HOSTS


def stray_hint(strays: Mapping[str, str], setting: str, file: str = ".env") -> str:
    """What to do about the variable that was meant for a setting; empty where there is none.

    Args:
        strays: what `strays_among` gave.
        setting: the setting that is missing.
        file: the file of variables.
    """
    stray = strays.get(setting)
    if stray is None:
        return ""
    name = ENVIRONMENT[setting][0]
    if stray in os.environ:
        return f'{stray} is set, which nothing here reads: `export {name}="${stray}"`. '
    return f"{stray} stands in {file}, where nothing reads it. {renamed(file, stray, name)}. "
