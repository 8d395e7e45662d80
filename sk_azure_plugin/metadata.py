"""What Azure said beside an answer, for the metadata of messages and for the current span."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from opentelemetry.trace import get_current_span
from semantic_kernel.connectors.ai.completion_usage import CompletionUsage
from semantic_kernel.utils.telemetry.model_diagnostics.decorators import are_model_diagnostics_enabled

from azure_connector import azure_info

__all__ = ["azure_metadata", "reported_usage", "total_usage"]


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
    found = {
        "deployment": info.deployment,
        "resource": info.resource,
        "served_model": info.served_model,
        "region": info.region,
        "request_id": info.request_id,
        "attempts": [asdict(attempt) for attempt in info.attempts],
        "changes": list(info.changes),
        "prompt_filter_results": dict(info.prompt_filters),
        "content_filter_results": dict(info.completion_filters),
        "filtered": info.filtered,
    }
    return {name: value for name, value in found.items() if value not in (None, [], {})}


def reported_usage(chunk: object) -> bool:
    """Whether the stream of a chunk has told its usage by now."""
    try:
        return azure_info(chunk).usage is not None
    except LookupError:
        return False


def total_usage(*parts: CompletionUsage | None) -> CompletionUsage | None:
    """The sum of what calls used; None where none reported any."""
    known = [part for part in parts if part is not None]
    return sum(known[1:], known[0]) if known else None
