"""Typed Python functions as tools."""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from azure_connector.errors import InvalidRequestError
from azure_connector.tools import to_wire


class Place(BaseModel):
    """A place."""

    latitude: float


async def search(
    query: str,
    place: Place,
    limit: Annotated[int, Field(description="How many.", ge=1)] = 10,
    order: Literal["newest", "best"] = "best",
    *,
    schema: dict[str, Any] | None = None,
) -> list[str]:
    """Search the archive.

    Returns only what is public.

    Args:
        query: What to look for,
            in plain words.
        place (Place): Where
        limit: Never used, since the annotation says it.

    Returns:
        query: not a parameter.
    """
    return [query, str(place), str(limit), order, str(schema)]


def sphinx(city: str, unit: str = "c") -> str:
    """Weather.

    :param city: The city's
        name.
    :param str unit: c or f
    :returns: the weather
    """
    return city + unit


def schema_of(tool: Any) -> dict[str, Any]:
    return to_wire([tool])[0][0]["function"]


def test_signature_and_docstring_make_the_schema() -> None:
    function = schema_of(search)
    assert function["name"] == "search"
    assert function["description"] == "Search the archive.\n\nReturns only what is public."
    parameters = function["parameters"]
    assert parameters["required"] == ["query", "place"]
    assert parameters["properties"] == {
        "query": {"type": "string", "description": "What to look for, in plain words."},
        "place": {"$ref": "#/$defs/Place", "description": "Where"},
        "limit": {"type": "integer", "default": 10, "minimum": 1, "description": "How many."},
        "order": {"type": "string", "enum": ["newest", "best"], "default": "best"},
        "schema": {"anyOf": [{"type": "object", "additionalProperties": True}, {"type": "null"}], "default": None},
    }
    assert parameters["$defs"]["Place"]["properties"]["latitude"]["type"] == "number"


def test_sphinx_docstrings() -> None:
    function = schema_of(sphinx)
    assert function["description"] == "Weather."
    assert function["parameters"]["properties"] == {
        "city": {"type": "string", "description": "The city's name."},
        "unit": {"type": "string", "default": "c", "description": "c or f"},
    }


def test_methods_leave_out_self() -> None:
    class Shop:
        def buy(self, item: str) -> None:
            """Buy."""

    assert schema_of(Shop().buy)["parameters"]["required"] == ["item"]
    assert list(schema_of(Shop().buy)["parameters"]["properties"]) == ["item"]


def test_a_function_without_parameters_or_annotations() -> None:
    def ping(): ...  # type: ignore[no-untyped-def]

    def echo(anything): ...  # type: ignore[no-untyped-def]

    assert schema_of(ping)["parameters"]["properties"] == {}
    assert "description" not in schema_of(ping)
    assert schema_of(echo)["parameters"]["properties"] == {"anything": {}}


def test_strict_functions_are_complete() -> None:
    (tool,), _ = to_wire([sphinx], strict=True)
    assert tool["function"]["strict"] is True
    assert tool["function"]["parameters"]["required"] == ["city", "unit"]
    assert tool["function"]["parameters"]["properties"]["unit"]["type"] == ["string", "null"]


def test_the_schema_is_made_once() -> None:
    assert schema_of(search)["parameters"] is schema_of(search)["parameters"]


def test_a_callable_that_cannot_be_kept() -> None:
    class Echo:
        __name__ = "echo"
        __hash__ = None  # type: ignore[assignment]

        def __call__(self, text: str) -> str:
            return text

    assert schema_of(Echo())["parameters"]["required"] == ["text"]
    cached = schema_of(functools.cache(sphinx))
    assert cached == schema_of(sphinx)


def test_what_no_model_can_call() -> None:
    class Opaque: ...

    def positional(a: int, /) -> None: ...

    def several(*items: int) -> None: ...

    def opaque(thing: Opaque) -> None: ...

    opaque.__annotations__["thing"] = Opaque

    def unknown(thing: Missing) -> None: ...  # type: ignore[name-defined] # noqa: F821 - that is the point

    for function, param in (
        (positional, "tools[0].parameters.a"),
        (several, "tools[0].parameters.items"),
        (opaque, "tools[0].parameters"),
        (unknown, "tools[0].parameters"),
    ):
        with pytest.raises(InvalidRequestError) as caught:
            to_wire([function])
        assert caught.value.param == param
