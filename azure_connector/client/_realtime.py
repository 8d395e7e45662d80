"""`client.realtime`: the SDK's own, whose connections go to the deployment that serves the model.

`connect(model=…)` goes to the v1 form of the default resource (`wss://…/openai/v1/realtime?model=DEPLOYMENT`; every
current realtime model has the v1 form).
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from openai.resources.realtime import AsyncRealtime, Realtime

from ..deployments import REALTIME
from ._azure_type import AcceptedCall
from ._base import SharedClient
from ._web_sockets import connect_socket, watch

__all__ = ["AsyncConnectorRealtime", "ConnectorRealtime"]


class ConnectorRealtime(Realtime):
    """The SDK's realtime resource, for deployments."""

    def __init__(self, client: SharedClient) -> None:
        super().__init__(cast(Any, client))
        self._connector = client
        _watch_translations(self, client)

    if not TYPE_CHECKING:  # for type checkers the SDK's own signature stands

        @wraps(Realtime.connect)
        def connect(self, *, model=None, **options):
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
        _watch_translations(self, client)

    if not TYPE_CHECKING:

        @wraps(AsyncRealtime.connect)
        def connect(self, *, model=None, **options):
            """As `ConnectorRealtime.connect`."""
            return _connect(self._connector, super().connect, model, options, asynchronous=True)


def _watch_translations(resource: object, client: SharedClient) -> None:
    if (translations := getattr(resource, "translations", None)) is not None:  # from openai 3 on
        watch(translations, client, f"{REALTIME}/translations")


def _connect(client: SharedClient, connect: Any, model: Any, options: dict[str, Any], *, asynchronous: bool) -> Any:
    """The SDK's manager for a deployment; a call that was accepted has its model already."""
    accepted = not model and options.get("call_id")
    given = {"model": AcceptedCall("accepted") if accepted else client.realtime_deployment(model), **options}
    how: dict[str, Any] = {"operation": REALTIME, "asynchronous": asynchronous}
    return connect_socket(client, connect, (), given, model=model or "", **how)
