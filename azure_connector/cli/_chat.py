"""`azure-connector chat`: a conversation in the terminal, or one question in a pipe."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from ..client import AzureConnector
from ._attach import attached
from ._conversation import Called, Conversation, Returned, Text
from ._input import as_text, no_person, stdin_text
from ._markdown import answer_on
from ._model_check import ModelCheck
from ._prices import PriceList, read_price
from ._request_options import request_parameters
from ._running import fail, load_settings
from ._saved import Saved
from ._screen import print_json, screen
from ._terminal import Terminal
from ._tool_file import load_tools

__all__ = ["run"]

_RETRIES = 2


def run(options: Mapping[str, Any]) -> None:
    """Talks, or answers once where a prompt is given or stdin is no terminal.

    Args:
        options: all of the command's, by name.
    """
    settings = load_settings(options["config"], options["endpoint"])
    saved = _saved(options["save"], options["continue_"])
    parameters = request_parameters(options)
    # A person waits: fewer attempts than a program makes, unless the settings say how many.
    retries = _RETRIES if settings.origins["max_attempts"] == "default" else None
    with closing(AzureConnector(settings=settings, max_retries=retries)) as client:
        talk = Conversation(
            client,
            options["model"] or (saved and saved.model) or settings.model_for("/chat/completions"),
            system=options["system"],
            tools=load_tools(options["tools"]) if options["tools"] else {},
            prices=PriceList(read_price(options["price"])),
            parameters=parameters,
            messages=saved.messages if saved else (),
        )
        asked, files = _prompt(options["prompt"]), options["attach"] or ()
        drawn = not options["plain"] and "response_format" not in parameters
        if asked is not None:
            _once(talk, attached(asked, files), saved, markdown=drawn, as_json=options["as_json"])
        elif options["as_json"]:
            fail("--json answers one prompt: give it as an argument or by a pipe.")
        else:
            Terminal(talk, screen(), files=files, saved=saved, check=ModelCheck(client), markdown=drawn).loop()


def _saved(new: str | None, old: str | None) -> Saved | None:
    if new and old:
        fail("--save begins a conversation and --continue goes on with one: give one of them.")
    if new:
        return Saved.new(new)
    return Saved.read(old) if old else None


def _prompt(prompt: str | None) -> str | None:
    """The one question: the argument, with what a pipe brings below it; None where a person sits there."""
    piped = stdin_text().strip()
    if prompt is None and no_person() and not piped:
        fail("There is nothing to ask: the prompt is empty.")
    given = as_text(os.fsencode(prompt), "The prompt") if prompt else ""
    parts = [part for part in (given, piped) if part]
    return "\n\n".join(parts) if parts else None


def _once(
    talk: Conversation, asked: str | list[dict[str, Any]], saved: Saved | None, *, markdown: bool, as_json: bool
) -> None:
    calls: list[dict[str, Any]] = []
    answer = answer_on(screen(), markdown=markdown)
    with closing(talk.ask(asked)) as events:
        try:
            for event in events:
                if isinstance(event, Text) and not as_json:
                    answer.add(event.text)
                elif isinstance(event, Called):
                    calls.append({"name": event.name, "arguments": dict(event.arguments)})
                elif isinstance(event, Returned):
                    calls[-1]["result"] = event.result
        finally:
            events.close()  # so that what was stopped is in the conversation before it is kept
            answer.end()
            if saved is not None and talk.messages:
                saved.write(talk.model, talk.messages)
    if as_json:
        print_json(_told(talk, calls))


def _told(talk: Conversation, calls: list[dict[str, Any]]) -> dict[str, Any]:
    turn, cost = talk.turn, talk.cost
    try:
        found = json.loads(turn.text)
    except ValueError:
        found = None
    return {
        "text": turn.text,
        "object": found if isinstance(found, dict) else None,
        "model": talk.model,
        "deployment": turn.info.deployment if turn.info else None,
        "served_model": turn.info.served_model if turn.info else None,
        "finish_reason": turn.finish_reason,
        "tool_calls": calls,
        "calls": cost.calls,
        "input_tokens": cost.input_tokens,
        "output_tokens": cost.output_tokens,
        "cost": cost.amount,
        "currency": cost.currency,
        "prices": talk.prices.source,
        "seconds": round(turn.seconds, 3),
    }
