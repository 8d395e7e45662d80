"""Settings on their way to another process: everything that is no secret travels, and every value keeps its origin.

Secrets of the environment and of files are read again over there, from the same places. One that was passed as an
argument stands nowhere else, so that such settings are refused.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict
from types import FunctionType
from typing import Any, cast

from pydantic import SecretStr

from .._utils import mapping_or_none
from ..errors import ConfigurationError
from ._merge import Files, Sources, read_files
from ._names import ENVIRONMENT, SECRET_SETTINGS
from ._resource_fields import ResourceSettings
from ._source import SettingsSource

__all__ = ["NotPickledError", "packed", "unpacked"]

# What is secret only with a user name and a password in it.
_URLS = frozenset({"proxy", "redis_url"})
# What proves who is calling, and is an object or a function of one process.
_OBJECTS = frozenset({"credential", "azure_ad_token_provider"})
_IDENTITIES = (
    "use_managed_identity or use_default_credential (each process then signs in by itself), or key_vault_secret"
)


class NotPickledError(ConfigurationError, TypeError):
    """Settings hold a secret that stands in no variable and no file, and are not pickled with it."""


def packed(sources: Sources) -> dict[str, Any]:
    """What a pickle holds of some settings: plain data without a secret.

    Raises:
        NotPickledError: a secret, or an object that holds one, was passed as an argument.
    """
    first = sources.layers[0]
    if problems := [path for path in _paths(first) if _is_secret(path, _value(first, path))]:
        raise NotPickledError(
            "These settings cannot be pickled: they hold secrets that were passed as arguments "
            f"({', '.join(problems)}).",
            hint=_way_out(problems[0]),
        )
    return {
        "files": asdict(sources.files),
        "layers": [_packed_layer(sources, layer) for layer in sources.layers],
    }


def _packed_layer(sources: Sources, layer: SettingsSource) -> dict[str, Any]:
    hidden = [path for path in _paths(layer) if _is_secret(path, _value(layer, path))]
    used = [path for path in hidden if _decides(sources, layer, path)]
    return {
        "kind": layer.kind,
        "values": _without(layer, frozenset(hidden)),
        "origins": dict(layer.origins),
        "references": dict(layer.references),
        "notes": list(layer.notes),
        "secrets": used,
    }


def unpacked(state: Mapping[str, Any], known: Collection[str]) -> Sources:
    """The sources of settings out of a pickle, with the secrets of this process.

    Args:
        state: as `packed` made it.
        known: the names of all settings.

    Raises:
        ConfigurationError: a secret stands nowhere here.
    """
    files = Files(**state["files"])
    layers = [
        SettingsSource(held["kind"], held["values"], held["origins"], held["references"], held["notes"])
        for held in state["layers"]
    ]
    wanted = [held["secrets"] for held in state["layers"]]
    fresh, problems = _read_again(files, known, state["layers"])
    missing = [
        f"{path} ({_origin(layer, path)})"
        for layer, paths, here in zip(layers[1:], wanted[1:], fresh, strict=True)
        for path in paths
        if not _restore(layer, here, path)
    ]
    if missing:
        said = "".join(f"\n{problem}" for problem in problems)
        raise ConfigurationError(
            f"The settings were pickled without their secrets, and {' and '.join(missing)} cannot be read here.{said}",
            hint=f"Set the same variable in this process too, or use {_IDENTITIES}.",
        )
    return Sources.of(tuple(layers), files)


def _read_again(
    files: Files, known: Collection[str], held: Iterable[Mapping[str, object]]
) -> tuple[tuple[SettingsSource, ...], list[str]]:
    """The sources as they are in this process; a file that had no secret is not read."""
    toml, dotenv = ([*held][index]["secrets"] for index in (1, 3))
    return read_files(
        Files(
            files.config if toml else None,
            files.env if dotenv or toml else None,  # the TOML file may refer to its variables
            files.config_named,
            files.env_named,
            files.encoding,
        ),
        known,
    )


def _paths(layer: SettingsSource) -> Iterator[str]:
    """Every setting of a layer, those of `[resources.NAME]` with their path."""
    for setting, value in layer.values.items():
        if setting != "resources":
            yield setting
            continue
        for name, table in (mapping_or_none(value) or {}).items():
            yield from (f"resources.{name}.{key}" for key in _table(table))


def _table(value: object) -> dict[str, Any]:
    if isinstance(value, ResourceSettings):
        return {name: getattr(value, name) for name in value.model_fields_set}
    return dict(mapping_or_none(value) or {})


def _value(layer: SettingsSource, path: str) -> Any:
    if not path.startswith("resources."):
        return layer.values[path]
    name, setting = path.removeprefix("resources.").rsplit(".", 1)
    return _table(layer.values["resources"][name])[setting]


def _is_secret(path: str, value: object) -> bool:
    setting = path.rpartition(".")[2]
    if value is None or isinstance(value, FunctionType):
        return value is not None and not _is_importable(value)
    if setting in _URLS:
        text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        return "@" in text
    return setting in SECRET_SETTINGS or setting in _OBJECTS or (setting == "default_headers" and bool(value))


def _is_importable(function: FunctionType) -> bool:
    """Whether a function travels by its name: then it reads its secret over there."""
    found: Any = sys.modules.get(function.__module__)
    for name in function.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is function


def _decides(sources: Sources, layer: SettingsSource, path: str) -> bool:
    """Whether a layer's value is the one in use."""
    level = sources.level("resources" if path.startswith("resources.") else path)
    return level < len(sources.layers) and sources.layers[level] is layer


def _without(layer: SettingsSource, hidden: frozenset[str]) -> dict[str, Any]:
    values = {name: value for name, value in layer.values.items() if name not in hidden and name != "resources"}
    if "resources" in layer.values:
        values["resources"] = {
            name: {key: one for key, one in _table(table).items() if f"resources.{name}.{key}" not in hidden}
            for name, table in (mapping_or_none(layer.values["resources"]) or {}).items()
        }
    return values


def _restore(layer: SettingsSource, here: SettingsSource, path: str) -> bool:
    """Takes a secret over from the same source in this process, and whose it is here; whether it is there."""
    try:
        value = _value(here, path)
    except KeyError:
        return False
    layer.references.pop(path, None)
    if path in here.references:
        layer.references[path] = here.references[path]
    if path in here.origins:
        layer.origins[path] = here.origins[path]
    if not path.startswith("resources."):
        layer.values[path] = value
    else:
        name, setting = path.removeprefix("resources.").rsplit(".", 1)
        cast("dict[str, Any]", layer.values["resources"][name])[setting] = value
    return True


def _origin(layer: SettingsSource, path: str) -> str:
    if path in layer.origins:
        return layer.origins[path]
    name, setting = path.removeprefix("resources.").rsplit(".", 1)
    return layer.place(setting, name).text


def _way_out(path: str) -> str:
    setting = path.rpartition(".")[2]
    variables = ENVIRONMENT.get(setting, ())
    if setting in _OBJECTS:
        return f"Use {_IDENTITIES}; or pass a function that the other process can import."
    variable = f"the variable {variables[0]}" if variables and "." not in path else "a variable of your own"
    return (
        f"Put it into {variable}, in both processes; or into a TOML file that you name (config_file=), as "
        f'{setting} = "${{{variables[0] if variables else "NAME"}}}"; or use {_IDENTITIES}.'
    )
