"""HTTP requests for JSON bodies, equal to the SDK's and built at a fraction of its cost.

The SDK merges and parses the same headers five times for every request. Here they are a template per host and timeout;
only what a call adds is laid over it. What is not plain (multipart, raw content, a GET, an HTTP client that builds its
requests in its own way) is left to the SDK.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib import import_module
from typing import Any

import pydantic
from openai import NotGiven, Omit

__all__ = ["JsonRequestBuilder"]

_sdk_log = logging.getLogger("openai._base_client")
_MOST_TEMPLATES = 32
# What a call may not say in its headers here: the first decides how the SDK reads the reply, by its own rules.
_NOT_OURS = frozenset({"content-type"})


def _plain(value: object) -> Any:
    """What the SDK makes of values that JSON does not know."""
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(exclude_unset=True, mode="json", by_alias=True)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


# The same bytes as the SDK's own.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain).encode


class JsonRequestBuilder:
    """Builds the requests of one SDK client.

    Args:
        sdk_client: the SDK client whose headers hold.
        http_client: the HTTP client that it sends with; its headers and cookies hold, too.
        unless: a header's name and value that the SDK's client has and no request shall have.
    """

    def __init__(self, sdk_client: Any, http_client: Any, *, unless: tuple[str, str] | None = None) -> None:
        self._sdk_client, self._http_client, self._unless = sdk_client, http_client, unless
        self._library = _library_of(http_client)
        self._templates: dict[tuple[bytes, object], Any] = {}

    def build(self, options: Any) -> Any:
        """The HTTP request for a call's options, equal to the SDK's; None where the SDK shall build it.

        Args:
            options: what the connector has prepared: an absolute URL, a JSON body, the timeout.

        Raises:
            ValueError, TypeError: the body is no JSON.
        """
        body, params, library = options.json_data, options.params, self._library
        if library is None or not isinstance(body, dict) or options.content is not None or options.files:
            return None
        url = _url(library, options.url, tuple(params.items()) if params else ())
        if url is None or len(self._http_client.params):
            return None
        limits = _limits(options.timeout)
        template = self._template(url, limits["read"])
        headers = library.Headers(template)
        given: Mapping[str, Any] = options.headers
        for name, value in given.items():
            if name.lower() in _NOT_OURS:
                return None
            if isinstance(value, Omit):
                headers.pop(name, None)
            else:
                headers[name] = value
        content = _encode(body).encode()
        headers["content-length"] = str(len(content))
        # A stream instead of content: httpx then takes the headers for complete.
        stream = library.ByteStream(content)
        request = library.Request("POST", url, headers=headers, stream=stream, extensions={"timeout": limits})
        request.read()
        if template.encoding != "iso-8859-1":
            request.headers.encoding = "utf-8"  # as it is written; httpx would find out by trying each header
        if len(self._http_client.cookies):
            self._http_client.cookies.set_cookie_header(request)
        if _sdk_log.isEnabledFor(logging.DEBUG):
            # What the SDK would log here; whoever debugs with its log misses nothing.
            log_entry: dict[str, Any] = {"method": "post", "url": options.url, "json_data": body}
            _sdk_log.debug("Request options: %s", log_entry)
        return request

    def _template(self, url: Any, read: object) -> Any:
        """The headers that every request has."""
        found = self._templates.get((url.netloc, read))
        if found is None:
            found = self._library.Headers({"host": url.netloc.decode("ascii")})
            found.update(self._http_client.headers)
            for name, value in self._sdk_client.default_headers.items():
                if not isinstance(value, Omit) and (name.lower(), value) != self._unless:
                    found[name] = value
            found["x-stainless-retry-count"] = "0"
            if read is not None:
                found["x-stainless-read-timeout"] = str(read)
            if len(self._templates) >= _MOST_TEMPLATES:
                self._templates.clear()  # a deadline makes a timeout of its own for every call
            self._templates[url.netloc, read] = found
        return found


def _library_of(http_client: object) -> Any:
    """The HTTP library that a client is of, httpx or httpx2; None where the client builds requests in its own way."""
    for kind in type(http_client).__mro__:
        name = kind.__module__.partition(".")[0]
        if "build_request" in vars(kind):
            return import_module(name) if name in ("httpx", "httpx2") else None
    return None


@lru_cache(maxsize=256)
def _url(library: Any, url: str, params: tuple[tuple[str, object], ...]) -> Any:
    """The URL with its query; None where the SDK treats it in a special way."""
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
