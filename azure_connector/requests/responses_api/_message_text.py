"""How the messages of one Responses reply become the one text of a chat message."""

from __future__ import annotations

from collections.abc import Hashable

__all__ = ["SEPARATOR", "MessageText"]

# Between two messages of one reply, which Chat Completions can only hold as one text.
SEPARATOR = "\n\n"


class MessageText:
    """Joins the texts of a reply's messages into the one text of a chat message, in the order in which they came.

    Models label some messages `commentary`: said before a tool call, or while working. Commentary that a tool call
    follows, or that nothing follows, is the text of the message, as it would be from a Chat model. Commentary that an
    answer follows is an aside and stays out: it would stand twice, or make the JSON of a structured answer invalid.
    So commentary waits until that is known.

    Attributes:
        started: whether any text has been joined.
        starts: where each message's text begins in the joined text, in characters.
        lengths: how much of the joined text each message has said.
        asides: the messages that were left out.
    """

    def __init__(self) -> None:
        self.starts: dict[Hashable, int] = {}
        self.lengths: dict[Hashable, int] = {}
        self.asides: set[Hashable] = set()
        self._waiting: dict[Hashable, str] = {}
        self._last: Hashable = None
        self._end = 0

    @property
    def started(self) -> bool:
        return self._end > 0

    def say(self, message: Hashable, text: str, *, commentary: bool = False) -> str:
        """Takes a piece of text.

        Returns:
            What is thereby added to the joined text, with the separator where a new message begins.
        """
        if not text:
            return ""
        if commentary:
            self._waiting[message] = self._waiting.get(message, "") + text
            return ""
        self.answer()
        return self._append(message, text)

    def answer(self) -> None:
        """An answer begins: the commentary before it was an aside."""
        self.asides.update(self._waiting)
        self._waiting.clear()

    def flush(self) -> str:
        """A tool call, or the end: the commentary before it is part of the text. Returns what is thereby added."""
        waiting, self._waiting = self._waiting, {}
        return "".join(self._append(message, text) for message, text in waiting.items())

    def _append(self, message: Hashable, text: str) -> str:
        added = text if self._last in (None, message) else SEPARATOR + text
        self._last = message
        self.starts.setdefault(message, self._end + len(added) - len(text))
        self.lengths[message] = self.lengths.get(message, 0) + len(text)
        self._end += len(added)
        return added
