"""Spoken text as small sound files, which carry the text with them so that it can be transcribed again."""

from __future__ import annotations

import math
import struct

from .soundfiles import tagged, titled

__all__ = ["heard", "mp3", "pcm", "seconds_of", "wav"]

RATE = 24_000
_TITLE = b"ICMT"


def pcm(text: str) -> bytes:
    """A tone, a hundredth of a second for each character: 16-bit samples at 24 kHz."""
    samples = min(len(text), 500) * RATE // 100
    return b"".join(
        struct.pack("<h", int(8000 * math.sin(index * 2 * math.pi * 440 / RATE))) for index in range(samples)
    )


def wav(text: str) -> bytes:
    """A WAV file with the text in its comment."""
    said = text.encode()
    said += b"\x00" * (1 + (len(said) + 1) % 2)
    comment = b"INFO" + _TITLE + struct.pack("<I", len(said)) + said
    form = struct.pack("<HHIIHH", 1, 1, RATE, RATE * 2, 2, 16)
    sound = pcm(text)
    chunks = ((b"fmt ", form), (b"LIST", comment), (b"data", sound))
    body = b"WAVE" + b"".join(name + struct.pack("<I", len(data)) + data for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def mp3(text: str) -> bytes:
    """Silent MP3 frames behind an ID3 tag with the text as title."""
    silence = b"\xff\xfb\x90\x00" + bytes(413)
    return tagged(text) + silence * max(1, len(text) // 3)


def heard(content: bytes) -> str | None:
    """The text that `wav` or `mp3` put into a file; None of any other sound."""
    if content.startswith(b"RIFF") and _TITLE in content:
        start = content.index(_TITLE) + 4
        size = int.from_bytes(content[start : start + 4], "little")
        return content[start + 4 : start + 4 + size].rstrip(b"\x00").decode("utf-8", "replace")
    if content.startswith(b"ID3") and content[10:14] == b"TIT2":
        size = int.from_bytes(content[14:18], "big")
        return content[21 : 20 + size].decode("utf-8", "replace")
    return titled(content) if content[:4] in {b"OggS", b"fLaC"} else None


def seconds_of(content: bytes) -> float:
    """How long a sound is, as far as its size tells."""
    return round(max(0.1, len(content) / (RATE * 2)), 2)
