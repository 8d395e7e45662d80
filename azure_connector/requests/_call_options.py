"""What a caller asks for, read once from the SDK's request options; and such options, made without its detours."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl

import openai
from openai import NotGiven, Omit

from .._utils import Json, as_list, as_object
from ..deployments import Operation, names_at, operation_of
from ..errors import InvalidRequestError
from ..settings import hidden, unsendable_header
from ._form_part import read_part

__all__ = [
    "HELPER_HEADER",
    "IMAGE_TOOL",
    "RAW_RESPONSE_HEADER",
    "CallOptions",
    "changed_options",
    "get_options",
    "makes_images",
    "parse_options",
    "post_options",
    "sendable_headers",
]

# The SDK's marker for `with_raw_response` ("true") and `with_streaming_response` ("stream"); it travels as a header.
RAW_RESPONSE_HEADER = "X-Stainless-Raw-Response"
# The SDK's marker for the helpers that read a reply for the caller; it travels as a header, too.
HELPER_HEADER = "X-Stainless-Helper-Method"
_RAW = RAW_RESPONSE_HEADER.lower()
_NO_QUERY: Mapping[str, str] = {}
# Where the model of the Responses tool stands that makes images.
IMAGE_TOOL = "tools[].model"


@dataclass(frozen=True, slots=True)
class CallOptions:
    """One request of a caller.

    Attributes:
        options: the SDK's own options, never changed.
        operation: the SDK's path, without its query.
        row: what is known of that operation.
        query: the query that the SDK's path has.
        model: the model that decides where the request goes; None where it needs none.
        further: the other models that the request names, as (dotted path, name): they are served by the same resource.
        body: the JSON body with `extra_body` merged in; None where it is no JSON object.
        raw: how the caller wants it raw: `true`, `stream` or an empty string.
        stream: whether the caller reads a stream.
    """

    options: Any = field(repr=False)
    operation: str
    row: Operation
    query: Mapping[str, str]
    model: str | None
    further: tuple[tuple[str, str], ...]
    body: Json | None = field(repr=False)
    raw: str
    stream: bool

    @property
    def parsed(self) -> bool:
        """Whether a helper of the SDK's reads the streamed reply for the caller."""
        return HELPER_HEADER in _given_headers(self.options)

    @property
    def names_deployment(self) -> bool:
        """Whether a deployment decides where it goes: also where its model is missing and should not be."""
        return self.model is not None or self.row.needs_model(self.body or {})

    @property
    def repeatable(self) -> bool:
        """Whether a request that may have been executed may be sent again without doing anything twice."""
        return self.row.repeatable(self.body)


def parse_options(options: Any, *, stream: bool) -> CallOptions:
    """Reads the options that the SDK hands to `request()`.

    Args:
        options: `FinalRequestOptions`.
        stream: whether the caller reads a stream.
    """
    path, _, query = options.url.partition("?")
    operation = path.rstrip("/") or "/"
    row = operation_of(operation, options.method)
    body = _body(options.json_data, options.extra_json)
    model, further = _models(row, body, options)
    headers = _given_headers(options)
    raw = next((str(value) for name, value in headers.items() if name.lower() == _RAW), "")
    own = dict(parse_qsl(query, keep_blank_values=True)) if query else _NO_QUERY
    return CallOptions(options, operation, row, own, model, further, body, raw, stream)


def _given_headers(options: Any) -> Mapping[str, Any]:
    """The headers that a caller gave this very request."""
    headers = options.headers
    return {} if isinstance(headers, NotGiven) or not headers else headers


def sendable_headers(options: object) -> dict[str, Any]:
    """The headers that a caller gave this very request.

    Raises:
        InvalidRequestError: one cannot be sent; the HTTP libraries would quote its value.
    """
    if not (given := _given_headers(options)):
        return {}
    if (name := unsendable_header({name: one for name, one in given.items() if isinstance(one, str)})) is not None:
        raise InvalidRequestError(
            f"The header {name!r} cannot be sent: its value must be printable ASCII text. Nothing was sent.",
            param="extra_headers",
        )
    return hidden(given)


def _models(row: Operation, body: Json | None, options: Any) -> tuple[Any, tuple[tuple[str, str], ...]]:
    """The model that decides where a request goes, and the others that it names."""
    if not row.models:
        return None, ()
    if row.models[0] == "model" and (body is None or "model" in body or row.needs_model(body)):
        first, rest = (body or {}).get("model"), row.models[1:]
        if body is None or (not rest and "tools" not in body):
            return first, ()
        found = [(path, name) for path in rest for name in names_at(body, path)]
        return first, tuple(found) + _image_models(body)
    source = body if body is not None else {row.part: read_part(options.files, row.part)}
    found = [(path, name) for path in row.models for name in names_at(source, path)]
    return (found[0][1], tuple(found[1:])) if found else (None, _image_models(source))


