"""What the bulk commands do once their options are read."""

from __future__ import annotations

import json
import shlex
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from ._input import read_json
from ._prices import read_price
from ._running import ENV_FILE, INTERRUPTED, PROBLEM, USAGE, fail

if TYPE_CHECKING:
    from azure_connector.bulk import Job, Summary

__all__ = ["complete", "embed", "journal_of", "told"]

_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What ends a run as politely as Ctrl-C does: being told to, and a terminal that is closed."""


def complete(options: Mapping[str, Any]) -> None:
    """Runs `bulk complete` with all its options."""
    from azure_connector.bulk import Complete

    own = {name: options[name] for name in ("model", "prompt", "messages", "system", "max_tokens", "prefix")}
    schema = None if options["schema"] is None else read_json(options["schema"], "--schema")
    _work(Complete(**own, schema=schema, params=_params(options["param"]), settings=_settings(options)), options)


def embed(options: Mapping[str, Any]) -> None:
    """Runs `bulk embed` with all its options."""
    from azure_connector.bulk import Embed

    own = {name: options[name] for name in ("model", "column", "dimensions", "prefix")}
    job = Embed(**own, params=_params(options["param"]), settings=_settings(options))
    _work(job, options, batch_anyway=options["batch_anyway"])


def journal_of(target: Path) -> Path:
    """Where a run's journal is, unless the command line names another place."""
    return target.with_name(f"{target.name}.journal")


def told(found: dict[str, Any]) -> str:
    """How far a run is, in words."""
    whole = "" if found["rows"] is None else f" of {found['rows']:,}"
    lines = [f"{found['done']:,}{whole} rows are done, {found['failed']:,} of them error rows"]
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


def _work(job: Job, options: Mapping[str, Any], **more: Any) -> None:
    from azure_connector import bulk as room

    source, as_json, given = options["source"], options["as_json"], _how(options) | more
    if options["estimate"]:
        known = {name: given[name] for name in ("price", "rpm", "tpm", "limit", "format")}
        found = room.estimate(job, source, **known)
        sys.stdout.write((json.dumps(_fields(found)) if as_json else str(found)) + "\n")
        return
    given["command"] = tuple(sys.argv[1:])
    _until_told(lambda: _report(room.run(job, source, options["target"], **given), as_json))


def _until_told(work: Callable[[], None]) -> None:
    """Runs, and says how to go on where it was stopped."""
    import openai

    from azure_connector.bulk import TooManyErrorsError
    from azure_connector.errors import ConfigurationError

    told: list[int] = []

    def terminate(number: int, frame: FrameType | None) -> None:
        told.append(number)
        raise KeyboardInterrupt

    # One that is ignored, as `nohup` does, stays so.
    former = {one: signal.signal(one, terminate) for one in _SIGNALS if signal.getsignal(one) != signal.SIG_IGN}
    try:
        work()
    except KeyboardInterrupt:
        sys.stderr.write(f"\nStopped; what was done is kept. Go on with:\n  {_again()}\n")
        raise typer.Exit(128 + told[0] if told else INTERRUPTED) from None
    except TooManyErrorsError as error:
        fail(f"{error}.\nWhat was done is kept. Go on with:\n  {_again()}", PROBLEM)
    except ConfigurationError:
        raise
    except openai.OpenAIError as error:
        fail(f"{error}\nEvery row would meet this. What was done is kept; mend it, then:\n  {_again()}", USAGE)
    finally:
        for one, handler in former.items():
            signal.signal(one, handler)


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
            more = "" if summary.journal == journal_of(summary.output) else f" --journal {summary.journal}"
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


def _settings(options: Mapping[str, Any]) -> dict[str, Any]:
    given = {
        "config_file": options["config"],
        "env_file": ENV_FILE.get(),
        "azure_endpoint": options["endpoint"],
    }
    return {name: value for name, value in given.items() if value is not None}


def _params(given: list[str] | None) -> dict[str, Any]:
    """`temperature=0` as a parameter; the value is JSON, or text where it is none."""
    read: dict[str, Any] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name:
            fail(f"--param is NAME=VALUE, such as temperature=0, not {text!r}.")
        try:
            read[name] = json.loads(value)
        except ValueError:
            read[name] = value
    return read


def _price(text: str | None) -> tuple[float, float] | None:
    price = read_price(text)
    return None if price is None else (price.input, price.output)


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
