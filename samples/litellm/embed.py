"""Embeddings: which of two texts is closer to a third one?"""

from __future__ import annotations

import litellm
from _resource import resource

import litellm_adapter

with resource():
    litellm_adapter.register()
    texts = ["The cat sleeps on the sofa", "A cat sleeps on a chair", "Quarterly revenue grew by 4 percent"]
    # LiteLLM refuses `dimensions` to a custom provider's sync calls; in `extra_body` it arrives.
    reply = litellm.embedding("azure_connector/text-embedding-3-small", texts, extra_body={"dimensions": 256})
    first, *others = [item["embedding"] for item in reply.data]
    for text, vector in zip(texts[1:], others, strict=True):
        print(f"{sum(a * b for a, b in zip(first, vector, strict=True)):.2f}  {text}")
