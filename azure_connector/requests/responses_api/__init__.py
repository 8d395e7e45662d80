"""Chat Completions to Responses and back, for models that speak only the Responses API. Pure functions on JSON."""

from __future__ import annotations

from ._chunks import chunks_as_completion, completion_as_chunks
from ._replay_state import CARRIED_FIELDS, strip_carried
from ._reply import Failure, to_chat
from ._request import to_responses
from ._stream import ResponseStream

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
