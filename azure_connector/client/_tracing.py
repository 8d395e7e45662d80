"""The deployment that answered, on the span that an OpenAI instrumentation has opened around the call.

An instrumentation knows the model that was asked for and the client's base URL. After a failover, or with several
resources, both say little; this adds what Azure's support and the bill go by.
"""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import urlsplit

from ..replies import AzureInfo
from ..settings import DEFAULT_PORTS

__all__ = ["annotate_span"]


def annotate_span(info: AzureInfo, base: str) -> None:
    """Adds the deployment's attributes to the current span, if it is one about a model's call.

    Nothing happens unless OpenTelemetry is already in use; other spans (a web request's) are left alone.

    Args:
        info: what is known of the reply.
        base: the endpoint that answered.
    """
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return
    span: Any = trace.get_current_span()
    if not span.is_recording() or "gen_ai.operation.name" not in (getattr(span, "attributes", None) or ()):
        return
    span.set_attributes(span_attributes(info, base))


def span_attributes(info: AzureInfo, base: str) -> dict[str, Any]:
    """OpenTelemetry's names where it has some: `server.*` and `azure.service.request.id`."""
    where = urlsplit(base)
    found = {
        "server.address": where.hostname,
        "server.port": where.port or DEFAULT_PORTS.get(where.scheme),
        "azure.deployment": info.deployment,
        "azure.resource": info.resource,
        "azure.region": info.region,
        "azure.service.request.id": info.request_id,
        "azure.attempts": len(info.attempts),
        "azure.changes": info.changes,
    }
    return {name: value for name, value in found.items() if value}
