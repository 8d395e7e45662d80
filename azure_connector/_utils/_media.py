"""What a picture or a sound is: that stands at its beginning, whatever its name says."""

from __future__ import annotations

import re

__all__ = ["media_type"]

_STARTS = (
    (rb"\x89PNG\r\n", "image/png", ".png"),
    (rb"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (rb"GIF8", "image/gif", ".gif"),
    (rb"RIFF.{4}WEBP", "image/webp", ".webp"),
    (rb"RIFF.{4}WAVE", "audio/wav", ".wav"),
    (rb"ID3", "audio/mpeg", ".mp3"),
    (rb"\xff\xfb", "audio/mpeg", ".mp3"),
    (rb"OggS", "audio/ogg", ".ogg"),
    (rb"fLaC", "audio/flac", ".flac"),
    (rb"\x1a\x45\xdf\xa3", "audio/webm", ".webm"),
    (rb".{4}ftypM4A", "audio/mp4", ".m4a"),
    (rb".{4}ftyp", "video/mp4", ".mp4"),
)


def media_type(data: bytes) -> tuple[str, str] | None:
    """The media type and the usual end of a file's name; None where the beginning tells none.

    Args:
        data: the file, or its first twelve bytes.
    """
    found = ((kind, suffix) for start, kind, suffix in _STARTS if re.match(start, data, re.DOTALL))
    return next(found, None)
