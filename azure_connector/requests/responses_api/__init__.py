"""Chat Completions to Responses and back, for models that speak only the Responses API. Pure functions on JSON."""

from __future__ import annotations

from ._chunks import chunks_as_completion, completion_as_chunks
from ._replay_state import REPLAY_FIELDS, without_replay_state
from ._reply import Failure, to_chat
from ._request import to_responses
from ._stream import ResponseStream

__all__ = [
    "REPLAY_FIELDS",
    "Failure",
    "ResponseStream",
    "chunks_as_completion",
    "completion_as_chunks",
    "to_chat",
    "to_responses",
    "without_replay_state",
]
