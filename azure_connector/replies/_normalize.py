"""Replies as Azure sends them, normalized into what the SDK's types promise.

Works on the dictionaries from the wire, before they become SDK objects: unknown finish reasons, `role: null`, choices
without a delta, chunks without an object name, tool calls in every shape. Azure's own fields are left in place.
What holds no answer, or tells of an error, is refused first.
Shapes: recorded traffic of Azure OpenAI and Foundry (chat completions, plain, streamed, asynchronously filtered).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._utils import ARRAY, OBJECT, Json, as_list, as_object, parse_json
from ..errors import reported_error
from ..requests import Failure, ReplyPlan
from ..tools import ToolCallStream, join_deltas, normalize_message, to_function_call
from ._info import AzureInfo
from ._sse import Event

__all__ = ["ChunkNormalizer", "NoAnswerError", "check_answer", "normalize_completion", "read_event"]

_FINISH_REASONS = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})
# Words of other servers behind a gateway, and of models sold through Foundry, for the same five outcomes.
_FOREIGN_FINISH_REASONS = {
    "end_turn": "stop",
    "eos": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
    "tool_call": "tool_calls",
    "tool_use": "tool_calls",
    "safety": "content_filter",
    "filtered": "content_filter",
}


class NoAnswerError(ValueError):
    """A reply with status 200 that holds no answer. It never reaches users: the client makes its own error of it.

    Attributes:
        body: what came instead, decoded or not; None where nothing came.
    """

    def __init__(self, why: str = "the body holds no answer", body: object = None) -> None:
        super().__init__(why)
        self.body = body


def read_event(event: Event) -> Json:
    """The JSON object of one event.

    Raises:
        Failure: it tells of an error.
        ValueError: it is no JSON object.
    """
    found: Json = {}
    try:
        found = as_object(parse_json(event.data))
    except ValueError:
        if event.name != "error":
            raise
    if not found:
        if event.name == "error":
            raise Failure.reported({"message": event.data.decode("utf-8", "replace")})
        raise ValueError("an event that is no JSON object")
    suspect = event.name == "error" or "error" in found or not ("choices" in found or "type" in found)
    if (suspect or found.get("type") == "error") and reported_error(found, event=event.name) is not None:
        raise _failure(found)
    return found


def check_answer(body: object, holds_answer: Callable[[Json], bool]) -> Json:
    """The decoded body, if it holds an answer.

    Raises:
        Failure: it tells of an error, although HTTP said 200.
        NoAnswerError: it is something else.
    """
    found = as_object(body)
    answers = holds_answer(found)
    if ("error" in found or not answers) and reported_error(found) is not None:
        raise _failure(found)
    if not answers:
        raise NoAnswerError(body=body)
    return found


def _failure(body: Json) -> Failure:
    """The failure that an error's body tells of, in its own words."""
    error = body.get("error")
    return Failure.reported(as_object(error) or ({"message": str(error)} if error else body))


def finish_reason(raw: object, *, has_tool_calls: bool = False) -> str | None:
    """One of the five reasons that the SDK's types know; None stays None (a choice that goes on)."""
    if raw is None:
        return None
    word = str(raw)
    if word in _FINISH_REASONS:
        return word
    return _FOREIGN_FINISH_REASONS.get(word.lower()) or ("tool_calls" if has_tool_calls else "stop")


def note_prompt_filters(info: AzureInfo, body: Json) -> None:
    """Takes the content filter's verdicts on the prompt out of a reply or chunk (also in the older spelling)."""
    for verdict in as_list(body.get("prompt_filter_results") or body.get("prompt_annotations")):
        info.prompt_filters.update(as_object(as_object(verdict).get("content_filter_results")))


def _note_choice(info: AzureInfo, choice: Json) -> None:
    if verdicts := choice.get("content_filter_results"):
        info.completion_filters.update(as_object(verdicts))
    if choice.get("finish_reason") == "content_filter":
        info.filtered = True


