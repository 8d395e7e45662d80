"""`generate_text` and `stream_text`, sync and async: texts, with the tools that the model calls on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing
from typing import Any, Unpack, cast

from ..client import AsyncAzureConnector, AzureConnector
from ..replies import azure_info
from ..tools import Toolbox, ToolSource
from ._clients import close_with_loop, kept_client
from ._parameters import GenerationParameters
from ._results import Step, TextResult, ToolCall
from ._steps import Gathered, Steps, conversation

__all__ = ["AsyncTextStream", "TextStream", "agenerate_text", "astream_text", "generate_text", "stream_text"]

OnStep = Callable[[Step], object]


def generate_text(
    prompt: str | None = None,
    *,
    client: AzureConnector | None = None,
    model: str | None = None,
    system: str | None = None,
    messages: Sequence[object] | None = None,
    tools: Sequence[ToolSource] = (),
    max_steps: int = 8,
    on_step: OnStep | None = None,
    **parameters: Unpack[GenerationParameters],
) -> TextResult:
    """A text, whole; functions among the tools are run, and the model is asked again with what they gave.

    Args:
        prompt: the question.
        client: the connector; one from the settings, kept between calls, when omitted.
        model: the model; the one that the settings choose when omitted.
        system: the instructions.
        messages: the conversation so far, as the SDK takes it; the prompt goes after it.
        tools: functions, which are run, or definitions in any known shape, whose calls end the text.
        max_steps: requests to the model, at most.
        on_step: is told each request that has ended, with the results of its tools.
        parameters: any other parameter of a chat request.

    Raises:
        ValueError: neither prompt nor messages are given.
        openai.OpenAIError: the call failed; see `azure_connector.errors`.
    """
    client = client or kept_client(AzureConnector, {})
    steps = Steps(conversation(prompt, system, messages), Toolbox(tools), max_steps, on_step)
    create: Any = client.chat.completions.create
    while True:
        reply = create(model=model or client.settings.model_for("/chat/completions"), **steps.request(parameters))
        calls = steps.take(reply.to_dict(mode="json"), azure_info(reply))
        if not calls:
            return steps.result()
        steps.add(steps.toolbox.run_all(calls))


async def agenerate_text(
    prompt: str | None = None,
    *,
    client: AsyncAzureConnector | None = None,
    model: str | None = None,
    system: str | None = None,
    messages: Sequence[object] | None = None,
    tools: Sequence[ToolSource] = (),
    max_steps: int = 8,
    on_step: OnStep | None = None,
    **parameters: Unpack[GenerationParameters],
) -> TextResult:
    """As `generate_text`; the tools of one request run at the same time."""
    client = client or kept_client(AsyncAzureConnector, {})
    steps = Steps(conversation(prompt, system, messages), Toolbox(tools), max_steps, on_step)
    create: Any = client.chat.completions.create
    while True:
        reply = await create(model=model or client.settings.model_for("/chat/completions"), **steps.request(parameters))
        calls = steps.take(reply.to_dict(mode="json"), azure_info(reply))
        if not calls:
            return steps.result()
        steps.add(await steps.toolbox.arun_all(calls))


class _Streamed:
    """What both streams of a text share: all but the waiting."""

    def __init__(self, client: Any, model: str, steps: Steps, parameters: GenerationParameters) -> None:
        self._client, self._model, self._steps = client, model, steps
        self._parameters = cast("dict[str, Any]", parameters)
        self._ended = False

    def _request(self) -> dict[str, Any]:
        return {"model": self._model, **self._steps.request(self._parameters, stream=True)}

    def _calls(self, gathered: Gathered) -> list[ToolCall]:
        """The tools to run before the next request; none where the text ends here."""
        calls = self._steps.take(gathered.completion(), gathered.info)
        self._ended = not calls
        return calls

    def _whole(self) -> TextResult:
        if not self._ended:
            raise RuntimeError("The stream was left or broke before its end, so that there is no result.")
        return self._steps.result()


class TextStream(_Streamed):
    """A text while it arrives: iterate over its pieces once, then ask for the rest.

    Attributes:
        text_stream: the pieces of text of all requests.
    """

    def __init__(self, client: AzureConnector, model: str, steps: Steps, parameters: GenerationParameters) -> None:
        super().__init__(client, model, steps, parameters)
        self.text_stream: Iterator[str] = self._pieces()

    def __iter__(self) -> Iterator[str]:
        return self.text_stream

    def _pieces(self) -> Iterator[str]:
        while not self._ended:
            stream = self._client.chat.completions.create(**self._request())
            gathered = Gathered(stream)
            with closing(stream):
                for chunk in stream:
                    if piece := gathered.take(chunk):
                        yield piece
            if calls := self._calls(gathered):
                self._steps.add(self._steps.toolbox.run_all(calls))

    def result(self) -> TextResult:
        """The whole of it; waits for what has not arrived yet."""
        for _ in self.text_stream:
            pass
        return self._whole()

    def text(self) -> str:
        """The last answer, whole; waits for what has not arrived yet."""
        return self.result().text

    def close(self) -> None:
        """Releases the connection of a stream that is not read to its end."""
        cast("Any", self.text_stream).close()


class AsyncTextStream(_Streamed):
    """As `TextStream`, for `async for`."""

    def __init__(self, client: AsyncAzureConnector, model: str, steps: Steps, parameters: GenerationParameters) -> None:
        super().__init__(client, model, steps, parameters)
        self.text_stream: AsyncIterator[str] = self._pieces()

    def __aiter__(self) -> AsyncIterator[str]:
        return self.text_stream

    async def _pieces(self) -> AsyncIterator[str]:
        close_with_loop(self._client)
        while not self._ended:
            stream = await self._client.chat.completions.create(**self._request())
            gathered = Gathered(stream)
            async with stream:
                async for chunk in stream:
                    if piece := gathered.take(chunk):
                        yield piece
            if calls := self._calls(gathered):
                self._steps.add(await self._steps.toolbox.arun_all(calls))

    async def result(self) -> TextResult:
        """The whole of it; waits for what has not arrived yet."""
        async for _ in self.text_stream:
            pass
        return self._whole()

    async def text(self) -> str:
        """The last answer, whole; waits for what has not arrived yet."""
        return (await self.result()).text

    async def aclose(self) -> None:
        """Releases the connection of a stream that is not read to its end."""
        await cast("Any", self.text_stream).aclose()


def stream_text(
    prompt: str | None = None,
    *,
    client: AzureConnector | None = None,
    model: str | None = None,
    system: str | None = None,
    messages: Sequence[object] | None = None,
    tools: Sequence[ToolSource] = (),
    max_steps: int = 8,
    on_step: OnStep | None = None,
    **parameters: Unpack[GenerationParameters],
) -> TextStream:
    """As `generate_text`, piece by piece: iterate over what it gives, or ask that for `text()` and `result()`."""
    client = client or kept_client(AzureConnector, {})
    steps = Steps(conversation(prompt, system, messages), Toolbox(tools), max_steps, on_step)
    return TextStream(client, model or client.settings.model_for("/chat/completions"), steps, parameters)


def astream_text(
    prompt: str | None = None,
    *,
    client: AsyncAzureConnector | None = None,
    model: str | None = None,
    system: str | None = None,
    messages: Sequence[object] | None = None,
    tools: Sequence[ToolSource] = (),
    max_steps: int = 8,
    on_step: OnStep | None = None,
    **parameters: Unpack[GenerationParameters],
) -> AsyncTextStream:
    """As `stream_text`, for `async for`; it is not awaited itself."""
    client = client or kept_client(AsyncAzureConnector, {})
    steps = Steps(conversation(prompt, system, messages), Toolbox(tools), max_steps, on_step)
    return AsyncTextStream(client, model or client.settings.model_for("/chat/completions"), steps, parameters)
