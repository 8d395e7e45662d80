"""`generate_object` and `stream_object`, sync and async: instances of a Pydantic model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, Unpack, cast

from ..client import AsyncAzureConnector, AzureConnector
from ..replies import AzureInfo, azure_info
from ._clients import close_with_loop, kept_client
from ._parameters import GenerationParameters
from ._results import NoObjectError, ObjectResult, Usage
from ._steps import conversation

__all__ = [
    "AsyncObjectStream",
    "ObjectStream",
    "agenerate_object",
    "astream_object",
    "generate_object",
    "stream_object",
]

Shape = TypeVar("Shape")


def generate_object(
    prompt: str | None = None,
    *,
    schema: type[Shape],
    client: AzureConnector | None = None,
    model: str | None = None,
    system: str | None = None,
    messages: Sequence[object] | None = None,
    **parameters: Unpack[GenerationParameters],
) -> ObjectResult[Shape]:
    """An object, validated: the model is held to the schema by structured outputs.

    Args:
        prompt: the question.
        schema: a Pydantic model.
        client: the connector; one from the settings, kept between calls, when omitted.
        model: the model; the one that the settings choose when omitted.
        system: the instructions.
        messages: the conversation so far, as the SDK takes it; the prompt goes after it.
        parameters: any other parameter of a chat request.

    Raises:
        ValueError: neither prompt nor messages are given.
        NoObjectError: the model refused.
        openai.OpenAIError: the call failed or the object was cut off; see `azure_connector.errors`.
    """
    client = client or kept_client(AzureConnector, {})
    request = _request(prompt, system, messages, schema, parameters)
    parse: Any = client.chat.completions.parse
    return _result(parse(model=model or client.settings.model_for("/chat/completions"), **request))


async def agenerate_object(
    prompt: str | None = None,
    *,
    schema: type[Shape],
    client: AsyncAzureConnector | None = None,
    model: str | None = None,
    system: str | None = None,
    messages: Sequence[object] | None = None,
    **parameters: Unpack[GenerationParameters],
) -> ObjectResult[Shape]:
    """As `generate_object`."""
    client = client or kept_client(AsyncAzureConnector, {})
    request = _request(prompt, system, messages, schema, parameters)
    parse: Any = client.chat.completions.parse
    return _result(await parse(model=model or client.settings.model_for("/chat/completions"), **request))


class ObjectStream(Generic[Shape]):
    """An object while it grows: iterate over it once, then ask for the rest.

    Attributes:
        object_stream: what is there so far, as dictionaries, whenever there is more.
    """

    def __init__(self, client: AzureConnector, request: Mapping[str, object]) -> None:
        self._client, self._request = client, request
        self._result: ObjectResult[Shape] | None = None
        self.object_stream: Iterator[dict[str, Any]] = self._growing()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self.object_stream

    def _growing(self) -> Iterator[dict[str, Any]]:
        start: Any = self._client.chat.completions.stream
        last, info = None, None
        with start(**self._request) as stream:
            for event in stream:
                info = info or _info(getattr(event, "chunk", None))
                if (found := _partial(event)) is not None and found != last:
                    yield (last := found)
            self._result = _result(stream.get_final_completion(), info)

    def result(self) -> ObjectResult[Shape]:
        """The whole of it, validated; waits for what has not arrived yet."""
        for _ in self.object_stream:
            pass
        return _finished(self._result)

    def object(self) -> Shape:
        """The object, validated; waits for what has not arrived yet."""
        return self.result().object

    def close(self) -> None:
        """Releases the connection of a stream that is not read to its end."""
        cast("Any", self.object_stream).close()


class AsyncObjectStream(Generic[Shape]):
    """As `ObjectStream`, for `async for`."""

    def __init__(self, client: AsyncAzureConnector, request: Mapping[str, object]) -> None:
        self._client, self._request = client, request
        self._result: ObjectResult[Shape] | None = None
        self.object_stream: AsyncIterator[dict[str, Any]] = self._growing()

    def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        return self.object_stream

    async def _growing(self) -> AsyncIterator[dict[str, Any]]:
        close_with_loop(self._client)
        start: Any = self._client.chat.completions.stream
        last, info = None, None
        async with start(**self._request) as stream:
            async for event in stream:
                info = info or _info(getattr(event, "chunk", None))
                if (found := _partial(event)) is not None and found != last:
                    yield (last := found)
            self._result = _result(await stream.get_final_completion(), info)

    async def result(self) -> ObjectResult[Shape]:
        """The whole of it, validated; waits for what has not arrived yet."""
        async for _ in self.object_stream:
            pass
        return _finished(self._result)

    async def object(self) -> Shape:
        """The object, validated; waits for what has not arrived yet."""
        return (await self.result()).object

    async def aclose(self) -> None:
        """Releases the connection of a stream that is not read to its end."""
        await cast("Any", self.object_stream).aclose()


def stream_object(
    prompt: str | None = None,
    *,
    schema: type[Shape],
    client: AzureConnector | None = None,
    model: str | None = None,
    system: str | None = None,
    messages: Sequence[object] | None = None,
    **parameters: Unpack[GenerationParameters],
) -> ObjectStream[Shape]:
    """As `generate_object`, while it grows: iterate over what it gives, or ask that for `object()` and `result()`."""
    client = client or kept_client(AzureConnector, {})
    request = _request(prompt, system, messages, schema, parameters, stream=True)
    return ObjectStream(client, {"model": model or client.settings.model_for("/chat/completions"), **request})


def astream_object(
    prompt: str | None = None,
    *,
    schema: type[Shape],
    client: AsyncAzureConnector | None = None,
    model: str | None = None,
    system: str | None = None,
    messages: Sequence[object] | None = None,
    **parameters: Unpack[GenerationParameters],
) -> AsyncObjectStream[Shape]:
    """As `stream_object`, for `async for`; it is not awaited itself."""
    client = client or kept_client(AsyncAzureConnector, {})
    request = _request(prompt, system, messages, schema, parameters, stream=True)
    return AsyncObjectStream(client, {"model": model or client.settings.model_for("/chat/completions"), **request})


def _request(
    prompt: str | None,
    system: str | None,
    messages: Sequence[object] | None,
    schema: type[Any],
    parameters: GenerationParameters,
    *,
    stream: bool = False,
) -> dict[str, Any]:
    streamed: dict[str, Any] = {"stream_options": {"include_usage": True}} if stream else {}
    asked = conversation(prompt, system, messages)
    return {**parameters, "messages": asked, "response_format": schema, **streamed}


def _partial(event: Any) -> dict[str, Any] | None:
    """What there is of the object after an event of the SDK's; None where the event tells nothing of it."""
    found = event.parsed if event.type == "content.delta" else None
    return dict(cast("dict[str, Any]", found)) if isinstance(found, dict) else None


def _info(reply: object) -> AzureInfo | None:
    try:
        return azure_info(reply)
    except LookupError:
        return None


def _result(reply: Any, info: AzureInfo | None = None) -> ObjectResult[Any]:
    choice = reply.choices[0]
    message = choice.message
    if message.parsed is None:
        raise NoObjectError(message.refusal or message.content or "")
    usage = Usage().plus(reply.usage.to_dict() if reply.usage else None)
    return ObjectResult(message.parsed, message.content or "", choice.finish_reason, usage, info or _info(reply))


def _finished(result: ObjectResult[Shape] | None) -> ObjectResult[Shape]:
    if result is None:
        raise RuntimeError("The stream was left or broke before its end, so that there is no object.")
    return result
