"""The seam for WebSockets, which do not pass through `request()`: realtime, the Responses API's, Live, translations.

All of them go to the v1 form of the default resource. The SDK asks the client for the URL and the headers. Here the
models in their events become deployments, and a refused handshake becomes the typed error that any other call gets.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache, partial, wraps
from typing import Any, Protocol, cast

from .._utils import as_object
from ..deployments import REALTIME, RESPONSES, WEB_SOCKET_MODELS, Plan, Target, replace_names
from ..errors import error_from_reply
from ..settings import ConnectorSettings
from ._call_errors import synthetic_response, without_locals
from ._hint_context import hint_context
from ._state import ConnectorState

__all__ = ["watch", "watched"]


class _Client(Protocol):
    """What is asked of a client of this package."""

    @property
    def connector_state(self) -> ConnectorState: ...
    @property
    def settings(self) -> ConnectorSettings: ...
    def realtime_deployment(self, model: str | None) -> str: ...


# The resources below one that have WebSockets as well, in one version of the SDK or another.
_BELOW = ("forks", "realtime", "responses", "sideband", "translations")
# Whose model the handshake names, so that it is resolved there.
_NAMED_AT_ONCE = ("Realtime", "AsyncRealtime", "Translations", "AsyncTranslations")


def watch(resource: Any, client: _Client) -> Any:
    """The SDK's resource, whose `connect` and those below it know deployments.

    Args:
        resource: the resource; it is changed.
        client: the client that it is of.
    """
    for name in _BELOW:
        if (child := getattr(resource, name, None)) is not None:
            watch(child, client)
    connect = getattr(resource, "connect", None)
    if connect is not None:
        resource.connect = _connecting(connect, client, names_model=type(resource).__name__ in _NAMED_AT_ONCE)
    return resource


def _connecting(connect: Callable[..., Any], client: _Client, *, names_model: bool) -> Callable[..., Any]:
    @wraps(connect)
    def connecting(*arguments: Any, **options: Any) -> Any:
        model: Any = None
        if names_model:
            model, arguments = (arguments[0], arguments[1:]) if arguments else (options.get("model"), ())
            options["model"] = client.realtime_deployment(model)
        return watched(connect(*arguments, **options), client, model)

    return connecting


def watched(manager: Any, client: _Client, model: Any = None) -> Any:
    """The SDK's manager of a connection, made to know deployments.

    Args:
        manager: what `connect` gave; what it holds is private, so that it is kept and not made anew.
        client: the client that it is of.
        model: the model that the handshake names, as the caller said it.
    """
    manager.__class__ = _kind(manager.__class__)
    manager.connector, manager.named = client, model or ""
    return manager


@lru_cache(maxsize=32)
def _kind(kind: type) -> type:
    """The manager's class with our steps around its own."""
    steps = _async_steps(kind) if hasattr(kind, "__aenter__") else _steps(kind)
    if not hasattr(kind, "_connect_ws"):  # a version of the SDK that connects in another way: only its errors are ours
        del steps["_connect_ws"]
    return type(kind.__name__, (kind,), steps)


def _steps(kind: Any) -> dict[str, Any]:
    def enter(self: Any) -> Any:
        try:
            return kind.__enter__(self)
        except Exception as error:  # what `websockets` and the network raise; what is no refusal goes on as it is
            refused = _refusal(self.connector, self.named, error)
            if refused is None:
                raise
            raise refused from without_locals(error)

    def connect(self: Any, *how: Any) -> Any:
        return _Socket(kind._connect_ws(self, *how), self.connector)

    return {"__enter__": enter, "enter": enter, "_connect_ws": connect}


def _async_steps(kind: Any) -> dict[str, Any]:
    async def enter(self: Any) -> Any:
        try:
            return await kind.__aenter__(self)
        except Exception as error:  # as above
            refused = _refusal(self.connector, self.named, error)
            if refused is None:
                raise
            raise refused from without_locals(error)

    async def connect(self: Any, *how: Any) -> Any:
        await self.connector._refresh_api_key()  # the token is then at hand without blocking
        return _Socket(await kind._connect_ws(self, *how), self.connector)

    return {"__aenter__": enter, "enter": enter, "_connect_ws": connect}


class _Socket:
    """An open WebSocket, sync or async, that names deployments in what it sends.

    Args:
        socket: what the SDK has connected.
        client: the client that it is of.
    """

    def __init__(self, socket: Any, client: _Client) -> None:
        self._socket, self._client = socket, client

    def send(self, message: Any, *how: Any, **more: Any) -> Any:
        """As the socket's own: for an async one, what it returns is to be awaited.

        Raises:
            InvalidRequestError: other resources alone serve the model of an event.
        """
        return self._socket.send(_mapped(message, self._client), *how, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


def _mapped(message: Any, client: _Client) -> Any:
    """An event with deployments in the place of models; most events name none and are not read."""
    if not isinstance(message, str) or '"model"' not in message:
        return message
    try:
        event: Any = json.loads(message)
    except ValueError:
        return message  # the service's to refuse
    kind = as_object(event).get("type")
    mapped: Any = event
    for path in WEB_SOCKET_MODELS.get(kind, ()) if isinstance(kind, str) else ():
        mapped = replace_names(mapped, path, partial(_deployment, client, path))
    return message if mapped is event else json.dumps(mapped, ensure_ascii=False)


def _deployment(client: _Client, path: str, model: str) -> str:
    resolver, home = client.connector_state.resolver, client.settings.default_resource
    if path == "model":
        return resolver.home_deployment(model, RESPONSES)
    return client.realtime_deployment(model) if path == "session.model" else resolver.deployment_on(home, model)


def _refusal(client: _Client, model: str, error: Exception) -> Exception | None:
    """The typed exception for a handshake that the service refused; None for every other failure."""
    reply: Any = getattr(error, "response", None)
    status = getattr(reply, "status_code", None)
    if not isinstance(status, int):
        return None
    state: ConnectorState = client.connector_state
    home = state.settings.default_resource
    plan = Plan("", (Target(home, ""),), "argument")
    if model:
        plan = state.resolver.resolve(model, REALTIME).pinned_to(home, param="model")
    text = bytes(reply.body or b"").decode("utf-8", "replace")
    response = synthetic_response(state.websocket_url, status, dict(reply.headers.raw_items()))
    return error_from_reply(response, _decoded(text), hint_context(state, plan.targets[0], plan, operation=REALTIME))


def _decoded(text: str) -> object:
    """The body as the SDK hands it on: the error inside, or the text."""
    try:
        body = json.loads(text)
    except ValueError:
        return text
    return cast("dict[str, Any]", body).get("error", body) if isinstance(body, dict) else body
