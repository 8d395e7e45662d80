"""Commands that print their help in our own way: that of typer cuts names short, and calls a flag `<bool>`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

__all__ = ["Command", "Group"]


class Command(TyperCommand):
    """A command."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Prints it."""
        from ._help import print_help

        print_help(self, ctx)


class Group(TyperGroup):
    """A command with commands of its own."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Prints it."""
        from ._help import print_help

        print_help(self, ctx)
