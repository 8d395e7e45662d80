"""Generated pages are what their generators write, and what pages name exists."""

from __future__ import annotations

import importlib.util
import inspect
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import typer

from azure_connector import AzureConnector, errors
from azure_connector.settings import ENVIRONMENT
from azure_connector.settings._connector_fields import ConnectorFields
from azure_connector.settings._environment import CONFIG_VARIABLE, ENV_FILE_VARIABLE

from .blocks import ROOT, blocks_of, pages

DOCS = ROOT / "docs"
# Variables that other packages read, and prefixes that stand for several.
OTHERS = {"AZURE_TOKEN_CREDENTIALS", "AZURE_POD_IDENTITY_AUTHORITY_HOST", "AZURE_CONNECTOR_", "AZURE_OPENAI_"}
# Named because nothing reads them: other clients' variables and misspellings, which are told of.
OTHERS |= {
    "AZURE_AI_API_KEY",
    "AZURE_AI_ENDPOINT",
    "AZURE_AI_KEY",
    "AZURE_AI_PROJECT_ENDPOINT",
    "AZURE_ENDPOINT",
    "AZURE_KEY",
    "AZURE_OPENAI_APIKEY",
    "AZURE_OPENAI_ENDPONT",
    "AZURE_OPENAI_URL",
}


def generator(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_settings_page_is_what_the_fields_say() -> None:
    made = generator("generate_settings")
    assert not made.unknown_names()
    stale = "docs/settings.md is stale: run python docs/generate_settings.py"
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == made.page(), stale


def test_the_arguments_are_what_the_fields_say() -> None:
    for path, text in generator("generate_arguments").FILES.items():
        assert path.read_text(encoding="utf-8") == text(), "run python docs/generate_arguments.py"


def test_the_overloads_are_what_the_sdk_of_the_pins_says() -> None:
    made = generator("generate_overloads")
    assert made.TARGET.read_text(encoding="utf-8") == made.text(), "run python docs/generate_overloads.py"


def test_the_page_of_the_emulators_operations_is_what_it_serves() -> None:
    stale = "docs/emulator-operations.md is stale: run python docs/generate_emulator.py"
    made = generator("generate_emulator").page()
    assert (DOCS / "emulator-operations.md").read_text(encoding="utf-8") == made, stale


def test_what_a_found_file_may_set_is_what_the_fields_say() -> None:
    text = (DOCS / "authentication.md").read_text(encoding="utf-8")
    assert text == generator("generate_settings").with_tables(text), "run python docs/generate_settings.py"


def test_every_setting_and_every_variable_stands_on_the_settings_page() -> None:
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    named = {*ConnectorFields.model_fields, *(name for names in ENVIRONMENT.values() for name in names)}
    assert [name for name in named if f"`{name}`" not in text] == []


def test_the_pictures_are_what_the_script_draws() -> None:
    made = generator("generate_pictures")
    for name in ("concepts", "endpoints"):
        assert (DOCS / "images" / f"{name}.svg").read_text(encoding="utf-8") == getattr(made, name)()


def test_the_page_of_the_arguments_has_every_argument_with_its_text() -> None:
    made = generator("generate_reference").page()
    stale = "docs/reference/arguments.md is stale: run python docs/generate_reference.py"
    assert (DOCS / "reference" / "arguments.md").read_text(encoding="utf-8") == made, stale
    told = dict(re.findall(r"^\| `(\w+)` \| .+? \| (.{5,}) \|$", made, re.MULTILINE))
    assert set(told) == set(inspect.signature(AzureConnector).parameters)


def test_the_operations_page_is_what_the_table_says() -> None:
    made, text = generator("generate_operations"), (DOCS / "operations.md").read_text(encoding="utf-8")
    assert text == made.with_table(text), "docs/operations.md is stale: run python docs/generate_operations.py"
    assert made.events() in text


SOURCES = [
    *pages(),
    *(
        path
        for package in ("azure_connector", "sk_azure_plugin", "litellm_adapter")
        for path in ROOT.glob(f"{package}/**/*.py")
    ),
]


def test_every_variable_that_is_named_anywhere_is_read() -> None:
    """A hint that tells to set a variable which nothing reads costs its reader an hour."""
    known = {CONFIG_VARIABLE, ENV_FILE_VARIABLE, *(name for names in ENVIRONMENT.values() for name in names)} | OTHERS
    wrong = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in SOURCES
        for name in re.findall(r"\bAZURE_[A-Z_]*[A-Z_]\b", path.read_text(encoding="utf-8"))
        if name not in known
    }
    assert wrong == set()


def test_every_command_that_is_named_anywhere_exists() -> None:
    from azure_connector.cli._app import app

    commands = set(typer.main.get_command(app).commands)
    named = {
        name for path in SOURCES for name in re.findall(r"`azure-connector ([a-z]+)", path.read_text(encoding="utf-8"))
    }
    assert named - commands == set()
    assert {"doctor", "models", "explain", "init"} <= named


def test_every_error_stands_on_the_troubleshooting_page() -> None:
    text = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    rare = {
        "InvalidRequestError",
        "UnreadableReplyError",
        "UnexpectedStatusError",
        "UnprocessableRequestError",
        "RequestRefusedError",
    }
    named = {name for name in errors.__all__ if name.endswith("Error")}
    assert {name for name in named if f"`{name}" not in text} <= rare
    assert set(re.findall(r"`(\w+Error)\b", text)) <= named


def test_the_page_for_production_names_what_is_required_and_from_which_version() -> None:
    text = (DOCS / "in-production.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(one for name, needs in extras.items() if name != "all" for one in needs)]
    licences = text.partition("## Licences")[2]
    assert [one for one in wanted if re.match(r"[\w-]+", one)[0] not in licences] == []  # type: ignore[index]
    versions = text.partition("## Versions")[2]
    for row, requirement in (("openai", project["dependencies"][0]), ("LiteLLM", extras["litellm"][0])):
        lowest = re.search(r">=([\d.]+)", requirement)
        assert lowest is not None
        assert f"| {row} | {lowest[1]} to below" in versions
    assert f"| Semantic Kernel | {re.findall(r'>=([0-9.]+)', extras['sk'][0])[0]} to below" in versions
    assert f"| Python | {project['requires-python'].removeprefix('>=')} and later" in versions


def test_the_readme_begins_with_two_commands() -> None:
    first = blocks_of(ROOT / "README.md")[0]
    assert [line.split("#")[0].strip() for line in first.text.splitlines()] == ["make demo", "make test"]
    assert first.line < 12, "on the first screen"


@pytest.mark.parametrize("page", [path for path in pages() if path.parent == ROOT], ids=lambda path: path.name)
def test_links_of_the_pages_outside_of_the_site_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
