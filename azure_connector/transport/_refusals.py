"""What a reply that is no success says: read for its message, as far as it comes."""

from __future__ import annotations

from typing import Any

from ._library import http_library

__all__ = ["aread_refusal", "read_refusal"]

_LARGEST_REFUSAL = 1024 * 1024  # bytes of what is only read for its message

_library: Any = http_library()


def read_refusal(response: Any) -> None:
    """Reads what a reply that is no success says, also where a stream was asked for, as far as it comes in time: its
    status and headers have told already what it is.
    """
    pieces: list[bytes] = []
    size = 0
    try:
        for piece in response.iter_bytes():
            pieces.append(piece)
            if (size := size + len(piece)) > _LARGEST_REFUSAL:
                break
    except _library.RequestError:
        pass  # the rest is lost, and its status is not
    finally:
        response.close()
    response._content = b"".join(pieces)


async def aread_refusal(response: Any) -> None:
    """As `read_refusal`."""
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in response.aiter_bytes():
            pieces.append(piece)
            if (size := size + len(piece)) > _LARGEST_REFUSAL:
                break
    except _library.RequestError:
        pass  # as above
    finally:
        await response.aclose()
    response._content = b"".join(pieces)
