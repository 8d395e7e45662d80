"""The samples' environment: a resource whose deployments are named by a team, not after their models."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from azure_connector.emulator import Deployment, Emulator

SAMPLES = Path(__file__).parents[2] / "samples"
DEPLOYMENTS = [
    "gpt-4o",
    "gpt-5",
    "text-embedding-3-small",
    Deployment("team", "gpt-5"),
    Deployment("coder", "gpt-5-codex"),
]


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """The emulator, named by the environment as the samples expect it."""
    with Emulator(DEPLOYMENTS) as running:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", running.endpoint)
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", running.api_key)
        yield running


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Loads a sample by its path below `samples/`, as `python FILE` would find its neighbours."""
    loaded: list[str] = []

    def load(path: str) -> ModuleType:
        file = SAMPLES / f"{path}.py"
        monkeypatch.syspath_prepend(file.parent)
        before = set(sys.modules)
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[file.stem] = module
        spec.loader.exec_module(module)
        own = {name for name in set(sys.modules) - before if _stands_in(sys.modules[name], file.parent)}
        loaded.extend({*own, file.stem})
        return module

    yield load
    for name in loaded:
        sys.modules.pop(name, None)


def _stands_in(module: ModuleType, folder: Path) -> bool:
    return Path(getattr(module, "__file__", None) or "/").parent == folder
