"""Texts, objects and vectors in one call each, in the manner of the AI SDK. With an `a` before the name: async.

from azure_connector.helpers import generate_text, stream_text

print(generate_text("Say hello to Oslo", model="gpt-5").text)
for piece in stream_text("Say hello to Bergen"):
    print(piece, end="")

Without `client=` they use one that the settings make, and keep it; `close_clients()` closes it.
"""

from __future__ import annotations

from ..requests import response_format as response_format
from ..tools import Tool, ToolSource, tool
from ._clients import aclose_clients, close_clients
from ._clients import kept_client as kept_client
from ._embed import Progress, aembed, aembed_many, cosine_similarity, embed, embed_many
from ._object import AsyncObjectStream, ObjectStream, agenerate_object, astream_object, generate_object, stream_object
from ._parameters import EmbeddingParameters, GenerationParameters
from ._results import (
    EmbedManyResult,
    EmbedResult,
    NoObjectError,
    ObjectResult,
    Step,
    TextResult,
    ToolCall,
    Usage,
)
from ._steps import Gathered as Gathered
from ._steps import Steps as Steps
from ._text import AsyncTextStream, TextStream, agenerate_text, astream_text, generate_text, stream_text

__all__ = [
    "AsyncObjectStream",
    "AsyncTextStream",
    "EmbedManyResult",
    "EmbedResult",
    "EmbeddingParameters",
    "GenerationParameters",
    "NoObjectError",
    "ObjectResult",
    "ObjectStream",
    "Progress",
    "Step",
    "TextResult",
    "TextStream",
    "Tool",
    "ToolCall",
    "ToolSource",
    "Usage",
    "aclose_clients",
    "aembed",
    "aembed_many",
    "agenerate_object",
    "agenerate_text",
    "astream_object",
    "astream_text",
    "close_clients",
    "cosine_similarity",
    "embed",
    "embed_many",
    "generate_object",
    "generate_text",
    "stream_object",
    "stream_text",
    "tool",
]
