"""Commands whose help shows a flag as a flag."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

__all__ = ["Command", "Group"]


class Command(TyperCommand):
    """A command."""

    def get_params(self, ctx: Any) -> list[Any]:
        """As its base."""
        return _flags(super().get_params(ctx))


class Group(TyperGroup):
    """A command with commands of its own."""

    def get_params(self, ctx: Any) -> list[Any]:
        """As its base."""
        return _flags(super().get_params(ctx))


def _flags(params: list[Any]) -> list[Any]:
    """Takes the type's name from options without a value: the help of typer 0.29 has `--json <bool>`."""
    for one in params:
        if getattr(one, "is_flag", False) and one.metavar is None:
            one.metavar = ""
    return params
