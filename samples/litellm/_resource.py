"""Where the samples' calls go: the resource that the environment names, or the local emulator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # no download of a price table at import


@contextmanager
def resource() -> Iterator[None]:
    """Sets AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_API_KEY to the emulator's, unless an endpoint is set."""
    if os.environ.get("AZURE_OPENAI_ENDPOINT"):
        yield
        return
    from azure_connector.emulator import Emulator

    with Emulator() as azure:
        os.environ |= {"AZURE_OPENAI_ENDPOINT": azure.endpoint, "AZURE_OPENAI_API_KEY": azure.api_key}
        yield
        del os.environ["AZURE_OPENAI_ENDPOINT"], os.environ["AZURE_OPENAI_API_KEY"]
