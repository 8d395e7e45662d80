"""The emulator stands alone, and its files stand in floors: none imports, even for types, what imports it."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import azure_connector.emulator as package

ROOT = Path(package.__file__).parent
NAME = package.__name__


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join([NAME, *(part for part in parts if part != "__init__")])


MODULES = {module_of(path): path for path in ROOT.rglob("*.py")}


def imported(module: str, path: Path) -> set[str]:
    """Everything of the package that a file imports, inside functions and for types too."""
    package_parts = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package_parts[: len(package_parts) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            for name in node.names:
                full = f"{source}.{name.name}"
                found.add(full if full in MODULES else source)
    return {name for name in found if name.startswith("azure_connector")}


def test_it_imports_nothing_of_the_core() -> None:
    outside = {(module, name) for module, path in MODULES.items() for name in imported(module, path)}
    assert {pair for pair in outside if not pair[1].startswith(NAME)} == set()


def test_no_files_import_each_other_in_a_circle() -> None:
    floors = {module: imported(module, path) - {module} for module, path in MODULES.items()}
    assert len(list(TopologicalSorter(floors).static_order())) >= len(MODULES)  # raises CycleError
