"""How to install what an optional part needs, for the errors of every part: the core, the adapters, the emulator."""

from __future__ import annotations

from pathlib import Path

__all__ = ["install_hint"]

_ROOT = Path(__file__).parents[2]


def install_hint(extra: str) -> str:
    """What to run to get an extra of `pyproject.toml`.

    Of a package that is installed already pip adds only what the extra needs, whether or not an index has the package.
    From a clone an extra can always be named by the clone's own path.

    Args:
        extra: its name, e.g. `cli`.
    """
    if (_ROOT / "pyproject.toml").is_file():
        return f'pip install ".[{extra}]" in your clone of azure-connector'
    return f'pip install "azure-connector[{extra}]"'
