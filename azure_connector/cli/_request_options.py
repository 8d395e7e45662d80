"""The options that shape a request, for every command that asks a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

__all__ = ["Attach", "Effort", "MaxTokens", "Schema", "System", "Temperature", "Verbosity", "request_parameters"]

System = Annotated[str | None, typer.Option("--system", "-s", metavar="TEXT", help="The system message.")]
Temperature = Annotated[
    float | None,
    typer.Option("--temperature", "-t", metavar="N", help="How freely it writes; not all models.", min=0, max=2),
]
MaxTokens = Annotated[
    int | None, typer.Option("--max-tokens", metavar="N", help="At most so many tokens in the answer.", min=1)
]
# Which values a model takes, the core knows and Azure says; these are what a shell completes.
Effort = Annotated[
    str | None,
    typer.Option(
        "--reasoning-effort",
        metavar="LEVEL",
        help="How long it reasons: none, minimal, low, medium, high, xhigh; models differ.",
        autocompletion=lambda: ["none", "minimal", "low", "medium", "high", "xhigh"],
    ),
]
Verbosity = Annotated[
    str | None,
    typer.Option(
        "--verbosity",
        metavar="LEVEL",
        help="How much it says: low, medium, high.",
        autocompletion=lambda: ["low", "medium", "high"],
    ),
]
Schema = Annotated[
    str | None, typer.Option("--schema", metavar="FILE", help="Answer as JSON of this JSON Schema's form.")
]
Attach = Annotated[
    list[str] | None,
    typer.Option("--attach", "-a", metavar="FILE", help="An image (also an address), PDF or text; may be repeated."),
]


def request_parameters(options: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a chat request, out of all options of a command; only those that were given."""
    given: dict[str, Any] = {
        name: options[name] for name in ("temperature", "max_tokens", "reasoning_effort", "verbosity")
    }
    if (schema := options["schema"]) is not None:
        from ..helpers import response_format
        from ._input import read_json

        given["response_format"] = response_format(read_json(schema, "--schema"))
    return {name: value for name, value in given.items() if value is not None}
