"""What may stand as a value in `deployment_mapping`: names, tables and lists of them.

"gpt-5" = "prod"                                          a deployment of the default resource
"gpt-5" = "prod@west"                                     of the resource `west`
"gpt-5" = {deployment = "prod", model = "gpt-5", api = "responses", resource = "west", weight = 2}
"gpt-5" = ["ptu", "paygo", "other@west"]                  in order of preference
"gpt-5" = [["a", "b"], "c"]                               a nested list is one rank: `a` and `b` share the calls
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from .._utils import nearest, sentence
from ..errors import ConfigurationError
from ._target import Api, Target

__all__ = ["MappingReader"]

_KEYS = ("deployment", "model", "api", "resource", "weight")


@dataclass(frozen=True, slots=True)
class MappingReader:
    """Reads deployments as settings write them.

    Attributes:
        resources: the names of all resources.
        default_resource: the one that a deployment without `@resource` belongs to.
        origin: where the setting stands, for errors.
    """

    resources: Collection[str]
    default_resource: str
    origin: str = ""

    def read(self, mapping: Any) -> dict[str, tuple[Target, ...]]:
        """The targets of every model, by rank; those whose base model is not declared have None there.

        Raises:
            ConfigurationError: an entry is none, or names an unknown resource.
        """
        if not isinstance(mapping, Mapping):
            raise self._error("deployment_mapping", f"must be a table, not {_kind(mapping)}")
        read: dict[str, tuple[Target, ...]] = {}
        for model, value in cast("Mapping[object, Any]", mapping).items():
            if not isinstance(model, str) or not model.strip():
                raise self._error("deployment_mapping", "has a key that is no model's name")
            read[model.strip()] = self._entry(model.strip(), value)
        return read

    def target(self, setting: str, text: str) -> Target:
        """A single deployment, written `name` or `name@resource`.

        Raises:
            ConfigurationError: it is blank, or the resource is unknown.
        """
        deployment, resource = self._split(setting, text)
        return Target(resource, deployment)

    def _entry(self, model: str, value: Any) -> tuple[Target, ...]:
        where = f"deployment_mapping[{model!r}]"
        ranks = _items(value) if isinstance(value, list | tuple) else [value]
        targets: list[Target] = []
        for rank, entry in enumerate(ranks):
            alike = _items(entry) if isinstance(entry, list | tuple) else [entry]
            targets += [self._one(where, item, rank) for item in alike]
            if not alike:
                raise self._error(where, "is an empty list")
        if not targets:
            raise self._error(where, "is an empty list")
        keys = [target.key for target in targets]
        for key in keys:
            if keys.count(key) > 1:
                raise self._error(where, f"names {key} twice")
        return tuple(targets)

    def _one(self, where: str, entry: Any, rank: int) -> Target:
        if isinstance(entry, str):
            deployment, resource = self._split(where, entry)
            return Target(resource, deployment, rank=rank)
        if isinstance(entry, Mapping):
            return self._from_table(where, cast("Mapping[str, Any]", entry), rank)
        if isinstance(entry, list | tuple):
            raise self._error(where, "nests lists more than once; a list within the list is one rank")
        raise self._error(where, f"must be a deployment's name, a table or a list of these, not {_kind(entry)}")

    def _from_table(self, where: str, table: Mapping[str, Any], rank: int) -> Target:
        for key in table:
            if key not in _KEYS:
                raise self._error(
                    where, f"has an unknown key {key!r}; known are {sentence(_KEYS)}", nearest(key, _KEYS)
                )
        for key in ("deployment", "model", "resource"):
            if key in table and not isinstance(table[key], str):
                raise self._error(f"{where}.{key}", f"must be text, not {_kind(table[key])}")
        if "deployment" not in table:
            raise self._error(where, "has no key 'deployment'")
        deployment, resource = self._split(where, table["deployment"], table.get("resource"))
        api = table.get("api")
        if api is not None and api not in get_args(Api):
            raise self._error(f"{where}.api", f"must be {sentence(map(repr, get_args(Api)), 'or')}")
        base = str(table.get("model") or "").strip().lower() or None
        return Target(
            resource,
            deployment,
            base,
            cast("Api | None", api),
            rank,
            self._weight(where, table),
            declared=base is not None,
        )

    def _weight(self, where: str, table: Mapping[str, Any]) -> float:
        weight = table.get("weight", 1.0)
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not math.isfinite(weight) or weight <= 0:
            raise self._error(f"{where}.weight", "must be a number above 0")
        return float(weight)

    def _split(self, where: str, text: str, resource: str | None = None) -> tuple[str, str]:
        """A deployment's name and its resource, which may stand behind an `@` or in a key of its own."""
        name, at, behind = text.strip().rpartition("@") if "@" in text else (text.strip(), "", "")
        name, behind = name.strip(), behind.strip()
        if not name or name in (".", "..") or not name.isprintable() or (at and not behind):
            raise self._error(where, f"names no deployment: {text!r}")
        if resource is not None and behind and resource.strip() != behind:
            raise self._error(where, f"names two resources: {behind!r} and {resource.strip()!r}")
        chosen = behind or (resource or "").strip() or self.default_resource
        if chosen not in self.resources:
            known = sentence(map(repr, self.resources)) if self.resources else "none"
            raise self._error(
                where, f"names the resource {chosen!r}; configured: {known}", nearest(chosen, self.resources)
            )
        return name, chosen

    def _error(self, where: str, what: str, more: str = "") -> ConfigurationError:
        origin = f" ({self.origin})" if self.origin else ""
        return ConfigurationError(f"{where}{origin} {what}.{more}")


def _items(value: Any) -> Sequence[Any]:
    return cast("Sequence[Any]", value)


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__
