"""The Responses API natively: LiteLLM's own way of it, over the connector instead of an HTTP client.

LiteLLM asks `get_provider_responses_api_config` whether a provider has the API, and its `base_llm_http_handler` sends
with any HTTP client of its kinds. Ours has no connection and hands the request to the connector. Without both, LiteLLM
goes by way of chat completions.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import partialmethod
from typing import Any

import httpx
import openai
from litellm.exceptions import LITELLM_EXCEPTION_TYPES
from litellm.llms.azure.responses.transformation import AzureOpenAIResponsesAPIConfig
from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler, HTTPHandler
from openai.types.responses import Response, ResponseStreamEvent

from ..call_args import CallArguments, call_arguments
from ..call_log import MASK, hide_secrets
from ..connectors import Connectors, connectors_for
from ..errors import translated
from ..replies import headers_of
from ..sending import asend, send
from .patching import Patch

__all__ = ["PATCHES"]

_PATH = "/responses"
_ENDS = frozenset({"response.completed", "response.failed", "response.incomplete"})
_SENDERS = ("response_api_handler", "get_responses", "list_responses_input_items", "delete_response_api_handler")
_SENDERS += ("cancel_response_api_handler", "compact_response_api_handler")


class _Config(AzureOpenAIResponsesAPIConfig):
    """As for `azure/`, but that the connector knows where to send and what a model takes."""

    def __init__(self, prefix: str, connectors: Connectors) -> None:
        super().__init__()
        self.prefix, self.connectors = prefix, connectors

    def map_openai_params(self, response_api_optional_params: Any, model: str, drop_params: bool) -> Any:
        return dict(response_api_optional_params)

    def validate_environment(self, headers: Any, model: str, litellm_params: object) -> Any:
        return dict(headers)

    def get_complete_url(self, api_base: str | None, litellm_params: object) -> str:
        with translated(self.prefix, ""):
            base = api_base or self.connectors.settings.require_endpoint().base
        return f"{base.partition('?')[0].rstrip('/').partition('/openai')[0]}/openai{_PATH}"

    def should_fake_stream(self, *_: object, **__: object) -> bool:
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

    def _asked(
        self, method: str, url: str, sent: dict[str, Any], stream: object
    ) -> tuple[CallArguments, dict[str, Any]]:
        params = dict(self._given["litellm_params"])
        headers = {**(sent.get("headers") or {}), **(self._given.get("extra_headers") or {})}
        operation = _PATH + url.removeprefix(self._config.get_complete_url(params.get("api_base"), params))
        call = {"litellm_params": params, "logging_obj": self._given["logging_obj"], "timeout": sent.get("timeout")}
        call |= {"api_base": params.get("api_base"), "api_key": params.get("api_key"), "headers": headers}
        body = sent.get("json") or {}
        asked = call_arguments(operation, self._config.prefix, {"model": body.get("model", "")}, call)
        if sent.get("params"):
            asked.options["params"] = sent["params"]
        # Azure knows no model but in the body of a new response.
        made = replace(asked, body=body)
        how = {"cast_to": Response, "stream": True, "stream_cls": stream} if sent.get("stream") else {}
        return made, {"method": method, "logged": False, **how}

    def _answer(self, asked: CallArguments, url: str, reply: object) -> Any:
        if isinstance(reply, openai.Stream | openai.AsyncStream):
            return _Events(asked, reply)
        headers = {name: value for name, value in headers_of(reply).items() if not name.startswith("content-")}
        return httpx.Response(200, headers=headers, content=json.dumps(reply), request=httpx.Request("POST", url))


def _methods(send: object) -> Any:
    return partialmethod(send, "post"), partialmethod(send, "get"), partialmethod(send, "delete")


class _SyncHttp(_Http, HTTPHandler):
    def _send(self, method: str, url: str, **sent: object) -> Any:
        asked, how = self._asked(method, url, sent, openai.Stream[ResponseStreamEvent])
        return self._answer(asked, url, send(self._config.connectors, asked, **how))

    post, get, delete = _methods(_send)


class _AsyncHttp(_Http, AsyncHTTPHandler):
    async def _send(self, method: str, url: str, **sent: object) -> Any:
        asked, how = self._asked(method, url, sent, openai.AsyncStream[ResponseStreamEvent])
        return self._answer(asked, url, await asend(self._config.connectors, asked, **how))

    post, get, delete = _methods(_send)


class _Events:
    """A stream as LiteLLM's iterators read a response: by bytes."""

    def __init__(self, asked: CallArguments, stream: Any) -> None:
        self._asked, self._stream = asked, stream
        self.headers, self.close, self.aclose = headers_of(stream), stream.close, stream.close

    def raise_for_status(self) -> None:
        """An error was raised when the stream was opened."""

    # LiteLLM stops reading at the last event; what follows is read before, so that the connection is free again.

    def iter_bytes(self) -> Iterator[bytes]:
        with translated(self._asked.provider, self._asked.model):
            for event in self._stream:
                if event.type in _ENDS:
                    _ = list(self._stream)
                yield b"data: %s\n\n" % event.to_json(indent=None).encode()

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        with translated(self._asked.provider, self._asked.model):
            async for event in self._stream:
                if event.type in _ENDS:
                    _ = [late async for late in self._stream]
                yield b"data: %s\n\n" % event.to_json(indent=None).encode()


def _through(name: str) -> Any:
    def sends(self: object, *args: object, **kwargs: object) -> Any:
        config = kwargs.get("responses_api_provider_config")
        if isinstance(config, _Config):
            hide_secrets(kwargs["logging_obj"])
            kwargs["client"] = (_AsyncHttp if kwargs.get("_is_async") else _SyncHttp)(config, dict(kwargs))
            if isinstance(headers := kwargs.get("extra_headers"), dict):
                kwargs["extra_headers"] = dict.fromkeys(headers, MASK)  # LiteLLM logs these
        return getattr(super(self.__class__, self), name)(*args, **kwargs)

    return sends


def _make_handler(found: object) -> Any:
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
