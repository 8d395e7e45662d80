"""One question, answered as typed messages while it is being answered, tools included.

from azure_connector.query import AssistantMessage, QueryOptions, TextBlock, query

async for message in query("What is in notes.txt?", QueryOptions(tools=[read_file], cwd="/data")):
    if isinstance(message, AssistantMessage):
        for block in message.content:
            if isinstance(block, TextBlock):
                print(block.text)
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import openai
from pydantic import SecretStr
from pydantic_core import to_json

from .client import AsyncAzureConnector, AzureConnector
from .errors import AzureErrorDetails, PartialReply, ServiceUnavailableError
from .helpers import Gathered, Step, Steps, ToolCall, ToolSource, Usage, kept_client
from .replies import AzureInfo
from .tools import Toolbox

__all__ = [
    "AssistantMessage",
    "Message",
    "QueryConnectionError",
    "QueryOptions",
    "QuerySession",
    "ResultMessage",
    "TextBlock",
    "TextDelta",
    "ToolResultBlock",
    "ToolUseBlock",
    "Usage",
    "UserMessage",
    "query",
    "query_sync",
]

StopReason = Literal["end_turn", "max_tokens", "content_filter", "tool_use", "max_turns"]

_STOPS: dict[str, StopReason] = {"length": "max_tokens", "content_filter": "content_filter"}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryOptions:
    """Everything that a query may be told; what is None comes from the file and the environment.

    Attributes:
        endpoint: the resource's or the gateway's address.
        tenant_id, client_id, client_secret: the application that signs in to Entra ID (client credentials).
        scope: the scope of its token, where the gateway wants another one than Azure OpenAI's.
        apim_subscription_key: API Management's key, sent beside the token.
        model: the model or deployment; the one that the settings choose when omitted.
        max_tokens: the limit of output tokens for each request.
        temperature: the sampling temperature.
        system_prompt: goes before the prompt.
        tools: functions, which are called, or definitions in any known shape, whose calls end the query.
        cwd: the directory for tools: a function with a parameter `cwd` is given it, which the model does not see.
        max_turns: requests to the model, at most.
        deltas: also yield each piece of text as it arrives, as a `TextDelta`.
        parameters: any other parameter of a request, such as `reasoning_effort`.
        settings: any other setting of the connector, such as `apim_header`, `ca_bundle` or `deployment_mapping`.
    """

    endpoint: str | None = None
    tenant_id: str | None = None
    client_id: str | None = None
    client_secret: str | SecretStr | None = field(default=None, repr=False)
    scope: str | None = None
    apim_subscription_key: str | SecretStr | None = field(default=None, repr=False)
    model: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    system_prompt: str | None = None
    tools: Sequence[ToolSource] = ()
    cwd: str | os.PathLike[str] | None = None
    max_turns: int = 10
    deltas: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    def connector_arguments(self) -> dict[str, Any]:
        """The options that are settings of a connector, by their names there."""
        names = ("tenant_id", "client_id", "client_secret", "scope", "apim_subscription_key")
        named = {"azure_endpoint": self.endpoint, **{name: getattr(self, name) for name in names}}
        return {**self.settings, **{name: value for name, value in named.items() if value is not None}}

    def request_arguments(self) -> dict[str, Any]:
        """The options that are parameters of a request."""
        named = {"max_tokens": self.max_tokens, "temperature": self.temperature}
        return {**self.parameters, **{name: value for name, value in named.items() if value is not None}}


@dataclass(frozen=True, slots=True)
class TextBlock:
    """What the model says."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolUseBlock:
    """A tool that the model calls, once its arguments are whole.

    Attributes:
        id: names the call in its result.
        name: the tool.
        input: the arguments; `{"_raw_arguments": text}` where they could not be read.
    """

    id: str
    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResultBlock:
    """What a tool gave back.

    Attributes:
        tool_use_id: the call.
        content: the result as the model sees it.
        is_error: the tool failed, or was not called because its arguments were no good.
    """

    tool_use_id: str
    content: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer as it arrives, where `deltas` asks for them; the whole `AssistantMessage` follows."""

    text: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class AssistantMessage:
    """What the model said in one request: its text, and the tools that it calls."""

    content: tuple[TextBlock | ToolUseBlock, ...]
    model: str = ""


@dataclass(frozen=True, slots=True)
class UserMessage:
    """What goes back to the model: the results of its tools."""

    content: tuple[ToolResultBlock, ...]


@dataclass(frozen=True, slots=True)
class ResultMessage:
    """The last message of every query that ends by itself.

    Attributes:
        text: the final answer, whole.
        stop_reason: `end_turn`; `max_tokens`, `content_filter`: the answer was cut off; `tool_use`: a tool was called
            that is only described, so that the caller executes it; `max_turns`: the model still wanted tools.
        usage: tokens of all requests.
        turns: requests to the model.
        duration: seconds.
        deployment, resource, region: where the last answer came from.
        messages: the conversation, to go on with: give it as `messages=` with what follows.
    """

    text: str
    stop_reason: StopReason
    usage: Usage
    turns: int
    duration: float
    deployment: str = ""
    resource: str = ""
    region: str | None = None
    messages: tuple[Any, ...] = field(default=(), repr=False)


Message = TextDelta | AssistantMessage | UserMessage | ResultMessage


class QueryConnectionError(AzureErrorDetails, openai.APIConnectionError):
    """The service could not be reached or did not finish its answer, for whatever reason: the cause tells which.

    Attributes:
        partial: what had arrived of an answer that broke off.
    """

    partial: PartialReply = PartialReply()

    @classmethod
    def of(cls, cause: openai.APIError) -> QueryConnectionError:
        """The one class for `cause`, with what it carried."""
        error = cls(message=cause.message, request=cause.request)
        if isinstance(cause, AzureErrorDetails):
            error.hint, error.attempts = cause.hint, cause.attempts
            error.azure_request_id = cause.azure_request_id
        error.partial = getattr(cause, "partial", PartialReply())
        return error


class QuerySession:
    """A conversation that goes on: give it to each query as `session=`.

    Attributes:
        messages: the conversation so far, as the SDK takes it.
    """

    def __init__(self, messages: Sequence[object] = ()) -> None:
        self.messages: list[Any] = _plain(messages)

    def add_result(self, tool_use_id: str, content: str) -> None:
        """Adds what the tool of a `ToolUseBlock` gave; the next query goes on with it, also without a prompt."""
        self.messages += _plain([UserMessage((ToolResultBlock(tool_use_id, content),))])


async def query(
    prompt: str | None = None,
    options: QueryOptions | None = None,
    *,
    client: AsyncAzureConnector | None = None,
    messages: Sequence[object] | None = None,
    session: QuerySession | None = None,
) -> AsyncIterator[Message]:
    """Asks a model and yields what happens, as it happens; the last message is a `ResultMessage`.

    Client and token are kept for the next query with the same settings; `helpers.aclose_clients()` closes them.

    Args:
        prompt: the question; none where the messages end in what the model is to go on with.
        options: what it may be told; file and environment say the rest.
        client: a connector of your own; the options' settings are then not read.
        messages: the conversation so far: a query's own messages, or messages as the SDK takes them.
        session: a conversation that this query goes on with, and that keeps what it adds.

    Raises:
        QueryConnectionError: the service was not reached, or did not finish its answer.
        CredentialError: no token was to be had.
        openai.APIStatusError: the service refused the request; see `azure_connector.errors`.
        InvalidRequestError, ConfigurationError, ValueError: nothing was sent, since this cannot be asked.
    """
    options = options or QueryOptions()
    asking = _Asking(options, prompt, messages, session)
    client = client or kept_client(AsyncAzureConnector, options.connector_arguments())
    create: Any = client.chat.completions.create
    try:
        while True:
            stream = await create(**asking.request(client))
            gathered = Gathered(stream)
            async with stream:
                async for chunk in stream:
                    for message in asking.heard(chunk, gathered.take(chunk)):
                        yield message
            calls = asking.answered(gathered)
            for message in asking.said():
                yield message
            if not calls:
                yield asking.result()
                return
            asking.steps.add(await asking.steps.toolbox.arun_all(calls))
            yield asking.results()
    except (openai.APIConnectionError, ServiceUnavailableError) as error:
        raise QueryConnectionError.of(error) from error


def query_sync(
    prompt: str | None = None,
    options: QueryOptions | None = None,
    *,
    client: AzureConnector | None = None,
    messages: Sequence[object] | None = None,
    session: QuerySession | None = None,
) -> Iterator[Message]:
    """As `query`, for `for`; the tools of one request run one after the other."""
    options = options or QueryOptions()
    asking = _Asking(options, prompt, messages, session)
    client = client or kept_client(AzureConnector, options.connector_arguments())
    create: Any = client.chat.completions.create
    try:
        while True:
            stream = create(**asking.request(client))
            gathered = Gathered(stream)
            with closing(stream):
                for chunk in stream:
                    yield from asking.heard(chunk, gathered.take(chunk))
            calls = asking.answered(gathered)
            yield from asking.said()
            if not calls:
                yield asking.result()
                return
            asking.steps.add(asking.steps.toolbox.run_all(calls))
            yield asking.results()
    except (openai.APIConnectionError, ServiceUnavailableError) as error:
        raise QueryConnectionError.of(error) from error


class _Asking:
    """One query on its way: what is sent next, and which messages that gives."""

    def __init__(
        self,
        options: QueryOptions,
        prompt: str | None,
        messages: Sequence[object] | None,
        session: QuerySession | None,
    ) -> None:
        if session is not None and messages is not None:
            raise ValueError("Pass messages= or session=, not both: a session holds its messages itself.")
        self._options = options
        self._started = time.monotonic()
        self._model = ""
        self._session = session
        before = session.messages if session is not None else _plain(messages or ())
        asked: list[Any] = [*before, {"role": "user", "content": prompt}] if prompt else list(before)
        if not asked:
            raise ValueError("Nothing is asked: pass a prompt, messages= or a session that has some.")
        self.steps = Steps(asked, Toolbox(options.tools, options.cwd), options.max_turns)

    def request(self, client: Any) -> dict[str, Any]:
        """The arguments of the next request."""
        request = self.steps.request(self._options.request_arguments(), stream=True)
        if self._options.system_prompt:
            request["messages"] = [{"role": "system", "content": self._options.system_prompt}, *request["messages"]]
        return {"model": self._options.model or client.settings.model_for("/chat/completions"), **request}

    def heard(self, chunk: Any, text: str) -> Iterator[TextDelta]:
        """What a chunk gives."""
        self._model = chunk.model or self._model
        if text and self._options.deltas:
            yield TextDelta(text, chunk.model)

    def answered(self, gathered: Gathered) -> list[ToolCall]:
        """Takes a whole answer in; gives the calls to run, none where the query ends here."""
        calls = self.steps.take(gathered.completion(), gathered.info)
        if self._session is not None and not calls:
            self._session.messages[:] = self.steps.messages
        return calls

    def said(self) -> Iterator[AssistantMessage]:
        """What the model said, unless that is nothing at all."""
        step = self.steps.steps[-1]
        text = (TextBlock(step.text),) if step.text else ()
        uses = tuple(ToolUseBlock(call.id, call.name, call.arguments) for call in step.tool_calls)
        if text or uses:
            yield AssistantMessage((*text, *uses), self._model)

    def results(self) -> UserMessage:
        """What the tools gave."""
        calls = self.steps.steps[-1].tool_calls
        return UserMessage(tuple(ToolResultBlock(call.id, call.result or "", call.is_error) for call in calls))

    def result(self) -> ResultMessage:
        """The end."""
        steps, last = self.steps.steps, self.steps.steps[-1]
        info = cast("AzureInfo", self.steps.info)
        spent = (self.steps.usage, len(steps), time.monotonic() - self._started)
        place = (info.deployment, info.resource, info.region)
        return ResultMessage(last.text, self._stop(last), *spent, *place, tuple(self.steps.messages))

    def _stop(self, last: Step) -> StopReason:
        if last.finish_reason in _STOPS:
            return _STOPS[last.finish_reason]
        if not last.tool_calls:
            return "end_turn"
        described = not self.steps.toolbox.executes(call.name for call in last.tool_calls)
        return "tool_use" if described else "max_turns"


def _plain(messages: Sequence[object]) -> list[Any]:
    """A conversation as the SDK takes it."""
    found: list[Any] = []
    for message in messages:
        if isinstance(message, AssistantMessage):
            found.append(_said(message))
        elif isinstance(message, UserMessage):
            blocks = message.content
            found += [{"role": "tool", "tool_call_id": one.tool_use_id, "content": one.content} for one in blocks]
        elif not isinstance(message, TextDelta | ResultMessage):  # which repeat what the others say
            found.append(message)
    return found


def _said(message: AssistantMessage) -> dict[str, Any]:
    text = "".join(block.text for block in message.content if isinstance(block, TextBlock))
    uses = [block for block in message.content if isinstance(block, ToolUseBlock)]
    made = [(use.id, {"name": use.name, "arguments": to_json(dict(use.input)).decode()}) for use in uses]
    calls = [{"id": identity, "type": "function", "function": function} for identity, function in made]
    return {"role": "assistant", "content": text or None, **({"tool_calls": calls} if calls else {})}
