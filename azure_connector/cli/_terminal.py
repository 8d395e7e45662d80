"""A conversation as a person at a terminal has it: lines are read, answers are shown, `/words` are obeyed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import openai
import typer
from rich.console import Console
from rich.text import Text as Styled

from .._utils import nearest
from ._attach import attached
from ._conversation import Called, Conversation, Returned, Text, told_content
from ._markdown import answer_on
from ._model_check import ModelCheck
from ._saved import Saved
from ._screen import Marks, error_screen, marks

__all__ = ["Terminal"]

_HELP = """\
/model NAME    ask another model from now on (without a name: which one it is)
/system TEXT   replace the system message (without a text: remove it)
/attach FILE   send an image, a PDF or a text with the next question
/tools         the tools that the model may call
/history       the conversation so far
/save NAME     keep the conversation, from now on; later: chat --continue NAME
/clear         forget it
/cost          what has been used
/quit          end (or Ctrl-D)
A line that ends in \\ goes on in the next one; a line of \"\"\" begins and ends a block of lines.
A line that begins with a space is sent as it is. Ctrl-C stops an answer; what has arrived stays."""


class Terminal:
    """The conversation as a person sees it.

    Args:
        talk: the conversation.
        console: where it is shown.
        files: what goes with the first question.
        saved: where it is kept, if anywhere.
        check: says what a model's name leads to.
        markdown: whether answers are drawn.
    """

    def __init__(
        self,
        talk: Conversation,
        console: Console,
        *,
        files: Sequence[str] = (),
        saved: Saved | None = None,
        check: ModelCheck,
        markdown: bool = True,
    ) -> None:
        self._talk, self._console, self._saved, self._check = talk, console, saved, check
        self._files = list(files)
        self._markdown = markdown
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
            self._answer(text.removeprefix(" "))
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
        with contextlib.suppress(typer.Exit):  # a file that cannot be attached: told already
            self._show(attached(text, self._files))
            self._files.clear()

    def _show(self, content: str | list[dict[str, Any]]) -> None:
        events, answer = self._talk.ask(content), answer_on(self._console, markdown=self._markdown)
        try:
            for event in events:
                if isinstance(event, Text):
                    answer.add(event.text)
                else:
                    answer.end()
                    self._tool(event)
            answer.end()
        except KeyboardInterrupt:
            events.close()
            answer.end()
            self._note("stopped")
        except openai.OpenAIError as error:
            answer.end()
            error_screen().print(Styled(f"Error: {error}", "red"))
        else:
            self._summary()
        finally:
            events.close()
            self._keep()

    def _keep(self) -> None:
        if self._saved is not None:
            try:
                self._saved.write(self._talk.model, self._talk.messages)
            except OSError as error:
                error_screen().print(Styled(f"Error: the conversation is not kept: {error}", "red"))

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
        if turn.cost.input_tokens:
            parts += turn.cost.parts()
        if turn.finish_reason not in (None, "stop"):
            parts.append(f"ended by {turn.finish_reason}")
        self._note(", ".join(part for part in parts if part))

    def _note(self, text: str) -> None:
        self._console.print(Styled(text, "dim"))

    def _command(self, line: str) -> bool:
        """Carries out a command; gives whether it was the last one."""
        name, _, rest = line[1:].strip().partition(" ")
        if name in ("quit", "exit", "q"):
            return True
        commands: dict[str, Callable[[str], None]] = {
            "help": lambda _: self._note(_HELP),
            "model": self._model,
            "system": self._system,
            "attach": self._attach,
            "tools": lambda _: self._note(", ".join(self._talk.tools) or "no tools; start with --tools FILE"),
            "history": lambda _: self._history(),
            "save": self._save,
            "clear": lambda _: self._clear(),
            "cost": lambda _: self._note(self._spent()),
        }
        if (command := commands.get(name)) is not None:
            command(rest.strip())
        else:
            near = nearest(name, [*commands, "quit"]).replace("'", "/", 1).replace("'", "")
            self._note(f"There is no /{name}.{near} /help shows the commands; a space before it sends the line.")
        return False

    def _model(self, name: str) -> None:
        if not name:
            self._note(f"asking {self._talk.model}; others: {', '.join(self._check.known()) or 'unknown'}")
            return
        usable, told = self._check.of(name)
        if usable:
            self._talk.model = name
        self._note(told)

    def _system(self, text: str) -> None:
        self._talk.set_system(text or None)
        self._note("system message replaced" if text else "system message removed")

    def _attach(self, file: str) -> None:
        if not file:
            self._note(", ".join(self._files) or "nothing is attached; /attach FILE")
            return
        with contextlib.suppress(typer.Exit):  # told already
            attached("", [file])
            self._files.append(file)
            self._note(f"{file} goes with the next question")

    def _history(self) -> None:
        for message in self._talk.messages:
            told = told_content(message.get("content"))
            told = told or json.dumps(message.get("tool_calls", ""), ensure_ascii=False)
            self._console.print(Styled.assemble((f"{message['role']}: ", "bold"), told))

    def _save(self, name: str) -> None:
        if not name:
            self._note(f"kept in {self._saved.path}" if self._saved else "not kept; /save NAME keeps it")
            return
        with contextlib.suppress(typer.Exit):  # told already
            self._saved = Saved.new(name)
            self._keep()
            self._note(f"kept from now on in {self._saved.path}; later: chat --continue {name}")

    def _clear(self) -> None:
        self._talk.clear()
        self._note("forgotten")

    def _spent(self) -> str:
        cost = self._talk.cost
        unknown = "" if cost.amounts and not cost.unpriced else f" ({self._talk.prices.source})"
        return f"{cost}{unknown}"