def normalize_usage(usage: Json) -> Json:
    """DeepSeek reports `reasoning_tokens` beside the details, not within; it is put where OpenAI has it."""
    if "reasoning_tokens" in usage and not usage.get("completion_tokens_details"):
        return {**usage, "completion_tokens_details": {"reasoning_tokens": usage["reasoning_tokens"]}}
    return usage


def normalize_completion(body: Json, info: AzureInfo, plan: ReplyPlan) -> Json:
    """Normalizes a whole chat completion and notes what Azure reported with it.

    Args:
        body: the reply's JSON; changed in place.
        info: where the filters, the served model and the usage are noted.
        plan: what the request was like.
    """
    if body.get("object") != "chat.completion":
        body["object"] = "chat.completion"
    note_prompt_filters(info, body)
    for position, choice in enumerate(as_list(body.get("choices"))):
        _normalize_choice(choice, position, plan)
        _note_choice(info, choice)
    if usage := as_object(body.get("usage")):
        body["usage"] = info.usage = normalize_usage(usage)
    info.reported_model = _text(body.get("model"))
    return body


def _text(value: object) -> str | None:
    """A name, where one stands: a body may hold anything in its place."""
    return value if isinstance(value, str) else None


def _normalize_choice(choice: Json, position: int, plan: ReplyPlan) -> None:
    choice.setdefault("index", position)
    raw = choice.get("finish_reason")
    message = as_object(choice.get("message"))
    if message.get("role") is None:
        message["role"] = "assistant"
    message.setdefault("content", None)
    if "tool_calls" in message or "function_call" in message:
        message = normalize_message(message, plan.names, finish_reason=raw, repair=plan.repair)
    has_calls = bool(message.get("tool_calls"))
    choice["message"] = to_function_call(message) if plan.as_function_call else message
    reason = finish_reason(raw, has_tool_calls=has_calls) or ("tool_calls" if has_calls else "stop")
    choice["finish_reason"] = "function_call" if reason == "tool_calls" and plan.as_function_call else reason
    if raw is not None and raw != reason:
        choice["native_finish_reason"] = raw


