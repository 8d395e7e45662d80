"""Notebooks executed as a reader would, each in a kernel of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from tests.support.waiting import PATIENCE

FOLDER = Path(__file__).parents[2] / "notebooks"
Run = Callable[[str], Any]


@pytest.fixture
def run() -> Run:
    """Executes a notebook; gives it with its outputs. The kernel inherits the environment, which is bare here."""

    def executed(name: str) -> Any:
        notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
        where = {"metadata": {"path": str(FOLDER)}}
        NotebookClient(notebook, timeout=PATIENCE, kernel_name="python3", coalesce_streams=True, resources=where).execute()
        return notebook

    return executed
