"""`azure-connector compare`: shows a comparison side by side, as Markdown, or as JSON."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from .._utils import money, printable
from ..client import AsyncAzureConnector
from ._attach import attached
from ._comparison import Answer, Question, Total, ask_all, totals
from ._input import lines_of
from ._prices import PriceList, read_price
from ._request_options import request_parameters
from ._running import INTERRUPTED, PROBLEM, fail, load_settings
from ._screen import print_json, progress, screen, table

__all__ = ["run"]

_COLUMNS = ("model", "first token", "total", "tokens in", "out", "cost")
_LEAST = 34  # columns of a terminal for an answer beside another


def run(options: Mapping[str, Any]) -> None:
    """Asks, shows, and ends with 1 where an answer failed.

    Args:
        options: all of the command's, by name.
    """
    models = list(dict.fromkeys(options["model"]))
    if not models:
        fail("Whom to ask? Give --model once for each model or deployment: -m gpt-5 -m gpt-4.1-mini")
    questions = _questions(options)
    prices = PriceList(read_price(options["price"]))
    answers: list[Answer] = []
    stopped = False
    try:
        asyncio.run(_ask(options, questions, models, prices, answers))
    except KeyboardInterrupt:
        stopped = True  # what has been answered is shown
        sys.stderr.write("\nStopped.\n")
    answers.sort(key=lambda one: (one.number, models.index(one.model)))
    if answers or not stopped:
        _show(options, answers, totals(answers, models), prices)
    if stopped or any(one.error for one in answers):
        raise typer.Exit(INTERRUPTED if stopped else PROBLEM)


def _questions(options: Mapping[str, Any]) -> list[Question]:
    texts = [options["prompt"]] if options["prompt"] else []
    if options["file"]:
        texts += lines_of(options["file"], "--file", ("prompt", "question", "text"))
    if not texts:
        fail("There is nothing to ask: give a question, or a file of them with --file.")
    return [Question(text, attached(text, options["attach"] or ())) for text in texts]


async def _ask(
    options: Mapping[str, Any],
    questions: Sequence[Question],
    models: Sequence[str],
    prices: PriceList,
    answers: list[Answer],
) -> None:
    settings = load_settings(options["config"], options["endpoint"])
    parameters = request_parameters(options)
    if options["system"]:
        parameters["messages"] = [{"role": "system", "content": options["system"]}]
    count, plain = len(questions) * len(models), options["as_json"] or options["markdown"]
    with progress(screen(), quiet=plain) as say:
        say(f"0 of {count} answers")

        def answered(answer: Answer) -> None:
            answers.append(answer)
            say(f"{len(answers)} of {count} answers")

        async with AsyncAzureConnector(settings=settings) as client:
            await ask_all(
                client, questions, models, parameters, prices, at_once=options["concurrency"], answered=answered
            )


def _show(options: Mapping[str, Any], answers: Sequence[Answer], sums: Sequence[Total], prices: PriceList) -> None:
    console, many = screen(), len({one.number for one in answers}) > 1
    if options["as_json"]:
        found = {"answers": [one.to_dict() for one in answers], "totals": [asdict(one) for one in sums]}
        print_json(found | {"prices": prices.source})
    elif options["markdown"] or not console.is_terminal:
        sys.stdout.write(printable(_markdown(answers, sums if many else ())))
    else:
        for number in sorted({one.number for one in answers}):
            _side_by_side(console, [one for one in answers if one.number == number], titled=many)
        if many:
            console.print(Text("\nMedian times, and sums", "bold"))
            rows = [_row(one) for one in sums]
            console.print(table(console, (*_COLUMNS, "failed"), rows, right=(*_COLUMNS[1:], "failed")))
        console.print(Text(f"\n{prices.source}", "dim"))


def _side_by_side(console: Console, answers: Sequence[Answer], *, titled: bool) -> None:
    if titled:
        console.print(Text(f"\n{answers[0].number}. {answers[0].question}", "bold"))
    if console.width >= _LEAST * len(answers):
        columns = Table(box=None, padding=(0, 2, 1, 0), header_style="bold cyan", expand=True)
        for one in answers:
            columns.add_column(Text(one.model), ratio=1, overflow="fold")
        columns.add_row(*(_drawn(one) for one in answers))
        console.print(columns)
    else:
        for one in answers:
            console.print(Text(one.model, "bold cyan"))
            console.print(_drawn(one), end="\n\n")
    rows = [_cells(one) for one in answers]
    console.print(table(console, _COLUMNS, rows, right=_COLUMNS[1:]))


def _drawn(answer: Answer) -> Markdown | Text:
    if answer.error is not None:
        return Text(f"{answer.text}\n{answer.error}".strip(), "red")
    return Markdown(printable(answer.text), hyperlinks=False)


def _cells(answer: Answer) -> tuple[str, ...]:
    name = answer.model if answer.deployment in (None, answer.model) else f"{answer.model} ({answer.deployment})"
    spent = "" if answer.cost is None else money(answer.cost, answer.currency or "")
    times = (_seconds(answer.first), _seconds(answer.seconds))
    return name, *times, f"{answer.input_tokens:,}", f"{answer.output_tokens:,}", spent


def _row(total: Total) -> tuple[str, ...]:
    spent = "" if total.cost is None else money(total.cost, total.currency or "")
    tokens = (f"{total.input_tokens:,}", f"{total.output_tokens:,}")
    return total.model, _seconds(total.first), _seconds(total.seconds), *tokens, spent, str(total.failed or "")


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s"


def _markdown(answers: Sequence[Answer], sums: Sequence[Total]) -> str:
    """Tables in GitHub's Markdown. An answer is one cell, whole."""
    columns = ("question", *_COLUMNS, "answer")
    rows = [(one.question, *_cells(one), _told(one)) for one in answers]
    made = _table(columns, rows)
    if sums:
        made += "\nMedian times, and sums:\n\n" + _table((*_COLUMNS, "failed"), [_row(one) for one in sums])
    return made


def _told(answer: Answer) -> str:
    """The answer, or what happened; what to do about it stands in the error's further lines."""
    return answer.text if answer.error is None else f"**failed:** {answer.error.splitlines()[0]}"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    aligned = ["---:" if name in _COLUMNS[1:] else "---" for name in columns]
    lines = [columns, aligned, *([_cell(text) for text in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    escaped = text.strip().replace("\\", "\\\\").replace("|", "\\|")
    return "<br>".join(escaped.splitlines())
