"""`encrypted_content` of reasoning items: opaque, and of use to the resource alone that made it."""

from __future__ import annotations

import base64
import hashlib
import hmac

__all__ = ["Seal"]

_HEAD = b"\x80\x00\x00\x00"  # base64 turns it into the gAAA… that Azure's begins with


class Seal:
    """Makes and checks encrypted content.

    Args:
        secret: the resource's own; another resource's content fails the check.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def close(self, text: str) -> str:
        """Content for a thought."""
        plain = text.encode()
        return base64.urlsafe_b64encode(_HEAD + self._mark(plain) + plain).decode()

    def is_mine(self, content: str) -> bool:
        """Whether this resource made the content."""
        try:
            raw = base64.urlsafe_b64decode(content.encode())
        except ValueError:
            return False
        mark, plain = raw[4:36], raw[36:]
        return raw[:4] == _HEAD and hmac.compare_digest(mark, self._mark(plain))

    def _mark(self, plain: bytes) -> bytes:
        return hashlib.blake2b(plain, key=self._secret, digest_size=32).digest()
