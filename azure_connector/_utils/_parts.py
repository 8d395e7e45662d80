"""Parts that are loaded when they are first asked for, and may need a framework that is not installed."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from ._text import install_hint

__all__ = ["import_part"]


def import_part(module: str, needs: str, *, package: str, extra: str) -> ModuleType:
    """Imports a module that stands on a framework.

    Args:
        module: its full name.
        needs: what needs which framework, in words.
        package: the framework's package.
        extra: the extra that installs it.

    Raises:
        ImportError: the framework is missing; the message says what to run.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name is None or not missing.name.startswith(package):
            raise
        raise ImportError(f"{needs}: {install_hint(extra)}", name=missing.name) from missing
