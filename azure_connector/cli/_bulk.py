"""`azure-connector bulk complete|embed IN OUT`: a table, row by row through a model."""

from __future__ import annotations

import json
import shlex
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from ._running import INTERRUPTED, PROBLEM, USAGE, fail, reported, set_up_logging

if TYPE_CHECKING:
    from azure_connector.bulk import Job, Summary

__all__ = ["bulk"]

bulk = typer.Typer(
    name="bulk",
    help="Work through a table: a completion or an embedding for each row, at the quota's own pace, resumable.",
    epilog="Exit codes: 0 all rows fine, 1 some error rows, 2 cannot run (nothing is lost), 130 stopped by Ctrl-C. "
    "The same command goes on where it was stopped.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

TERMINATED = 143
"""SIGTERM, as shells count it."""

In = Annotated[Path, typer.Argument(metavar="IN", help="parquet, arrow, csv, tsv, jsonl, or a batch file's lines.")]
Out = Annotated[Path, typer.Argument(metavar="OUT", help="The output; its name says its format.")]
Model = Annotated[str, typer.Option("--model", "-m", help="The model, as a call would name it.")]
Prompt = Annotated[
    str | None, typer.Option("--prompt", "-p", metavar="TEMPLATE", help="What to ask: 'Classify: {text}'.")
]
Messages = Annotated[str | None, typer.Option(metavar="COLUMN", help="Instead, a column that holds the messages.")]
Param = Annotated[
    list[str] | None, typer.Option("--param", metavar="K=V", help="A further parameter of each call; may be repeated.")
]
Prefix = Annotated[str, typer.Option(help="Before the names of the columns that are added.")]
Concurrency = Annotated[int | None, typer.Option(help="Calls at once; 128, and 16 for embeddings.")]
Rpm = Annotated[float | None, typer.Option(help="At most so many requests a minute.")]
Tpm = Annotated[float | None, typer.Option(help="At most so many tokens a minute.")]
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
FormatOption = Annotated[str | None, typer.Option("--format", help="IN's format, over its name's.")]
Batch = Annotated[bool, typer.Option("--batch", help="Over Azure's Batch API: half the price, within a day.")]
BatchDeployment = Annotated[
    str | None, typer.Option(metavar="NAME", help="The deployment of a batch type; the model's own by default.")
]
Detach = Annotated[bool, typer.Option("--detach", help="With --batch: submit and stop; later: bulk fetch OUT.")]
Poll = Annotated[float, typer.Option(metavar="SECONDS", help="With --batch: between looks.", min=0.01, max=3600)]
Config = Annotated[str | None, typer.Option("--config", metavar="FILE", help="The TOML file.")]
Endpoint = Annotated[str | None, typer.Option("--endpoint", metavar="URL", help="The endpoint, over all settings.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show the package's log on stderr.")]


@bulk.command()
@reported
def complete(
    source: In,
    target: Out,
    model: Model,
    prompt: Prompt = None,
    messages: Messages = None,
    system: Annotated[str | None, typer.Option("--system", "-s", help="The system message before the prompt.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="The limit of output tokens; the quota counts it.")] = None,
    schema: Annotated[Path | None, typer.Option(metavar="FILE", help="The output's JSON Schema.")] = None,
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
    endpoint: Endpoint = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Ask a model about each row. IN may also be the lines of an OpenAI batch file; then no prompt is needed."""
    options = locals()
    set_up_logging(verbose)
    from azure_connector.bulk import Complete

    job = Complete(
        model=model,
        prompt=prompt,
        messages=messages,
        system=system,
        max_tokens=max_tokens,
        schema=None if schema is None else _read_schema(schema),
        params=_params(param),
        prefix=prefix,
        settings=_settings(config, endpoint),
    )
    _run(job, source, target, _how(options), estimate=estimate, as_json=as_json)


@bulk.command()
@reported
def embed(
    source: In,
    target: Out,
    model: Model,
    column: Annotated[str, typer.Option("--column", "-c", help="The column with the texts.")],
    dimensions: Annotated[int | None, typer.Option(help="How many numbers an embedding shall have.")] = None,
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
    batch_anyway: Annotated[
        bool, typer.Option("--batch-anyway", help="With --batch: try it although Azure's page says no.")
    ] = False,
    batch_deployment: BatchDeployment = None,
    detach: Detach = False,
    poll: Poll = 60.0,
    config: Config = None,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Embed a column's texts, many a call."""
    options = locals()
    set_up_logging(verbose)
    from azure_connector.bulk import Embed

    job = Embed(
        model=model,
        column=column,
        dimensions=dimensions,
        params=_params(param),
        prefix=prefix,
        settings=_settings(config, endpoint),
    )
    _run(job, source, target, _how(options) | {"batch_anyway": batch_anyway}, estimate=estimate, as_json=as_json)


@bulk.command()
@reported
def status(target: Out, journal: JournalOption = None, as_json: AsJson = False) -> None:
    """How far a run is that was detached or stopped: its rows and its batches. Asks the journal, not Azure."""
    from azure_connector.bulk import journal_status

    found = journal_status(journal or _journal_of(target))
    sys.stdout.write((json.dumps(found) if as_json else _told(found)) + "\n")


@bulk.command()
@reported
def fetch(context: typer.Context, target: Out, journal: JournalOption = None) -> None:
    """Go on with a run that was detached: wait for its batches, and write OUT."""
    from azure_connector.bulk import journal_status

    found = journal_status(journal or _journal_of(target))
    command = found["command"]
    if not command:
        fail(f"{target} belongs to no run over the Batch API. Start the run's own command again: it goes on.")
    if not Path(found["folder"]).samefile(Path.cwd()):
        fail(f"The run began in another folder, and its names count from there: cd {shlex.quote(found['folder'])}")
    again = [one for one in command if one not in ("--detach", "--restart")]
    sys.argv[1:] = again
    context.find_root().command.main(again, standalone_mode=False)


def _journal_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.journal")


def _told(found: dict[str, Any]) -> str:
    lines = [f"{found['done']:,} rows are done, {found['failed']:,} of them error rows"]
    lines += [f"batch {part['batch_id'] or '-'}: {part['status'] or part['state']}" for part in found["parts"]]
    return "\n".join(lines)


# What both commands hand on as it is.
_HOW = (
    "concurrency",
    "rpm",
    "tpm",
    "limit",
    "retry_errors",
    "restart",
    "journal",
    "format",
    "keep_journal",
    "max_errors",
    "batch",
    "detach",
    "poll",
    "batch_deployment",
)


def _how(options: Mapping[str, Any]) -> dict[str, Any]:
    """How to run, out of all options of a command."""
    given = {name: options[name] for name in _HOW}
    return given | {"share": _share(options["share"]), "price": _price(options["price"])}


def _run(job: Job, source: Path, target: Path, options: dict[str, Any], *, estimate: bool, as_json: bool) -> None:
    from azure_connector import bulk as room

    if estimate:
        known = {name: options[name] for name in ("price", "rpm", "tpm", "limit", "format")}
        found = room.estimate(job, source, **known)
        sys.stdout.write((json.dumps(_fields(found)) if as_json else str(found)) + "\n")
        return
    options["command"] = tuple(sys.argv[1:])
    _until_told(lambda: _report(room.run(job, source, target, **options), as_json))


def _until_told(work: Callable[[], None]) -> None:
    """Runs, and says how to go on where it was stopped."""
    import openai

    from azure_connector.bulk import TooManyErrorsError
    from azure_connector.errors import ConfigurationError

    told: list[int] = []

    def terminate(number: int, frame: FrameType | None) -> None:
        told.append(number)
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGTERM, terminate)
    try:
        work()
    except KeyboardInterrupt:
        sys.stderr.write(f"\nStopped; what was done is kept. Go on with:\n  {_again()}\n")
        raise typer.Exit(TERMINATED if told else INTERRUPTED) from None
    except TooManyErrorsError as error:
        fail(f"{error}.\nWhat was done is kept. Go on with:\n  {_again()}", PROBLEM)
    except ConfigurationError:
        raise
    except openai.OpenAIError as error:
        fail(f"{error}\nEvery row would meet this. What was done is kept; mend it, then:\n  {_again()}", USAGE)
    finally:
        signal.signal(signal.SIGTERM, former)


def _again() -> str:
    """The command that resumes: this one, without what would begin anew."""
    return shlex.join(["azure-connector", *(one for one in sys.argv[1:] if one != "--restart")])


def _report(summary: Summary, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(_fields(summary) | {"failed": summary.failed}, default=str) + "\n")
    else:
        sys.stdout.write(f"{summary}\n")
        if not summary.finished:
            name = shlex.quote(str(summary.output))
            more = "" if summary.journal == _journal_of(summary.output) else f" --journal {summary.journal}"
            sys.stdout.write(
                f"Later:\n  azure-connector bulk status {name}{more}\n  azure-connector bulk fetch {name}{more}\n"
            )
        elif summary.failed:
            sys.stdout.write("The error rows say why in error_code and error. To try them again: --retry-errors\n")
    if summary.failed and summary.finished:
        raise typer.Exit(PROBLEM)


def _fields(value: Any) -> dict[str, Any]:
    from dataclasses import fields

    return {field.name: getattr(value, field.name) for field in fields(value)}


def _settings(config: str | None, endpoint: str | None) -> dict[str, Any]:
    given = {"config_file": config, "azure_endpoint": endpoint}
    return {name: value for name, value in given.items() if value is not None}


def _params(given: list[str] | None) -> dict[str, Any]:
    """`temperature=0` as a parameter; the value is JSON, or text where it is none."""
    params: dict[str, Any] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name:
            fail(f"--param is NAME=VALUE, such as temperature=0, not {text!r}.")
        try:
            params[name] = json.loads(value)
        except ValueError:
            params[name] = value
    return params


def _price(text: str | None) -> tuple[float, float] | None:
    from ._cost import read_price  # the SDK comes with it, which the help does not need

    return read_price(text)


def _share(text: str | None) -> float | None:
    """`1/4` or `0.25`."""
    if text is None:
        return None
    part, _, whole = text.partition("/")
    try:
        share = float(part) / float(whole or 1)
    except (ValueError, ZeroDivisionError):
        _bad_share(text)
    if not 0 < share <= 1:
        _bad_share(text)
    return share


def _bad_share(text: str) -> NoReturn:
    fail(f"--share is a part of the quota, such as 1/4 or 0.25, not {text!r}.")


def _read_schema(path: Path) -> Any:
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        fail(f"The schema {path} cannot be read: {error.strerror}.")
    except ValueError as error:
        fail(f"The schema {path} is no JSON: {error}.")
    if not isinstance(schema, dict):
        fail(f"The schema {path} is no JSON Schema: it must be an object.")
    return schema  # pyright: ignore[reportUnknownVariableType]: JSON
