"""LangChain's standard suite for chat models, on langchain-litellm's ChatLiteLLM through the prefix.

What fails is not the prefix's: the same tests fail in the same way through LiteLLM's own `azure/`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

pytest.importorskip("langchain_tests")

from langchain_tests.integration_tests import ChatModelIntegrationTests

from azure_connector.emulator import Emulator
from tests.litellm.lite import settle
from tests.support.frameworks import late, needed

frameworks = needed("langchain_litellm")
litellm_adapter = late("litellm_adapter")

TRACED = "langchain-litellm tells its callbacks nothing of a structured output's format"
NO_MODEL = "no model stands behind the emulator that could think of a joke"
KNOWN = {
    "test_structured_output": TRACED,
    "test_structured_output_async": TRACED,
    "test_json_mode": NO_MODEL,
}


class Suite(ChatModelIntegrationTests):
    """What the suite may expect of the model is said by its properties."""

    provider = "azure_connector"

    @pytest.fixture(autouse=True)
    async def resource(
        self, azure: Emulator, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
    ) -> AsyncIterator[None]:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", azure.endpoint)
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", azure.api_key)
        for name, value in (("BASE", azure.endpoint), ("KEY", azure.api_key), ("VERSION", "2024-10-21")):
            monkeypatch.setenv(f"AZURE_API_{name}", value)
        if self.provider == "azure_connector":
            litellm_adapter.register()
            monkeypatch.delenv("AZURE_API_VERSION")
        if reason := KNOWN.get(request.node.originalname):
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
        yield
        await settle()

    @pytest.fixture
    def vcr(self) -> None:
        """Of a plugin that is switched off, like `benchmark`: without recordings the suite skips what asks for it."""

    @pytest.fixture
    def benchmark(self) -> None:
        """As `vcr`."""

    @property
    def chat_model_class(self) -> type[Any]:
        from langchain_litellm import ChatLiteLLM

        return ChatLiteLLM

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": f"{self.provider}/gpt-4o"}

    @property
    def supports_image_inputs(self) -> bool:
        return False  # the suite would fetch its image from the internet

    @property
    def supports_json_mode(self) -> bool:
        return True


class TestThroughThePrefix(Suite):
    """All of it."""


class TestThroughAzure(Suite):
    """Only what fails, to show that it fails there too."""

    provider = "azure"


for _name in dir(ChatModelIntegrationTests):
    if _name.startswith("test_") and _name not in KNOWN:
        setattr(TestThroughAzure, _name, None)
