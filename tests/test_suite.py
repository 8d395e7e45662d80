"""The suite about itself: helpers stand once, the core's tests import no framework, and nothing is left out unsaid."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("azure_connector", "sk_azure_plugin", "litellm_adapter")
FRAMEWORKS = (
    "agent_framework|agents|instructor|langchain_core|langchain_litellm|langchain_openai|litellm|litellm_adapter|"
    "llama_index|matplotlib|mcp|opentelemetry|pydantic_ai|semantic_kernel|sk_azure_plugin"
)
# Whose every test needs one: Semantic Kernel's, for its classes are the arguments of tests. LiteLLM's takes two seconds
# and is imported late there (tests/support/frameworks.py); LangChain's suite is a base class of ours.
WITH_FRAMEWORKS = (
    "tests/sk/",
    "tests/typing/",
    "tests/litellm/test_langchain.py",
    "tests/litellm/loggers.py",
    "tests/reliability/held_locks.py",  # a program of its own
)
# Names from modules that are private to a room: of pure functions, whose tests would be slower and blinder over the
# wire. What a room's face has is imported from there. It only sinks.
PRIVATE_NAMES = 194
# Functions that two files define with the same name and body: fixtures over a module's own resource, and short words.
COPIES = 16


@cache
def trees() -> dict[str, ast.Module]:
    files = [file for file in (ROOT / "tests").rglob("*.py") if "node_modules" not in file.parts]
    return {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def imported(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """The modules and names that statements import, also under `try` and `if`, not for types alone."""
    for node in body:
        match node:
            case ast.Import(names=names):
                yield from ((one.name, "") for one in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from ((module, one.name) for one in names)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.If() | ast.Try() | ast.With():
                yield from imported(node.body)


def test_collecting_the_cores_tests_imports_no_framework() -> None:
    found = {
        (file, module)
        for file, tree in trees().items()
        if not file.startswith(WITH_FRAMEWORKS)
        for module, _ in imported(tree.body)
        if re.fullmatch(rf"({FRAMEWORKS})(\..*)?", module)
    }
    assert found == set(), "import it in the test, or by tests/support/frameworks.py"


def test_tests_of_behaviour_import_what_is_public() -> None:
    names = [
        (file, module, name)
        for file, tree in trees().items()
        for module, name in imported([node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)])
        if module.partition(".")[0] in PACKAGES
        and any(re.match(r"_(?!utils$)[a-z]", part) for part in (*module.split("."), name))
    ]
    assert len(names) <= PRIVATE_NAMES


def test_helpers_stand_once() -> None:
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for file, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("test_"):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                places[node.name, "\n".join(map(ast.unparse, body))].append(file)
    copies = [(name, files) for (name, _), files in places.items() if len(files) > 1]
    assert sum(len(files) - 1 for _, files in copies) <= COPIES, copies


def test_what_coverage_leaves_out_says_why() -> None:
    unsaid = [
        f"{file.relative_to(ROOT)}:{number}"
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"pragma: no (cover|branch)(?!.*pragma: no (cover|branch)  # \w+ \w+)", line)
    ]
    assert unsaid == [], "write `# pragma: no cover  # REASON`"
