"""`azure-connector chat`: a conversation in the terminal, or one question in a pipe."""

from __future__ import annotations

import contextlib
import json
import sys
from contextlib import closing
from typing import Any

import openai
from rich.console import Console
from rich.text import Text as Styled

from .._utils import printable
from ..client import AzureConnector
from ._conversation import Called, Conversation, Returned, Text
from ._cost import read_price
from ._running import fail, load_settings
from ._screen import Marks, error_screen, marks, print_json, screen
from ._tool_file import load_tools

__all__ = ["run"]

_RETRIES = 2

_HELP = """\
/model NAME    ask another model from now on
/system TEXT   replace the system message (without a text: remove it)
/tools         the tools that the model may call
/history       the conversation so far
/clear         forget it
/cost          what has been used
/quit          end (or Ctrl-D)
A line that ends in \\ goes on in the next one; a line of \"\"\" begins and ends a block of lines.
Ctrl-C stops an answer; what has arrived stays in the conversation."""


def run(
    config: str | None,
    endpoint: str | None,
    prompt: str | None,
    *,
    model: str | None,
    system: str | None,
    tools: str | None,
    price: str | None,
    as_json: bool,
) -> None:
    """Talks, or answers once where a prompt is given or stdin is no terminal."""
    settings = load_settings(config, endpoint)
    functions, prices = load_tools(tools) if tools else {}, read_price(price)
    # A person waits: fewer attempts than a program makes, unless the settings say how many.
    retries = _RETRIES if settings.origins["max_attempts"] == "default" else None
    with closing(AzureConnector(settings=settings, max_retries=retries)) as client:
        talk = Conversation(
            client, model or settings.model_for("/chat/completions"), system=system, tools=functions, price=prices
        )
        asked = _prompt(prompt)
        if asked is not None:
            _once(talk, asked, as_json=as_json)
            return
        if as_json:
            fail("--json answers one prompt: give it as an argument or by a pipe.")
        _Terminal(talk, screen()).loop()


def _prompt(prompt: str | None) -> str | None:
    """The one question: the argument, with what a pipe brings below it; None where a person sits there."""
    piped = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read().strip()
    if prompt is None and (sys.stdin is None or not sys.stdin.isatty()) and not piped:
        fail("There is nothing to ask: the prompt is empty.")
    parts = [part for part in (prompt, piped) if part]
    return "\n\n".join(parts) if parts else None


def _once(talk: Conversation, asked: str, *, as_json: bool) -> None:
    calls: list[dict[str, Any]] = []
    with closing(talk.ask(asked)) as events:
        for event in events:
            if isinstance(event, Text) and not as_json:
                sys.stdout.write(printable(event.text))
                sys.stdout.flush()
            elif isinstance(event, Called):
                calls.append({"name": event.name, "arguments": dict(event.arguments)})
            elif isinstance(event, Returned):
                calls[-1]["result"] = event.result
    if not as_json:
        sys.stdout.write("\n")
        return
    info = talk.turn.info
    print_json(
        {
            "text": talk.turn.text,
            "model": talk.model,
            "deployment": info.deployment if info else None,
            "served_model": info.served_model if info else None,
            "finish_reason": talk.turn.finish_reason,
            "tool_calls": calls,
            "calls": talk.cost.calls,
            "input_tokens": talk.cost.input_tokens,
            "output_tokens": talk.cost.output_tokens,
            "cost": talk.cost.money,
            "seconds": round(talk.turn.seconds, 3),
        }
    )


class _Terminal:
    """The conversation as a person sees it.

    Args:
        talk: the conversation.
        console: where it is shown.
    """

    def __init__(self, talk: Conversation, console: Console) -> None:
        self._talk, self._console = talk, console
        self._signs: Marks = marks(console)

    def loop(self) -> None:
        """Reads and answers until the end."""
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401  # pyright: ignore[reportUnusedImport]  # gives input() editing and history
        self._note(f"{self._talk.model}. /help shows the commands; Ctrl-D ends.")
        while True:
            try:
                text = self._read()
            except EOFError:
                self._console.print()
                break
            except KeyboardInterrupt:
                self._note("\nCtrl-D or /quit ends.")
                continue
            if not text.strip():
                continue
            if text.startswith("/"):
                if self._command(text):
                    break
                continue
            self._answer(text)
        self._note(str(self._talk.cost))

    def _read(self) -> str:
        """A line, or several."""
        line = input("> ")
        if line.strip() == '"""':
            lines: list[str] = []
            while (more := input(". ")).strip() != '"""':
                lines.append(more)
            return "\n".join(lines)
        while line.endswith("\\"):
            line = line[:-1] + "\n" + input(". ")
        return line

    def _answer(self, text: str) -> None:
        events = self._talk.ask(text)
        column = 0
        try:
            for event in events:
                if isinstance(event, Text):
                    # Straight to the terminal, which wraps and copies better than anything drawn over it.
                    self._console.file.write(printable(event.text))
                    self._console.file.flush()
                    column = 0 if event.text.endswith("\n") else 1
                else:
                    self._end_line(column)
                    column = 0
                    self._tool(event)
            self._end_line(column)
        except KeyboardInterrupt:
            self._end_line(column)
            self._note("stopped")
            return
        except openai.OpenAIError as error:
            self._end_line(column)
            error_screen().print(Styled(f"Error: {error}", "red"))
            return
        finally:
            events.close()
        self._summary()

    def _end_line(self, column: int) -> None:
        if column:
            self._console.print()

    def _tool(self, event: Called | Returned) -> None:
        if isinstance(event, Called):
            given = ", ".join(
                f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in event.arguments.items()
            )
            self._console.print(Styled(f"  {self._signs.arrow} {event.name}({given})", "cyan"))
        else:
            first, *rest = event.result.splitlines() or [""]
            shown = f"{first[:200]} …" if rest or len(first) > 200 else first
            self._console.print(Styled(f"  {self._signs.back} {shown}", "cyan dim"))

    def _summary(self) -> None:
        turn = self._talk.turn
        parts = [turn.info.deployment if turn.info else "", f"{turn.seconds:.1f} s"]
        if turn.usage:
            parts.append(
                f"{turn.usage.get('prompt_tokens', 0):,} tokens in, {turn.usage.get('completion_tokens', 0):,} out"
            )
        if turn.finish_reason not in (None, "stop"):
            parts.append(f"ended by {turn.finish_reason}")
        self._note(", ".join(part for part in parts if part))

    def _note(self, text: str) -> None:
        self._console.print(Styled(text, "dim"))

    def _command(self, line: str) -> bool:
        """Carries out a command; gives whether it was the last one."""
        name, _, rest = line[1:].partition(" ")
        talk, rest = self._talk, rest.strip()
        match name:
            case "quit" | "exit" | "q":
                return True
            case "model" if rest:
                talk.model = rest
                self._note(f"asking {rest} from now on")
            case "system":
                talk.set_system(rest or None)
                self._note("system message replaced" if rest else "system message removed")
            case "tools":
                self._note(", ".join(talk.tools) or "no tools; start with --tools FILE")
            case "history":
                for message in talk.messages:
                    told = message.get("content") or json.dumps(message.get("tool_calls", ""), ensure_ascii=False)
                    self._console.print(Styled.assemble((f"{message['role']}: ", "bold"), told))
            case "clear":
                talk.clear()
                self._note("forgotten")
            case "cost":
                self._note(str(talk.cost))
            case _:
                self._note(_HELP)
        return False
