"""Chat Completions to Responses and back, for models that speak only the Responses API. Pure functions on JSON."""

from __future__ import annotations

from .carried import CARRIED_FIELDS, strip_carried
from .chunks import chunks_as_completion, completion_as_chunks
from .reply import Failure, to_chat
from .request import to_responses
from .stream import ResponseStream

__all__ = [
    "CARRIED_FIELDS",
    "Failure",
    "ResponseStream",
    "chunks_as_completion",
    "completion_as_chunks",
    "strip_carried",
    "to_chat",
    "to_responses",
]
