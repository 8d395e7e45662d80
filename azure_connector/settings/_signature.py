"""Functions that take settings by keyword, as `inspect`, `help()` and Jupyter's `?` show them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from pydantic.fields import FieldInfo

from .._utils import bare_signature, show_lazily, with_signature
from ._aliases import aliases_of
from ._arguments import ChangeArguments, ConstructorArguments, RegisterArguments
from ._connector_fields import ConnectorFields

__all__ = ["argument_text", "documented", "show_settings", "signature_of"]

_ARGUMENT = re.compile(r"^    (\w+(?:, \w+)*):", re.MULTILINE)
_NAMED_TABLE = re.compile(r"Unpack\[(\w+)\]")
_TABLES = {table.__name__: table for table in (ChangeArguments, ConstructorArguments, RegisterArguments)}
_ALIASES = aliases_of(ConnectorFields.model_fields)
_FURTHER = {
    "config_file": "The TOML file; by default what AZURE_CONNECTOR_CONFIG names, or azure_connector.toml in the "
    "working directory; False for none.",
    "env_file": "A file of variables; by default .env in the working directory; False for none.",
    "env_file_encoding": "That file's encoding; by default UTF-8.",
    "base_url": "As azure_endpoint; at a host that is not Azure's the operations stand right below it.",
    "resource_name": "The resource's bare name, for https://NAME.openai.azure.com.",
    "admin_api_key": "For OpenAI's own platform; Azure has none.",
    "data_residency": "For OpenAI's own platform (openai 3); an Azure resource has its region.",
    "workload_identity": "For OpenAI's own platform; Azure has none.",
}


def signature_of(function: object, table: object = None) -> inspect.Signature:
    """A function's signature with the arguments that its `**` stands for, by name and without private ones.

    Args:
        function: a function whose `**` argument is annotated `Unpack[TABLE]`.
        table: the `TypedDict`; by default the one of `settings/_arguments` that the annotation names.
    """
    bare = bare_signature(function)
    parameters: list[inspect.Parameter] = []
    for parameter in bare.parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            parameters += _keywords(table or _table_of(parameter), set(bare.parameters))
        elif not parameter.name.startswith("_"):
            parameters.append(parameter)
    return bare.replace(parameters=parameters)


def _table_of(parameter: inspect.Parameter) -> Any:
    named = _NAMED_TABLE.search(str(parameter.annotation))
    assert named, "the function takes a table of arguments"
    return _TABLES[named[1]]


def _keywords(table: object, taken: set[str]) -> Iterator[inspect.Parameter]:
    for name, annotation in table.__annotations__.items():
        if name not in taken:
            kind = getattr(annotation, "__forward_arg__", annotation)
            yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


def documented(text: str | None, signature: inspect.Signature) -> str:
    """A description with a line for each setting among the parameters.

    Args:
        text: what is written above; it ends with its own `Raises:`.
        signature: the parameters.
    """
    above = inspect.cleandoc(text or "")
    told = {name for line in _ARGUMENT.findall(above) for name in line.split(", ")}
    names = [name for name in signature.parameters if name not in told]
    lines = [f"    {name}: {said}" for name in names if (said := argument_text(name))]
    return "\n".join([above, "", "Settings, all optional (docs/settings.md):", *lines, ""])


def argument_text(name: str) -> str:
    """What an argument is, in a line; empty for what is no setting."""
    if name in _FURTHER:
        return _FURTHER[name]
    if name in _ALIASES:
        return f"The same as {_ALIASES[name]}."
    field = ConnectorFields.model_fields.get(name)
    return "" if field is None else f"{field.description}{_default(field)}"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    plain = isinstance(value, int | float | str) and not isinstance(value, bool)
    return f" Default: {value:g}." if isinstance(value, float) else f" Default: {value}." if plain else ""


def show_settings(shown: Any, table: object = None) -> None:
    """Has a class, or a function, shown with the settings that its constructor, or it itself, takes.

    Args:
        shown: the class or function.
        table: as in `signature_of`.
    """
    if isinstance(shown, type):
        show_lazily(shown, partial(signature_of, table=table), documented)
        return
    with_signature(shown, partial(signature_of, table=table))
    shown.__doc__ = documented(shown.__doc__, inspect.signature(shown))
