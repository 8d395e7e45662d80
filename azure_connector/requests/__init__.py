"""The caller's request, made to fit one deployment."""

from __future__ import annotations

from ._adaptations import Adaptation
from ._batch_file import batch_resource, is_batch_upload, mapped_batch_files, mapped_batch_path
from ._build import PreparedRequest, RequestBuilder
from ._call_options import HELPER_HEADER, RAW_RESPONSE_HEADER, CallOptions, get_options, parse_options, post_options
from ._embedding_batches import embedding_batches
from ._fit import adapt_request
from ._memory import SAID, forget_learned
from ._parsed_tools import with_readable_tools
from ._reply_plan import ReplyPlan, StreamRules
from ._schema_form import response_format
from ._unsendable import unsendable
from .responses_api import Failure, ResponseStream, chunks_as_completion, completion_as_chunks, to_chat

__all__ = [
    "HELPER_HEADER",
    "RAW_RESPONSE_HEADER",
    "SAID",
    "Adaptation",
    "CallOptions",
    "Failure",
    "PreparedRequest",
    "ReplyPlan",
    "RequestBuilder",
    "ResponseStream",
    "StreamRules",
    "adapt_request",
    "batch_resource",
    "chunks_as_completion",
    "completion_as_chunks",
    "embedding_batches",
    "forget_learned",
    "get_options",
    "is_batch_upload",
    "mapped_batch_files",
    "mapped_batch_path",
    "parse_options",
    "post_options",
    "response_format",
    "to_chat",
    "unsendable",
    "with_readable_tools",
]
