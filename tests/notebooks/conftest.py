"""Notebooks executed as a reader would, each in a kernel of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from tests.support.programs import Launcher
from tests.support.waiting import PATIENCE

from .kernels import Forked, Kernels

FOLDER = Path(__file__).parents[2] / "notebooks"
Execute = Callable[..., Any]
Run = Callable[[str], Any]


@pytest.fixture
def execute(great_launcher: Launcher) -> Execute:
    """Executes the cells of a notebook in a kernel. It inherits the environment, which is bare here."""
    Forked.launcher = great_launcher

    def executed(notebook: Any, **options: Any) -> None:
        options = {"timeout": PATIENCE, "coalesce_streams": True, **options}
        NotebookClient(notebook, kernel_name="python3", kernel_manager_class=Kernels, **options).execute()

    return executed


@pytest.fixture
def run(execute: Execute) -> Run:
    """Executes a notebook of ours; gives it with its outputs."""

    def ran(name: str) -> Any:
        notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
        execute(notebook, resources={"metadata": {"path": str(FOLDER)}})
        return notebook

    return ran
