"""How to install what an optional part needs, for the errors of every part: the core, the adapters, the emulator."""

from __future__ import annotations

__all__ = ["install_hint"]


def install_hint(extra: str) -> str:
    """What to run to get an extra of `pyproject.toml`.

    The package is on no index and is installed from a clone, so an extra can be named only there.

    Args:
        extra: its name, e.g. `cli`.
    """
    return f'pip install ".[{extra}]" in your clone of azure-connector'
