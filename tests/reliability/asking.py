"""The same chat call in four ways, so that a test can be run for all of them, and what was tried for it."""

from __future__ import annotations

from typing import Any

from azure_connector import azure_info
from tests.support import asking
from tests.support.asking import HELLO, STREAMS, WAYS, text_of

__all__ = ["HELLO", "STREAMS", "WAYS", "ask", "text_of", "tried"]


def ask(way: str, options: dict[str, Any], **request: Any) -> Any:
    """Sends one chat request and gives the completion, or the list of chunks for a stream."""
    return asking.ask(way, request, **options)


def tried(reply: Any) -> list[tuple[str, int | None]]:
    """Resource and status of each attempt that led to a reply, or that an error lists."""
    attempts = reply.attempts if isinstance(reply, Exception) else azure_info(_last(reply)).attempts
    return [(attempt.resource, attempt.status) for attempt in attempts]


def _last(reply: Any) -> Any:
    return reply[-1] if isinstance(reply, list) else reply
