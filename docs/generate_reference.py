"""Writes docs/reference/arguments.md from the clients' own signatures: `python docs/generate_reference.py`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from azure_connector import AzureConnector
from azure_connector.settings import ALIASES, SETTINGS, argument_text

PAGE = Path(__file__).parent / "reference" / "arguments.md"
HEAD = """\
# Arguments of the clients

Every argument of `AzureConnector(…)` and `AsyncAzureConnector(…)`. All are optional, all are given by name, and None
means not given. `client.with_options(…)` takes the same ones but for the files; `litellm_adapter.register(…)` and
`AzureConnectorChatCompletion(…)` take the settings. Which variable stands for which: [Settings](../settings.md).

Of the types' names, `Secret` is text or Pydantic's `SecretStr`, `Path` is text or a `pathlib` path, `Address` is text
or an `httpx.URL`; providers are callables, sync or async.
"""
TAIL = "Generated from the signatures by `docs/generate_reference.py`.\n"


def page() -> str:
    """The page's whole text."""
    parameters = inspect.signature(AzureConnector).parameters
    own = _own_texts()
    others = [name for name in parameters if name not in own]
    groups: Mapping[str, list[str]] = {
        "The SDK's own": [name for name in parameters if name in own],
        "Settings": [name for name in others if name in SETTINGS],
        "Other names for settings": [name for name in others if name in ALIASES],
        "Files, and what only OpenAI's platform has": [
            name for name in others if name not in SETTINGS and name not in ALIASES
        ],
    }
    parts = [HEAD]
    for title, names in groups.items():
        parts += [f"## {title}\n", "| Argument | Type | Meaning |\n| --- | --- | --- |"]
        parts += [_row(name, parameters[name], own.get(name)) for name in names]
        parts.append("")
    return "\n".join([*parts, TAIL])


def _row(name: str, parameter: inspect.Parameter, text: str | None) -> str:
    kind = re.sub(r" [|] (None|NotGiven)", "", str(parameter.annotation)).replace(" | ", " or ")
    said = text or argument_text(name)
    return f"| `{name}` | `{kind}` | {_escaped(said[0].upper() + said[1:])} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _own_texts() -> dict[str, str]:
    """What the class's docstring says of the arguments that are no settings."""
    args = re.search(r"\nArgs:\n(.*?)\n\n", inspect.getdoc(AzureConnector) or "", re.DOTALL)
    assert args, "the clients' docstring has no Args"
    return dict(_entries(args[1]))


def _entries(text: str) -> Iterator[tuple[str, str]]:
    for names, said in re.findall(r"^    ([\w, ]+): (.*(?:\n     .*)*)", text, re.MULTILINE):
        for name in names.split(", "):
            if name != "options":
                yield name, " ".join(said.split())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
