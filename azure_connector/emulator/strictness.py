"""Structured Outputs: what a schema must and must not have where `strict` is set.

Both makers publish the rules. Their limits disagree: OpenAI's are the larger ones, Azure's page has the smaller; what
Azure's page calls unsupported of strings, numbers and array lengths, the service takes meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .errors import invalid, wrong_type
from .values import Json, is_object, items_of, object_of
from .wire import Refusal

__all__ = ["LARGE", "SMALL", "Sizes", "check_strict"]

_FORBIDDEN_WORDS = (
    "allOf oneOf not dependentRequired dependentSchemas if then else patternProperties unevaluatedProperties "
    "propertyNames unevaluatedItems contains"
)
FORBIDDEN = tuple(_FORBIDDEN_WORDS.split())
TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large a schema may be.

    Attributes:
        properties: of all its objects together.
        levels: of nesting.
        options: values of all its enumerations together.
        characters: of all names, enumerated values and constants together.
    """

    properties: int = 5_000
    levels: int = 10
    options: int = 1_000
    characters: int = 120_000


LARGE, SMALL = Sizes(), Sizes(properties=100, levels=5)
_LONG_ENUM, _LONG_ENUM_CHARACTERS = 250, 15_000

Path = tuple[str, ...]


def check_strict(what: str, schema: Any, param: str, code: str | None, sizes: Sizes = LARGE) -> None:
    """Refuse what `strict` does not allow.

    Args:
        what: whose schema it is, for the sentence.
        schema: the schema.
        param: the refusal's `param`.
        code: the refusal's `code`.
        sizes: how large it may be.

    Raises:
        Refusal: 400.
    """
    if not is_object(schema):
        raise wrong_type(param, "an object", schema)
    try:
        _Check(object_of(schema), sizes).run()
    except _Fault as fault:
        raise _refusal(what, str(fault), param, code) from None


class _Fault(Exception):
    """What is wrong, in the service's words."""


def _refusal(what: str, reason: str, param: str, code: str | None) -> Refusal:
    return invalid(f"Invalid schema for {what}: {reason}", param, code)


@dataclass
class _Check:
    root: Json
    sizes: Sizes
    properties: int = 0
    options: int = 0
    characters: int = 0
    _open: list[tuple[Path, Json, int]] = field(default_factory=list[tuple[Path, Json, int]])

    def run(self) -> None:
        kind = self.root.get("type")
        if "anyOf" in self.root or ("$ref" not in self.root and kind != "object"):
            shown = f'"{kind}"' if isinstance(kind, str) else '"None"'
            raise _Fault(f"schema must be a JSON Schema of 'type: \"object\"', got 'type: {shown}'.")
        self._open.append(((), self.root, 1))
        while self._open:
            path, schema, level = self._open.pop()
            self._one(path, schema, level)

    def _one(self, path: Path, schema: Json, level: int) -> None:
        where = f"In context={path}"
        for word in FORBIDDEN:
            if word in schema:
                raise _Fault(f"{where}, '{word}' is not permitted.")
        self._kind(where, schema)
        self._enum(where, schema)
        properties = object_of(schema.get("properties"))
        if schema.get("type") == "object" or "properties" in schema:
            self._object(where, schema, properties)
            if level > self.sizes.levels:
                raise _Fault(f"{where}, the schema exceeds the maximum of {self.sizes.levels} levels of nesting.")
        if schema.get("type") == "array" and not is_object(schema.get("items")):
            raise _Fault(f"{where}, array schema missing items.")
        for name, child in reversed(list(_children(schema))):
            deeper = level + (name[0] in {"properties", "items"})
            if not is_object(child):
                raise _Fault(f"In context={(*path, *name)}, {child!r:.80} is not of type 'object', 'boolean'.")
            self._open.append(((*path, *name), object_of(child), deeper))

    def _kind(self, where: str, schema: Json) -> None:
        reference = schema.get("$ref")
        if reference is not None:
            if not self._resolves(reference):
                raise _Fault(
                    f"{where}, reference can only point to definitions within the schema: '{reference!s:.80}'."
                )
            return
        kinds = schema.get("type")
        for kind in items_of(kinds) if isinstance(kinds, list) else [kinds] if kinds is not None else []:
            if kind not in TYPES:
                raise _Fault(f"{where}, '{kind!s:.80}' is not valid under any of the given schemas.")
        if kinds is None and not any(word in schema for word in ("anyOf", "enum", "const")):
            raise _Fault(f"{where}, schema must have a 'type' key.")

    def _resolves(self, reference: Any) -> bool:
        if not isinstance(reference, str) or not re.fullmatch(r"#(/.*)?", reference):
            return False
        target: Any = self.root
        for step in reference.removeprefix("#").strip("/").split("/") if reference != "#" else ():
            name = step.replace("~1", "/").replace("~0", "~")
            if name not in object_of(target):
                return False
            target = object_of(target)[name]
        return is_object(target)

    def _enum(self, where: str, schema: Json) -> None:
        if "const" in schema:
            self._spell(str(schema["const"]))
        if "enum" not in schema:
            return
        options = items_of(schema["enum"])
        if not options:
            raise _Fault(f"{where}, enum must have at least one value.")
        self.options += len(options)
        length = sum(len(option) for option in options if isinstance(option, str))
        self.characters += length
        if self.options > self.sizes.options:
            raise _Fault(f"the schema has more than {self.sizes.options} enum values in all.")
        if len(options) > _LONG_ENUM and length > _LONG_ENUM_CHARACTERS:
            raise _Fault(
                f"{where}, an enum of more than {_LONG_ENUM} values has {length} characters, the maximum is "
                f"{_LONG_ENUM_CHARACTERS}."
            )
        self._spell("")

    def _object(self, where: str, schema: Json, properties: Json) -> None:
        if schema.get("additionalProperties") is not False:
            raise _Fault(f"{where}, 'additionalProperties' is required to be supplied and to be false.")
        required = schema.get("required")
        names = {name for name in items_of(required) if isinstance(name, str)}
        absent = next((name for name in properties if name not in names), None)
        if absent is not None or (required is not None and not isinstance(required, list)):
            raise _Fault(
                f"{where}, 'required' is required to be supplied and to be an array including every key in "
                f"properties. Missing '{absent}'."
            )
        extra = next((name for name in items_of(required) if not isinstance(name, str) or name not in properties), None)
        if extra is not None:
            raise _Fault(f"{where}, 'required' has the key '{extra!s:.80}', which is none of the properties.")
        self.properties += len(properties)
        if self.properties > self.sizes.properties:
            raise _Fault(f"the schema exceeds the maximum of {self.sizes.properties} object properties in all.")
        self._spell("".join(properties))

    def _spell(self, text: str) -> None:
        self.characters += len(text)
        if self.characters > self.sizes.characters:
            raise _Fault(f"the schema's names and values exceed {self.sizes.characters} characters in all.")


def _children(schema: Json) -> Iterator[tuple[Path, Any]]:
    for word in ("properties", "$defs", "definitions"):
        for name, child in object_of(schema.get(word)).items():
            yield (word, name), child
    for number, child in enumerate(items_of(schema.get("anyOf"))):
        yield ("anyOf", str(number)), child
    if is_object(schema.get("items")):
        yield ("items",), schema["items"]
