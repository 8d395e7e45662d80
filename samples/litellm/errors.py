"""LiteLLM's own exceptions, with the connector's hint."""

from __future__ import annotations

import litellm
from _resource import resource

import litellm_adapter

litellm.suppress_debug_info = True

with resource():
    litellm_adapter.register()
    try:
        litellm.completion(model="azure_connector/no-such-deployment", messages=[{"role": "user", "content": "Hello"}])
    except litellm.NotFoundError as error:
        print(error)
