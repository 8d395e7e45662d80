"""Reading `azure_connector.toml`, and the TOML files that users already have.

The settings may stand at the top level, in `[provider.config]`, in a bare `[providers.config]`, or in the
`[providers.config]` of a `[[providers]]` entry named `azure-openai`.
"""

from __future__ import annotations

import logging
import re
import shlex
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

from ._meaning import is_misspelt, suggestion
from ._names import ALIASES, ENVIRONMENT, SECRET_SETTINGS
from ._remedies import Problem, renamed
from ._secret_values import is_blank
from ._source import SettingsSource
from ._trust import SourceKind

__all__ = ["PROVIDER_NAME", "Found", "read_config_file"]

logger = logging.getLogger("azure_connector")

PROVIDER_NAME = "azure-openai"
"""The name of our entry among `[[providers]]`."""

# Once for each file and process, not with every client.
_told: set[tuple[str, str]] = set()

_PROVIDER_TABLES = ("providers", "provider")
_MEANT = re.compile(r"Did you mean '(\w+)'")
_POSITION = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
_STANDS_TWICE = ("Cannot overwrite", "Cannot declare", "Cannot mutate")
_REFERENCE = re.compile(r"\$\{(\w+)\}")

_PREFIXES = ("AZURE_OPENAI_", "AZURE_CONNECTOR_")
_KNOWN_VARIABLES = {name: setting for setting, names in ENVIRONMENT.items() for name in names}
# A variable that is none of ours by name: any word of it that means a secret, unless it ends as an address does.
_SECRET_NAME = re.compile(
    r"(?i)(?:.*_)?(?:api)?(?:keys?|secrets?|tokens?|pass(?:word|wd)?|pwd|credentials?)\d*"
    r"(?:_(?!(?:.*_)?(?:url|endpoint|file|path|name|id|host)$).*)?"
)


class Found(NamedTuple):
    """A variable's value, None where it is not set, and whose source it stands in."""

    text: str | None
    kind: SourceKind = "environment"


Lookup = Callable[[str], Found]


class _Section(NamedTuple):
    """One table with settings in it."""

    origin: str
    table: Mapping[str, Any]
    shared: bool = False  # the table also holds what belongs to another application


def read_config_file(path: Path, known: Collection[str], lookup: Lookup, kind: SourceKind) -> SettingsSource:
    """The settings of a TOML file.

    Args:
        path: the file.
        known: the names of all settings.
        lookup: gives the value of a variable, for settings written as `"${NAME}"`.
        kind: whose source it is. A file that nobody named may refer to our own variables only.
    """
    reader = _Reader(path, known, lookup, SettingsSource(kind))
    data, problem = _parse(path)
    if problem:
        reader.layer.problems.append(problem)
    for section in _sections(path.name, data):
        reader.read(section)
    return reader.layer


def _parse(path: Path) -> tuple[dict[str, Any], str]:
    """The file's content, or what is wrong with it, without a value of it."""
    try:
        # A byte order mark, which Windows' editors like to write, is no TOML.
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return {}, f"{path} is not UTF-8, which TOML demands."
    except OSError as exc:
        return {}, f"{path} cannot be read: {exc.strerror}."
    try:
        return tomllib.loads(text), ""
    except tomllib.TOMLDecodeError as exc:
        return {}, _describe(path, text, str(exc))
    except RecursionError:
        return {}, f"{path} is nested too deeply."


def _describe(path: Path, text: str, message: str) -> str:
    """The parser's complaint with the line; a key that stands twice is named, which the parser does not do."""
    keys = [line.partition("=")[0].strip() for line in text.splitlines()] or [""]
    found = _POSITION.search(message)
    number = int(found[1]) if found and found[1] else len(keys)
    complaint = _POSITION.sub("", message)
    if not complaint.startswith(_STANDS_TWICE):
        return f"{path}, line {number}: not TOML: {complaint}."
    key = keys[min(number, len(keys)) - 1]
    # The line could be the end of a value of several lines: what is no key of another line too is not shown.
    shown = f" {key}" if keys.count(key) > 1 else ""
    return f"{path}, line {number}: the key or table{shown} stands there a second time."


def _sections(name: str, data: Mapping[str, object]) -> Iterator[_Section]:
    """The tables that hold settings, in the order in which they are documented."""
    hosted = any(table in data for table in _PROVIDER_TABLES)
    yield _Section(name, {key: value for key, value in data.items() if key not in _PROVIDER_TABLES}, shared=hosted)
    for table in _PROVIDER_TABLES:
        held = data.get(table)
        if isinstance(held, list):
            entries = (entry for entry in cast("list[Any]", held) if _is_ours(entry))
        else:
            entries = iter([held])
        for entry in entries:
            config = cast("Mapping[str, Any]", entry).get("config") if isinstance(entry, dict) else None
            if isinstance(config, dict):
                yield _Section(f"{name} [{table}.config]", cast("Mapping[str, Any]", config))


def _is_ours(entry: object) -> bool:
    name = cast("Mapping[str, Any]", entry).get("name") if isinstance(entry, dict) else None
    return isinstance(name, str) and name.strip().lower().replace("_", "-") == PROVIDER_NAME


