"""What the frameworks cost by themselves: around replies that are there already, without a request or a client.

No adapter can cost less, so their rows tell how much of a call is the framework's own.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from .stacks import MODEL, LiteLLM, SemanticKernel
from .wire import COMPLETION, TEXT_EVENTS

__all__ = ["LiteLLMAlone", "SemanticKernelAlone"]


class SemanticKernelAlone(SemanticKernel):
    """Semantic Kernel's AzureChatCompletion over a client that hands out the same objects every time."""

    def make_service(self) -> Any:
        import openai
        from openai.types.chat import ChatCompletion, ChatCompletionChunk

        pieces = [event.partition(b"data: ")[2] for event in TEXT_EVENTS]
        chunks = [ChatCompletionChunk.construct(**json.loads(one)) for one in pieces if not one.startswith(b"[DONE]")]
        completion = ChatCompletion.construct(**COMPLETION)

        class Ready(openai.AsyncStream[Any]):
            def __init__(self) -> None:
                pass

            async def __aiter__(self) -> AsyncIterator[Any]:
                for chunk in chunks:
                    yield chunk

        async def create(*, stream: bool = False, **_: Any) -> Any:
            return Ready() if stream else completion

        service = super().make_service()
        service.client.chat.completions.create = create
        return service


class LiteLLMAlone(LiteLLM):
    """LiteLLM around a provider that only fills its type. Of streams it is no floor: ours spare LiteLLM's wrapper."""

    prefix = "nothing"

    def __init__(self, url: str) -> None:
        super().__init__(url)
        import litellm

        class Nothing(litellm.CustomLLM):
            async def acompletion(self, *_: Any, **__: Any) -> litellm.ModelResponse:
                return litellm.ModelResponse(**COMPLETION)

        litellm.custom_provider_map = [{"provider": self.prefix, "custom_handler": Nothing()}]
        price = {**litellm.model_cost[f"azure/{MODEL}"], "litellm_provider": self.prefix}
        litellm.register_model({f"{self.prefix}/{MODEL}": price})