def makes_images(body: Mapping[str, object]) -> bool:
    """Whether a Responses request has the tool that makes images."""
    return any(as_object(tool).get("type") == "image_generation" for tool in as_list(body.get("tools")))


def _image_models(body: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """The models of the tools that make images: their deployment stands in a header."""
    return tuple(
        (IMAGE_TOOL, tool["model"])
        for tool in map(as_object, as_list(body.get("tools")))
        if tool.get("type") == "image_generation" and isinstance(tool.get("model"), str)
    )


def _body(json_data: object, extra: Mapping[str, object] | None) -> Json | None:
    if json_data is None and extra is None:
        return None
    if json_data is not None and not isinstance(json_data, Mapping):
        return None
    body = dict(cast("Mapping[str, Any]", json_data or {}))
    if extra:
        body.update(extra)
    if any(isinstance(value, Omit) for value in body.values()):
        body = {name: value for name, value in body.items() if not isinstance(value, Omit)}
    return body


class _Capturing(openai.OpenAI):
    """Gives the options that the SDK makes of a request instead of sending it: its class for them is private."""

    def request(self, cast_to: object, options: object, **_: object) -> Any:
        return options


def _template(method: str) -> Any:
    """Options of a request without a body, as this SDK makes them; None where it needs a whole client for that."""
    made = object.__new__(_Capturing)
    try:
        return getattr(made, method)("/", cast_to=object)
    except (AttributeError, TypeError):
        return None


_POST: Any = _template("post")
_GET: Any = _template("get")
_NAMES: frozenset[str] = frozenset() if _POST is None else frozenset(cast(Any, vars(_POST)))


def post_options(path: str, body: object, given: Mapping[str, object]) -> Any:
    """The options for a request with a JSON body.

    The SDK's way copies every default deeply, which takes as long as validating the whole reply.

    Args:
        path: the operation's path.
        body: the body, or None.
        given: what the caller says about this request (headers, query, timeout and so on).

    Returns:
        The SDK's options; None where only the SDK knows how to make them, or how to refuse them.
    """
    if "json_data" not in _NAMES or not _NAMES.issuperset(given):
        return None
    values: dict[str, Any] = {"method": "post", "url": path, "json_data": _stripped(body)}
    for name in ("content", "files"):
        if name in _NAMES:
            values[name] = None
    for name, value in given.items():
        values[name] = _stripped(value)
    return _filled(_POST, values)


def get_options(url: str, *, params: Mapping[str, object], timeout: float) -> Any:
    """The options for a GET without retries.

    Args:
        url: absolute, or the operation's path.
        params: the query.
        timeout: seconds.

    Raises:
        RuntimeError: this version of the SDK makes its options in a way that is not known.
    """
    if _GET is None:
        raise RuntimeError(f"openai {openai.__version__} makes request options in a way that is not known here.")
    return _filled(_GET, {"url": url, "params": params, "max_retries": 0, "timeout": timeout})


def _filled(template: object, values: dict[str, Any]) -> Any:
    made = _copied(template, template.__class__, values)
    object.__setattr__(made, "__pydantic_fields_set__", set(values) | {"method", "url"})
    return made


def _light(kind: Any) -> Any:
    """The SDK's class of options without the two copies that it makes in case it repeats a request: it never does here,
    and what it is handed was made for one attempt.
    """

    def itself(self: object) -> Any:
        return self

    body = {"__copy__": itself, "__module__": __name__, "model_config": {"defer_build": True}}
    return types.new_class(kind.__name__, (kind,), {}, lambda names: names.update(body))


_LIGHT: Any = None if _POST is None else _light(_POST.__class__)


def changed_options(options: object, changes: Mapping[str, object]) -> Any:
    """The options of one attempt: the caller's with other values."""
    return _copied(options, _LIGHT or options.__class__, changes)


def _copied(options: Any, kind: Any, changes: Mapping[str, Any]) -> Any:
    """As `model_copy(update=…)` at a fifth of its price; it shares what is unchanged."""
    made: Any = object.__new__(kind)
    put: Any = object.__setattr__
    put(made, "__dict__", {**vars(options), **changes})
    put(made, "__pydantic_fields_set__", options.model_fields_set.union(changes))
    put(made, "__pydantic_extra__", options.model_extra)
    put(made, "__pydantic_private__", None)
    return made


def _stripped(value: object) -> object:
    """A mapping without what was not given, as the SDK takes it out; anything else as it is."""
    if not isinstance(value, Mapping):
        return value
    mapping = cast("Mapping[str, Any]", value)
    return {name: one for name, one in mapping.items() if not isinstance(one, NotGiven)}
