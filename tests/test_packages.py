"""The shape of the packages: what is public, and what an import costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import azure_connector

ROOT = Path(__file__).parent.parent
FRAMEWORKS = ("semantic_kernel", "litellm")


def modules_after(code: str) -> set[str]:
    """The modules that a fresh process has loaded after running some code."""
    program = f"{code}\nimport sys; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def imported_by(code: str) -> set[str]:
    """The top-level packages among them."""
    return {name.partition(".")[0] for name in modules_after(code)}


def test_public_names_are_pinned_and_exist():
    assert len(set(azure_connector.__all__)) == len(azure_connector.__all__)
    for name in azure_connector.__all__:
        assert getattr(azure_connector, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = azure_connector.nonsense


def test_every_error_is_public_and_under_the_sdks_own():
    import openai

    from azure_connector import errors

    for name in errors.__all__:
        assert name in azure_connector.__all__
        kind = getattr(errors, name)
        if name.endswith("Error"):
            assert issubclass(kind, openai.OpenAIError)
            assert issubclass(kind, errors.AzureErrorDetails)
            assert f"── {name}" in errors.__doc__, "the tree in the docstring is whole"


def test_the_core_loads_no_framework():
    code = (
        "import azure_connector as ac; "
        "client = ac.AzureConnector(azure_endpoint='https://x.openai.azure.com', api_key='k' * 32); "
        "client.explain('gpt-5'); import azure_connector.emulator"
    )
    loaded = imported_by(code)
    assert "openai" in loaded
    assert not loaded & set(FRAMEWORKS)


def test_importing_the_package_alone_loads_not_even_the_sdk():
    assert not imported_by("import azure_connector") & {"openai", "pydantic", "azure"}


@pytest.mark.parametrize("client", ["AzureConnector", "AsyncAzureConnector"])
def test_a_clients_class_loads_the_sdk_and_what_makes_clients_loads_with_the_first_one(client):
    imported = f"from azure_connector import {client}"
    made = f"{imported}\n{client}(azure_endpoint='https://x.openai.azure.com', api_key='k' * 32)"
    before, after = modules_after(imported), modules_after(made)
    assert "openai" in before
    behind = {
        "client._state",
        "client._call",
        "settings._settings",
        "deployments._discovery",
        "routing",
        "tools",
        "auth",
    }
    behind = {f"azure_connector.{name}" for name in behind}
    assert not before & (behind | {"dotenv"})
    assert behind <= after, "a first call waits for none of it"


@pytest.mark.parametrize("adapter", ["sk_azure_plugin", "litellm_adapter"])
def test_an_adapter_loads_its_framework_only_when_it_is_used(adapter):
    assert not imported_by(f"import {adapter}") & {*FRAMEWORKS, "openai"}


def test_adapters_do_not_know_each_other():
    used_sk = imported_by("from sk_azure_plugin import AzureConnectorChatCompletion")
    assert "litellm" not in used_sk
    assert "litellm_adapter" not in used_sk


@pytest.mark.parametrize("adapter", ["sk_azure_plugin", "litellm_adapter"])
def test_dir_lists_what_an_adapter_offers(adapter):
    code = f"import {adapter} as one; assert [name for name in dir(one) if name[0] != '_'] == one.__all__"
    assert "openai" not in imported_by(code)