class ChunkNormalizer:
    """Normalizes the chunks of one stream, in order.

    Args:
        info: where the filters, the served model and the usage are noted.
        plan: what the request was like.
    """

    def __init__(self, info: AzureInfo, plan: ReplyPlan) -> None:
        self._info = info
        self._plan = plan
        self._legacy = plan.as_function_call
        self._calls: dict[int, ToolCallStream] = {}
        self._finished: set[int] = set()
        self._frame: Json = {}
        self._opening: Json = {}
        self._early: list[Json] = []
        self._verdicts: object = None

    def text_of(self, chunk: Json) -> str | None:
        """The text of a chunk that is one more piece of it, as nearly all are: nothing in it needs to be normalized.

        None of any other chunk. What was not looked at yet may have any shape.
        """
        choices: Any = chunk.get("choices")
        if type(choices) is not ARRAY or len(choices) != 1 or type(choice := choices[0]) is not OBJECT:
            return None
        delta = choice.get("delta")
        if type(delta) is not OBJECT or len(delta) != 1 or type(text := delta.get("content")) is not str:
            return None
        if choice.get("finish_reason", "") is not None or type(choice.get("index")) is not int:
            return None
        verdicts = choice.get("content_filter_results")
        plain = (
            (not verdicts or verdicts == self._verdicts)
            and self._frame
            and chunk.get("object") == "chat.completion.chunk"
            and chunk.get("model")
            and not chunk.get("usage")
            and "prompt_filter_results" not in chunk
            and "prompt_annotations" not in chunk
        )
        return text if plain else None

    def normalize(self, chunk: Json) -> list[Json]:
        """The chunks to pass on for one that arrived: nearly always the same one."""
        choices: list[Json] | None = chunk.get("choices")
        if choices is None:
            chunk["choices"] = choices = []
        if not choices and not self._frame and not chunk.get("usage"):
            return self._hold_opening(chunk)
        if not self._frame and not chunk.get("model") and not any("delta" in choice for choice in choices):
            self._early.append(chunk)  # the filter's verdicts, ahead of the text and without the reply's id
            return []
        if self._opening:
            chunk.update({name: value for name, value in self._opening.items() if name not in chunk})
            self._opening = {}
        if chunk.get("object") != "chat.completion.chunk":
            chunk["object"] = "chat.completion.chunk"
        if chunk.get("model"):
            if not self._frame:
                self._note_frame(chunk)
                early, self._early = self._early, []
                return [*self.normalize(chunk), *(one for held in early for one in self.normalize(held))]
        elif self._frame:
            # Late filter chunks come without id and model: whoever gathers chunks would split the stream there.
            chunk.update(self._frame)
        if "prompt_filter_results" in chunk or "prompt_annotations" in chunk:
            note_prompt_filters(self._info, chunk)
        for choice in choices:
            self._normalize_choice(choice)
        if usage := chunk.get("usage"):
            chunk["usage"] = normalize_usage(as_object(usage))
        return [chunk]

    def _note_frame(self, chunk: Json) -> None:
        """Keeps what every chunk of the reply says alike, and tells who served it."""
        self._frame = {key: chunk.get(key) for key in ("id", "created", "model", "object")}
        self._info.reported_model = model = _text(chunk["model"])
        if self._plan.on_model is not None and model:
            self._plan.on_model(model)

    def _hold_opening(self, chunk: Json) -> list[Json]:
        """Keeps Azure's opening chunk, which has no choices: what it says rides on the next one.

        A loop over `chunk.choices[0]` works so as it does on OpenAI, and helpers that take their first chunk for the
        reply's frame find its id, model and time.
        """
        note_prompt_filters(self._info, chunk)
        frame = {"id", "created", "model", "object", "choices", "usage"}
        self._opening |= {name: value for name, value in chunk.items() if name not in frame}
        return []

    def _normalize_choice(self, choice: Json) -> None:
        if choice.get("index") is None:
            choice["index"] = 0
        delta: Json | None = choice.get("delta")
        if delta is None:
            choice["delta"] = delta = {}
        if "role" in delta and delta["role"] is None:
            del delta["role"]
        raw = choice.get("finish_reason")
        if "tool_calls" in delta or "function_call" in delta or (raw and choice["index"] in self._calls):
            self._normalize_calls(choice["index"], delta, raw)
        if raw is not None:
            reason = finish_reason(raw, has_tool_calls=choice["index"] in self._calls)
            if reason == "tool_calls" and self._legacy:
                reason = "function_call"
            choice["finish_reason"] = reason
            if raw != reason:
                choice["native_finish_reason"] = raw
        elif "finish_reason" not in choice:
            choice["finish_reason"] = None
        if raw == "content_filter" or choice.get("content_filter_results"):
            _note_choice(self._info, choice)
            self._verdicts = choice.get("content_filter_results")  # noted: the same ones again tell nothing

    def _normalize_calls(self, index: int, delta: Json, raw_finish_reason: str | None) -> None:
        found, legacy = delta.pop("tool_calls", None), delta.pop("function_call", None)
        if not found and not legacy and index not in self._calls:
            return
        stream = self._calls.get(index)
        if stream is None:
            stream = self._calls[index] = ToolCallStream(self._plan.names, repair=self._plan.repair)
        deltas = stream.feed(found, legacy) if found or legacy else []
        if raw_finish_reason and index not in self._finished:
            self._finished.add(index)
            deltas = join_deltas([*deltas, *stream.finish(raw_finish_reason).deltas])
        if deltas and self._legacy:
            # The older form knows one call, without an id.
            pieces = [as_object(one.get("function")) for one in deltas if one.get("index") == 0]
            delta["function_call"] = {key: value for piece in pieces for key, value in piece.items()}
        elif deltas:
            delta["tool_calls"] = deltas
