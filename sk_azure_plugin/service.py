"""What both services share: how they begin and end, and how dictionaries describe them, never with a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Self

from semantic_kernel.connectors.ai.open_ai.services.azure_config_base import AzureOpenAIConfigBase
from semantic_kernel.connectors.ai.open_ai.services.open_ai_handler import OpenAIHandler
from semantic_kernel.connectors.ai.open_ai.services.open_ai_model_types import OpenAIModelTypes
from semantic_kernel.const import USER_AGENT

from azure_connector import AsyncAzureConnector

from .factory import Purpose, make_client

__all__ = ["ConnectorService"]

_SECRET_HEADER = re.compile(r"(?i)key|token|authorization|secret|cookie|password")


class ConnectorService:
    """`from_dict` and `to_dict` over a connector; SK's own name its own class and dump the key.

    As an async context manager a service closes its client at the end, unless it was given one (`connector=`).
    """

    client: Any
    _borrowed: bool

    def _start(self: Any, purpose: Purpose, kind: OpenAIModelTypes, given: Mapping[str, Any]) -> None:
        """What a constructor does once SK's signature has named its arguments.

        Args:
            purpose: the setting that `deployment_name` stands for.
            kind: what SK calls the service's models.
            given: the constructor's `locals()`.
        """
        named = {name: value for name, value in given.items() if name not in ("self", "__class__", "settings")}
        options = {name: value for name in ("service_id", "instruction_role") if (value := named.pop(name, None))}
        ways = {name: named.pop(name) for name in ("model", "connector", "default_headers")}
        client, model = make_client(purpose, named | given["settings"], **ways)
        # The base's constructor insists on an AsyncAzureOpenAI; all that it would set is set here.
        base: Any = super(AzureOpenAIConfigBase, self)
        base.__init__(ai_model_id=model, client=client, ai_model_type=kind, **options)
        # Whoever brought a client closes it; pydantic's own way to a private attribute is closed to a mixin.
        brought = (ways["connector"], named.get("async_client"))
        object.__setattr__(self, "_borrowed", any(client is each for each in brought))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        if not self._borrowed:
            await self.client.close()

    @classmethod
    def from_dict(cls, settings: dict[str, Any]) -> Any:
        """A service from a dictionary: the constructor's arguments by name, or what `to_dict` gave.

        Raises:
            ServiceInitializationError: as the constructor.
        """
        given = {name: value for name, value in settings.items() if value is not None}
        if "ai_model_id" in given:
            given.setdefault("model", given.pop("ai_model_id"))
        return cls(**given)

    def to_dict(self: object) -> dict[str, Any]:
        """What describes the service, without credentials: `from_dict` finds these where the settings have them."""
        assert isinstance(self, OpenAIHandler)
        found = self.model_dump(
            include={"ai_model_id", "service_id", "instruction_role"}, by_alias=True, exclude_none=True
        )
        found["base_url"] = str(self.client.base_url)
        headers: Mapping[str, Any] = {}
        if isinstance(self.client, AsyncAzureConnector):
            settings, headers = self.client.settings, self.client.custom_headers
            found["api_version"] = settings.require_endpoint().api_version
        hidden = {name for name in headers if name == USER_AGENT or _SECRET_HEADER.search(name)}
        found["default_headers"] = {name: str(value) for name, value in headers.items() if name not in hidden}
        return {name: value for name, value in found.items() if value is not None}
