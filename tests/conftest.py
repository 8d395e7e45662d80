"""What every test stands on: a bare machine, and the emulator."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
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
from tests.support.examples import first_property, register_profiles
from tests.support.programs import GREAT, Launcher

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
    if sys.version_info >= (3, 14):
        first_property()
    gc.enable()
    _freeze()


def _freeze() -> None:
    """Takes what was made so far out of the garbage collector's sight.

    What imports and the collection make lives as long as the run, half a million objects with all frameworks, and every
    full collection, of which some tests ask for one each, would walk over it in vain.
    """
    gc.collect()
    gc.freeze()
    FROZEN["collections"] = gc.get_stats()[2]["collections"]


FROZEN = {"collections": 0}
OURS = {CONFIG_VARIABLE, ENV_FILE_VARIABLE, *(name for names in ENVIRONMENT.values() for name in names)}


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Where tests run that ask for no folder of their own: the last of these, as long as they leave it empty."""
    return [tmp_path_factory.mktemp("empty")]


@pytest.fixture(autouse=True)
def bare_machine(
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    folders: list[Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """A working directory without files, `tmp_path` where a test has one, and an environment without our names."""
    if gc.get_stats()[2]["collections"] > FROZEN["collections"] + 3:  # frameworks make much with their first calls, too
        _freeze()
    for name in OURS.intersection(os.environ):
        monkeypatch.delenv(name)
    # Making and removing a folder for every test is a fifth of what a quick test costs.
    here = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else folders[-1]
    monkeypatch.chdir(here)
    forget_learned()  # ports come again, and with them what a deployment of an earlier test has taught
    yield here
    if here == folders[-1] and any(here.iterdir()):
        folders.append(tmp_path_factory.mktemp("empty"))


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


@pytest.fixture(scope="session")
def great_launcher(launcher: Launcher) -> Iterator[Launcher]:
    """The same for what uses the frameworks, or runs in Jupyter."""
    made = Launcher(launcher, GREAT)
    yield made
    made.close()
