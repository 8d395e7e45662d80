"""docs/models.md is what its generator writes, and its example works."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from azure_connector.deployments import FAMILIES, Profiles

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_models", DOCS / "generate_models.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_data_say(generator: ModuleType) -> None:
    said = "docs/models.md is stale: run python docs/generate_models.py"
    assert (DOCS / "models.md").read_text(encoding="utf-8") == generator.page(), said


def test_every_model_stands_on_the_page(generator: ModuleType) -> None:
    page = generator.page()
    assert all(f"`{model}`" in page for profile in FAMILIES for model in profile.models)


def test_the_example_of_the_page_is_accepted(generator: ModuleType) -> None:
    example = re.search(r"```toml\n(.*?)```", generator.page(), re.DOTALL)
    assert example is not None
    profiles = Profiles(tomllib.loads(example[1])["profiles"])
    house, later = profiles.find("house-7"), profiles.find("gpt-5.7-sol")
    assert house is not None
    assert later is not None
    assert (house.streaming, house.efforts, house.reasoning) == (False, ("low", "high"), True)
    assert not later.tools_with_reasoning_over_chat
