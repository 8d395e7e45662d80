"""Which rules hold for a base model: the built-in families, and what the settings add or change.

profiles = Profiles({"house-*": {"like": "gpt-5", "streaming": False}})
profiles.find("gpt-5-2025-08-07")  # the family gpt-5
profiles.find("phi-4")  # None: nothing is known, everything passes
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, cast

from ..errors import ConfigurationError
from ._families import FAMILIES
from ._profile import EFFORTS, NEUTRAL, Profile

__all__ = ["EFFORTS", "NEUTRAL", "Profile", "Profiles", "base_model", "model_from_reply", "profile_for"]

# How the service and the catalogue decorate a base model: a date, the month and day of the first GPT-4 models, and
# Azure's ending of a fine-tuned deployment. `ft:model:organization` is OpenAI's spelling of the last.
_DATE = re.compile(r"-20\d\d-\d\d-\d\d$")
_MONTH_AND_DAY = re.compile(r"^(gpt-(?:4|35|3\.5)(?:-.+)?)-(?:0|1)\d{3}(?:-preview)?$")
_FINE_TUNED = re.compile(r"\.ft-[^/]*$")


def base_model(name: str) -> str:
    """The base model in a name as a service spells it: lower case, without provider, date and fine-tuning marks."""
    name = name.strip().lower().rsplit("/", 1)[-1]
    if name.startswith("ft:"):
        name = name.split(":")[1]
    name = _DATE.sub("", _FINE_TUNED.sub("", name))
    dated = _MONTH_AND_DAY.match(name)
    return dated[1] if dated else name


class Profiles:
    """Finds the rules for a model. Built once from the settings; safe to share between threads.

    Args:
        overrides: the settings' table `profiles`: a model's name or pattern (`*`) to the fields of `Profile` that
            differ. `like` names the model whose rules they start from; without it, they start from the model's own
            family, or from "everything passes".

    Raises:
        ConfigurationError: a field, a value or the name after `like` is not known.
    """

    def __init__(self, overrides: Mapping[str, Mapping[str, object]] | None = None) -> None:
        self._overrides = {name.lower(): _Override.read(name, table) for name, table in (overrides or {}).items()}
        self._found: dict[str, Profile | None] = {}

    def find(self, model: str | None) -> Profile | None:
        """The rules for a base model, or None where nothing is known of it."""
        if not model:
            return None
        try:
            return self._found[model]
        except KeyError:
            profile = self._search(model)
        if len(self._found) > 1000:  # names come from callers: a process that sees endless ones must not keep them
            self._found.clear()
        self._found[model] = profile
        return profile

    def _search(self, model: str) -> Profile | None:
        names = (model.lower(), base_model(model))
        profile = _built_in(names)
        pattern = _closest(names, tuple(self._overrides))
        return profile if pattern is None else self._overrides[pattern].apply(pattern, profile)


@lru_cache(maxsize=8)
def _profiles(canonical: str) -> Profiles:
    return Profiles(json.loads(canonical))


_DEFAULT = Profiles()


def profile_for(
    model: str | None, overrides: Mapping[str, Mapping[str, object]] | Profiles | None = None
) -> Profile | None:
    """The rules for a base model, or None where nothing is known of it: then everything passes.

    Args:
        model: the base model, also with a date (`gpt-5-2025-08-07`); None where it is not known.
        overrides: the settings' table `profiles`, or the `Profiles` built from it (quicker).

    Raises:
        ConfigurationError: as `Profiles`.
    """
    if not overrides:
        return _DEFAULT.find(model)
    if isinstance(overrides, Profiles):
        return overrides.find(model)
    return _profiles(json.dumps(overrides, sort_keys=True, default=sorted)).find(model)


@lru_cache(maxsize=1024)  # every reply asks
def model_from_reply(model: str) -> str:
    """The base model behind the name that a reply reports: `gpt-5-2025-08-07` is `gpt-5`; unknown names stay."""
    name = base_model(model)
    return model if _built_in((name,)) is None else name


def _built_in(names: tuple[str, ...]) -> Profile | None:
    pattern = _closest(names, tuple(_BY_PATTERN))
    return None if pattern is None else _BY_PATTERN[pattern]


def _closest(names: tuple[str, ...], patterns: tuple[str, ...]) -> str | None:
    """The pattern that says most about any of the names: one without `*` first, else the one with most letters."""
    fitting = [pattern for pattern in patterns if any(fnmatchcase(name, pattern) for name in names)]
    return max(fitting, key=lambda pattern: ("*" not in pattern, len(pattern.replace("*", ""))), default=None)


_BY_PATTERN = {pattern: profile for profile in FAMILIES for pattern in profile.models}


@dataclass(frozen=True, slots=True)
class _Override:
    """One entry of the settings' table `profiles`, checked."""

    base: Profile | None
    fields: Mapping[str, Any]

    @classmethod
    def read(cls, name: str, table: Mapping[str, object]) -> _Override:
        like = table.get("like")
        base = None if like is None else _built_in((str(like).lower(), base_model(str(like))))
        if like is not None and base is None:
            families = ", ".join(sorted(profile.family for profile in FAMILIES))
            raise ConfigurationError(
                f'profiles."{name}".like: no rules are known for "{like}".', hint=f"Known: {families}."
            )
        return cls(base, {key: _field(name, key, value) for key, value in table.items() if key != "like"})

    def apply(self, pattern: str, own: Profile | None) -> Profile:
        base = self.base or own or Profile(family=pattern)
        return replace(base, **{"source": "settings", **self.fields})


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _one_of(*allowed: str) -> Callable[[Any], str]:
    def read(value: object) -> str:
        if value not in allowed:
            raise ValueError("one of " + ", ".join(allowed))
        return cast(str, value)

    return read


