"""From the connector's errors to Semantic Kernel's, with the hint in the message and the typed error as the cause."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import openai
from semantic_kernel.connectors.ai.open_ai.exceptions.content_filter_ai_exception import (
    ContentFilterAIException,
    ContentFilterCodes,
    ContentFilterResultSeverity,
)
from semantic_kernel.exceptions import ServiceResponseException
from semantic_kernel.exceptions.service_exceptions import ServiceException

from azure_connector.errors import parse_envelope

__all__ = ["service_error"]

_SEVERITIES = frozenset(severity.value for severity in ContentFilterResultSeverity)


def service_error(service: object, error: Exception, failed: str = "complete the prompt") -> ServiceException:
    """SK's exception for what a call raised; raise it `from` the error.

    Args:
        service: the service that called; SK names its class first.
        error: the connector's typed error, or whatever else went wrong.
        failed: what the service did not do, as SK words it.
    """
    if isinstance(error, openai.BadRequestError) and error.code == "content_filter":
        return _filtered(f"{type(service)} service encountered a content error: {error}", error)
    return ServiceResponseException(f"{type(service)} service failed to {failed}: {error}")


def _filtered(message: str, error: openai.BadRequestError) -> ContentFilterAIException:
    """SK's own class crashes on categories, severities, codes and shapes that it does not know: it gets known ones."""
    facts = parse_envelope(error.status_code, error.body)
    results: dict[str, dict[str, Any]] = {}
    for category in facts.categories:
        severity = category.severity or "safe"
        if severity not in _SEVERITIES:
            severity = "high" if category.filtered else "safe"
        results[category.name] = {
            "filtered": category.filtered,
            "detected": bool(category.detected),
            "severity": severity,
        }
    known = ContentFilterCodes.RESPONSIBLE_AI_POLICY_VIOLATION.value
    body = {"innererror": {"code": known, "content_filter_result": results}}
    shown: Any = SimpleNamespace(param=error.param, body=body)
    return ContentFilterAIException(message, shown)
