"""The reading of the environment and of `.env`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._aliases import endpoint_of_name
from ._names import ENVIRONMENT, JSON_SETTINGS
from ._remedies import Problem, change
from ._resource_fields import RESOURCE_NAME
from ._source import SettingsSource
from ._strays import candidates
from ._trust import SourceKind

__all__ = [
    "CONFIG_VARIABLE",
    "DEPLOYED_MODEL",
    "DEPLOYMENT",
    "ENV_FILE_VARIABLE",
    "OTHER_TOOLS",
    "disagreeing_bundles",
    "read_env_file",
    "read_environment",
]

CONFIG_VARIABLE = "AZURE_CONNECTOR_CONFIG"
"""Names the TOML file, where it is not that of the working directory; read in the real environment only."""

ENV_FILE_VARIABLE = "AZURE_CONNECTOR_ENV_FILE"
"""Names the file of variables, where it is not that of the working directory; read in the real environment only."""

DEPLOYED_MODEL, DEPLOYMENT = "AZURE_OPENAI_MODEL", "AZURE_OPENAI_DEPLOYMENT"
"""The variable that tells the base model of the deployment that the other one names; it is a default model as well."""

_PAIR = re.compile(r"""["']?([\w.-]+)["']?\s*[=:]\s*["']?([\w.@-]+)["']?""")
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
OTHER_TOOLS = frozenset(_BUNDLES)
"""Variables that other tools read too."""


def disagreeing_bundles(origin: str) -> str:
    """What to say where httpx's variable for certificate authorities and requests' name different files; else nothing.

    Args:
        origin: where the `ca_bundle` in use comes from: only what one of the two decided is in doubt.
    """
    used = next((name for name in _BUNDLES if origin == f"environment {name}"), None)
    first, second = (os.environ.get(name, "").strip() for name in _BUNDLES)
    if used is None or not (first and second) or os.path.realpath(first) == os.path.realpath(second):
        return ""
    return (
        f"{_BUNDLES[0]} ({first}) and {_BUNDLES[1]} ({second}) name different certificate authorities: {used} is used "
        "for API and token calls. Set AZURE_CONNECTOR_CA_BUNDLE to decide it"
    )


def read_environment(
    variables: Mapping[str, str | None] | None = None, source: str = "environment", kind: SourceKind = "environment"
) -> SettingsSource:
    """The settings that a set of variables holds.

    Args:
        variables: the variables; None for the process's own.
        source: how the source is called in origins and problems, before the variable's name.
        kind: whose source it is. The names that other tools read are not read in a file that nobody named.
    """
    layer = SettingsSource(kind)
    held: Mapping[str, str | None] = os.environ if variables is None else variables
    for setting, names in ENVIRONMENT.items():
        for name in names:
            text = held.get(name)
            if not (text and text.strip()):
                continue
            if kind == "directory" and name in OTHER_TOOLS:
                layer.notes.append(f"{source} {name} is not read: nobody named that file")
            else:
                _take(layer, setting, text.strip(), name, f"{source} {name}")
                break
    layer.unread = candidates(held)
    layer.deployed_model = (held.get(DEPLOYED_MODEL) or "").strip() or None
    return layer


def _take(layer: SettingsSource, setting: str, text: str, name: str, origin: str) -> None:
    value: Any = text
    if setting in JSON_SETTINGS:
        problem, value = _decode(text)
        if problem:
            layer.problems.append(
                Problem(f"{origin} (setting {setting!r}) {problem}.", _as_json(setting, text, origin))
            )
            return
    elif name == RESOURCE_NAME:
        try:
            value = endpoint_of_name(text)
        except ValueError as error:
            layer.problems.append(f"{origin} {error} (AZURE_OPENAI_ENDPOINT).")
            return
    layer.variables[setting] = name
    layer.put(setting, value, origin)


def _as_json(setting: str, text: str, origin: str) -> str:
    """How to write a mapping of names that stands there as `model=deployment, …`; empty for anything else."""
    pairs = [part.strip() for part in text.strip("{} ").replace(";", ",").split(",") if part.strip()]
    found = [_PAIR.fullmatch(pair) for pair in pairs]
    if setting != "deployment_mapping" or not found or not all(found):
        return ""
    return change(setting, json.dumps({one[1]: one[2] for one in found if one}), origin)


def _decode(text: str) -> tuple[str, Any]:
    """A JSON object, or what is wrong with it, without a word of its content."""
    twice: list[str] = []

    def table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)
        return dict(pairs)

    try:
        value = json.loads(text, object_pairs_hook=table)
    except json.JSONDecodeError as exc:
        return f"is not JSON: {exc.msg} at line {exc.lineno}, column {exc.colno}", None
    if not isinstance(value, dict):
        return f"must be a JSON object, not a {type(value).__name__}", None
    return (f"holds the key {twice[0]!r} twice" if twice else ""), value  # pyright: ignore[reportUnknownVariableType] -- JSON


def read_env_file(path: Path, encoding: str | None = None) -> tuple[Mapping[str, str | None], list[str]]:
    """The variables of a `.env` file, as python-dotenv reads it; the process's environment is left alone.

    Args:
        path: the file.
        encoding: its encoding; None means UTF-8, with or without a byte order mark.

    Returns:
        The variables, and what is wrong with the file.
    """
    from dotenv import dotenv_values

    try:
        return dotenv_values(path, encoding=encoding or "utf-8-sig"), []
    except (UnicodeError, LookupError) as exc:
        wrong = f"has no encoding {encoding!r}" if isinstance(exc, LookupError) else "is not in the expected encoding"
        return {}, [f"{path} {wrong}; set env_file_encoding (Windows PowerShell writes utf-16)."]
    except OSError as exc:
        return {}, [f"{path} cannot be read: {exc.strerror}."]
