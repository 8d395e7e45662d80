"""The short way of a chat request: from the SDK's options straight to a transport of our own, and back.

The SDK's way through its own client and httpx's costs several times what the network needs: headers are merged and
parsed five times, cookies are looked for, redirects and event hooks prepared. For a plain chat request over our own
HTTP client all of that is known beforehand. Whatever is not plain takes the SDK's way: raw replies, cookies, a proxy,
an HTTP client of the user's, somebody who logs what the SDK and httpx do, or an SDK without the one private hook that
is used here (`_make_status_error_from_response`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

import openai
import pydantic
from openai import NotGiven, Omit

from ._async_backend import http_library

__all__ = ["Lane"]

_openai_log = logging.getLogger("openai")
_http_log = logging.getLogger(http_library().__name__)  # httpx, or httpx2 under openai 3
_MOST_TEMPLATES = 32


def _plain(value: Any) -> Any:
    """What the SDK makes of values that JSON does not know."""
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(exclude_unset=True, mode="json", by_alias=True)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


# The same bytes as the SDK's own.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain).encode


class Lane:
    """The short way of one sender.

    Args:
        sender: the SDK client whose headers and timeout hold; it has sent a request already.
        client: its HTTP client.
        transport: that client's only transport.
    """

    def __init__(self, sender: Any, client: Any, transport: Any) -> None:
        self._sender, self._client, self._transport = sender, client, transport
        self._library = http_library()
        self._templates: dict[tuple[bytes, object], Any] = {}

    @classmethod
    def of(cls, sender: Any) -> Lane | None:
        """The lane of a sender; None where the SDK's way is the only one."""
        client = getattr(sender, "_client", None)
        transport = getattr(client, "direct", None)
        if transport is None or not hasattr(sender, "_make_status_error_from_response"):
            return None
        return cls(sender, client, transport)

    def request(self, options: Any, raw_marker: str) -> Any:
        """The HTTP request for a call's options, equal to the SDK's; None where the SDK shall make it.

        Args:
            options: what the connector has prepared: an absolute URL, a JSON body.
            raw_marker: the header of callers who want a raw reply, in lower case.
        """
        body, params = options.json_data, options.params
        if not isinstance(body, dict) or options.content is not None or options.files or self._observed():
            return None
        url = _url(options.url, tuple(params.items()) if params else ())
        if url is None:
            return None
        given: Mapping[str, Any] = options.headers
        limits = _limits(options.timeout)
        headers = self._library.Headers(self._template(url, limits["read"]))
        for name, value in given.items():
            if name.lower() in (raw_marker, "content-type"):
                return None
            if isinstance(value, Omit):
                headers.pop(name, None)
            else:
                headers[name] = value
        content = _encode(body).encode()
        headers["content-length"] = str(len(content))
        # A stream instead of content: httpx then takes the headers for complete.
        stream = self._library.ByteStream(content)
        request = self._library.Request("POST", url, headers=headers, stream=stream, extensions={"timeout": limits})
        request.read()
        return request

    def _observed(self) -> bool:
        """Whether somebody reads the SDK's or httpx's log, or the service has set cookies."""
        return (
            _http_log.isEnabledFor(logging.INFO)
            or _openai_log.isEnabledFor(logging.DEBUG)
            or bool(len(self._client.cookies))
        )

    def _template(self, url: Any, read: object) -> Any:
        """The headers that every request has."""
        found = self._templates.get((url.netloc, read))
        if found is None:
            found = self._library.Headers({"host": url.netloc.decode("ascii")})
            found.update(self._client.headers)
            for name, value in self._sender.default_headers.items():
                if not isinstance(value, Omit):
                    found[name] = value
            found["x-stainless-retry-count"] = "0"
            if read is not None:
                found["x-stainless-read-timeout"] = str(read)
            if len(self._templates) >= _MOST_TEMPLATES:
                self._templates.clear()  # a deadline makes a timeout of its own for every call
            self._templates[url.netloc, read] = found
        return found

    def send(self, request: Any, *, stream: bool) -> Any:
        """Sends a request and gives the response, read unless it is streamed.

        Raises:
            openai.APITimeoutError, openai.APIConnectionError, openai.APIStatusError: as the SDK raises them.
        """
        response = None
        try:
            response = self._transport.handle_request(request)
            response.request = request
            if not stream or not response.is_success:
                response.read()
        except BaseException as error:  # a cancelled request, too, must give its connection back
            if response is not None:
                response.close()
            if (raised := self._raised(error, request)) is None:
                raise
            raise raised from error
        if not response.is_success:
            raise self._refused(response)
        self._keep_cookies(response)
        return response

    async def asend(self, request: Any, *, stream: bool) -> Any:
        """As `send`."""
        response = None
        try:
            response = await self._transport.handle_async_request(request)
            response.request = request
            if not stream or not response.is_success:
                await response.aread()
        except BaseException as error:  # a cancelled request, too, must give its connection back
            if response is not None:
                await response.aclose()
            if (raised := self._raised(error, request)) is None:
                raise
            raise raised from error
        if not response.is_success:
            raise self._refused(response)
        self._keep_cookies(response)
        return response

    def _raised(self, error: BaseException, request: Any) -> Exception | None:
        if isinstance(error, self._library.TimeoutException):
            return openai.APITimeoutError(request=request)
        if isinstance(error, Exception) and not isinstance(error, openai.OpenAIError):
            return openai.APIConnectionError(request=request)
        return None

    def _refused(self, response: Any) -> Exception:
        self._keep_cookies(response)
        return self._sender._make_status_error_from_response(response)

    def _keep_cookies(self, response: Any) -> None:
        if "set-cookie" in response.headers:
            self._client.cookies.extract_cookies(response)


@lru_cache(maxsize=256)
def _url(url: str, params: tuple[tuple[str, object], ...]) -> Any:
    """The URL with its query; None where the SDK treats it in a special way."""
    library = http_library()
    if not all(isinstance(value, str) for _, value in params):
        return None
    parsed = library.URL(url, params=dict(params)) if params else library.URL(url)
    return None if parsed.is_relative_url or "_" in parsed.host or (params and library.URL(url).query) else parsed


def _limits(timeout: Any) -> dict[str, float | None]:
    """The timeout as transports read it."""
    if timeout is None or isinstance(timeout, int | float):
        return {"connect": timeout, "read": timeout, "write": timeout, "pool": timeout}
    if isinstance(timeout, NotGiven):
        raise TypeError("the timeout of a prepared request is always known")
    return timeout.as_dict()
