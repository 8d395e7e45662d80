"""`azure-connector bulk complete|embed IN OUT`: a table, row by row through a model."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from ._commands import Command, Group
from ._options import AsJson, Config, Endpoint, EnvFile, Verbose
from ._running import fail, reported, set_up_logging

__all__ = ["bulk"]

bulk = typer.Typer(
    name="bulk",
    cls=Group,
    help="Work through a table: a completion or an embedding for each row, at the quota's own pace, resumable.",
    epilog="Exit codes: 0 all rows fine, 1 some error rows, 2 cannot run (nothing is lost), 130 stopped by Ctrl-C, "
    "143 by SIGTERM, 129 by SIGHUP. The same command goes on where it was stopped.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

In = Annotated[Path, typer.Argument(metavar="IN", help="parquet, arrow, csv, tsv, jsonl, or a batch file's lines.")]
Out = Annotated[Path, typer.Argument(metavar="OUT", help="The output; its name says its format.")]
Model = Annotated[str, typer.Option("--model", "-m", metavar="NAME", help="The model, as a call would name it.")]
Param = Annotated[
    list[str] | None, typer.Option("--param", metavar="K=V", help="A further parameter of each call; may be repeated.")
]
Prefix = Annotated[str, typer.Option(metavar="TEXT", help="Before the names of the columns that are added.")]
Concurrency = Annotated[int | None, typer.Option(metavar="N", help="Calls at once; 128, and 16 for embeddings.")]
Rpm = Annotated[float | None, typer.Option(metavar="N", help="At most so many requests a minute.")]
Tpm = Annotated[float | None, typer.Option(metavar="N", help="At most so many tokens a minute.")]
Share = Annotated[str | None, typer.Option(metavar="1/4", help="The part of the quota that is this process's.")]
PriceOption = Annotated[
    str | None, typer.Option("--price", metavar="IN/OUT", help="Per million tokens, e.g. 0.15/0.60.")
]
Limit = Annotated[int | None, typer.Option(metavar="N", help="Only the first rows.")]
EstimateOption = Annotated[bool, typer.Option("--estimate", help="Say what it would use, and stop.")]
RetryErrors = Annotated[bool, typer.Option("--retry-errors", help="Try the error rows of an earlier run again.")]
Restart = Annotated[bool, typer.Option("--restart", help="Forget the journal and begin anew.")]
JournalOption = Annotated[Path | None, typer.Option("--journal", metavar="PATH", help="OUT.journal by default.")]
KeepJournal = Annotated[bool, typer.Option("--keep-journal", help="Keep it when all rows are fine.")]
MaxErrors = Annotated[str | None, typer.Option("--max-errors", metavar="N|P%", help="Stop beyond so many error rows.")]
FormatOption = Annotated[str | None, typer.Option("--format", metavar="NAME", help="IN's format, over its name's.")]
Batch = Annotated[bool, typer.Option("--batch", help="Over Azure's Batch API: half the price, within a day.")]
BatchDeployment = Annotated[
    str | None, typer.Option(metavar="NAME", help="The deployment of a batch type; the model's own by default.")
]
Detach = Annotated[bool, typer.Option("--detach", help="With --batch: submit and stop; later: bulk fetch OUT.")]
Poll = Annotated[float, typer.Option(metavar="SECONDS", help="With --batch: between looks.", min=0.01, max=3600)]
Prompt = Annotated[
    str | None, typer.Option("--prompt", "-p", metavar="TEMPLATE", help="What to ask: 'Classify: {text}'.")
]
Messages = Annotated[str | None, typer.Option(metavar="COLUMN", help="Instead, a column that holds the messages.")]
System = Annotated[
    str | None, typer.Option("--system", "-s", metavar="TEXT", help="The system message before the prompt.")
]
MaxTokens = Annotated[
    int | None, typer.Option(metavar="N", help="The limit of output tokens; the quota counts it.", min=1)
]
Schema = Annotated[Path | None, typer.Option(metavar="FILE", help="The output's JSON Schema.")]
Column = Annotated[str, typer.Option("--column", "-c", metavar="NAME", help="The column with the texts.")]
Dimensions = Annotated[int | None, typer.Option(metavar="N", help="How many numbers an embedding shall have.", min=1)]
BatchAnyway = Annotated[
    bool, typer.Option("--batch-anyway", help="With --batch: try it although Azure's page says no.")
]


@bulk.command(cls=Command)
@reported
def complete(
    source: In,
    target: Out,
    model: Model,
    prompt: Prompt = None,
    messages: Messages = None,
    system: System = None,
    max_tokens: MaxTokens = None,
    schema: Schema = None,
    param: Param = None,
    prefix: Prefix = "",
    concurrency: Concurrency = None,
    rpm: Rpm = None,
    tpm: Tpm = None,
    share: Share = None,
    price: PriceOption = None,
    limit: Limit = None,
    estimate: EstimateOption = False,
    retry_errors: RetryErrors = False,
    restart: Restart = False,
    journal: JournalOption = None,
    keep_journal: KeepJournal = False,
    max_errors: MaxErrors = None,
    format: FormatOption = None,  # noqa: A002  # the option's name
    batch: Batch = False,
    batch_deployment: BatchDeployment = None,
    detach: Detach = False,
    poll: Poll = 60.0,
    config: Config = None,
    _env_file: EnvFile = None,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Ask a model about each row. IN may also be the lines of an OpenAI batch file; then no prompt is needed."""
    set_up_logging(verbose)
    from . import _bulk_run

    _bulk_run.complete(locals())


