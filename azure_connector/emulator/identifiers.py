"""Ids as Azure makes them: unique, and those of one resource unlike those of another."""

from __future__ import annotations

import hashlib
import itertools
import os

__all__ = ["Identifiers"]

_LETTERS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LETTER_OF_BYTE = bytes(_LETTERS[byte % len(_LETTERS)] for byte in range(256))


class Identifiers:
    """Makes ids for one emulated resource.

    Args:
        seed: the same seed gives the same ids; None gives others for each resource.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._salt = str(seed).encode() if seed is not None else os.urandom(16)
        self._numbers = itertools.count(1)

    def letters(self, size: int) -> str:
        """Letters and digits that no call before got; 64 at most."""
        digest = hashlib.blake2b(str(next(self._numbers)).encode(), key=self._salt).digest()
        return digest.translate(_LETTER_OF_BYTE)[:size].decode()

    def hexadecimal(self, size: int) -> str:
        """Hexadecimal digits that no call before got."""
        return hashlib.blake2b(str(next(self._numbers)).encode(), key=self._salt).hexdigest()[:size]

    def uuid(self) -> str:
        """In the form of a UUID, as `apim-request-id` is."""
        digits = self.hexadecimal(32)
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def call(self) -> str:
        """A tool call's id."""
        return f"call_{self.letters(24)}"
