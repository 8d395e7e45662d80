"""LiteLLM's wrapper around a stream that is open."""

from __future__ import annotations

from copy import copy
from typing import Any

from litellm import CustomStreamWrapper
from litellm.types.utils import ModelResponseStream

from .streams import AsyncChunks, SyncChunks

__all__ = ["StreamWrapper"]


class StreamWrapper(CustomStreamWrapper):
    """Passes chunks on as they are, and names the served model in the last ones, which are the wrapper's own.

    LiteLLM makes a chunk of its own for every one, only to drop it again and return ours. That is seen with the first
    chunk; from then on, none is made for a chunk that says nothing of an end. LiteLLM ends a stream at the first
    finish; here every choice's arrives, and the last one ends it.
    """

    _passes = False
    _last_index = 0

    def chunk_creator(self, chunk: Any) -> Any:
        if self.created is None and isinstance(chunk, ModelResponseStream):
            self.created = chunk.created  # one value for the whole stream, those that the wrapper makes included
        if self._passes and self.received_finish_reason is None and self._goes_on(chunk):
            self.response_id = chunk.id
            return chunk
        made = super().chunk_creator(chunk)
        self._passes = self._passes or made is chunk
        return made

    def _goes_on(self, chunk: object) -> bool:
        stream = self.completion_stream
        if not isinstance(stream, SyncChunks | AsyncChunks) or not isinstance(chunk, ModelResponseStream):
            return False
        if chunk is stream.chunks.plain or all(choice.finish_reason is None for choice in chunk.choices):
            return True
        self._last_index = chunk.choices[0].index
        return bool(stream.chunks.finishes)

    def finish_reason_handler(self) -> Any:
        made = super().finish_reason_handler()
        made.choices[0].index = self._last_index
        kept = copy(made)
        kept._hidden_params = dict(made._hidden_params)  # LiteLLM counts the usage so far into those that it passes on
        self.chunks.append(kept)  # what callbacks and caches are told is put together from these
        return made

    def model_response_creator(self, *args: Any, **kwargs: Any) -> ModelResponseStream:
        stream = self.completion_stream
        if isinstance(stream, SyncChunks | AsyncChunks) and stream.chunks.model:
            self.system_fingerprint = stream.chunks.fingerprint
            made = super().model_response_creator(*args, **kwargs)
            made.model = stream.chunks.model
            return made
        return super().model_response_creator(*args, **kwargs)
