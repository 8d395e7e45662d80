"""The seam for WebSockets, which do not pass through `request()`: realtime, the Responses API's, Live, translations.

All of them go to the v1 form of the default resource. The SDK asks the client for the URL and the headers. Here the
models in their events become deployments, and a refused handshake becomes the typed error that any other call gets.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial, wraps
from typing import Any, cast

from ..deployments import RESPONSES, WEB_SOCKET_MODELS, replace_names
from ._base import SharedClient
from ._web_socket_guard import fail_handshake, guarded_options

__all__ = ["connect_socket", "watch"]

# The resources below one that have WebSockets as well, in one version of the SDK or another.
_BELOW = ("forks", "realtime", "responses", "sideband", "translations")
# Whose model the handshake names, so that it is resolved there.
_NAMED_AT_ONCE = ("Realtime", "AsyncRealtime", "Translations", "AsyncTranslations")


def watch(resource: Any, client: SharedClient, operation: str = "") -> Any:
    """The SDK's resource, whose `connect` and those below it know deployments.

    Args:
        resource: the resource; it is changed.
        client: the client that it is of.
        operation: the SDK's path of the resource.
    """
    for name in _BELOW:
        if (child := getattr(resource, name, None)) is not None:
            watch(child, client, f"{operation}/{name}")
    connect = getattr(resource, "connect", None)
    if connect is not None:
        resource.connect = _connecting(connect, client, operation, kind=type(resource).__name__)
    return resource


def _connecting(connect: Callable[..., Any], client: SharedClient, operation: str, *, kind: str) -> Callable[..., Any]:
    @wraps(connect)
    def connecting(*arguments: object, **options: object) -> Any:
        model: Any = None
        if kind in _NAMED_AT_ONCE:
            model, arguments = (arguments[0], arguments[1:]) if arguments else (options.get("model"), ())
            options["model"] = client.realtime_deployment(model)
        how: dict[str, Any] = {"operation": operation, "asynchronous": kind.startswith("Async")}
        return connect_socket(client, connect, arguments, options, model=model or "", **how)

    return connecting


def connect_socket(
    client: SharedClient,
    connect: Callable[..., Any],
    arguments: Sequence[Any],
    options: Mapping[str, Any],
    *,
    operation: str,
    asynchronous: bool,
    model: str = "",
) -> Any:
    """The SDK's manager of a connection, guarded and made to know deployments.

    Args:
        client: the connector's client.
        connect: the SDK's own method.
        arguments, options: what it is given.
        operation: the SDK's path.
        asynchronous: whether it is an async resource's.
        model: the model that the handshake names, as the caller said it.

    Raises:
        InvalidRequestError: the client's address was changed to one of another host.
    """
    given = dict(options) if not arguments else inspect.signature(connect).bind_partial(*arguments, **options).arguments
    ours = guarded_options(client, given.get("websocket_connection_options") or {}, asynchronous=asynchronous)
    # What the SDK's manager holds is private, so that it is kept and not made anew.
    manager: Any = connect(**{**given, "websocket_connection_options": ours})
    manager.__class__ = _kind(cast("type[Any]", type(manager)))
    manager.connector, manager.operation, manager.named = client, operation, model
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
        except Exception as error:  # noqa: BLE001  # what `websockets` and the network raise
            fail_handshake(self, error)

    def connect(self: Any, *how: Any) -> Any:
        made = kind._connect_ws(self, *how)
        self.connector.note_socket(made)
        return _Socket(made, self.connector)

    return {"__enter__": enter, "enter": enter, "_connect_ws": connect}


def _async_steps(kind: Any) -> dict[str, Any]:
    async def enter(self: Any) -> Any:
        try:
            return await kind.__aenter__(self)
        except Exception as error:  # noqa: BLE001  # as above
            fail_handshake(self, error)

    async def connect(self: Any, *how: Any) -> Any:
        await self.connector._refresh_api_key()  # the token is then at hand without blocking
        made = await kind._connect_ws(self, *how)
        self.connector.note_socket(made)
        return _Socket(made, self.connector)

    return {"__aenter__": enter, "enter": enter, "_connect_ws": connect}


class _Socket:
    """An open WebSocket, sync or async, that names deployments in what it sends.

    Args:
        socket: what the SDK has connected.
        client: the client that it is of.
    """

    def __init__(self, socket: Any, client: SharedClient) -> None:
        self._socket, self._client = socket, client

    def send(self, message: Any, *how: Any, **more: Any) -> Any:
        """As the socket's own: for an async one, what it returns is to be awaited.

        Raises:
            InvalidRequestError: other resources alone serve the model of an event.
        """
        return self._socket.send(_mapped(message, self._client), *how, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


def _mapped(message: object, client: SharedClient) -> Any:
    """An event with deployments in the place of models; most events name none and are not read."""
    if not isinstance(message, str) or '"model"' not in message:
        return message
    try:
        event: Any = json.loads(message)
    except ValueError:
        return message  # the service's to refuse
    kind = cast("dict[str, Any]", event).get("type") if isinstance(event, dict) else None
    found: object = cast(object, event)
    for path in WEB_SOCKET_MODELS.get(kind, ()) if isinstance(kind, str) else ():
        found = replace_names(found, path, partial(_deployment, client, path))
    return message if found is event else json.dumps(found, ensure_ascii=False)


def _deployment(client: SharedClient, path: str, model: str) -> str:
    resolver, home = client.connector_state.resolver, client.settings.default_resource
    if path == "model":
        return resolver.home_deployment(model, RESPONSES)
    return client.realtime_deployment(model) if path == "session.model" else resolver.deployment_on(home, model)
