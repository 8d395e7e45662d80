"""Replies, whole and streamed: parsed, normalized, with `azure_info`."""

from __future__ import annotations

from ._accumulator import ReplyAccumulator
from ._chat_stream import StreamErrorFactory
from ._info import AzureInfo, RateLimits, azure_info
from ._normalize import NoAnswerError
from ._plain_text import PlainText
from ._reader import ReplyReader, build_chunk, reader_for
from ._sdk_decoder import SdkEventDecoder
from ._stream import AsyncConnectorStream, ConnectorStream
from ._unread import watch_unread

__all__ = [
    "AsyncConnectorStream",
    "AzureInfo",
    "ConnectorStream",
    "NoAnswerError",
    "PlainText",
    "RateLimits",
    "ReplyAccumulator",
    "ReplyReader",
    "SdkEventDecoder",
    "StreamErrorFactory",
    "azure_info",
    "build_chunk",
    "reader_for",
    "watch_unread",
]