def _names(*allowed: str) -> Callable[[Any], tuple[str, ...]]:
    def read(value: object) -> tuple[str, ...]:
        given = tuple(cast("list[Any]", value)) if isinstance(value, list | tuple | set | frozenset) else None
        if given is None or not all(isinstance(item, str) and (not allowed or item in allowed) for item in given):
            raise ValueError("a list of " + (", ".join(allowed) if allowed else "parameter names"))
        return given

    return read


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("text")
    return value


def _parameters(value: object) -> frozenset[str]:
    return frozenset(_names()(value))


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a whole number")
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "apis": _names("chat", "responses"),
    "reasoning": _flag,
    "streaming": _flag,
    "parallel_tool_calls": _flag,
    "output_limit": _one_of("max_tokens", "max_completion_tokens", "either"),
    "refused": _parameters,
    "sampling_with_effort_none": _parameters,
    "efforts": _names(*EFFORTS),
    "responses_efforts": _names(*EFFORTS),
    "default_effort": _one_of(*EFFORTS),
    "minimal_effort_forbids_parallel_calls": _flag,
    "tools_with_reasoning_over_chat": _flag,
    "system_role": _one_of("system", "developer", "user", "any"),
    "verbosity": _names("low", "medium", "high"),
    "json_object": _one_of("yes", "not while thinking", "no"),
    "json_schema": _flag,
    "dimensions": _count,
    "own_dimensions": _count,
    "most_inputs": _count,
    "image_formats": _names("b64_json", "url"),
    "most_images": _count,
    "context": _count,
    "note": _text,
}


def _field(name: str, key: str, value: object) -> Any:
    reader = _READERS.get(key)
    if reader is None:
        known = ", ".join(["like", *_READERS])
        raise ConfigurationError(f'profiles."{name}": no field is called "{key}".', hint=f"Fields: {known}.")
    try:
        return reader(value)
    except ValueError as exc:
        raise ConfigurationError(f'profiles."{name}".{key} is {value!r}.', hint=f"Allowed: {exc}.") from None
