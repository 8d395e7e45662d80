"""The caller's request, made to fit one deployment."""

from __future__ import annotations

from ._build import PreparedRequest, RequestBuilder
from ._call_options import RAW_RESPONSE_HEADER, CallOptions, get_options, parse_options, post_options
from ._embedding_batches import embedding_batches
from ._fit import fit
from ._reply_plan import ReplyPlan, StreamRules
from .responses_api import Failure, ResponseStream, completion_as_chunks, to_chat

__all__ = [
    "RAW_RESPONSE_HEADER",
    "CallOptions",
    "Failure",
    "PreparedRequest",
    "ReplyPlan",
    "RequestBuilder",
    "ResponseStream",
    "StreamRules",
    "completion_as_chunks",
    "embedding_batches",
    "fit",
    "get_options",
    "parse_options",
    "post_options",
    "to_chat",
]
