"""Server-sent events from bytes, however the network splits them, and the one JSON text that some servers send instead.

Follows the WHATWG event-stream grammar (CR, LF and CRLF line ends, comments, several `data:` lines, fields without a
colon, a byte-order mark at the start). An event that the end of the body cuts off before its empty line is given out by
`flush`, which the standard and the OpenAI SDK do not do: so nothing that arrived is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..transport import LARGEST, TooLargeError

__all__ = ["BodyDecoder", "Event", "EventDecoder"]


@dataclass(slots=True)
class Event:
    """One event: its `event:` name (None where it has none) and its data lines joined by newlines."""

    name: str | None
    data: bytes

    @property
    def may_split(self) -> bool:
        """Whether a half of a surrogate pair may stand in it, whose other half is in the next one (`PairJoiner`)."""
        data = self.data  # a half is always written as an escape, and one byte is quickly looked for
        return b"\\" in data and (b"\\ud" in data or b"\\uD" in data)


class EventDecoder:
    """Turns chunks of bytes into events; keeps what is incomplete for the next chunk.

    Works on bytes throughout: every delimiter is ASCII, so a UTF-8 sequence that a chunk boundary splits is never
    touched before its event is whole.
    """

    __slots__ = ("_data", "_name", "_parts", "_saw_cr", "_size", "_started")

    def __init__(self) -> None:
        self._parts: list[bytes] = []  # of a line without an end yet; joined once, so that a long one costs no more
        self._size = 0
        self._data: list[bytes] = []
        self._name: str | None = None
        self._saw_cr = False
        self._started = False

    def feed(self, chunk: bytes) -> list[Event]:
        """Gives the events that `chunk` completes.

        Args:
            chunk: the next bytes of the body, of any length.

        Raises:
            TooLargeError: an event is larger than any answer can be.
        """
        if self._saw_cr and chunk:
            # The previous chunk ended in CR, which already ended its line: an LF now is the second half of CRLF.
            self._saw_cr = False
            if chunk[:1] == b"\n":
                chunk = chunk[1:]
        if not self._parts:
            buffer = chunk
        elif b"\n" in chunk or b"\r" in chunk or not self._started:
            buffer = b"".join((*self._parts, chunk))
        else:
            self._parts.append(chunk)
            self._count(len(chunk))
            return []
        if not self._started:
            if len(buffer) < 3 and b"\xef\xbb\xbf".startswith(buffer):
                self._parts = [buffer]
                return []
            self._started = True
            buffer = buffer.removeprefix(b"\xef\xbb\xbf")
        if b"\r" in buffer:
            self._saw_cr = buffer.endswith(b"\r")
            buffer = buffer.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = buffer.split(b"\n")
        rest = lines.pop()
        self._parts = [rest] if rest else []
        events = self._events(lines)
        if self._data:
            self._count(len(chunk))
        else:
            self._size = len(rest)
        return events

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > LARGEST:
            raise TooLargeError("an event")

    def flush(self) -> list[Event]:
        """Gives the event that the end of the body left unfinished, if any."""
        rest, self._parts = b"".join(self._parts), []
        return self._events([rest, b""] if rest else [b""])

    def _events(self, lines: list[bytes]) -> list[Event]:
        events: list[Event] = []
        for line in lines:
            if not line:
                if self._data or self._name is not None:
                    events.append(Event(self._name, b"\n".join(self._data)))
                    self._data, self._name = [], None
            elif line.startswith(b"data:"):
                value = line[6:] if line[5:6] == b" " else line[5:]
                while value.startswith(b"data:"):  # some gateways write the field's name twice
                    value = value[5:].removeprefix(b" ")
                self._data.append(value)
            elif line == b"[DONE]":  # some gateways write it bare
                self._data.append(line)
            else:
                self._field(line)
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"event":
            self._name = value.removeprefix(b" ").decode("utf-8", "replace")
        elif name == b"data":
            self._data.append(b"")
        # A line that starts with a colon is a comment; `id` and `retry` mean nothing for a reply that is never resumed.


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
        if self._is_stream is None:
            start = b"".join(self._parts)
            self._is_stream = self._begins_stream(start)
            if self._is_stream:
                self._parts = []
                return self._decoder.feed(start)
        self._size += len(data)
        if self._size > LARGEST:
            raise TooLargeError("a reply")
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
