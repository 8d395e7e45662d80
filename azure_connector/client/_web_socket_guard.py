"""What every WebSocket of the SDK gets: the resource's TLS and proxy, no credential to other hosts, typed refusals.

The SDK's resources with a `connect()` hand its options on to `websockets`, whose asyncio client follows redirects
with every header but `authorization` (16.1). Here a handshake is answered by the rules of every other call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NoReturn

import openai

from ..deployments import REALTIME, Plan, Target
from ..errors import MASK, AzureErrorDetails, InvalidRequestError, error_from_reply, is_plain_header
from ..settings import HiddenText
from ..transport import redirect_to, tls_context
from ._base import SharedClient
from ._call_errors import CallErrors, synthetic_response, without_locals
from ._hint_context import hint_context
from ._refused_redirect import refused_redirect
from ._state import ConnectorState

__all__ = ["fail_handshake", "guarded_options"]


def guarded_options(client: SharedClient, given: Mapping[str, object], *, asynchronous: bool) -> dict[str, Any]:
    """The options that `websockets` gets: the caller's, and the client's own below them.

    Args:
        client: the connector's client.
        given: what the caller hands to `websockets`.
        asynchronous: whether it is an async connection.

    Raises:
        InvalidRequestError: the client's address was changed to one of another host.
    """
    made: dict[str, Any] = {**_own_options(client), **_clock(client, asynchronous=asynchronous), **given}
    if asynchronous:
        made["create_connection"] = _following(client.connector_state, made.get("create_connection"))
    return made


def _own_options(client: SharedClient) -> dict[str, Any]:
    """The client's own options for `websockets`: its TLS and its proxy."""
    state = client.connector_state
    resource = state.resources[state.settings.default_resource]
    sdk: Any = client
    address = str(sdk.websocket_base_url or sdk.base_url)
    if not resource.owns(_as_http(address)):
        raise InvalidRequestError(
            f"The WebSocket is for {address.partition('?')[0]}, and this client is for {resource.endpoint.base}. "
            "Nothing was sent.",
            param="websocket_base_url",
            hint="Make a client for that host: client.with_options(base_url=…, api_key=…).",
        )
    options: dict[str, Any] = {"logger": _MaskingLogger(logging.getLogger("websockets.client"), {})}
    transport = state.transport
    if address.startswith(("wss:", "https:")):
        options["ssl"] = tls_context(transport.ca_bundle, transport.client_certificate, transport.client_key)
    if transport.proxy is not None:
        options["proxy"] = HiddenText(transport.proxy)  # the SDK logs these options
    return options


def _clock(client: SharedClient, *, asynchronous: bool) -> dict[str, Any]:
    """The client's time limits, and connections that keep them."""
    try:
        from . import _web_socket_clock
    except ImportError:
        return {}  # the SDK says what is to be installed
    timeout = client.timeout
    silence = timeout.read if isinstance(timeout, openai.Timeout) else timeout
    request = synthetic_response(client.connector_state.websocket_url, 200, {}).request
    make = _web_socket_clock.async_connection if asynchronous else _web_socket_clock.sync_connection
    kind = make(silence, partial(_web_socket_clock.interrupted, request))
    return {**_web_socket_clock.limits(silence, client.settings.deadline), "create_connection": kind}


def _following(state: ConnectorState, make: Callable[..., Any] | None) -> Callable[..., Any]:
    """Makes connections of the asyncio client that follow redirects to the resource's own hosts alone.

    Args:
        state: the connector.
        make: the caller's own factory.
    """
    from websockets.asyncio.client import ClientConnection

    kept: dict[str, str] = {}

    def create(*arguments: Any, **named: Any) -> Any:
        connection: Any = (make or ClientConnection)(*arguments, **named)
        shake = connection.handshake

        async def handshake(headers: object = None, user_agent: object = None) -> None:
            try:
                await shake(_with_authorization(headers, kept), user_agent)
            except Exception as error:  # whatever a handshake raises: `_redirected` knows what a redirect is
                refused = _redirected(state, _reply_of(error), _url_of(connection.protocol.uri), followed=True)
                if refused is None:
                    raise
                raise refused from without_locals(error)

        connection.handshake = handshake
        return connection

    return create


