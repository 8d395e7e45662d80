"""The shape of the packages: what is public, and what an import costs."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

import pytest

import azure_connector

ROOT = Path(__file__).parent.parent
FRAMEWORKS = ("semantic_kernel", "litellm")
ADAPTERS = ("sk_azure_plugin", "litellm_adapter")
CLIENTS = ("AzureConnector", "AsyncAzureConnector")


RUNNER = """
import os, sys
first, *others = {steps!r}
names = {{}}
exec(first, names)
print(*sys.modules, flush=True)
for step in others:
    child = os.fork()
    if not child:
        exec(step, names)
        print(*sys.modules, flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(1)
"""


@functools.cache
def modules_after(first: str, **then: str) -> dict[str, set[str]]:
    """The modules that a fresh process has loaded after a first step, and after each of others in a fork of it."""
    program = RUNNER.format(steps=(first, *then.values()))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return dict(zip(("first", *then), (set(line.split()) for line in done.stdout.splitlines()), strict=True))


def of_the_packages() -> dict[str, set[str]]:
    """What the core has loaded, each adapter with it, and its `dir`."""
    offered = "import {0} as one; assert [name for name in dir(one) if name[0] != '_'] == one.__all__"
    imported = {name: f"import {name}" for name in ADAPTERS}
    listed = {f"dir_{name}": offered.format(name) for name in ADAPTERS}
    return modules_after("import azure_connector", **imported, **listed)


def of_a_client(client: str) -> dict[str, set[str]]:
    """What a client's class has loaded, and what each use of it."""
    make = f"client = {client}(azure_endpoint='https://x.openai.azure.com', api_key='k' * 32)"
    adapter = {"semantic_kernel": "from sk_azure_plugin import AzureConnectorChatCompletion"}
    return modules_after(
        f"from azure_connector import {client}",
        looked=f"import inspect; inspect.signature({client}); {client}.__doc__",
        made=make,
        used=f"{make}; client.explain('gpt-5'); import azure_connector.emulator",
        **(adapter if client == "AzureConnector" else {}),
    )


def packages(modules: set[str]) -> set[str]:
    """The top-level packages among modules."""
    return {name.partition(".")[0] for name in modules}


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


@pytest.mark.parametrize("client", CLIENTS)
def test_the_core_loads_no_framework(client):
    loaded = packages(of_a_client(client)["used"])
    assert "openai" in loaded
    assert not loaded & set(FRAMEWORKS)


def test_importing_the_package_alone_loads_not_even_the_sdk():
    assert not packages(of_the_packages()["first"]) & {"openai", "pydantic", "azure"}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_clients_class_loads_the_sdk_and_what_makes_clients_loads_with_the_first_one(client):
    before, after = (of_a_client(client)[when] for when in ("first", "made"))
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


@pytest.mark.parametrize("client", CLIENTS)
def test_a_signature_costs_nothing_until_somebody_looks(client):
    before, after = (of_a_client(client)[when] for when in ("first", "looked"))
    assert "azure_connector.settings._signature" not in before
    assert "azure_connector.settings._signature" in after
    assert not {name for name in before if name.startswith("azure_connector.settings")}


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_adapter_loads_its_framework_only_when_it_is_used(adapter):
    loaded = of_the_packages()[adapter]
    assert adapter in loaded
    assert not packages(loaded) & {*FRAMEWORKS, "openai"}


def test_adapters_do_not_know_each_other():
    used_sk = packages(of_a_client("AzureConnector")["semantic_kernel"])
    assert "semantic_kernel" in used_sk
    assert not used_sk & {"litellm", "litellm_adapter"}


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_dir_lists_what_an_adapter_offers(adapter):
    assert "openai" not in packages(of_the_packages()[f"dir_{adapter}"]), "and loads nothing for it"
