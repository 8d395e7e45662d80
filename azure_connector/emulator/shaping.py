"""A published schema read once into what a check needs: which JSON types a value may have, and the rules of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .values import Json, is_object, items_of, object_of

__all__ = ["Numbers", "Objects", "Shape", "Texts", "shape_of"]

_WORDS = {
    "array": "array",
    "object": "object",
    "string": "string",
    "boolean": "boolean",
    "integer": "integer",
    "number": "decimal",
}
LARGEST = 2**53


@dataclass(slots=True)
class Texts:
    """Strings: their choices, if there are any, and how long they may be."""

    choices: list[str] | None = None
    shortest: int = 0
    longest: int | None = None


@dataclass(slots=True)
class Numbers:
    """Numbers and their bounds."""

    whole: bool
    lowest: float | None = None
    highest: float | None = None


@dataclass(slots=True)
class Objects:
    """Objects: their fields, what others there may be, and the words that tell this alternative from its brothers."""

    fields: dict[str, Shape] = field(default_factory=dict[str, "Shape"])
    required: list[str] = field(default_factory=list[str])
    consts: dict[str, list[str]] = field(default_factory=dict[str, "list[str]"])
    others: Shape | None = None


@dataclass(slots=True)
class Shape:
    """What a value may be."""

    anything: bool = False
    null: bool = False
    boolean: bool = False
    texts: Texts | None = None
    numbers: Numbers | None = None
    items: Shape | None = None
    fewest: int = 0
    most: int | None = None
    objects: list[Objects] = field(default_factory=list[Objects])

    @property
    def words(self) -> str:
        """The types, as a refusal names them."""
        kinds = ["string"] if self.texts is not None else []
        kinds += ["boolean"] if self.boolean else []
        if self.numbers is not None:
            kinds.append("integer" if self.numbers.whole else "decimal")
        kinds += ["array"] if self.items is not None else []
        kinds += ["object"] if self.objects else []
        if len(kinds) == 1:
            return f"{'an' if kinds[0][0] in 'aeio' else 'a'} {kinds[0]}"
        return f"one of a {', '.join(kinds[:-1])} or {kinds[-1]}"


def shape_of(schema: Any, schemas: Json) -> Shape:
    """The shape of a schema of a published document."""
    return _Reader(schemas).read(schema)


class _Reader:
    def __init__(self, schemas: Json) -> None:
        self._schemas = schemas
        self._made: dict[str, Shape] = {}

    def read(self, schema: Any) -> Shape:
        if not is_object(schema):
            return Shape(anything=True)
        name = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
        if not name:
            shape = Shape()
            self._into(shape, object_of(schema))
            return shape
        if name not in self._made:
            shape = self._made[name] = Shape()  # before its parts, which may name it again
            self._into(shape, object_of(self._schemas[name]))
        return self._made[name]

    def _into(self, shape: Shape, schema: Json) -> None:
        whole = self._merged(schema)
        if "anyOf" in whole:
            for one in items_of(whole["anyOf"]):
                self._into(shape, _under(object_of(one), whole))
            return
        kinds = whole.get("type")
        for kind in items_of(kinds) if isinstance(kinds, list) else [kinds or _guess(whole)]:
            self._kind(shape, whole, str(kind))

    def _merged(self, schema: Json) -> Json:
        """References followed and the parts of `allOf` in one."""
        while "$ref" in schema:
            schema = {**object_of(self._schemas[str(schema["$ref"]).rsplit("/", 1)[-1]]), **_without(schema, "$ref")}
        parts = [self._merged(object_of(part)) for part in items_of(schema.get("allOf"))]
        if not parts:
            return schema
        made: Json = {}
        for part in [*parts, _without(schema, "allOf")]:
            properties = object_of(made.get("properties")) | object_of(part.get("properties"))
            required = [*items_of(made.get("required")), *items_of(part.get("required"))]
            made |= part
            if properties:
                made["properties"] = properties
            if required:
                made["required"] = list(dict.fromkeys(required))
        return made

    def _kind(self, shape: Shape, schema: Json, kind: str) -> None:
        if kind == "null":
            shape.null = True
        elif kind == "string":
            _add_text(shape, schema)
        elif kind == "boolean":
            shape.boolean = True
        elif kind in ("integer", "number"):
            shape.numbers = _numbers(schema, kind)
        elif kind == "array":
            shape.items = self.read(schema.get("items"))
            shape.fewest, shape.most = int(schema.get("minItems") or 0), schema.get("maxItems")
        elif kind == "object":
            shape.objects.append(self._object(schema))
        else:
            shape.anything = True

    def _object(self, schema: Json) -> Objects:
        made = Objects(required=[str(name) for name in items_of(schema.get("required"))])
        for name, one in object_of(schema.get("properties")).items():
            made.fields[name] = self.read(one)
            words = self._words(object_of(one))
            if words:
                made.consts[name] = words
        others = schema.get("additionalProperties")
        if is_object(others):
            made.others = self.read(others)
        elif not made.fields:
            made.others = Shape(anything=True)
        return made

    def _words(self, schema: Json) -> list[str]:
        merged = self._merged(schema)
        words = items_of(merged.get("enum")) or ([merged["const"]] if "const" in merged else [])
        return [word for word in words if isinstance(word, str)]


def _without(schema: Json, name: str) -> Json:
    return {key: value for key, value in schema.items() if key != name}


def _under(one: Json, whole: Json) -> Json:
    """An alternative with what stands beside the alternatives."""
    beside = {key: whole[key] for key in ("properties", "required") if key in whole}
    return {"allOf": [beside, one]} if beside else one


def _guess(schema: Json) -> str:
    """The type of a schema that names none."""
    if "properties" in schema or "required" in schema:
        return "object"
    if "items" in schema:
        return "array"
    return "string" if "enum" in schema or "const" in schema else "anything"


def _add_text(shape: Shape, schema: Json) -> None:
    choices = [one for one in items_of(schema.get("enum")) if isinstance(one, str)] or None
    if "const" in schema:
        choices = [str(schema["const"])]
    before = shape.texts
    if before is None:
        shape.texts = Texts(choices, int(schema.get("minLength") or 0), schema.get("maxLength"))
        return
    both = before.choices is not None and choices is not None
    before.choices = [*(before.choices or ()), *(choices or ())] if both else None
    before.shortest = min(before.shortest, int(schema.get("minLength") or 0))
    before.longest = None if choices is not None or before.longest is None else schema.get("maxLength")


def _numbers(schema: Json, kind: str) -> Numbers:
    lowest = schema.get("minimum", schema.get("exclusiveMinimum"))
    highest = schema.get("maximum", schema.get("exclusiveMaximum"))
    exact = [one if one is not None and abs(one) <= LARGEST else None for one in (lowest, highest)]
    return Numbers(kind == "integer", exact[0], exact[1])
