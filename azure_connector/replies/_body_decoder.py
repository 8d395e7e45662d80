"""The body of a reply that was asked for as a stream: JSON events, or the one JSON text that a server sent instead."""

from __future__ import annotations

from collections.abc import Callable

from .._utils import Json, as_object, parse_json
from ..errors import reported_error
from ..requests import Failure
from ..transport import LARGEST, TooLargeError
from ._sse import Event, EventDecoder

__all__ = ["BodyDecoder", "NoAnswerError", "check_answer", "read_event"]


class NoAnswerError(ValueError):
    """A reply with status 200 that holds no answer. It never reaches users: the client makes its own error of it.

    Attributes:
        body: what came instead, decoded or not; None where nothing came.
    """

    def __init__(self, why: str = "the body holds no answer", body: object = None) -> None:
        super().__init__(why)
        self.body = body


_FIELDS = (b"data", b"event", b"id", b"retry", b":", b"[DONE]")
_LONGEST_FIELD = max(map(len, _FIELDS))
_SPACE = b" \t\r\n\xef\xbb\xbf"  # a byte-order mark counts as such


class BodyDecoder:
    """Tells events from a text, and gives the events as they come.

    The content type does not decide: gateways call a stream JSON, and JSON a stream. A body that begins with a field of
    an event stream is one.

    Args:
        content_type: decides where the beginning says nothing.

    Attributes:
        text: the whole body, once it has ended, where it is no event stream; else None.
    """

    __slots__ = ("_decoder", "_is_stream", "_named_stream", "_parts", "_size", "text")

    def __init__(self, content_type: str) -> None:
        self._decoder = EventDecoder()
        self._named_stream = "event-stream" in content_type
        self._is_stream: bool | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self.text: bytes | None = None

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes.

        Raises:
            TooLargeError: an event, or the text, is larger than any answer can be.
        """
        if self._is_stream:
            return self._decoder.feed(data)
        self._parts.append(data)
        self._size += len(data)
        if self._size > LARGEST:
            raise TooLargeError("a reply")
        if self._is_stream is None:
            start = b"".join(self._parts)
            self._is_stream = self._begins_stream(start)
            if self._is_stream:
                self._parts = []
                return self._decoder.feed(start)
        return []

    def flush(self) -> list[Event]:
        """The event that the end of the body left unfinished, if any; fills `text` where it is no event stream."""
        if self._is_stream:
            return self._decoder.flush()
        text, self._parts = b"".join(self._parts), []
        if self._is_stream is False or text.strip(_SPACE):
            self.text = text
        return []

    def _begins_stream(self, start: bytes) -> bool | None:
        """Whether a body that begins so is an event stream; None where more must be seen."""
        start = start.lstrip(_SPACE)[:_LONGEST_FIELD]
        if start.startswith(_FIELDS):
            return True
        if not start or any(field.startswith(start) for field in _FIELDS):
            return None
        return self._named_stream and start[:1] not in (b"{", b"[", b"<", b'"')


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
