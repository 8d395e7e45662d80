"""An emulator's settings from a TOML file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from .limits import Limits
from .models import Deployment
from .relay import Relay
from .upstream import Upstream
from .values import Json, is_object, object_of

__all__ = ["ConfigError", "read_config"]

# Names in the file, each with the types that it takes; all are arguments of `Emulator` but the last three.
NAMES: Mapping[str, tuple[type, ...]] = {
    "host": (str,),
    "port": (int,),
    "api_key": (str,),
    "region": (str,),
    "seed": (int,),
    "latency": (int, float),
    "chunk_latency": (int, float),
    "tls": (bool,),
    "keys_disabled": (bool,),
    "strict_versions": (bool,),
    "small_schemas": (bool,),
    "bare_codes": (bool,),
    "record": (str,),
    "replay": (str,),
    "replay_speed": (int, float),
    "deployments": (dict,),
    "limits": (dict,),
    "upstream": (str, dict),
}


class ConfigError(ValueError):
    """A configuration file that cannot be used; the message says where and why."""


def read_config(path: str | Path) -> dict[str, Any]:
    """The arguments of `Emulator` that a file has.

    Args:
        path: a TOML file; paths in it are relative to it.

    Raises:
        ConfigError: it cannot be read, or something in it is none.
    """
    file = Path(path)
    try:
        given: Json = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: {error}") from error
    for name, value in given.items():
        if name not in NAMES:
            raise ConfigError(f"{file}: there is no setting {name!r}; there are {', '.join(NAMES)}")
        if not isinstance(value, NAMES[name]) or (isinstance(value, bool) and bool not in NAMES[name]):
            kinds = " or ".join(kind.__name__ for kind in NAMES[name])
            raise ConfigError(f"{file}: {name} must be {kinds}, not {type(value).__name__}")
    made = dict(given)
    try:
        if "deployments" in made:
            made["deployments"] = [_deployment(name, one) for name, one in object_of(made["deployments"]).items()]
        if "limits" in made:
            made["limits"] = _limits(object_of(made["limits"]))
        if "upstream" in made:
            made["upstream"] = _upstream(made["upstream"])
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{file}: {error}") from error
    for name in ("record", "replay"):
        if name in made:
            made[name] = file.parent / made[name]
    return made


def _deployment(name: str, given: Any) -> Deployment:
    """A base model's name, or a table of a `Deployment`'s fields."""
    if isinstance(given, str):
        return Deployment(name, given)
    known = {one.name for one in fields(Deployment)} - {"name"}
    table = object_of(given)
    if not is_object(given) or not set(table) <= known:
        raise ValueError(f"deployments.{name} must be a base model's name, or a table of {', '.join(sorted(known))}")
    return Deployment(name, **table)


def _limits(given: Json) -> Limits:
    known = {one.name for one in fields(Limits)}
    for name, value in given.items():
        if name not in known or isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"limits.{name} is none; limits are numbers: {', '.join(sorted(known))}")
    return Limits(**given)


def _upstream(given: Any) -> Upstream | Relay:
    """A server's `url`, or a resource's `endpoint`; the key stands in an environment variable."""
    table = {"url": given} if isinstance(given, str) else object_of(given)
    if not set(table) <= {"url", "endpoint", "key_from"} or ("url" in table) == ("endpoint" in table):
        text = "upstream needs url (an OpenAI-compatible server) or endpoint (an Azure resource), and may have key_from"
        raise ValueError(text)
    variable = table.get("key_from")
    key = os.environ.get(str(variable)) if variable else None
    if variable and not key:
        raise ValueError(f"upstream.key_from names the environment variable {variable}, which is not set")
    return Upstream(str(table["url"]), key) if "url" in table else Relay(str(table["endpoint"]), key)
