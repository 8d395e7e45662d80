"""Two resources side by side, each under a prefix of its own."""

from __future__ import annotations

import litellm

import litellm_adapter
from azure_connector.emulator import Deployment, Emulator

with Emulator([Deployment("chat", "gpt-4o")]) as sales, Emulator([Deployment("chat", "gpt-5")]) as research:
    litellm_adapter.register("sales", azure_endpoint=sales.endpoint, api_key=sales.api_key)
    litellm_adapter.register("research", azure_endpoint=research.endpoint, api_key=research.api_key)
    for prefix in ("sales", "research"):
        reply = litellm.completion(model=f"{prefix}/chat", messages=[{"role": "user", "content": "Say hello to Oslo"}])
        print(f"{prefix}: {reply.choices[0].message.content} ({reply.model})")
