"""Every stack by its name, in the order in which they are measured and shown."""

from __future__ import annotations

import time

from .floors import LiteLLMAlone, SemanticKernelAlone
from .stacks import (
    Aiohttp,
    Create,
    CreateHttpx,
    LangChain,
    LiteLLM,
    OurLiteLLM,
    OurSemanticKernel,
    Post,
    Raw,
    Sdk,
    SemanticKernel,
    Stack,
    SyncCreate,
    SyncSdk,
)

__all__ = ["STACKS", "make"]

STACKS: dict[str, type[Stack]] = {
    "raw": Raw,
    "aiohttp": Aiohttp,
    "openai": Sdk,
    "create": Create,
    "post": Post,
    "create-httpx": CreateHttpx,
    "openai-sync": SyncSdk,
    "create-sync": SyncCreate,
    "sk": SemanticKernel,
    "sk-ours": OurSemanticKernel,
    "sk-floor": SemanticKernelAlone,
    "litellm": LiteLLM,
    "litellm-ours": OurLiteLLM,
    "litellm-floor": LiteLLMAlone,
    "langchain": LangChain,
}


def make(name: str, url: str) -> tuple[Stack, float]:
    """A stack, and the CPU seconds that its second construction took: the first one pays for imports."""
    STACKS[name](url)
    before = time.process_time()
    stack = STACKS[name](url)
    return stack, time.process_time() - before
