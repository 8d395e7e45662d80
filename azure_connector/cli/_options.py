"""The options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

from ._running import ENV_FILE

__all__ = ["AsJson", "Config", "Deployments", "Endpoint", "EnvFile", "Price", "Verbose", "Yes", "examples"]


def _name_env_file(path: str | None) -> str | None:
    # For every command's settings, without a parameter on each one's way; None where a command names no file.
    ENV_FILE.set(path)
    return path


Config = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="The TOML file with the settings; else it is looked for.")
]
EnvFile = Annotated[
    str | None,
    typer.Option("--env-file", metavar="FILE", help="The file of variables, instead of .env.", callback=_name_env_file),
]
Endpoint = Annotated[str | None, typer.Option("--endpoint", metavar="URL", help="The endpoint, over all settings.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show the package's log on stderr.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing.")]
Price = Annotated[
    str | None,
    typer.Option(
        "--price", metavar="IN/OUT", help="Per million tokens, such as '1.25/10 EUR', instead of the list's price."
    ),
]
Deployments = Annotated[
    list[str] | None,
    typer.Option("--deployment", "-d", metavar="NAME", help="Call only this deployment; may be repeated."),
]


def examples(*lines: str) -> str:
    """The end of a command's help. Each line is a paragraph of its own, which rich keeps apart."""
    return "\n\n".join(["**Examples**", *(f"`{line}`" for line in lines)])
