"""Tables of labels and texts for notebooks. Everything is escaped: a notebook trusts the HTML of its outputs."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

__all__ = ["error_html", "html_table"]

_CELL = "text-align:left;vertical-align:top;white-space:pre-line;overflow-wrap:anywhere"


def html_table(caption: str, rows: Iterable[tuple[str, str]]) -> str:
    """Labels and texts as a table that is never wider than the page."""
    cells = "".join(
        f'<tr><th style="{_CELL};white-space:nowrap">{escape(label)}</th><td style="{_CELL}">{escape(text)}</td></tr>'
        for label, text in rows
    )
    title = f'<caption style="text-align:left;font-weight:bold;white-space:normal">{escape(caption)}</caption>'
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
