"""Runs what the shell blocks of a page say, as far as it is ours, and checks the rest."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator

import pytest

from azure_connector.emulator.__main__ import parser as emulator_parser
from azure_connector.settings import ENVIRONMENT
from azure_connector.settings._environment import CONFIG_VARIABLE

from .blocks import ROOT, Block

__all__ = ["run_shell"]

# Tools of others: their lines are only parsed.
_OTHERS = frozenset({"az", "cd", "curl", "docker", "git", "jq", "jupyter", "ollama", "pipx", "source", "uv"})
# These wait for somebody at the keyboard or serve until Ctrl-C: their options are parsed, then their help is shown.
_LASTING = frozenset({"chat", "emulator", "init"})
_ELSEWHERE = frozenset(
    {
        CONFIG_VARIABLE,
        "GEMINI_API_KEY",
        "ALLOWED_ORIGINS",
        "DEFAULT_PROVIDER",
        "DEFAULT_MODEL",
        "LITELLM_MASTER_KEY",
        "NO_PROXY",
    }
)
_ADDRESS_OR_KEY = {*ENVIRONMENT["azure_endpoint"], *ENVIRONMENT["api_key"]}
_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<value>.*)", re.DOTALL)


def run_shell(block: Block, monkeypatch: pytest.MonkeyPatch, written: Callable[[str], str]) -> str:
    """Runs a block in the test's environment; returns what its commands wrote.

    Args:
        block: the block.
        monkeypatch: for the variables that it exports.
        written: called after each command with its name, gives what it wrote.
    """
    subprocess.run(["/bin/bash", "-n"], input=block.text, text=True, check=True, capture_output=True)
    # The reader's shell: the tests may have been started by none.
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("bash", "/bin/bash"))
    expected = int(block.directives.get("exits", "0"))
    output = ""
    for words in _commands(block.text):
        code = _run(words, monkeypatch)
        output += written(shlex.join(words))
        assert code == expected, f"{block}: {shlex.join(words)} ended with {code}:\n{output}"
    return output


def _commands(text: str) -> Iterator[list[str]]:
    """The words of each command; pipes and redirections belong to it."""
    begun = ""
    for line in text.replace("\\\n", " ").splitlines():
        begun += line
        try:
            words = shlex.split(begun, comments=True)
        except ValueError:  # a quotation that ends on a later line; bash has checked that it does
            begun += "\n"
            continue
        begun = ""
        if words:
            yield words


def _run(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    while words and (variable := _ASSIGNMENT.fullmatch(words[0])):
        _export(variable["name"], variable["value"], monkeypatch)
        words = words[1:]
    if not words:
        return 0
    name, *arguments = words
    if name in _OTHERS:
        return 0
    runner = _RUNNERS.get(name)
    assert runner is not None, f"no test knows how to run {name!r}: teach {__file__}, or say why it is not run"
    return runner(arguments, monkeypatch)


def _export(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {variable for variables in ENVIRONMENT.values() for variable in variables}
    assert name in known | _ELSEWHERE, f"the package reads no variable {name}"
    if name not in _ADDRESS_OR_KEY:
        monkeypatch.setenv(name, os.path.expandvars(value))


def _exports(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    for argument in arguments:
        variable = _ASSIGNMENT.fullmatch(argument)
        assert variable, f"export {argument} has no value"
        _export(variable["name"], variable["value"], monkeypatch)
    return 0


def _unset(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    for name in arguments:
        monkeypatch.delenv(name, raising=False)
    return 0


def _pip(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """The extras that a page installs exist."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = [argument for argument in arguments if argument.startswith(("azure-connector", "."))]
    for requirement in ours:
        extras = re.fullmatch(r"(?:azure-connector|\.)(?:\[([\w,-]+)\])?(?:[=<>].*)?", requirement)
        assert extras, f"{requirement} is no requirement"
        assert set((extras[1] or "").split(",")) - {""} <= set(project["optional-dependencies"]), requirement
    return 0


def _make(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """The targets that a page names exist; the suite itself is one of them."""
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    wanted = [argument for argument in arguments if "=" not in argument]
    assert set(wanted) <= set(targets), f"the Makefile has no {wanted}"
    return 0


def _python(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """A file exists, a module's options are its own."""
    if arguments[:2] == ["-m", "azure_connector.emulator"]:
        assert isinstance(emulator_parser().parse_args(arguments[2:]), argparse.Namespace)
    elif arguments[:1] == ["-m"]:
        assert importlib.util.find_spec(arguments[1]), f"there is no module {arguments[1]}"
    else:
        assert (ROOT / arguments[0]).is_file(), f"there is no {arguments[0]}"
    return 0


def _connector(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """The command line itself, in this process."""
    from azure_connector.cli import main

    if arguments and arguments[0] in _LASTING:
        arguments = [*arguments, "--help"]
    monkeypatch.setattr(sys, "argv", ["azure-connector", *arguments])
    try:
        code = main()
    except SystemExit as end:
        code = end.code
    return int(code or 0)


_RUNNERS: dict[str, Callable[[list[str], pytest.MonkeyPatch], int]] = {
    "azure-connector": _connector,
    "export": _exports,
    "make": _make,
    "pip": _pip,
    "python": _python,
    "unset": _unset,
}
