"""The parameters of a request that helpers hand on as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

__all__ = ["ClientParameters", "EmbeddingParameters", "GenerationParameters"]


class ClientParameters(TypedDict, total=False):
    """What the SDK takes beside a request's own parameters."""

    extra_headers: Mapping[str, str] | None
    extra_query: Mapping[str, object] | None
    extra_body: object | None
    timeout: float | None


class GenerationParameters(ClientParameters, total=False):
    """The parameters of a chat request that no helper sets itself; see the SDK's `chat.completions.create`."""

    audio: Any
    frequency_penalty: float | None
    logit_bias: dict[str, int] | None
    logprobs: bool | None
    max_completion_tokens: int | None
    max_tokens: int | None
    metadata: dict[str, str] | None
    modalities: list[Literal["text", "audio"]] | None
    moderation: Any
    parallel_tool_calls: bool
    prediction: Any
    presence_penalty: float | None
    prompt_cache_key: str
    prompt_cache_options: Any
    prompt_cache_retention: Literal["in_memory", "24h"] | None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None
    response_format: Any
    safety_identifier: str
    seed: int | None
    service_tier: str | None
    stop: str | Sequence[str] | None
    store: bool | None
    temperature: float | None
    tool_choice: Any
    top_logprobs: int | None
    top_p: float | None
    user: str
    verbosity: Literal["low", "medium", "high"] | None
    web_search_options: Any


class EmbeddingParameters(ClientParameters, total=False):
    """Every parameter of an embedding request but its input, its model and the encoding."""

    dimensions: int
    user: str
