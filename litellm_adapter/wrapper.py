"""LiteLLM's wrapper around an async stream that is open."""

from __future__ import annotations

from typing import Any

from litellm import CustomStreamWrapper
from litellm.types.utils import ModelResponseStream

from .streams import AsyncPieces

__all__ = ["EagerWrapper"]


class EagerWrapper(CustomStreamWrapper):
    """Passes pieces on as they are, and names the served model in the last chunks, which are the wrapper's own.

    LiteLLM makes a chunk of its own for every piece, only to drop it again and return the piece. That is seen with the
    first piece; from then on, no chunk is made for a piece that says nothing of an end.
    """

    _passes = False

    def chunk_creator(self, chunk: Any) -> Any:
        if self._passes and self.received_finish_reason is None and _goes_on(chunk):
            self.response_id = chunk.id
            return chunk
        made = super().chunk_creator(chunk)
        self._passes = self._passes or (made is chunk and self.created is not None)
        return made

    def model_response_creator(self, *args: Any, **kwargs: Any) -> ModelResponseStream:
        stream = self.completion_stream
        if isinstance(stream, AsyncPieces) and stream.pieces.model:
            self.system_fingerprint = stream.pieces.fingerprint
            made = super().model_response_creator(*args, **kwargs)
            made.model = stream.pieces.model
            return made
        return super().model_response_creator(*args, **kwargs)


def _goes_on(chunk: Any) -> bool:
    return isinstance(chunk, ModelResponseStream) and all(choice.finish_reason is None for choice in chunk.choices)
