"""`azure-connector explain MODEL`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing

from rich.console import Console
from rich.text import Text

from .._utils import printable
from ..client import AzureConnector, Explanation
from ._running import load_settings
from ._screen import grid, print_json, screen

__all__ = ["run"]


def run(
    config: str | None, endpoint: str | None, model: str | None, operation: str, *, discover: bool, as_json: bool
) -> None:
    """Prints what a call would do."""
    settings = load_settings(config, endpoint)
    with closing(AzureConnector(settings=settings)) as client:
        if discover:
            client.discover()
        explained = client.explain(model, operation=operation if operation.startswith("/") else f"/{operation}")
    if as_json:
        print_json(explained.to_dict())
        return
    _show(explained, screen())
    if settings.discover and not discover:
        screen().print(Text("\nDiscovery is on: add --discover to list the deployments first.", "dim"))


def _show(explained: Explanation, console: Console) -> None:
    if not console.is_terminal:
        sys.stdout.write(printable(f"{explained}\n"))
        return
    model, reason, *_ = str(explained).splitlines()
    console.print(Text(model, "bold"))
    console.print(Text(reason))
    for number, target in enumerate(explained.targets, 1):
        _block(console, f"{number}. {target.name}", target.rows())
    _block(console, "settings", [(name, origin) for name, origin in explained.origins.items() if origin != "default"])
    _block(console, "notes", [("", note) for note in explained.notes])


def _block(console: Console, title: str, rows: Sequence[tuple[str, str]]) -> None:
    if not rows:
        return
    console.print(Text(f"\n{title}", "bold"))
    table = grid()
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows:
        table.add_row(Text(f"   {label}"), Text(text))
    console.print(table)
