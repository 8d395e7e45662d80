"""How the reply to one request is read, whichever way the caller asked for it.

A reply reaches the caller whole, streamed, raw (`with_raw_response`) or raw and unread (`with_streaming_response`). The
sender reads the first two (`ReplyReader.read`); the SDK reads the others and hands what it parsed to the reader
(`ReplyReader.finish`), which is what the slot `post_parser` of its options is for.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import openai
import pydantic
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from .._utils import Json, as_list, as_object, parse_json
from ..errors import PartialReply
from ..requests import RAW_RESPONSE_HEADER, Failure, ReplyPlan, ResponseStream, completion_as_chunks, to_chat
from ._chat_stream import AsyncChatStream, ChatStream, ChunkParser, StreamErrorFactory
from ._info import AzureInfo, attach
from ._normalize import ChunkNormalizer, NoAnswerError, check_answer, normalize_completion
from ._output_items import normalize_output
from ._response_events import cut_off, is_response
from ._response_stream import monitored
from ._unread import unwatch

__all__ = ["ReplyReader", "reader_for"]


class JsonReply(Json):
    """A reply or a chunk as JSON, normalized: what `cast_to=object` asks for. `azure_info` knows it."""


class ReplyReader:
    """Reads the reply to one request: here, one of the SDK's own types.

    Args:
        info: filled with what the reply reports.
        plan: what the request was like.
        asynchronous: whether streams are for `async for`.
        failure: makes the exception for a stream that broke.
        post_parser: what the SDK itself wants done with the finished object (`.parse()` uses it), or None.

    Attributes:
        failure: makes the exception for a stream that broke.
        answered: a reply has come, of whatever kind.
        understood: the body was read; what is raised from then on is about what it says.
        cast_to: what the SDK parses the reply into.
        as_json: the caller wants JSON, not the SDK's objects.
        reads_json: the reader takes the body itself; otherwise the SDK parses it first.
    """

    reads_json = False

    def __init__(
        self,
        info: AzureInfo,
        plan: ReplyPlan,
        *,
        asynchronous: bool,
        failure: StreamErrorFactory,
        post_parser: Callable[[Any], Any] | None,
    ) -> None:
        self.info = info
        self.answered = self.understood = False
        self.cast_to: Any = None
        self._response: Any = None
        self.as_json = False
        self._plan = plan
        self._asynchronous = asynchronous
        self.failure = failure
        self._post_parser = post_parser

    def takes(self, response: Any) -> bool:
        """Whether `read` reads this response; raw replies are the SDK's to wrap."""
        self.answered, self.info.raw_headers = True, response.headers
        self._response = response
        if RAW_RESPONSE_HEADER in response.request.headers:
            return False
        return self.reads_json or _only_deleted(response)

    def read(self, response: object) -> Any:
        """The reply or the stream that a response holds; None for a deletion that needs no words.

        Raises:
            ValueError: the body holds no answer.
        """
        assert _only_deleted(response), "the SDK reads what is of its own types"
        self.understood = True

    def finish(self, value: Any) -> Any:
        """Finishes what the SDK has parsed: a stream, a JSON value or an object of the SDK's."""
        if isinstance(value, openai.Stream | openai.AsyncStream):
            self.info.raw_headers = value.response.headers
            unwatch(value.response)
            value = monitored(value, self.info, self._plan, self.failure)
        else:
            if isinstance(self.cast_to, type) and issubclass(self.cast_to, openai.BaseModel):
                self._check_native(value)
            value = self._finish_whole(value)
        attach(value, self.info)
        return self._parsed(value)

    __call__ = finish

    def _check_native(self, value: object) -> None:
        """Sees to it that an object of the SDK's holds an answer: the SDK builds one from whatever JSON it gets.

        Raises:
            Failure: it tells of an error, or of a response that failed before it said anything.
            NoAnswerError: it is something else.
        """
        if not isinstance(value, openai.BaseModel):  # the text of a web page is handed out as if it were a reply
            raise NoAnswerError(body=value)
        found = fields_of(value)
        found["error"] = error = _plain(found.get("error"))
        if "output_text" in vars(type(value)):
            check_answer(found, is_response)
            if self._plan.rules.creates and found.get("status") == "failed" and not found.get("output"):
                raise Failure.reported(as_object(error), code="failed")
        elif not hasattr(type(value), "error") or "id" not in found:
            check_answer(found, lambda _: _holds_answer(value))

    def _finish_whole(self, value: object) -> Any:
        if isinstance(output := getattr(value, "output", None), list):
            normalize_output(cast("list[Any]", output), self._plan)
        if isinstance(usage := getattr(value, "usage", None), pydantic.BaseModel):
            self.info.usage = usage.model_dump(warnings=False)
        if self._plan.rules.on_model is not None and isinstance(model := getattr(value, "model", None), str):
            self._plan.rules.on_model(model)
        return JsonReply(found) if self.as_json and (found := as_object(value)) else value

    def _parsed(self, value: Any) -> Any:
        self.understood = True
        if self._post_parser is None:
            return value
        try:
            parsed = self._post_parser(value)  # `.parse()` builds an object of its own
        except ValueError:
            if (error := cut_off(value)) is None:
                raise
            partial = PartialReply(value.output_text, usage=self.info.usage, response_id=value.id)
            raise self.failure(partial, self._response, begun=False, error=error) from None
        attach(parsed, self.info)
        return parsed


