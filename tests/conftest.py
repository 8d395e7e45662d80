"""What every test stands on: a bare machine, and the emulator."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# LiteLLM would try to download a price table at import.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

from azure_connector import forget_learned
from azure_connector.emulator import Emulator
from azure_connector.settings import ENVIRONMENT
from azure_connector.settings._environment import CONFIG_VARIABLE, ENV_FILE_VARIABLE
from tests.support.authorities import trust_few
from tests.support.examples import register_profiles
from tests.support.programs import Launcher

if TYPE_CHECKING:
    from azure_connector.emulator.entra import EntraID

# A shell starts what runs in the background with Ctrl-C ignored, and programs under test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
register_profiles()
trust_few()
gc.disable()  # until everything is imported, see below
# LiteLLM's own logging asks for the main thread's event loop, which makes one that nobody closes; but only where none
# was ever set. Now one was: none.
asyncio.set_event_loop(None)


def pytest_collection_finish() -> None:
    """Takes what the imports and the collection made out of the garbage collector's sight.

    It lives as long as the run, over a million objects with all frameworks, and every full collection, of which tests
    ask for many, would walk over it in vain.
    """
    gc.enable()
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A working directory without files, and an environment without any of our names."""
    for names in ENVIRONMENT.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)
    monkeypatch.delenv(ENV_FILE_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    forget_learned()  # ports come again, and with them what a deployment of an earlier test has taught
    return tmp_path


@pytest.fixture
def azure() -> Iterator[Emulator]:
    """A local Azure OpenAI resource of the test's own."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def entra() -> Iterator[EntraID]:
    """A local Entra ID of the test's own."""
    from azure_connector.emulator.entra import EntraID  # with its cryptography, which few tests need

    with EntraID() as running:
        yield running


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    """Starts command lines without their imports."""
    made = Launcher()
    yield made
    made.close()
