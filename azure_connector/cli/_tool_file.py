"""A Python file whose functions become tools."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError

__all__ = ["load_tools"]


def load_tools(file: str) -> dict[str, Callable[..., Any]]:
    """The public functions that a Python file defines, by name. The file is executed.

    Raises:
        ConfigurationError: it cannot be read or executed, or defines no function.
    """
    path = Path(file)
    spec = importlib.util.spec_from_file_location("azure_connector_chat_tools", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise ConfigurationError(f"--tools: {file} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # so that annotations that are text can be read
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the user's own code, which may raise anything
        raise ConfigurationError(f"--tools: {file} cannot be executed: {type(error).__name__}: {error}") from error
    own = {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == spec.name and not name.startswith("_")
    }
    if not own:
        raise ConfigurationError(f"--tools: {file} defines no public function.")
    return own
