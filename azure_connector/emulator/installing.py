"""How to install what the emulator needs. The core has the same sentence; the emulator imports nothing of the core."""

from __future__ import annotations

__all__ = ["install_hint"]


def install_hint(extra: str) -> str:
    """What to run to get an extra of `pyproject.toml`, from a clone."""
    return f'pip install ".[{extra}]" in your clone of azure-connector'
