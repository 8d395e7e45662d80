"""A JSON Schema, in any form in which users have it, as the `response_format` of a call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from ..errors import ConfigurationError

__all__ = ["is_strict", "response_format"]


def response_format(given: Mapping[str, Any], *, name: str = "answer") -> dict[str, Any]:
    """The parameter for a bare schema, `{"name", "schema"}`, or a whole `response_format`.

    Args:
        given: one of these.
        name: the schema's name where it has neither a name nor a title.

    Raises:
        ConfigurationError: it is none of them, or describes no object.
    """
    inner: Mapping[str, Any] = given.get("json_schema", given)
    schema = inner.get("schema", inner)
    if not isinstance(schema, Mapping):
        raise ConfigurationError("The schema is no JSON Schema: it must be an object.")
    schema = cast("Mapping[str, Any]", schema)
    if schema.get("type") != "object":
        raise ConfigurationError('The schema must describe an object: {"type": "object", "properties": {…}}.')
    name = re.sub(r"\W+", "_", str(inner.get("name") or schema.get("title") or name))[:64]
    strict = bool(inner.get("strict", is_strict(schema)))
    return {"type": "json_schema", "json_schema": {"name": name, "strict": strict, "schema": dict(schema)}}


def is_strict(value: Any) -> bool:
    """Whether a schema is one that Azure enforces: every property required, none besides."""
    if isinstance(value, list):
        return all(is_strict(one) for one in cast("list[Any]", value))
    if not isinstance(value, Mapping):
        return True
    schema = cast("Mapping[str, Any]", value)
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        names = set(cast("Mapping[str, Any]", properties))
        required = schema.get("required", [])
        if schema.get("additionalProperties") is not False or not isinstance(required, list) or names - {*required}:
            return False
    return all(is_strict(one) for one in schema.values())
