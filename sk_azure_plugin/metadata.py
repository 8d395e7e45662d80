"""What Azure said beside an answer, for the metadata of messages and for the current span."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, TypeVar

from opentelemetry.trace import get_current_span
from semantic_kernel.connectors.ai.completion_usage import CompletionUsage
from semantic_kernel.contents import ChatMessageContent
from semantic_kernel.utils.telemetry.model_diagnostics.decorators import are_model_diagnostics_enabled

from azure_connector import azure_info

__all__ = ["azure_metadata", "with_total"]

_FACTS = ("deployment", "resource", "served_model", "region", "request_id", "filtered")
Message = TypeVar("Message", bound=ChatMessageContent)


def azure_metadata(reply: object) -> dict[str, Any]:
    """Deployment, resource, attempts and verdicts of a reply or chunk; empty where it is not the connector's.

    The served model and the deployment are also set on SK's span, where its model diagnostics are switched on.
    """
    try:
        info = azure_info(reply)
    except LookupError:  # a client of the user's own, or a test's double
        return {}
    if are_model_diagnostics_enabled():
        attributes = {
            "gen_ai.response.model": info.served_model,
            "azure.openai.deployment": info.deployment,
            "azure.openai.resource": info.resource,
        }
        get_current_span().set_attributes({name: value for name, value in attributes.items() if value})
    found = {name: getattr(info, name) for name in _FACTS} | {
        "attempts": [asdict(attempt) for attempt in info.attempts],
        "changes": list(info.changes),
        "prompt_filter_results": dict(info.prompt_filters),
        "content_filter_results": dict(info.completion_filters),
    }
    return {name: value for name, value in found.items() if value not in (None, [], {})}


def with_total(message: Message, spent: Iterable[CompletionUsage | None]) -> Message:
    """A message with the sum of what calls used as its `total_usage`; the same message where none reported any."""
    known = [used for used in spent if used is not None]
    if not known:
        return message
    total = sum(known[1:], known[0])
    return message.model_copy(update={"metadata": {**message.metadata, "total_usage": total}})
