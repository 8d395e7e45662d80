"""What the package says about itself, against what its code does."""

from __future__ import annotations

import ast
import functools
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import azure_connector
from azure_connector._utils import _text, install_hint

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = {name: wanted for name, wanted in PROJECT["project"]["optional-dependencies"].items() if name != "all"}
PACKAGES = ("azure_connector", "sk_azure_plugin", "litellm_adapter")
# `azure` and `opentelemetry` are namespaces that several distributions share.
SHARED = {
    "azure.identity": "azure-identity",
    "azure.core": "azure-core",
    "azure.keyvault.secrets": "azure-keyvault-secrets",
    "azure.mgmt.cognitiveservices": "azure-mgmt-cognitiveservices",
    "azure.mgmt.core": "azure-mgmt-core",
    "opentelemetry.trace": "opentelemetry-api",
}
UNDECLARED = {
    "ipython": "only where it already runs",
    "websockets": "the SDK's own extra, openai[realtime]; without it the SDK says what to install",
    "pytest": "it is what loads the plugin",
    "pyspark": "the cluster's own",
    "ray": "the cluster's own",
    "httpx": "only for types: it is the SDK's, which may use httpx2 instead",
}
UNIMPORTED = {
    "wsproto": "uvicorn imports it",
    "protobuf": "Semantic Kernel imports it without declaring it",
}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\s<>=!~;\[]", name, maxsplit=1)[0]).lower()


def imports_of(package: str) -> set[str]:
    """The modules of other distributions that a package imports anywhere, with their whole names."""
    found: set[str] = set()
    for file in (ROOT / package).rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        # Most files import by statements alone, and those are few among all that there is.
        nodes = ast.walk if "import_module" in text else _statements
        for node in nodes(ast.parse(text)):
            if isinstance(node, ast.Import):
                found |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module)
            elif isinstance(node, ast.Call) and (name := _imported_by_name(node)):
                found.add(name)
    return found


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """The statements within a node, at any depth; none is within an expression."""
    for field in ("body", "orelse", "handlers", "finalbody", "cases"):
        for inner in getattr(node, field, ()):
            yield inner
            yield from _statements(inner)


def _imported_by_name(call: ast.Call) -> str:
    """The module in `import_module("a.b")`; of `import_module(f"a.{name}")`, the part that is known."""
    if not (isinstance(call.func, ast.Name) and call.func.id == "import_module" and call.args):
        return ""
    named = (node.value for node in ast.walk(call.args[0]) if isinstance(node, ast.Constant))
    name = next((value for value in named if isinstance(value, str)), "")
    return "" if name.startswith(".") else name.rstrip(".")


_by_import = functools.cache(packages_distributions)  # it reads the list of files of every distribution


def distributions_of(package: str) -> set[str]:
    """Those that a package imports; a module that is nobody's has its own name."""
    by_import = _by_import()
    found: set[str] = set()
    for module in imports_of(package):
        shared = next((name for start, name in SHARED.items() if f"{module}.".startswith(f"{start}.")), None)
        top = module.partition(".")[0]
        if shared is not None:
            found.add(shared)
        elif top not in PACKAGES and top not in sys.stdlib_module_names:
            found.add(normal(by_import.get(top, [top])[0]))
    return found


def test_every_import_is_declared_and_every_declared_one_is_imported() -> None:
    declared = {normal(name) for name in PROJECT["project"]["dependencies"]}
    declared |= {normal(name) for wanted in EXTRAS.values() for name in wanted}
    imported = {name for package in PACKAGES for name in distributions_of(package)}
    assert imported - declared - set(UNDECLARED) == set()
    assert declared - imported - set(UNIMPORTED) == set()


def test_the_readme_names_every_extra() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]+) \|", readme.partition("## Extras")[2].partition("\n## ")[0], re.MULTILINE)
    assert {name.strip("` ") for row in rows for name in row.split(",")} == {*EXTRAS, "all"}


def test_no_python_is_shut_out_that_the_code_could_run_on() -> None:
    assert PROJECT["project"]["requires-python"] == ">=3.11"


def test_the_version_stands_in_one_place() -> None:
    assert "version" in PROJECT["project"]["dynamic"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "azure_connector/_version.py"
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|rc\d+)?", azure_connector.__version__)


def test_errors_name_extras_that_there_are() -> None:
    sources = [file.read_text(encoding="utf-8") for name in PACKAGES for file in (ROOT / name).rglob("*.py")]
    told = {
        extra
        for source in sources
        for extra in re.findall(r"(?:install_hint\(|import_part\([^)]*extra=)[\"'](\w+)", source)
    }
    assert told == set(EXTRAS) - {"fast"}, "those that nothing works without"


def test_an_extra_is_named_by_the_clone_or_by_the_packages_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert install_hint("cli") == 'pip install ".[cli]" in your clone of azure-connector'
    monkeypatch.setattr(_text, "_ROOT", tmp_path)  # as in site-packages: no pyproject.toml beside the package
    assert install_hint("cli") == 'pip install "azure-connector[cli]"'
