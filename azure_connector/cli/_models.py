"""`azure-connector models`: what is deployed, and a mapping for it."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path

import typer
from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from .._utils import printable
from ..client import AzureConnector
from ..deployments import Catalog
from ..settings import CONFIG_NAME, CONFIG_VARIABLE, ConnectorSettings
from ._mapping_file import difference, read_text, with_mapping
from ._running import PROBLEM, fail, load_settings
from ._screen import print_json, progress, screen, table

__all__ = ["run"]


def run(config: str | None, endpoint: str | None, *, everything: bool, write: bool, yes: bool, as_json: bool) -> None:
    """Lists, and writes the mapping where that is asked for. Ends with 1 if a resource could not be listed."""
    settings = load_settings(config, endpoint)
    with closing(AzureConnector(settings=settings, max_retries=1)) as client, progress(screen(), quiet=as_json) as say:
        say(f"listing the deployments of {', '.join(settings.resource_map()) or 'nothing'}")
        catalog = client.catalog()
    if as_json and not write:
        print_json(catalog.to_dict() | {"mapping": catalog.mapping()})
    elif not as_json:
        _show(catalog, screen(), everything=everything)
    if write:
        _write(
            catalog, settings, Path(config or os.environ.get(CONFIG_VARIABLE) or CONFIG_NAME), yes=yes, as_json=as_json
        )
    elif not any(listing.source in ("deployments", "management") for listing in catalog.listings):
        raise typer.Exit(PROBLEM)


def _show(catalog: Catalog, console: Console, *, everything: bool) -> None:
    if not console.is_terminal:
        # For other programs' eyes: a row a line, however wide.
        sys.stdout.write(printable(f"{catalog}\n"))
    else:
        if catalog.deployments:
            console.print(table(console, catalog.columns(), catalog.rows(), right=("capacity", "tokens/min")))
        else:
            console.print("No deployments were found.")
        for listing in catalog.listings:
            for quota in listing.quotas:
                console.print(Text(f"{quota.name}: {quota.used:g} of {quota.limit:g} used", "dim"))
        for problem in catalog.problems:
            console.print(Text(problem, "yellow"))
    if everything and catalog.models:
        rows = [(one.id, ", ".join(one.capabilities), one.status or "") for one in catalog.models]
        console.print()
        console.print(table(console, ("model", "can", "stage"), rows))


def _write(catalog: Catalog, settings: ConnectorSettings, path: Path, *, yes: bool, as_json: bool) -> None:
    known = {model.lower() for model in settings.deployment_mapping}
    added = {model: names for model, names in catalog.mapping().items() if model not in known}
    console = screen()
    if not added:
        if as_json:
            print_json({"file": str(path), "added": {}})
        else:
            console.print(Text("The mapping has every deployment already: nothing to write."))
        return
    before = read_text(path)
    after = with_mapping(before, added)
    if not as_json:
        console.print()
        shown = difference(before, after, str(path))
        # The terminal's own colours: another theme's text is white, and is not seen on a light background.
        console.print(Syntax(shown, "diff", theme="ansi_dark", background_color="default", word_wrap=True))
    if not yes:
        if not sys.stdin.isatty():
            fail("Nobody can be asked here: add --yes to write without asking.")
        if not typer.confirm(f"Write this to {path}?", default=True):
            console.print("Nothing was written.")
            return
    path.write_text(after, encoding="utf-8")
    if as_json:
        print_json({"file": str(path), "added": added})
    else:
        console.print(Text(f"{path}: {len(added)} model{'s' if len(added) != 1 else ''} added.", "green"))
