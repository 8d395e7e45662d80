"""One question through LiteLLM, with what it cost."""

from __future__ import annotations

import litellm
from _resource import resource

import litellm_adapter

with resource():
    litellm_adapter.register()
    reply = litellm.completion(
        model="azure_connector/gpt-5",
        messages=[{"role": "user", "content": "Say hello to Oslo in one sentence."}],
    )
    print(reply.choices[0].message.content)
    print(f"{reply.usage.total_tokens} tokens, ${reply._hidden_params['response_cost']:.6f}")
