"""Every stack by its name, in the order in which they are measured and shown."""

from __future__ import annotations

import time

from . import floors, stacks
from .stacks import Stack

__all__ = ["STACKS", "make"]

STACKS: dict[str, type[Stack]] = {
    "raw": stacks.Raw,
    "aiohttp": stacks.Aiohttp,
    "openai": stacks.Sdk,
    "openai-aiohttp": stacks.SdkAiohttp,
    "create": stacks.Create,
    "post": stacks.Post,
    "create-httpx": stacks.CreateHttpx,
    "openai-sync": stacks.SyncSdk,
    "create-sync": stacks.SyncCreate,
    "sk": stacks.SemanticKernel,
    "sk-ours": stacks.OurSemanticKernel,
    "sk-floor": floors.SemanticKernelAlone,
    "litellm": stacks.LiteLLM,
    "litellm-ours": stacks.OurLiteLLM,
    "litellm-floor": floors.LiteLLMAlone,
    "langchain": stacks.LangChain,
}


def make(name: str, url: str) -> tuple[Stack, float]:
    """A stack, and the CPU seconds that its second construction took: the first one pays for imports."""
    STACKS[name](url)
    before = time.process_time()
    stack = STACKS[name](url)
    return stack, time.process_time() - before
