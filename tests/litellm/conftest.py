"""The prefix is registered against the emulator, and LiteLLM's globals are as they were before each test."""

from __future__ import annotations

import copy
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.frameworks import late, needed

frameworks = needed("litellm", "litellm_adapter")
litellm = late("litellm")
litellm_adapter = late("litellm_adapter")

_GLOBALS = (
    "cache",
    "callbacks",
    "success_callback",
    "failure_callback",
    "input_callback",
    "service_callback",
    "_async_success_callback",
    "_async_failure_callback",
    "_async_input_callback",
    "drop_params",
    "max_budget",
    "_current_cost",
    "num_retries",
)


@pytest.fixture(autouse=True)
def clean_litellm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """LiteLLM keeps callbacks, cache and providers in globals."""
    litellm.suppress_debug_info = True
    for name in _GLOBALS:
        value = getattr(litellm, name)
        monkeypatch.setattr(litellm, name, copy.copy(value) if isinstance(value, list) else value)
    yield
    for entry in list(litellm.custom_provider_map):
        litellm_adapter.unregister(entry["provider"])
    litellm_adapter.handler.close()


@pytest.fixture
def registered(azure: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The prefix `azure_connector`, with the emulator in the environment; gives the emulator."""
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", azure.endpoint)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", azure.api_key)
    litellm_adapter.register()
    return azure


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """LiteLLM's own in-memory cache. Since 1.105 its hits import a part of the Proxy that wants soundfile."""
    monkeypatch.setitem(sys.modules, "soundfile", types.ModuleType("soundfile"))
    litellm.cache = litellm.Cache(type="local")
