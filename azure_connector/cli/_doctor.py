"""`azure-connector doctor`: shows the examination as it goes, then what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import typer
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ._running import PROBLEM, USAGE, load_settings
from ._screen import Marks, grid, marks, print_json, progress, screen
from .doctor import Action, Finding, Report, SettingRow, Step, examine

__all__ = ["run"]

_NARROW = 60  # columns below which the settings have no room for three columns
_COMMAND = re.compile(r"`((?:export|unset|read|az|azure-connector|curl) [^`]+)`")


def run(
    config: str | None, endpoint: str | None, deployments: Sequence[str], *, call: bool, timeout: float, as_json: bool
) -> None:
    """Examines the setup and ends with 1 if something is wrong, with 2 if the settings cannot be used."""
    console = screen()
    signs = marks(console)
    examination = examine(lambda: load_settings(config, endpoint), only=deployments, call=call, timeout=timeout)
    shown = _Shown(console, signs)
    with progress(console, quiet=as_json) as say:
        while True:
            try:
                event = next(examination)
            except StopIteration as finished:
                report: Report = finished.value
                break
            if isinstance(event, Step):
                say(event.text)
            elif not as_json:
                shown.finding(event)
    if as_json:
        print_json(report.to_dict())
    else:
        for part in _ending(report, narrow=console.width < _NARROW):
            # A command stays in one line, however long: the terminal wraps it, and copies it whole.
            console.print(part, soft_wrap=isinstance(part, Command))
    if not report.healthy:
        raise typer.Exit(PROBLEM if report.usable else USAGE)


class _Shown:
    """Prints findings as they come, with a heading for each resource."""

    def __init__(self, console: Console, signs: Marks) -> None:
        self._console, self._signs = console, signs
        self._resource = ""

    def finding(self, finding: Finding) -> None:
        if finding.resource and finding.resource != self._resource:
            if self._resource or finding.resource != "default":
                self._console.print(Text(f"\nresource {finding.resource}", "bold"))
            self._resource = finding.resource
        self._console.print(_line(finding, self._signs))
        for link in _links(finding, self._signs):
            self._console.print(Padding(link, (0, 0, 0, 17 if self._signs.wide else 16)))


def _line(finding: Finding, signs: Marks) -> Table:
    table = grid()
    table.expand = True
    table.add_column(width=2 if signs.wide else 1)
    table.add_column(width=11)
    table.add_column(ratio=1, overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    seconds = "" if finding.seconds is None else _span(finding.seconds)
    style = {"failed": "bold", "skipped": "dim"}.get(finding.status, "")
    table.add_row(
        signs.of(finding.status),
        Text(finding.check, "bold"),
        Text(f"{finding.detail}{finding.private.reveal()}", style),
        Text(seconds, "dim"),
    )
    return table


def _span(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _links(finding: Finding, signs: Marks) -> list[Text]:
    """The auth chain, link by link: what is configured, then in one line what is not."""
    chain: list[dict[str, Any]] = list(finding.facts.get("chain", ())) if finding.check == "credential" else []
    told = [link for link in chain if link["state"] not in ("not configured", "chosen")]
    lines = [
        Text(
            f"{signs.dot} {link['method']}: {link['state']}"
            + (f", from {link['origin']}" if link["origin"] else "")
            + (f", {link['detail'].splitlines()[0]}" if link["detail"] and link["state"] != "failed" else ""),
            "dim",
        )
        for link in told
    ]
    unset = [str(link["method"]) for link in chain if link["state"] == "not configured"]
    return [*lines, Text(f"{signs.dot} not configured: {', '.join(unset)}", "dim")] if unset else lines


class Command(Text):
    """A command of a remedy, to be copied."""


def _ending(report: Report, *, narrow: bool) -> list[RenderableType]:
    """The settings, then what to do."""
    parts: list[RenderableType] = []
    if report.settings:
        parts += [Text("\nSettings", "bold"), (_listed if narrow else _settings)(report.settings)]
    actions = report.actions
    if actions:
        parts.append(Text("\nWhat to do", "bold"))
        parts += [part for number, action in enumerate(actions, 1) for part in _action(number, action)]
    if report.healthy:
        answered = sum(finding.check == "call" and finding.status == "ok" for finding in report.findings)
        told = f" {answered} deployment{'s' if answered != 1 else ''} answered." if answered else ""
        parts.append(Text(f"\nEverything works.{told}", "bold green"))
    return parts


def _settings(rows: Sequence[SettingRow]) -> Table:
    table = grid()
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", style="dim")
    for row in rows:
        table.add_row(
            Text(f"  {row.setting}"), Text(row.value), Text(f"{row.origin}, {row.trust}" if row.trust else row.origin)
        )
    return table


def _listed(rows: Sequence[SettingRow]) -> RenderableType:
    """The settings below each other, where three columns have no room."""
    lines: list[RenderableType] = []
    for row in rows:
        lines.append(Padding(Text(f"{row.setting} = {row.value}"), (0, 0, 0, 2)))
        lines.append(Padding(Text(f"{row.origin}, {row.trust}" if row.trust else row.origin, "dim"), (0, 0, 0, 4)))
    return Group(*lines)


def _action(number: int, action: Action) -> Iterator[RenderableType]:
    """The problem, what to do about it, and its commands, each in a line of its own."""
    about = f" ({', '.join(action.subjects)})" if action.subjects else ""
    yield Text.assemble((f"{number}. {action.problem}", "bold" if action.urgent else ""), (about, "dim"))
    if action.remedy:
        yield Padding(Text(action.remedy), (0, 0, 0, 3))
    for command in dict.fromkeys(_COMMAND.findall(action.remedy)):
        yield Command(f"     {command}", "bold")
