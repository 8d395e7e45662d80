"""`azure-connector explain MODEL`."""

from __future__ import annotations

from contextlib import closing

from rich.text import Text

from azure_connector.client import AzureConnector

from .running import load_settings
from .screen import print_json, screen

__all__ = ["run"]


def run(
    config: str | None, endpoint: str | None, model: str | None, operation: str, *, discover: bool, as_json: bool
) -> None:
    """Prints what a call would do."""
    settings = load_settings(config, endpoint)
    with closing(AzureConnector(settings=settings)) as client:
        if discover:
            client.discover()
        path = operation if operation.startswith("/") else f"/{operation}"
        explained = client.explain(model, operation=path)
        if as_json:
            print_json(explained.to_dict())
            return
        screen().print(Text(str(explained)))
        if settings.discover and not discover:
            screen().print(Text("\nDiscovery is on: add --discover to list the deployments first.", "dim"))
