"""A command's help: two columns where there is room, one below the other on a narrow terminal; nothing is cut."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from ._screen import grid

__all__ = ["print_help"]

_WIDE = 64
"""From so many columns on, an option and its text stand side by side."""


def print_help(command: Any, context: Any) -> None:
    """Prints a command's help to stdout.

    Args:
        command: typer's command or group.
        context: its context.
    """
    console = Console(file=sys.stdout, highlight=False, emoji=False)
    usage = " ".join(command.collect_usage_pieces(context))
    console.print(Text(f"Usage: {context.command_path} {usage}\n", "bold"))
    _paragraphs(console, command.help or "")
    params = [one for one in command.get_params(context) if not one.hidden]
    arguments = [one for one in params if one.param_type_name == "argument"]
    options = [one for one in params if one.param_type_name == "option"]
    _section(console, "Arguments", [(one.metavar or one.name.upper(), _told(one)) for one in arguments])
    _section(console, "Options", [(_names(one), _told(one)) for one in options])
    names = command.list_commands(context) if hasattr(command, "list_commands") else ()
    below = [(name, command.get_command(context, name)) for name in names]
    _section(console, "Commands", [(name, _first(one)) for name, one in below if not one.hidden])
    _paragraphs(console, command.epilog or "")


def _paragraphs(console: Console, text: str) -> None:
    for paragraph in text.split("\n\n"):
        line = " ".join(paragraph.split())
        if line.startswith("**"):
            console.print(Text(line.strip("*"), "bold"))
        elif line.startswith("`"):
            console.print(Padding(Text(line.strip("`"), "cyan"), (0, 0, 0, 2)))
        elif line:
            console.print(Text(f"{line}\n"))


def _section(console: Console, title: str, rows: Sequence[tuple[str, str]]) -> None:
    if not rows:
        return
    console.print(Text(title, "bold"))
    if console.width >= _WIDE:
        columns = grid()
        columns.add_column(style="cyan", no_wrap=True)
        columns.add_column()
        for name, text in rows:
            columns.add_row(f"  {name}", Text(text))
        console.print(columns)
    else:
        console.print(*_stacked(rows), sep="\n")
    console.print()


def _stacked(rows: Iterable[tuple[str, str]]) -> Iterable[RenderableType]:
    for name, text in rows:
        yield Text(f"  {name}", "cyan")
        yield Padding(Text(text), (0, 0, 0, 6))


def _names(option: Any) -> str:
    names = ", ".join(sorted(option.opts, key=len))
    if option.secondary_opts:
        names += f" / {', '.join(option.secondary_opts)}"
    return names if option.is_flag else f"{names} {option.metavar or 'VALUE'}"


def _told(param: Any) -> str:
    text = f"{param.help or ''}{' Required.' if param.required else ''}"
    given = param.default
    if not given or callable(given) or getattr(param, "is_flag", False):
        return text
    return f"{text} Default: {f'{given:g}' if isinstance(given, float) else given}."


def _first(command: Any) -> str:
    return " ".join((command.help or "").split("\n\n")[0].split())
