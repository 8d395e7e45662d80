"""The seam for WebSockets, which do not pass through `request()`.

`client.realtime.connect(model=…)` goes to the v1 form of the resource whose deployment serves the model
(`wss://…/openai/v1/realtime?model=DEPLOYMENT`; every current realtime model has the v1 form). The SDK asks the client
for the URL and the headers.
"""

from __future__ import annotations

import json
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from openai.resources.realtime import AsyncRealtime, Realtime
from openai.resources.realtime.realtime import AsyncRealtimeConnectionManager, RealtimeConnectionManager

from ..deployments import REALTIME
from ..errors import error_from_reply
from ._azure_type import AcceptedCall
from ._base import SharedClient
from ._call_errors import synthetic_response, without_locals
from ._hint_context import hint_context
from ._state import ConnectorState

__all__ = ["AsyncConnectorRealtime", "ConnectorRealtime"]


class _Manager(RealtimeConnectionManager):
    """The SDK's manager, whose handshake fails as any other call does."""

    connector: SharedClient
    named: str

    def __enter__(self) -> Any:
        try:
            return super().__enter__()
        except Exception as error:  # what `websockets` and the network raise; what is no refusal goes on as it is
            refused = _refusal(self.connector, self.named, error)
            if refused is None:
                raise
            raise refused from without_locals(error)

    enter = __enter__


class _AsyncManager(AsyncRealtimeConnectionManager):
    """As `_Manager`."""

    connector: SharedClient
    named: str

    async def __aenter__(self) -> Any:
        try:
            return await super().__aenter__()
        except Exception as error:  # what `websockets` and the network raise; what is no refusal goes on as it is
            refused = _refusal(self.connector, self.named, error)
            if refused is None:
                raise
            raise refused from without_locals(error)

    enter = __aenter__


class ConnectorRealtime(Realtime):
    """The SDK's realtime resource, for deployments."""

    def __init__(self, client: SharedClient) -> None:
        super().__init__(cast(Any, client))
        self._connector = client

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
            made = super().connect(**_arguments(self._connector, model, options))
            return _watched(made, _Manager, self._connector, model)


class AsyncConnectorRealtime(AsyncRealtime):
    """The SDK's realtime resource, for deployments."""

    def __init__(self, client: SharedClient) -> None:
        super().__init__(cast(Any, client))
        self._connector = client

    if not TYPE_CHECKING:

        @wraps(AsyncRealtime.connect)
        def connect(self, *, model=None, **options):
            """As `ConnectorRealtime.connect`."""
            made = super().connect(**_arguments(self._connector, model, options))
            return _watched(made, _AsyncManager, self._connector, model)


def _arguments(client: SharedClient, model: Any, options: dict[str, Any]) -> dict[str, Any]:
    """What the SDK's `connect` is given: a call that was accepted has its model already."""
    if not model and options.get("call_id"):
        return {"model": AcceptedCall("accepted"), **options}
    return {"model": client.realtime_deployment(model), **options}


def _watched(made: Any, kind: type, client: SharedClient, model: Any) -> Any:
    # The SDK's `connect` names its own manager; what it holds is private, so that it is kept and not made anew.
    made.__class__ = kind
    made.connector, made.named = client, model or ""
    return made


def _refusal(client: SharedClient, model: str, error: Exception) -> Exception | None:
    """The typed exception for a handshake that the service refused; None for every other failure."""
    reply: Any = getattr(error, "response", None)
    status = getattr(reply, "status_code", None)
    if not isinstance(status, int):
        return None
    state: ConnectorState = client.connector_state
    plan = state.resolver.resolve(model or client.realtime_deployment(None), REALTIME)
    target = plan.pinned_to(state.settings.default_resource, param="model").targets[0]
    text = bytes(reply.body or b"").decode("utf-8", "replace")
    response = synthetic_response(state.websocket_url + REALTIME, status, dict(reply.headers.raw_items()))
    return error_from_reply(response, _decoded(text), hint_context(state, target, plan))


def _decoded(text: str) -> object:
    """The body as the SDK hands it on: the error inside, or the text."""
    try:
        body = json.loads(text)
    except ValueError:
        return text
    return cast("dict[str, Any]", body).get("error", body) if isinstance(body, dict) else body
