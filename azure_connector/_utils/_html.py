"""HTML for notebooks. What a model or a service says is never taken for HTML: a notebook trusts its outputs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from html import escape
from typing import Any

__all__ = ["TEXT_STYLE", "error_html", "html_table", "markdown_html"]

_CELL = "text-align:left;vertical-align:top;white-space:pre-line;overflow-wrap:anywhere"
TEXT_STYLE = "white-space:pre-wrap;overflow-wrap:anywhere;margin:0"


def html_table(caption: str, rows: Iterable[tuple[str, str]]) -> str:
    """Labels and texts as a table that is never wider than the page; without a caption where that is empty."""
    cells = "".join(
        f'<tr><th style="{_CELL};white-space:nowrap">{escape(label)}</th><td style="{_CELL}">{escape(text)}</td></tr>'
        for label, text in rows
    )
    style = "text-align:left;font-weight:bold;white-space:normal"
    title = f'<caption style="{style}">{escape(caption)}</caption>' if caption else ""
    return f'<table style="max-width:100%">{title}<tbody>{cells}</tbody></table>'


def error_html(title: str, message: str, hint: str, attempts: Iterable[str], request_id: str | None) -> str:
    """An error with what to do about it and what was tried.

    Args:
        title: the error's class.
        message: its text, which may hold the hint.
        hint: what to do; empty where nothing is known.
        attempts: what was tried, in order.
        request_id: Azure's id of the request, or None.
    """
    if hint:
        message = message.replace(hint, "", 1).replace("\n\n", "\n").strip()
    rows = [("what", message)]
    if hint:
        rows.append(("what to do", hint))
    rows += [("tried" if number == 0 else "", attempt) for number, attempt in enumerate(attempts)]
    if request_id:
        rows.append(("request id", request_id))
    return html_table(title, rows)


def markdown_html(text: str) -> str:
    """Markdown as HTML: without the HTML that stands in it, without images, which would be fetched from anywhere.

    Where markdown-it-py (it comes with rich) is not installed, the text as it is.
    """
    reader = _markdown()
    if reader is None:
        return f'<div style="{TEXT_STYLE}">{escape(text)}</div>'
    return f'<div style="overflow-wrap:anywhere">{reader.render(text)}</div>'


@lru_cache(maxsize=1)
def _markdown() -> Any:
    try:
        from markdown_it import MarkdownIt
    except ImportError:
        return None
    return MarkdownIt("js-default", {"html": False, "linkify": False, "breaks": True}).disable("image")