def _with_authorization(headers: Any, kept: dict[str, str]) -> Any:
    """The headers with the token, which `websockets` takes off on the way to the resource's other hosts."""
    given = dict(headers or {})
    found = next((value for name, value in given.items() if name.lower() == "authorization"), None)
    if found is not None:
        kept["authorization"] = found
    return given if found is not None else {**given, **kept}


def fail_handshake(manager: object, error: Exception) -> NoReturn:
    """Raises what a failed handshake means; what is no refusal goes on as it is.

    In either case without the frames of `websockets`: the credential is among their locals.

    Args:
        manager: one of the SDK's connection managers, which has `connector`, `operation` and `named`.
        error: what `websockets` or the network raised.
    """
    without_locals(error)
    refused = None if isinstance(error, AzureErrorDetails) else _refusal(manager, error) or _no_reply(manager, error)
    if refused is None:
        raise error
    raise refused from error


def _refusal(manager: Any, error: Exception) -> Exception | None:
    """The typed exception for a handshake that the service refused; None for every other failure."""
    reply = _reply_of(error)
    if reply is None:
        return None
    client: SharedClient = manager.connector
    state = client.connector_state
    url = state.websocket_url + manager.operation
    if (redirected := _redirected(state, reply, _as_http(url), followed=False)) is not None:
        return redirected
    response = synthetic_response(url, reply.status_code, dict(reply.headers.raw_items()))
    plan = _plan(client, manager.operation, manager.named)
    context = hint_context(state, plan.targets[0], plan, operation=manager.operation)
    return error_from_reply(response, bytes(reply.body or b""), context)


def _no_reply(manager: Any, error: Exception) -> Exception | None:
    """The typed exception for a handshake that got no answer; None for what is no failure of the network."""
    library = any(cls.__module__.partition(".")[0] == "websockets" for cls in type(error).__mro__)
    if not library and not isinstance(error, OSError | EOFError):
        return None
    client: SharedClient = manager.connector
    state, plan = client.connector_state, _plan(client, manager.operation, manager.named)
    errors = CallErrors(plan, partial(hint_context, state), state.resources)
    return errors.no_reply(plan.targets[0], error, synthetic_response(state.websocket_url, 200, {}).request)


def _reply_of(error: Exception) -> Any:
    """The reply that a handshake got, if any; to one that it may not follow, a library adds an error of its own."""
    for reply in (getattr(error, "response", None), getattr(error.__cause__, "response", None)):
        if isinstance(getattr(reply, "status_code", None), int):
            return reply
    return None


def _redirected(state: ConnectorState, reply: Any, url: str, *, followed: bool) -> Exception | None:
    """The exception for a redirect that is not followed; None for one that is, and for what is none."""
    if reply is None:
        return None
    redirect = redirect_to(url, reply.status_code, reply.headers.get("Location"), get=True)
    if redirect is None:
        return None
    if redirect.url is not None:
        redirect = redirect._replace(url=_as_http(redirect.url))
    response = synthetic_response(url, reply.status_code, {})
    return refused_redirect(response, redirect, state.resources[state.settings.default_resource], followed=followed)


def _plan(client: SharedClient, operation: str, model: str) -> Plan:
    state = client.connector_state
    home = state.settings.default_resource
    if operation != REALTIME:  # the model stands in what is sent later
        return Plan("", (Target(home, f"({operation[1:]})"),), "argument")
    plan = state.resolver.resolve(model or client.realtime_deployment(None), operation)
    return plan.pinned_to(home, param="model")


def _as_http(url: str) -> str:
    """A WebSocket's URL with the scheme of its handshake."""
    return f"http{url[2:]}" if url.startswith(("ws:", "wss:")) else url


def _url_of(address: Any) -> str:
    """The URL of an address of `websockets`."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{'https' if address.secure else 'http'}://{host}:{address.port}{address.resource_name}"


class _MaskingLogger(logging.LoggerAdapter[logging.Logger]):
    """`websockets` logs each header of a handshake: here without the values that may be secret."""

    def log(self, level: int, msg: object, *args: object, **named: Any) -> None:
        if msg == "> %s: %s" and args and not is_plain_header(str(args[0])):
            args = (args[0], MASK)
        super().log(level, msg, *args, **named)
