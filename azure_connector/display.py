"""Streams that render while they arrive.

IPython is imported only where it already runs; elsewhere streams are printed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterable, Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any, TextIO

from ._utils import TEXT_STYLE, html_table, markdown_html

if TYPE_CHECKING:
    from .replies import AzureInfo, ReplyAccumulator

from ._utils import printable

__all__ = ["Shown", "ashow", "show"]

_DIM = "opacity:0.65;font-size:90%"
# Seconds between two renderings: quicker than a reader, slower than a model, so that no frontend lags behind.
_PACE = 0.05
# Renderings take at most one part of so many of the time.
_PART = 5


class Shown:
    """What a stream said, in full once it has ended. Show it with `print`: a notebook has it on the page already.

    Attributes:
        text: the text; a notebook renders its Markdown.
        reasoning: the model's summary of its reasoning, or its visible thoughts, where it gives any.
        tool_calls: the calls by their number: name and arguments so far.
        call_ids: the calls' ids by their number.
        note: the line below: where the answer came from and what it cost.
        info: all that Azure said beside it; None for a stream of other clients.
    """

    def __init__(self) -> None:
        self._reply = _accumulator()
        self.reasoning = ""
        self.note = ""
        self.info: AzureInfo | None = None

    @property
    def text(self) -> str:
        return self._reply.text

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The calls as the assistant's message of the next request has them (`tool_calls`)."""
        return self._reply.tool_calls

    @property
    def tool_calls(self) -> dict[Any, list[str]]:
        numbered = zip(self._reply.calls, self.calls, strict=True)
        return {n: [call["function"]["name"] or "", call["function"]["arguments"]] for n, call in numbered}

    @property
    def call_ids(self) -> dict[Any, str]:
        return {number: call["id"] or "" for number, call in self._reply.calls.items()}

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Shown({self.text!r})"

    def _ipython_display_(self) -> None:
        """Nothing: it was shown while it arrived."""

    def take(self, item: object) -> str:
        """Takes in a piece of text, a chat chunk or a Responses event; gives what it adds, as it would be printed."""
        if isinstance(item, str):
            self._reply.add_text(item)
            return item
        added = "".join(self._take_choice(choice) for choice in getattr(item, "choices", None) or ())
        return added + self._take_event(item)

    def _take_choice(self, choice: Any) -> str:
        delta = choice.delta
        if delta is None or choice.index:
            return ""
        self.reasoning += getattr(delta, "reasoning_content", None) or ""
        text = delta.content or getattr(delta, "refusal", None) or ""  # LiteLLM's pieces have none
        if text:
            self._reply.add_text(text)
        for part in delta.tool_calls or ():
            fresh = part.index not in self._reply.calls
            text += self._named(part.index, fresh, self._reply.add_delta(part.index, part.to_dict()))
        return text

    def _take_event(self, event: Any) -> str:
        kind = getattr(event, "type", None)
        if kind == "response.reasoning_summary_text.delta":
            self.reasoning += event.delta
        if not isinstance(kind, str):
            return ""
        number = getattr(event, "output_index", None)
        fresh = number not in self._reply.calls
        return self._named(number, fresh, self._reply.add_event(kind, event))

    def _named(self, number: object, fresh: bool, added: str) -> str:
        """What a piece adds, as it is printed: a call begins with its name, on a line of its own."""
        begins = fresh and number in self._reply.calls
        return f"\n{self._reply.calls[number]['name'] or ''} {added}" if begins else added

    def html(self) -> str:
        """Everything so far."""
        parts: list[str] = []
        if self.reasoning:
            parts.append(f'<div style="{TEXT_STYLE};{_DIM}">{escape(self.reasoning)}</div>')
        if text := self.text:
            parts.append(markdown_html(text))
        for call in self.calls:
            function = call["function"]
            called = f"<b>{escape(function['name'] or '')}</b> <code>{escape(function['arguments'])}</code>"
            identity = f' <span style="{_DIM}">{escape(call["id"] or "")}</span>'
            parts.append(f'<div style="{TEXT_STYLE}">\N{RIGHTWARDS ARROW} {called}{identity}</div>')
        if self.note:
            request = self.info.request_id if self.info is not None else None
            rows = [("answered by", self.note), *([("request id", request)] if request else [])]
            parts.append(f'<div style="{_DIM}">{html_table("", rows)}</div>')
        return f'<div style="padding:0 0.4em">{"".join(parts)}</div>'


def show(stream: Iterable[object], *, file: TextIO | None = None) -> Shown:
    """Shows a stream of the sync client while it arrives: in a notebook as one output that grows, else as text.

    Args:
        stream: chat chunks, Responses events, or pieces of text.
        file: where text goes outside of notebooks; standard output by default.

    Raises:
        openai.APIError: what broke the stream; what had arrived stays shown.
    """
    with _Screen(stream, file) as screen:
        for item in stream:
            screen.take(item)
    return screen.shown


async def ashow(stream: AsyncIterable[object], *, file: TextIO | None = None) -> Shown:
    """As `show`, for a stream of the async client; await it, in a notebook directly in the cell."""
    with _Screen(stream, file) as screen:
        async for item in stream:
            screen.take(item)
    return screen.shown


class _Screen:
    """Where a stream is shown."""

    def __init__(self, stream: object, file: TextIO | None) -> None:
        self.shown = Shown()
        self._stream = stream
        self._file = file or sys.stdout
        self._html = _html_class() if file is None else None
        self._handle: Any = None
        self._drawn, self._pace = 0.0, _PACE

    def __enter__(self) -> _Screen:
        if self._html is not None:
            from IPython.display import display  # pyright: ignore[reportMissingImports, reportUnknownVariableType]  # it runs

            self._handle = display(self._html(""), display_id=True)
        return self

    def take(self, item: object) -> None:
        added = self.shown.take(item)
        if self._handle is None:
            self._file.write(printable(added))
            self._file.flush()
        elif time.monotonic() - self._drawn >= self._pace:
            self._draw()

    def _draw(self) -> None:
        assert self._html is not None
        began = time.monotonic()
        self._handle.update(self._html(self.shown.html()))
        self._drawn = time.monotonic()
        self._pace = max(_PACE, _PART * (self._drawn - began))  # a long text takes long to render

    def __exit__(self, *failure: object) -> None:
        self.shown.info = _info(self._stream)
        self.shown.note = _note(self.shown.info)
        if self._handle is not None:
            self._draw()
        elif self.shown.text or self.shown.calls:
            self._file.write(f"\n[{self.shown.note}]\n" if self.shown.note else "\n")


def _accumulator() -> ReplyAccumulator:
    from .replies import ReplyAccumulator

    return ReplyAccumulator()


def _html_class() -> Any:
    """IPython's `HTML` in a notebook's kernel, else None."""
    running = sys.modules.get("IPython")
    shell = running.get_ipython() if running is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import HTML  # pyright: ignore[reportMissingImports, reportUnknownVariableType]  # it runs

    return HTML


def _info(stream: object) -> AzureInfo | None:
    from .replies import azure_info

    try:
        return azure_info(stream)
    except LookupError:
        return None


def _note(info: AzureInfo | None) -> str:
    """Where a stream came from and what it cost, as far as it says."""
    if info is None:
        return ""
    tokens: Mapping[str, Any] = info.usage or {}
    total = tokens.get("total_tokens")
    parts = [f"{info.deployment}@{info.resource}", info.region, f"{total} tokens" if total else None]
    return ", ".join(part for part in parts if part)
