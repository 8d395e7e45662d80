"""The operations of the API: where a deployment stands in each, and what may be sent a second time.

One row an operation. URLs, the mapping of models, retries and what a reply's ids bind read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["AUDIO", "CHAT", "EMBEDDINGS", "OPERATIONS", "RESPONSES", "Operation", "operation_of"]

CHAT = "/chat/completions"
RESPONSES = "/responses"
EMBEDDINGS = "/embeddings"
AUDIO = "/audio"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the SDK.

    Attributes:
        path: the SDK's path.
        names_deployment: its body's `model` is a deployment's name on Azure.
        below_deployment: the classic form has it below `/deployments/{deployment}`.
        repeatable: asking again costs tokens but keeps nothing: a lost reply may be asked for again.
    """

    path: str
    names_deployment: bool = True
    below_deployment: bool = True
    repeatable: bool = False


# Source: Azure OpenAI's REST reference (v1 of 2026-03-19, classic of 2024-10-21).
OPERATIONS = MappingProxyType(
    {
        row.path: row
        for row in (
            Operation(CHAT, repeatable=True),
            Operation("/completions", repeatable=True),
            Operation(EMBEDDINGS, repeatable=True),
            Operation(RESPONSES, below_deployment=False),
            Operation("/audio/transcriptions", repeatable=True),
            Operation("/audio/translations", repeatable=True),
            Operation("/audio/speech"),
            Operation("/images/generations"),
            Operation("/images/edits"),
        )
    }
)
_OTHER = Operation("", names_deployment=False, below_deployment=False)


def operation_of(path: str) -> Operation:
    """The operation with this path; for one that the table does not know, one that names no deployment."""
    return OPERATIONS.get(path, _OTHER)
