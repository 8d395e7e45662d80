"""The text of a call's arguments, normalized while it arrives: the one code for streamed and for whole replies.

Plain JSON and what stands inside a string pass at once. Held back are: everything, where the text does not begin with
an object; a comma and the white space behind it until the next token; a bare word (`True`, a key without quotes) until
it ends; whatever follows the closing brace. Other quotes than `"` are rewritten as they pass.
"""

from __future__ import annotations

import re

__all__ = ["ArgumentReader"]

_SPACE = " \t\n\r"
_SPACES = re.compile(r"[ \t\n\r]+")
_PLAIN = {quote: re.compile(rf"[^\\\x00-\x1f\"{quote}\ud800-\udfff]+") for quote in ('"', "'", "\u2019", "\u201d")}
_CLOSING_QUOTE = {'"': '"', "'": "'", "\u2018": "\u2019", "\u201c": "\u201d"}
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_NUMBER_PART = re.compile(r"[0-9+\-.eE]+")
_WORD_PART = re.compile(r"[\w$-]+")
_WORDS = {"true": "true", "false": "false", "null": "null", "none": "null"}
_LITERALS = ("true", "false", "null")
_LEFT_OVER = re.compile(r"[\s}\]`;]*")
_CONTROLS = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_HEX = frozenset("0123456789abcdefABCDEF")
_CLOSES = {"{": "}", "[": "]"}
_DEEPEST = 200  # every parser that may come after this one reads so deep
_LONGEST_HELD = 1_000  # white space behind a comma
_LONGEST_NUMBER = 4_000  # Python reads no longer ones


