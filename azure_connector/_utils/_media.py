"""What a picture or a sound is: that stands at its beginning, whatever its name says."""

from __future__ import annotations

__all__ = ["media_type"]

_STARTS = (
    (0, b"\x89PNG\r\n", "image/png", ".png"),
    (0, b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (0, b"GIF8", "image/gif", ".gif"),
    (8, b"WEBP", "image/webp", ".webp"),
    (8, b"WAVE", "audio/wav", ".wav"),
    (0, b"ID3", "audio/mpeg", ".mp3"),
    (0, b"\xff\xfb", "audio/mpeg", ".mp3"),
    (0, b"OggS", "audio/ogg", ".ogg"),
    (0, b"fLaC", "audio/flac", ".flac"),
    (0, b"\x1a\x45\xdf\xa3", "audio/webm", ".webm"),
    (4, b"ftypM4A", "audio/mp4", ".m4a"),
    (4, b"ftyp", "video/mp4", ".mp4"),
)


def media_type(data: bytes) -> tuple[str, str] | None:
    """The media type and the usual end of a file's name; None where the beginning tells none.

    Args:
        data: the file, or its first twelve bytes.
    """
    found = (one[2:] for one in _STARTS if data.startswith(one[1], one[0]))
    return next(found, None)
