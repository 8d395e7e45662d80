"""The stub of `create()`, `parse()` and `stream()` says what runs: its classes, methods and every parameter of them.

Type checkers believe a stub without looking at the code. This reads it, with the tables of types that it unpacks, and
compares it with the signatures of the objects that callers hold.
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import openai
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector

CLIENT = Path(__file__).parents[2] / "azure_connector" / "client"
CLASSES = {
    node.name: node
    for name in ("_create_types.pyi", "_create_options.pyi")
    for node in ast.walk(ast.parse((CLIENT / name).read_text(encoding="utf-8")))
    if isinstance(node, ast.ClassDef)
}


def keys(table: str) -> set[str]:
    """The keys of a table of types, with those of its bases; none of the SDK's own tables."""
    node = CLASSES.get(table)
    if node is None:
        return set()
    own = {
        line.target.id for line in node.body if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
    }
    return own.union(*(keys(base.id) for base in node.bases if isinstance(base, ast.Name)))


def stated(cls: str) -> dict[str, set[str]]:
    """Method -> the parameters that its overloads have together."""
    found: dict[str, set[str]] = {}
    for node in CLASSES[cls].body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = found.setdefault(node.name, set())
            names |= {one.arg for one in node.args.kwonlyargs}
            if node.args.kwarg is not None:
                assert isinstance(node.args.kwarg.annotation, ast.Subscript)
                assert isinstance(node.args.kwarg.annotation.slice, ast.Name)
                names |= keys(node.args.kwarg.annotation.slice.id)
    return found


def runs(client: Any) -> dict[str, Any]:
    return {"ChatCreate": client.chat.completions, "ResponsesCreate": client.responses}


@pytest.mark.skipif(not openai.__version__.startswith("2."), reason="the tables are those of the pins")
@pytest.mark.parametrize(("prefix", "cls"), [("", AzureConnector), ("Async", AsyncAzureConnector)])
def test_the_stub_states_what_runs(prefix: str, cls: type) -> None:
    client = cls(azure_endpoint="https://r.openai.azure.com", api_key="k")
    for name, resource in runs(client).items():
        methods = stated(prefix + name)
        assert set(methods) == {"create", "parse", "stream"}
        for method, parameters in methods.items():
            function = getattr(resource, method)
            assert parameters == set(inspect.signature(function).parameters), f"{prefix}{name}.{method}"
            is_async = any(
                isinstance(node, ast.AsyncFunctionDef) and node.name == method for node in CLASSES[prefix + name].body
            )
            assert inspect.iscoroutinefunction(function) is is_async, f"{prefix}{name}.{method}"