@bulk.command(cls=Command)
@reported
def embed(
    source: In,
    target: Out,
    model: Model,
    column: Column,
    dimensions: Dimensions = None,
    param: Param = None,
    prefix: Prefix = "",
    concurrency: Concurrency = None,
    rpm: Rpm = None,
    tpm: Tpm = None,
    share: Share = None,
    price: PriceOption = None,
    limit: Limit = None,
    estimate: EstimateOption = False,
    retry_errors: RetryErrors = False,
    restart: Restart = False,
    journal: JournalOption = None,
    keep_journal: KeepJournal = False,
    max_errors: MaxErrors = None,
    format: FormatOption = None,  # noqa: A002  # the option's name
    batch: Batch = False,
    batch_anyway: BatchAnyway = False,
    batch_deployment: BatchDeployment = None,
    detach: Detach = False,
    poll: Poll = 60.0,
    config: Config = None,
    _env_file: EnvFile = None,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Embed a column's texts, many a call."""
    set_up_logging(verbose)
    from . import _bulk_run

    _bulk_run.embed(locals())


@bulk.command(cls=Command)
@reported
def status(target: Out, journal: JournalOption = None, as_json: AsJson = False) -> None:
    """How far a run is that was detached or stopped: its rows and its batches. Asks the journal, not Azure."""
    from azure_connector.bulk import journal_status

    from ._bulk_run import journal_of, told

    found = journal_status(journal or journal_of(target))
    sys.stdout.write((json.dumps(found) if as_json else told(found)) + "\n")


@bulk.command(cls=Command)
@reported
def fetch(context: typer.Context, target: Out, journal: JournalOption = None) -> None:
    """Go on with a run that was detached: wait for its batches, and write OUT."""
    from azure_connector.bulk import journal_status

    from ._bulk_run import journal_of

    found = journal_status(journal or journal_of(target))
    command = found["command"]
    if not command:
        fail(f"{target} belongs to no run over the Batch API. Start the run's own command again: it goes on.")
    if not Path(found["folder"]).samefile(Path.cwd()):
        fail(f"The run began in another folder, and its names count from there: cd {shlex.quote(found['folder'])}")
    again = [one for one in command if one not in ("--detach", "--restart")]
    sys.argv[1:] = again
    # Beside the exit code nothing comes back: its errors have been told.
    raise typer.Exit(context.find_root().command.main(again, standalone_mode=False) or 0)