def _whole_names(mapping: dict[str, Any]) -> dict[str, Any]:
    """Models whose names TOML took apart: without quotes, `gpt-4.1 = "x"` is the key `1` of a table `gpt-4`."""
    found: dict[str, Any] = {}
    for model, value in mapping.items():
        table = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        parts = {key: held for key, held in table.items() if key[:1].isdigit()}
        found |= {f"{model}.{key}": held for key, held in parts.items()}
        if not parts or len(parts) < len(table):
            found[model] = {key: held for key, held in table.items() if key not in parts} if parts else value
    return found


@dataclass(frozen=True, slots=True)
class _Reader:
    """Moves the settings of one file into a layer."""

    path: Path
    known: Collection[str]
    lookup: Lookup
    layer: SettingsSource

    def read(self, section: _Section) -> None:
        # `base_url` last: it looks whether api_form was given.
        for key, value in sorted(section.table.items(), key=lambda item: item[0] == "base_url"):
            # In another application's file, what is called `endpoint` is that application's.
            if key in self.known or (key in ALIASES and not section.shared):
                self._take(section.origin, key, value)
            elif not section.shared or (not isinstance(value, dict | list) and is_misspelt(key, self.known)):
                meant = suggestion(key, self.known)
                text = f"{self.path}: unknown setting {key!r} in {section.origin}.{meant}"
                named = _MEANT.search(meant)
                hint = renamed(self.path.name, key, named[1]) if named and named[1] in self.known else ""
                self.layer.problems.append(Problem(text, hint))

    def _take(self, origin: str, key: str, value: object) -> None:
        if key == "deployment_mapping" and isinstance(value, dict):
            value = self._rescue(origin, _whole_names(cast("dict[str, Any]", value)))
        if key == "resources" and isinstance(value, dict):
            value = self._resources(origin, cast("dict[str, Any]", value))
        value, origin = self._expand(origin, ALIASES.get(key, key), value, ALIASES.get(key, key))
        self.layer.put_named(key, value, origin)

    def _rescue(self, origin: str, mapping: dict[str, Any]) -> dict[str, Any]:
        """Take out settings that were written below `[….deployment_mapping]` and so became part of it."""
        swallowed = [key for key in mapping if key in self.known]
        for key in swallowed:
            if (str(self.path), key) not in _told:
                _told.add((str(self.path), key))
                self._warn(origin, key)
            self._take(f"{origin} (below deployment_mapping)", key, mapping[key])
        return {model: value for model, value in mapping.items() if model not in swallowed}

    @staticmethod
    def _warn(origin: str, key: str) -> None:
        logger.warning(
            "%s: %r stands below the deployment_mapping table, so TOML made it part of the mapping; "
            "it is used as the setting it was meant to be. Move it above that table.",
            origin,
            key,
        )

    def _resources(self, origin: str, resources: dict[str, Any]) -> dict[str, Any]:
        return {
            name: {
                key: self._expand(f"{origin} [resources.{name}]", setting, value, f"resources.{name}.{setting}")[0]
                for key, value in cast("dict[str, Any]", table).items()
                if (setting := ALIASES.get(key, key))
            }
            if isinstance(table, dict)
            else table
            for name, table in resources.items()
        }

    def _expand(self, origin: str, key: str, value: object, path: str) -> tuple[Any, str]:
        """Replace a value that is wholly `${NAME}` by the variable's value."""
        reference = _REFERENCE.fullmatch(value.strip()) if isinstance(value, str) else None
        if reference is None:
            return value, origin
        if problem := self._forbidden(key, reference[1]):
            self.layer.problems.append(f"{origin}: {key!r} refers to {reference[1]}, {problem}")
            return None, origin
        found, kind = self.lookup(reference[1])
        if is_blank(found):
            self.layer.problems.append(f"{origin}: {key!r} refers to the variable {reference[1]}, which is not set.")
            return None, origin
        if kind != self.layer.kind:
            self.layer.references[path] = reference[1], kind
        return found, f"{origin} ({reference[1]})"

    def _forbidden(self, key: str, name: str) -> str:
        """Why a file that nobody named may not have a variable's value there; empty where it may."""
        if self.layer.kind != "directory":
            return ""
        way = f"name the file: export AZURE_CONNECTOR_CONFIG={shlex.quote(str(self.path))}"
        if name not in _KNOWN_VARIABLES and not name.startswith(_PREFIXES):
            return (
                "and a file that nobody named may refer only to variables that begin with AZURE_OPENAI_ or "
                f"AZURE_CONNECTOR_, or that are a setting's own. Rename it to AZURE_OPENAI_{name}, or {way}"
            )
        own = _KNOWN_VARIABLES.get(name)
        secret = own in SECRET_SETTINGS or own == "default_headers" or (own is None and _SECRET_NAME.fullmatch(name))
        if secret and key not in SECRET_SETTINGS:
            return f"which by its name is secret, and {key!r} is none. Take another variable, or {way}"
        return ""
