"""The seam for WebSockets, which do not pass through `request()`.

`client.realtime.connect(model=…)` goes to the v1 form of the resource whose deployment serves the model
(`wss://…/openai/v1/realtime?model=DEPLOYMENT`; every current realtime model has the v1 form). The SDK asks the client
for the URL and the headers.
"""

from __future__ import annotations

from typing import Any, cast

from openai.resources.realtime import AsyncRealtime, Realtime

from ._base import SharedClient

__all__ = ["AsyncConnectorRealtime", "ConnectorRealtime"]


class ConnectorRealtime(Realtime):
    """The SDK's realtime resource, for deployments."""

    def __init__(self, client: SharedClient) -> None:
        super().__init__(cast(Any, client))
        self._connector = client

    def connect(self, *, model: Any = None, **options: Any) -> Any:
        """As the SDK's own; `model` is resolved to its deployment on the default resource.

        Raises:
            InvalidRequestError: the model has no deployment there.
        """
        return super().connect(model=self._connector.deployment_of(model, "/realtime"), **options)


class AsyncConnectorRealtime(AsyncRealtime):
    """The SDK's realtime resource, for deployments."""

    def __init__(self, client: SharedClient) -> None:
        super().__init__(cast(Any, client))
        self._connector = client

    def connect(self, *, model: Any = None, **options: Any) -> Any:
        """As `ConnectorRealtime.connect`."""
        return super().connect(model=self._connector.deployment_of(model, "/realtime"), **options)
