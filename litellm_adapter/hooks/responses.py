"""The Responses API natively: LiteLLM's own way of it, over the connector instead of an HTTP client.

LiteLLM asks `get_provider_responses_api_config` whether a provider has the API, and its `base_llm_http_handler` sends
with any HTTP client of its kinds. Ours has no connection and hands the request to the connector. Without both, LiteLLM goes
by way of chat completions.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import openai
from litellm.exceptions import LITELLM_EXCEPTION_TYPES
from litellm.llms.azure.responses.transformation import AzureOpenAIResponsesAPIConfig
from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler, HTTPHandler
from openai.types.responses import Response, ResponseStreamEvent

from ..call_args import CallArguments, call_arguments
from ..connectors import Connectors
from ..errors import raise_translated
from ..prefixes import connectors_for
from ..replies import headers_of
from ..sending import asend, send
from .patching import Patch

__all__ = ["PATCHES"]

_PATH = "/responses"
_ENDS = frozenset({"response.completed", "response.failed", "response.incomplete"})
_SENDERS = (
    "response_api_handler",
    "delete_response_api_handler",
    "get_responses",
    "list_responses_input_items",
    "cancel_response_api_handler",
    "compact_response_api_handler",
)


class _Config(AzureOpenAIResponsesAPIConfig):
    """As for `azure/`, but that the connector knows where to send and what a model takes."""

    def __init__(self, prefix: str, connectors: Connectors) -> None:
        super().__init__()
        self.prefix, self.connectors = prefix, connectors

    def map_openai_params(self, response_api_optional_params: Any, model: str, drop_params: bool) -> Any:
        return dict(response_api_optional_params)

    def validate_environment(self, headers: Any, model: str, litellm_params: Any) -> Any:
        return dict(headers)

    def get_complete_url(self, api_base: str | None, litellm_params: Any) -> str:
        base = api_base or self.connectors.settings.require_endpoint().base
        return f"{base.rstrip('/')}{_PATH}"

    def should_fake_stream(self, *_: Any, **__: Any) -> bool:
        return False


class _Http:
    """What the handler sends with: one request of the connector's.

    Args:
        config: the prefix's.
        given: what the handler was called with.
    """

    def __init__(self, config: _Config, given: dict[str, Any]) -> None:
        self._config, self._given = config, given

    def __del__(self) -> None:
        """There is no connection to close."""

    def _asked(self, url: str, sent: dict[str, Any]) -> tuple[CallArguments, dict[str, Any]]:
        params = dict(self._given["litellm_params"])
        operation = f"{_PATH}{url.rpartition(_PATH)[2]}" if url.endswith(_PATH) else url[url.rindex(f"{_PATH}/") :]
        call = {"litellm_params": params, "logging_obj": self._given["logging_obj"], "timeout": sent.get("timeout")}
        call |= {"api_base": params.get("api_base"), "api_key": params.get("api_key"), "headers": sent.get("headers")}
        model = (sent.get("json") or {}).get("model", "")
        asked = call_arguments(operation, self._config.prefix, {"model": model}, call)
        how: dict[str, Any] = {"logged": False}
        if sent.get("params"):
            asked.options["params"] = sent["params"]
        if sent.get("stream"):
            how |= {"cast_to": Response, "stream": True}
        asked.body.clear()
        asked.body.update(sent.get("json") or {})
        return asked, how

    def _answer(self, asked: CallArguments, reply: Any) -> Any:
        if isinstance(reply, openai.Stream | openai.AsyncStream):
            return _Events(asked, reply)
        kept = {
            name: value
            for name, value in headers_of(reply).items()
            if name not in ("content-length", "content-encoding")
        }
        return httpx.Response(
            200, headers=kept, content=json.dumps(reply), request=httpx.Request("POST", "http://azure")
        )


class _SyncHttp(_Http, HTTPHandler):
    def _send(self, method: str, url: str, **sent: Any) -> Any:
        asked, how = self._asked(url, sent)
        if "stream" in how:
            how["stream_cls"] = openai.Stream[ResponseStreamEvent]
        return self._answer(asked, send(self._config.connectors, asked, method=method, **how))

    def post(self, url: str, **sent: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # LiteLLM's handler passes all by name
        return self._send("post", url, **sent)

    def get(self, url: str, **sent: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
        return self._send("get", url, **sent)

    def delete(self, url: str, **sent: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
        return self._send("delete", url, **sent)


class _AsyncHttp(_Http, AsyncHTTPHandler):
    async def _send(self, method: str, url: str, **sent: Any) -> Any:
        asked, how = self._asked(url, sent)
        if "stream" in how:
            how["stream_cls"] = openai.AsyncStream[ResponseStreamEvent]
        return self._answer(asked, await asend(self._config.connectors, asked, method=method, **how))

    async def post(self, url: str, **sent: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
        return await self._send("post", url, **sent)

    async def get(self, url: str, **sent: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
        return await self._send("get", url, **sent)

    async def delete(self, url: str, **sent: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
        return await self._send("delete", url, **sent)


class _Events:
    """A stream as LiteLLM's iterators read a response: by bytes."""

    status_code = 200

    def __init__(self, asked: CallArguments, stream: Any) -> None:
        self._asked, self._stream = asked, stream
        self.headers = headers_of(stream)

    def raise_for_status(self) -> None:
        """An error was raised when the stream was opened."""

    def iter_bytes(self) -> Iterator[bytes]:
        try:
            for event in self._stream:
                if event.type in _ENDS:
                    for _ in self._stream:  # LiteLLM stops reading here, and the connection is to be free again
                        pass
                yield b"data: %s\n\n" % event.to_json(indent=None).encode()
        except openai.OpenAIError as error:
            raise_translated(error, self._asked.provider, self._asked.model)

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        try:
            async for event in self._stream:
                if event.type in _ENDS:
                    async for _ in self._stream:
                        pass
                yield b"data: %s\n\n" % event.to_json(indent=None).encode()
        except openai.OpenAIError as error:
            raise_translated(error, self._asked.provider, self._asked.model)

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.close()


def _through(name: str) -> Any:
    def sends(self: Any, *args: Any, **kwargs: Any) -> Any:
        config = kwargs.get("responses_api_provider_config")
        if isinstance(config, _Config):
            kwargs["client"] = (_AsyncHttp if kwargs.get("_is_async") else _SyncHttp)(config, kwargs)
        return getattr(super(self.__class__, self), name)(*args, **kwargs)

    return sends


def _make_handler(found: Any) -> Any:
    def handle_error(self: Any, e: Exception, *args: Any, **kwargs: Any) -> Any:
        if isinstance(e, tuple(LITELLM_EXCEPTION_TYPES)):
            return e  # ours are what LiteLLM would make of them
        return super(self.__class__, self)._handle_error(e, *args, **kwargs)

    methods = {name: _through(name) for name in _SENDERS if hasattr(found, name)}
    return type("ConnectorHandler", (type(found),), {**methods, "_handle_error": handle_error})()


def _make_config(found: Any) -> Any:
    def get_provider_responses_api_config(provider: Any, *args: Any, **kwargs: Any) -> Any:
        connectors = connectors_for(getattr(provider, "value", provider))
        if connectors is not None and _HANDLER.active:
            return _Config(provider, connectors)
        return found(provider, *args, **kwargs)

    return get_provider_responses_api_config


_HANDLER = Patch("litellm.responses.main", "base_llm_http_handler", _make_handler)
_CONFIG = Patch("litellm.utils:ProviderConfigManager", "get_provider_responses_api_config", _make_config)
PATCHES = (_HANDLER, _CONFIG)
