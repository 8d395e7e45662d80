"""Helpers that know no Azure: JSON told apart, texts, HTML tables, single flight, background tasks, fork hooks."""

from __future__ import annotations

from ._forks import ForkLock, renew_after_fork
from ._html import TEXT_STYLE, error_html, html_table, markdown_html
from ._json import (
    ARRAY,
    OBJECT,
    Json,
    as_list,
    as_object,
    as_text,
    list_index,
    mapping_or_none,
    object_or_none,
    parse_json,
    plain_copy,
    type_name,
)
from ._media import media_type
from ._once import Once
from ._parts import import_part
from ._signature import bare_signature, show_lazily, with_signature
from ._single_flight import Flight, SingleFlight, running_loop, wait, wait_async
from ._tasks import spawn
from ._text import estimated_tokens, install_hint, money, nearest, printable, sentence
from ._traceback import traceback_lines

__all__ = [
    "ARRAY",
    "OBJECT",
    "TEXT_STYLE",
    "Flight",
    "ForkLock",
    "Json",
    "Once",
    "SingleFlight",
    "as_list",
    "as_object",
    "as_text",
    "bare_signature",
    "error_html",
    "estimated_tokens",
    "html_table",
    "import_part",
    "install_hint",
    "list_index",
    "mapping_or_none",
    "markdown_html",
    "media_type",
    "money",
    "nearest",
    "object_or_none",
    "parse_json",
    "plain_copy",
    "printable",
    "renew_after_fork",
    "running_loop",
    "sentence",
    "show_lazily",
    "spawn",
    "traceback_lines",
    "type_name",
    "wait",
    "wait_async",
    "with_signature",
]
