"""What makes the clients an `AzureOpenAI` and an `AsyncAzureOpenAI` to whoever asks for the type.

Frameworks choose by `isinstance` and read some private names. What Azure's classes of the SDK override is put back to
the plain client's own, since the connector does all of that itself; a test holds the names against the SDK's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openai import AsyncOpenAI, OpenAI

from ..errors import ConfigurationError

if TYPE_CHECKING:  # the SDK types its Azure clients' overrides in ways that ours, being the plain ones, contradict
    from ._state import ConnectorState

    _Azure = OpenAI  # one by one: mypy takes a pair for variables, and a base that is one for `Any`
    _AsyncAzure = AsyncOpenAI
else:
    from openai import AsyncAzureOpenAI as _AsyncAzure
    from openai import AzureOpenAI as _Azure

__all__ = ["PUT_BACK", "AcceptedCall", "AnsweringQuery", "AsyncAzureType", "AzureType", "be_azure"]

PUT_BACK = ("_auth_headers", "_build_request", "_prepare_options", "_prepare_url", "_validate_headers")
"""What the SDK's Azure classes override and the connector does not want."""

_VERSION = "api-version"


class AcceptedCall(str):
    """Stands for the model of a call that has been accepted with one: the SDK wants some text there."""

    __slots__ = ()


class AnsweringQuery(dict[str, Any]):
    """A client's query that answers `api-version`, which readers of Azure clients index; it is neither sent nor kept.

    Args:
        values: what is really sent.
        version: the answer.
    """

    def __init__(self, values: Mapping[str, object], version: str) -> None:
        super().__init__(values)
        self._version = version

    def __missing__(self, name: str) -> Any:
        if name == _VERSION:
            return self._version
        raise KeyError(name)

    def get(self, key: str, default: object = None) -> Any:
        """As `dict.get`."""
        return self[key] if key in self or key == _VERSION else default

    def setdefault(self, key: str, default: object = None) -> Any:
        """As `dict.setdefault`; an api-version is not kept, since the connector decides it for each call."""
        return self[key] if key == _VERSION else super().setdefault(key, default)


def be_azure(client: Any, state: ConnectorState) -> None:
    """Sets what readers of Azure clients expect; no secret is among it."""
    endpoint = state.resources[state.settings.default_resource].endpoint
    client._api_version = endpoint.api_version or "v1"
    client._azure_endpoint = client.base_url.copy_with(raw_path=b"/")
    client._azure_deployment = client._azure_ad_token = client._azure_ad_token_provider = None
    client._custom_query = AnsweringQuery(client._custom_query, client._api_version)


def _web_socket(client: Any, model: str, extra_query: Mapping[str, object]) -> Any:
    """The address of a WebSocket, of the SDK's own URL class."""
    base = type(client.base_url)(f"{str(client.websocket_base_url).rstrip('/')}/realtime")
    named = {} if isinstance(model, AcceptedCall) else {"model": model}
    return base.copy_with(params={**named, **extra_query})


def _token(headers: Mapping[str, str]) -> str:
    held = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    if not held:
        raise ConfigurationError(
            "An Entra ID token was asked of this client, which signs in with a key, and hands that to nobody.",
            hint="Where a WebSocket is to be opened, let the client open it: client.realtime.connect(model=…), or "
            "Semantic Kernel's OpenAIRealtimeWebsocket(ai_model_id=…, client=client) in place of "
            "AzureRealtimeWebsocket. Or sign in with Entra ID.",
        )
    return held.removeprefix("Bearer ")


class AzureType(_Azure):
    """An `AzureOpenAI` that behaves as an `OpenAI`."""

    if not TYPE_CHECKING:
        for _name in PUT_BACK:
            locals()[_name] = getattr(OpenAI, _name)
        del _name

        def _configure_realtime(self, model, extra_query, **_):
            return _web_socket(self, model, extra_query), self.auth_headers

        _configure_realtime_with_api_key = _configure_realtime

        def _get_azure_ad_token(self):
            return _token(self.auth_headers)


class AsyncAzureType(_AsyncAzure):
    """An `AsyncAzureOpenAI` that behaves as an `AsyncOpenAI`."""

    if not TYPE_CHECKING:
        for _name in PUT_BACK:
            locals()[_name] = getattr(AsyncOpenAI, _name)
        del _name

        async def _configure_realtime(self, model, extra_query, **_):
            await self._refresh_api_key()  # the token is then at hand without blocking
            return _web_socket(self, model, extra_query), self.auth_headers

        _configure_realtime_with_api_key = _configure_realtime

        async def _get_azure_ad_token(self):
            await self._refresh_api_key()
            return _token(self.auth_headers)
