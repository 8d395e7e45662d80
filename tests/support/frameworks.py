"""Frameworks that a test imports when it runs, not while pytest collects: all of them together take ten seconds."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import pytest

__all__ = ["late", "needed"]


def needed(*names: str) -> Any:
    """A fixture for a module's top that imports modules before its first test, and skips its tests without them.

    So no test pays for an import within a time limit of its own. What the frameworks' imports warn of is theirs.
    """

    @pytest.fixture(scope="module", autouse=True)
    def frameworks() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in names:
                pytest.importorskip(name)

    return frameworks


# What pytest looks for at each name of a module, to find tests and fixtures among them.
_COLLECTING = frozenset({"_mock_name", "__wrapped__", "__test__", "__bases__"})


class _Late:
    """Hands everything on to the module."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def _module(self) -> Any:
        return importlib.import_module(object.__getattribute__(self, "_name"))

    @property
    def __dict__(self) -> dict[str, Any]:  # where `monkeypatch` looks for what it has to put back
        return self._module().__dict__

    def __getattr__(self, name: str) -> Any:
        if name in _COLLECTING:
            raise AttributeError(name)
        return getattr(self._module(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._module(), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._module(), name)


def late(name: str) -> Any:
    """A module that is imported when something is first asked of it; set and patched as the module itself is."""
    return _Late(name)