class ChatReader(ReplyReader):
    """Reads a chat completion or its chunks, as Chat Completions has them."""

    reads_json = True

    def __init__(self, info: AzureInfo, plan: ReplyPlan, **how: Any) -> None:
        super().__init__(info, plan, **how)
        self._chunk_normalizer = ChunkNormalizer(info, plan)

    def read(self, response: Any) -> Any:
        if self._plan.streamed and not self._plan.deliver_as_stream:
            return self._parsed(self._open(response))
        return self._whole(parse_json(response.content), response)  # a ValueError is the flow's to understand

    def finish(self, value: object) -> Any:
        if isinstance(value, openai.Stream | openai.AsyncStream):
            self.info.raw_headers = value.response.headers
            unwatch(value.response)
            return self._parsed(self._open(value.response))
        return self._whole(value, None)

    __call__ = finish

    def normalize(self, body: Json) -> Json:
        """A whole reply's JSON, as the caller gets it."""
        plan, info = self._plan, self.info
        completion = normalize_completion(self.as_completion(body), info, plan)
        if plan.on_model is not None and info.reported_model:
            plan.on_model(info.reported_model)
        return completion

    def holds_answer(self, body: Json) -> bool:
        """Whether a whole reply's JSON is an answer."""
        choices = as_list(body.get("choices"))
        return bool(choices) and all(isinstance(as_object(choice).get("message"), dict) for choice in choices)

    def as_completion(self, body: Json) -> Json:
        """The service's reply as a chat completion."""
        return body

    def whole_chunks(self, body: object) -> list[Json]:
        """The chunks of a whole reply, from a server that was asked for a stream and gave none.

        Raises:
            Failure, NoAnswerError: it holds no answer.
        """
        completion = self.normalize(check_answer(body, self.holds_answer))
        return completion_as_chunks(completion, include_usage=self._plan.include_usage)

    def chunks(self, event: Json) -> list[Json]:
        """The chunks that one event of the service's stream becomes.

        Raises:
            Failure, NoAnswerError: it is a whole reply, but holds no answer.
        """
        choices = event.get("choices")
        if choices and "message" in choices[0] and "delta" not in choices[0]:
            return self.whole_chunks(event)
        return self._chunk_normalizer.normalize(event)

    def last_chunks(self) -> list[Json]:
        """The chunks that stand at the end of a stream."""
        return []

    def _whole(self, body: object, response: object) -> Any:
        completion = self.normalize(check_answer(body, self.holds_answer))
        if self._plan.deliver_as_stream:
            return self._parsed(self._replay(completion, response))
        built = JsonReply(completion) if self.as_json else build_completion(completion)
        attach(built, self.info)
        if request_id := self.info.request_id:
            object.__setattr__(built, "_request_id", request_id)  # where the SDK keeps it
        return self._parsed(built)

    def _open(self, response: object) -> ChatStream | AsyncChatStream:
        how = {"normalize": self.chunks, "close": self.last_chunks, "whole": self.whole_chunks}
        return self._stream(response, text=self._chunk_normalizer.text_of, **how)

    def _replay(self, completion: Json, response: object) -> ChatStream | AsyncChatStream:
        """A whole reply as a stream, for a model that cannot stream."""
        chunks = completion_as_chunks(completion, include_usage=self._plan.include_usage)
        lines = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)
        body = _Bytes(lines + b"data: [DONE]\n\n", response)
        return self._stream(body, normalize=_as_it_is, close=list)

    def _stream(self, response: Any, **how: Any) -> ChatStream | AsyncChatStream:
        build = JsonReply if self.as_json else build_chunk
        reader = ChunkParser(self.info, response, build=build, failure=self.failure, **how)
        return (AsyncChatStream if self._asynchronous else ChatStream)(response, reader)


