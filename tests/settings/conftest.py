from __future__ import annotations

from pathlib import Path

import pytest

from azure_connector.settings import ENVIRONMENT
from azure_connector.settings._environment import CONFIG_VARIABLE, ENV_FILE_VARIABLE


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A working directory without files, and an environment without any of our names."""
    for names in ENVIRONMENT.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)
    monkeypatch.delenv(ENV_FILE_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path
