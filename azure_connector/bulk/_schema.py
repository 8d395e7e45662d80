"""Structured output: a JSON Schema or a Pydantic class as `response_format`, and the check of what came."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any, cast
from urllib.parse import unquote

import json_repair
import openai
from pydantic import BaseModel, ValidationError

from azure_connector.errors import ConfigurationError
from azure_connector.requests import response_format

__all__ = ["OutputSchema", "SchemaMismatchError"]


class SchemaMismatchError(Exception):
    """An answer that is no JSON of the schema, also after a repair."""


@dataclass(frozen=True)
class OutputSchema:
    """What an answer must be.

    Attributes:
        response_format: the parameter of the call.
        schema: the JSON Schema itself.
        model: the Pydantic class, where one was given.
    """

    response_format: Mapping[str, Any]
    schema: Mapping[str, Any]
    model: type[BaseModel] | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any] | type[BaseModel]) -> OutputSchema:
        """Reads a Pydantic class, a bare schema, `{"name", "schema"}`, or a whole `response_format`.

        Raises:
            ConfigurationError: it is none of these.
        """
        if isinstance(given, type):
            function: Any = openai.pydantic_function_tool(given)["function"]
            schema = cast("dict[str, Any]", function["parameters"])
            named = {"name": str(function["name"]), "strict": True, "schema": schema}
            return cls({"type": "json_schema", "json_schema": named}, schema, given)
        wanted = response_format(given, name="row")
        schema: dict[str, Any] = wanted["json_schema"]["schema"]
        _check(schema)
        return cls(wanted, schema)

    def normalize(self, text: str, *, cut_off: bool) -> str:
        """The answer as JSON of the schema.

        Args:
            text: the answer.
            cut_off: it ended at its limit of tokens; then no repair could know the rest.

        Raises:
            SchemaMismatchError: it is not.
        """
        if self._fits(text):
            return text
        if not cut_off:
            repaired = json_repair.loads(text)
            completed = json.dumps(repaired, ensure_ascii=False)
            if self._fits(completed):
                return completed
        raise SchemaMismatchError

    def _fits(self, text: str) -> bool:
        try:
            if self.model is not None:
                self.model.model_validate_json(text)
                return True
            return bool(self._validator.is_valid(json.loads(text)))
        except (ValidationError, ValueError, RecursionError):
            return False

    @cached_property
    def _validator(self) -> Any:
        return _validator_class(self.schema)(self.schema)


def _check(schema: Mapping[str, object]) -> None:
    try:
        _validator_class(schema).check_schema(schema)
    except _jsonschema("exceptions").SchemaError as error:
        where = "/".join(str(part) for part in error.absolute_path) or "its root"
        raise ConfigurationError(f"The schema is no JSON Schema: at {where}: {error.message[:200]}") from None
    for reference in _references(schema):
        if not _resolves(schema, reference):
            raise ConfigurationError(
                f"The schema refers to {reference!r}, which it does not hold.",
                hint='Write it into "$defs", and refer to it as "#/$defs/NAME".',
            )


def _references(schema: object) -> Iterator[str]:
    """Every `$ref`, at any depth."""
    if isinstance(schema, Mapping):
        for name, value in cast("Mapping[str, object]", schema).items():
            if name == "$ref" and isinstance(value, str):
                yield value
            yield from _references(value)
    elif isinstance(schema, list):
        for value in cast("list[object]", schema):
            yield from _references(value)


def _resolves(schema: object, reference: str) -> bool:
    """Whether a reference leads to a place in the schema; never over the network."""
    if reference != "#" and not reference.startswith("#/"):
        return False
    at = schema
    for part in reference[2:].split("/") if reference != "#" else ():
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(at, Mapping) and name in at:
            at = cast("Mapping[str, object]", at)[name]
        elif isinstance(at, list) and name.isdecimal() and int(name) < len(cast("list[object]", at)):
            at = cast("list[object]", at)[int(name)]
        else:
            return False
    return True


def _jsonschema(name: str) -> Any:
    # Untyped on purpose: the package ships no types of its own.
    return import_module(f"jsonschema.{name}")


def _validator_class(schema: Mapping[str, object]) -> Any:
    return _jsonschema("validators").validator_for(schema)