class ArgumentReader:
    """Reads the text of one object, in pieces of any size.

    Where the text turns out to be no object, or is not finished, everything that was held is given at the end: the
    pieces then add up to the text as it came, but for quotes that were rewritten before that was known.

    Attributes:
        passing: the beginning is an object's: pieces pass as they come.
        steps: what was done to the text, in a word or two each.
    """

    def __init__(self) -> None:
        self.passing = False
        self.steps: list[str] = []
        self._read = self._start
        self._held = ""
        self._stack: list[str] = []
        self._key = False  # the next or present string or word is a key
        self._quote = '"'  # what closes the present string
        self._escape = 0  # 1 after a backslash; 2 to 5 within the digits of \u
        self._token = ""  # a number, a bare word, or as much of a literal as has passed
        self._out: list[str] = []

    @property
    def in_string(self) -> bool:
        """Whether the last that was read stands inside a string."""
        return self._read == self._string

    @property
    def is_whole(self) -> bool:
        """Whether the object has ended, with nothing behind it but closing marks."""
        return self._read == self._after

    def feed(self, piece: str) -> str:
        """What may pass now that another piece has arrived."""
        if self._read == self._string and not self._escape and _PLAIN[self._quote].fullmatch(piece):
            return piece  # more of a long text, as most pieces are
        position, length = 0, len(piece)
        while position < length:
            position = self._read(piece, position)
        if not self._out:
            return ""
        out, self._out = "".join(self._out), []
        return out

    def finish(self) -> tuple[bool, str]:
        """Whether the text was an object, and what is left to pass."""
        held, self._held = self._held, ""
        if self._read == self._after:
            if _LEFT_OVER.fullmatch(held):
                if held.strip():
                    self._did("trailing characters")
                return True, ""
        elif self._read == self._word:
            held += self._token
        return False, held

    def _did(self, step: str) -> None:
        if step not in self.steps:
            self.steps.append(step)

    def _fail(self, piece: str, position: int) -> int:
        """It is no object, or not one that can be read on the way: all the rest passes as it is."""
        self._out.append(self._held + piece[position:])
        self._held, self._read = "", self._verbatim
        return len(piece)

    def _verbatim(self, piece: str, position: int) -> int:
        self._out.append(piece[position:])
        return len(piece)

    def _hold_all(self, piece: str, position: int) -> int:
        self._held += piece[position:]
        return len(piece)

    def _start(self, piece: str, position: int) -> int:
        position = self._spaces(piece, position)
        if position == len(piece):
            return position
        if piece[position] != "{":
            # A fence, a text within a text, or prose: only the whole can tell.
            self._held, self._out = "".join(self._out), []
            self._read = self._hold_all
            return position
        self.passing = True
        return self._open(piece, position)

    def _spaces(self, piece: str, position: int) -> int:
        if piece[position] not in _SPACE:
            return position
        match = _SPACES.match(piece, position)
        assert match is not None
        self._out.append(match[0])
        return match.end()

    def _open(self, piece: str, position: int) -> int:
        bracket = piece[position]
        if len(self._stack) >= _DEEPEST:
            return self._fail(piece, position)
        self._stack.append(bracket)
        self._out.append(bracket)
        self._key = bracket == "{"
        self._read = self._first
        return position + 1

    def _first(self, piece: str, position: int) -> int:
        """After an opening bracket: a key, a value, or the end."""
        position = self._spaces(piece, position)
        if position == len(piece):
            return position
        if piece[position] == _CLOSES[self._stack[-1]]:
            return self._close(piece, position)
        return self._value(piece, position)

    def _value(self, piece: str, position: int) -> int:
        """A key where `_key` says so, else any value."""
        position = self._spaces(piece, position)
        if position == len(piece):
            return position
        character = piece[position]
        if character in _CLOSING_QUOTE:
            return self._begin_string(character, position)
        if character.isalpha() or character in "_$":
            literal = not self._key and character in "tfn"
            self._token, self._read = "", self._literal if literal else self._word
            return position
        if self._key:
            return self._fail(piece, position)
        if character in "{[":
            return self._open(piece, position)
        if character == "-" or "0" <= character <= "9":
            self._token, self._read = "", self._number
            return position
        return self._fail(piece, position)

    def _begin_string(self, character: str, position: int) -> int:
        self._quote = _CLOSING_QUOTE[character]
        if character != '"':
            self._did("malformed JSON")
        self._out.append('"')
        self._escape, self._read = 0, self._string
        return position + 1

    def _string(self, piece: str, position: int) -> int:
        if self._escape:
            return self._escaped(piece, position)
        if match := _PLAIN[self._quote].match(piece, position):
            self._out.append(match[0])
            position = match.end()
            if position == len(piece):
                return position
        character = piece[position]
        if character == self._quote:
            self._out.append('"')
            self._read = self._colon if self._key else self._next
        elif character == "\\":
            self._escape = 1
            if self._quote == '"':
                self._out.append("\\")
        elif character == '"':
            self._out.append('\\"')
        elif character < " ":
            self._did("control characters")
            self._out.append(_CONTROLS.get(character) or f"\\u{ord(character):04x}")
        else:  # half of a surrogate pair, which JSON can carry only as an escape
            self._did("characters that cannot be sent")
            self._out.append(f"\\u{ord(character):04x}")
        return position + 1

    def _escaped(self, piece: str, position: int) -> int:
        character = piece[position]
        if self._escape > 1:
            if character not in _HEX:
                return self._fail(piece, position)
            self._escape = (self._escape + 1) % 6
            self._out.append(character)
            return position + 1
        if character not in '"\\/bfnrtu' and not (character == "'" and self._quote != '"'):
            self._held = "" if self._quote == '"' else "\\"
            return self._fail(piece, position)
        if self._quote != '"' and character != "'":
            self._out.append("\\")
        self._out.append(character)
        self._escape = 2 if character == "u" else 0
        return position + 1

    def _literal(self, piece: str, position: int) -> int:
        """One of JSON's own words, which pass letter by letter."""
        while position < len(piece) and (piece[position].isalnum() or piece[position] in "_$"):
            token = self._token + piece[position]
            if not any(word.startswith(token) for word in _LITERALS):
                return self._fail(piece, position)
            self._out.append(piece[position])
            self._token = token
            position += 1
        if position < len(piece):
            if self._token not in _LITERALS:
                return self._fail(piece, position)
            self._read = self._next
        return position

    def _word(self, piece: str, position: int) -> int:
        if match := _WORD_PART.match(piece, position):
            self._token += match[0]
            position = match.end()
        if position == len(piece):
            return position
        word = self._token if self._key else _WORDS.get(self._token.lower())
        if word is None:
            self._held = self._token
            return self._fail(piece, position)
        self._did("malformed JSON")
        self._out.append(f'"{word}"' if self._key else word)
        self._read = self._colon if self._key else self._next
        return position

    def _number(self, piece: str, position: int) -> int:
        if match := _NUMBER_PART.match(piece, position):
            self._token += match[0]
            self._out.append(match[0])
            position = match.end()
        if position < len(piece):
            if len(self._token) >= _LONGEST_NUMBER or not _NUMBER.fullmatch(self._token):
                return self._fail(piece, position)
            self._read = self._next
        return position

    def _colon(self, piece: str, position: int) -> int:
        position = self._spaces(piece, position)
        if position == len(piece):
            return position
        if piece[position] != ":":
            return self._fail(piece, position)
        self._out.append(":")
        self._key, self._read = False, self._value
        return position + 1

    def _next(self, piece: str, position: int) -> int:
        """After a value: a comma, or the end of what it stands in."""
        position = self._spaces(piece, position)
        if position == len(piece):
            return position
        if piece[position] == ",":
            self._held, self._read = ",", self._comma
            return position + 1
        if piece[position] == _CLOSES[self._stack[-1]]:
            return self._close(piece, position)
        return self._fail(piece, position)

    def _comma(self, piece: str, position: int) -> int:
        if match := _SPACES.match(piece, position):
            self._held += match[0]
            position = match.end()
        if len(self._held) > _LONGEST_HELD:
            return self._fail(piece, position)
        if position == len(piece):
            return position
        if piece[position] == _CLOSES[self._stack[-1]]:
            self._held = ""
            self._did("malformed JSON")
            return self._close(piece, position)
        self._out.append(self._held)
        self._held = ""
        self._key, self._read = self._stack[-1] == "{", self._value
        return position

    def _close(self, piece: str, position: int) -> int:
        self._stack.pop()
        self._out.append(piece[position])
        self._key, self._read = False, self._next if self._stack else self._after
        return position + 1

    def _after(self, piece: str, position: int) -> int:
        """Behind the closing brace; all of it is held, and dropped if it is white space or closing marks."""
        self._held += piece[position:]
        if not _LEFT_OVER.fullmatch(self._held):
            return self._fail(piece, len(piece))
        return len(piece)
