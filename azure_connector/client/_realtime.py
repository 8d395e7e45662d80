"""The seam for WebSockets, which do not pass through `request()`.

`client.realtime.connect(model=…)` goes to the v1 form of the resource whose deployment serves the model
(`wss://…/openai/v1/realtime?model=DEPLOYMENT`; every current realtime model has the v1 form). The SDK asks the client
for the URL and the headers.
"""

from __future__ import annotations

from typing import Any, cast

from openai.resources.realtime import AsyncRealtime, Realtime

from ..deployments import REALTIME
from ._azure_type import AcceptedCall
from ._base import SharedClient
from ._websockets import connect_guarded

__all__ = ["AsyncConnectorRealtime", "ConnectorRealtime"]


class ConnectorRealtime(Realtime):
    """The SDK's realtime resource, for deployments."""

    def __init__(self, client: SharedClient) -> None:
        super().__init__(cast(Any, client))
        self._connector = client

    def connect(self, *, model: Any = None, **options: Any) -> Any:
        """As the SDK's own; `model` is resolved to its deployment on the default resource.

        Args:
            model: the model; a pasted realtime URI's deployment or `default_deployment` when omitted.
            options: as the SDK's.

        Raises:
            InvalidRequestError: there is no model, or it has no deployment there.
        """
        return _connect(self._connector, super().connect, model, options, asynchronous=False)


class AsyncConnectorRealtime(AsyncRealtime):
    """The SDK's realtime resource, for deployments."""

    def __init__(self, client: SharedClient) -> None:
        super().__init__(cast(Any, client))
        self._connector = client

    def connect(self, *, model: Any = None, **options: Any) -> Any:
        """As `ConnectorRealtime.connect`."""
        return _connect(self._connector, super().connect, model, options, asynchronous=True)


def _connect(client: SharedClient, connect: Any, model: Any, options: dict[str, Any], *, asynchronous: bool) -> Any:
    """The SDK's manager for a deployment; a call that was accepted has its model already."""
    accepted = not model and options.get("call_id")
    named = AcceptedCall("accepted") if accepted else client.realtime_deployment(model)
    how: dict[str, Any] = {"operation": REALTIME, "model": model or "", "asynchronous": asynchronous}
    return connect_guarded(client, connect, {"model": named, **options}, **how)
