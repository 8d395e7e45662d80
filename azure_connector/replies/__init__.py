"""Replies, whole and streamed: parsed, normalized, with `azure_info`."""

from __future__ import annotations

from ._chat_stream import NoAnswerError, StreamErrorFactory
from ._info import AzureInfo, RateLimits, azure_info
from ._reader import ReplyReader, build_chunk, reader_for
from ._stream import AsyncConnectorStream, ConnectorStream

__all__ = [
    "AsyncConnectorStream",
    "AzureInfo",
    "ConnectorStream",
    "NoAnswerError",
    "RateLimits",
    "ReplyReader",
    "StreamErrorFactory",
    "azure_info",
    "build_chunk",
    "reader_for",
]