class ResponsesReader(ChatReader):
    """Reads a reply of the Responses API as a chat completion or its chunks."""

    def __init__(self, info: AzureInfo, plan: ReplyPlan, **how: object) -> None:
        super().__init__(info, plan, **how)
        self._events = ResponseStream(model=info.model, include_usage=plan.include_usage, origin=info.resource)

    def holds_answer(self, body: Json) -> bool:
        return is_response(body)

    def as_completion(self, body: Json) -> Json:
        return to_chat(body, model=self.info.model, origin=self.info.resource)

    def chunks(self, event: Json) -> list[Json]:
        if event.get("object") == "response" and "type" not in event:
            return self.whole_chunks(event)
        return self._normalized(self._events.feed(event))

    def last_chunks(self) -> list[Json]:
        return self._normalized(self._events.finish())

    def _normalized(self, chunks: list[Json]) -> list[Json]:
        return [normalized for chunk in chunks for normalized in self._chunk_normalizer.normalize(chunk)]


_READERS: dict[str, type[ReplyReader]] = {"chat": ChatReader, "responses": ResponsesReader, "native": ReplyReader}


def reader_for(
    plan: ReplyPlan,
    info: AzureInfo,
    *,
    asynchronous: bool,
    failure: StreamErrorFactory,
    post_parser: Callable[[Any], Any] | None,
) -> ReplyReader:
    """The reader for the reply to one request; see `ReplyReader` for the arguments."""
    return _READERS[plan.kind](info, plan, asynchronous=asynchronous, failure=failure, post_parser=post_parser)


def build_chunk(body: Json) -> ChatCompletionChunk:
    """A chunk as the SDK would make it; validation is twenty times quicker than its lenient construction."""
    try:
        # `model_validate` asks first how it is to be done, which takes a fifth of the time.
        return ChatCompletionChunk.__pydantic_validator__.validate_python(body)
    except pydantic.ValidationError:
        return ChatCompletionChunk.construct(None, **body)


def build_completion(body: Json) -> ChatCompletion:
    """A completion as the SDK would make it, also where Azure's JSON breaks the declared types."""
    try:
        return ChatCompletion.model_validate(body)
    except pydantic.ValidationError:
        return ChatCompletion.construct(None, **body)


def fields_of(value: openai.BaseModel) -> Json:
    """What an object of the SDK's was built from, without copies of what is in it."""
    return {**(value.model_extra or {}), **{name: getattr(value, name) for name in value.model_fields_set}}


def _only_deleted(response: Any) -> bool:
    return response.status_code == 204 and response.request.method == "DELETE"


# Where the types of the SDK keep an answer, and do so always.
_ANSWERS = ("choices", "data")


def _holds_answer(value: openai.BaseModel) -> bool:
    """Whether a reply of another operation has anything of what its type has."""
    fields = type(value).model_fields
    lists = [name for name in _ANSWERS if name in fields and fields[name].is_required()]
    return bool(value.model_fields_set & set(fields)) and all(isinstance(getattr(value, n, None), list) for n in lists)


def _plain(value: object) -> Any:
    return value.to_dict(mode="json", warnings=False) if isinstance(value, openai.BaseModel) else value


def _as_it_is(chunk: Json) -> list[Json]:
    return [chunk]


class _Bytes:
    """Stands for a response whose body is already here."""

    def __init__(self, body: bytes, response: object) -> None:
        self._body = body
        self.extensions: Json = {}  # those of the reply lead to its own body
        self._response = response

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    def iter_bytes(self) -> Any:
        yield self._body

    async def aiter_bytes(self) -> Any:
        yield self._body

    def close(self) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""
