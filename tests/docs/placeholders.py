"""What a reader puts in where a page has a placeholder: here the emulator's address and key, or its gateway's."""

from __future__ import annotations

import re
from contextlib import ExitStack

import pytest

from azure_connector.emulator import Emulator
from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.entra.environments import environment
from azure_connector.emulator.gateway import Gateway

__all__ = ["Placeholders"]

ENDPOINT, KEY = "https://RESOURCE.openai.azure.com", "YOUR-KEY"
GATEWAY = "https://GATEWAY.azure-api.net/PATH"
_BLANK = re.compile(r'\b(tenant_id|client_id|client_secret|apim_subscription_key)="…"')


class Placeholders:
    """Fills in the placeholders of blocks; the gateway and Entra ID start when a page wants them.

    Args:
        azure: the resource of the pages.
        monkeypatch: for the variables that stand for the emulated Entra ID.
    """

    def __init__(self, azure: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        self.azure, self._monkeypatch = azure, monkeypatch
        self._servers = ExitStack()
        self._gateway: dict[str, str] = {}

    def fill(self, text: str) -> str:
        if GATEWAY in text:
            values = self._gateway or self._start_gateway()
            text = text.replace(GATEWAY, values["endpoint"])
            text = _BLANK.sub(lambda blank: f'{blank[1]}="{values[blank[1]]}"', text)
        return text.replace(ENDPOINT, self.azure.endpoint).replace(KEY, self.azure.api_key)

    def _start_gateway(self) -> dict[str, str]:
        entra = self._servers.enter_context(EntraID())
        behind = self._servers.enter_context(Emulator(entra=entra))
        gateway = self._servers.enter_context(Gateway(behind))
        known = environment(entra, "client_secret")
        self._monkeypatch.setenv("AZURE_AUTHORITY_HOST", known["AZURE_AUTHORITY_HOST"])
        self._monkeypatch.setenv("AZURE_CONNECTOR_DISABLE_INSTANCE_DISCOVERY", "true")
        self._monkeypatch.setenv("AZURE_CONNECTOR_CA_BUNDLE", str(entra.ca_file))
        self._monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(entra.ca_file))
        self._gateway = {
            "endpoint": gateway.endpoint,
            "tenant_id": known["AZURE_TENANT_ID"],
            "client_id": known["AZURE_CLIENT_ID"],
            "client_secret": known["AZURE_CLIENT_SECRET"],
            "apim_subscription_key": gateway.subscription_key,
        }
        return self._gateway

    def close(self) -> None:
        self._servers.close()
