"""Silence in the formats of speech: Ogg Opus, FLAC and AAC, with the spoken text among their tags."""

from __future__ import annotations

import struct
from collections.abc import Iterable

__all__ = ["aac", "flac", "opus", "tagged", "titled"]

_SILENT_OPUS = b"\xf8\xff\xfe"  # one frame of 20 ms
_SILENT_AAC = b"\x00\xc8\x00\x80\x23\x80"  # one raw data block, mono
_FLAC_BLOCK = 4_096


def tagged(text: str) -> bytes:
    """An ID3 tag with the text for title, which stands before MP3 and AAC frames."""
    said = b"\x03" + text.encode()
    frame = b"TIT2" + struct.pack(">I", len(said)) + b"\x00\x00" + said
    synchsafe = bytes((len(frame) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + synchsafe + frame


def titled(content: bytes) -> str | None:
    """The title among the comments of an Ogg or FLAC file."""
    at = content.find(b"TITLE=")
    if at < 4:
        return None
    size = int.from_bytes(content[at - 4 : at], "little")
    return content[at + 6 : at + size].decode("utf-8", "replace")


def _comments(text: str) -> bytes:
    said = b"TITLE=" + text.encode()
    return struct.pack("<I", 8) + b"emulator" + struct.pack("<II", 1, len(said)) + said


def aac(text: str) -> bytes:
    """ADTS frames, mono at 24 kHz."""
    size = len(_SILENT_AAC) + 7
    header = bytes([0xFF, 0xF1, 0x58, 0x40 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC])
    return tagged(text) + (header + _SILENT_AAC) * max(1, len(text) // 4)


def opus(text: str) -> bytes:
    """An Ogg file of Opus packets, mono at 48 kHz."""
    head = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, 0, 48_000, 0, 0)
    count = min(250, max(1, len(text) // 2))
    sound = [_SILENT_OPUS] * count
    pages = (([head], 0, 2), ([b"OpusTags" + _comments(text)], 0, 0), (sound, count * 960, 4))
    return b"".join(_page(packets, number, until, flags) for number, (packets, until, flags) in enumerate(pages))


def _page(packets: Iterable[bytes], number: int, until: int, flags: int) -> bytes:
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    start = b"OggS" + struct.pack("<BBqII", 0, flags, until, 1, number)
    rest = bytes([len(lacing)]) + lacing + b"".join(packets)
    return start + struct.pack("<I", _crc(start + bytes(4) + rest, 32, 0x04C11DB7)) + rest


def flac(text: str) -> bytes:
    """A FLAC file of constant frames, mono at 24 kHz with 16 bits."""
    count = max(1, min(len(text), 500) * 240 // _FLAC_BLOCK)
    total = count * _FLAC_BLOCK
    packed = 24_000 << 44 | 0 << 41 | 15 << 36 | total
    info = struct.pack(">HH", _FLAC_BLOCK, _FLAC_BLOCK) + bytes(6) + packed.to_bytes(8, "big") + bytes(16)
    comments = _comments(text)
    blocks = b"\x00" + len(info).to_bytes(3, "big") + info + b"\x84" + len(comments).to_bytes(3, "big") + comments
    return b"fLaC" + blocks + b"".join(_frame(number) for number in range(count))


def _frame(number: int) -> bytes:
    header = b"\xff\xf8\xc7\x08" + bytes([number])  # block of 4,096; 24 kHz; mono; 16 bits; fewer than 128 frames
    frame = header + bytes([_crc(header, 8, 0x07)]) + bytes(3)  # a constant subframe of the sample 0
    return frame + struct.pack(">H", _crc(frame, 16, 0x8005))


def _crc(data: bytes, bits: int, polynomial: int) -> int:
    """A cyclic redundancy check, highest bit first and from zero, as Ogg and FLAC have it."""
    top, mask, value = 1 << bits - 1, (1 << bits) - 1, 0
    for byte in data:
        value ^= byte << bits - 8
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & mask
    return value
