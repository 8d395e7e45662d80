"""An async stream; an error would come at the call, not at the first chunk."""

from __future__ import annotations

import asyncio

import litellm
from _resource import resource

import litellm_adapter


async def main() -> None:
    """Prints the answer as it comes, and the service's own token count."""
    stream = await litellm.acompletion(
        model="azure_connector/gpt-5",
        messages=[{"role": "user", "content": "Say hello to Oslo in one sentence."}],
        reasoning_effort="low",  # LiteLLM withholds it from custom providers; the connector's hooks win it back
        stream=True,
        stream_options={"include_usage": True},
    )
    async for chunk in stream:
        if chunk.choices:  # the last one, with the usage, has none in newer versions of LiteLLM
            print(chunk.choices[0].delta.content or "", end="", flush=True)
    print(f"\n{chunk.usage.total_tokens} tokens")


with resource():
    litellm_adapter.register()
    asyncio.run(main())
