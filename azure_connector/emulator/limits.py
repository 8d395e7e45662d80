"""How much the emulator takes, makes and keeps, so that no input can bring it down."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SHARED_TOKENS", "Limits"]

MIB = 1024 * 1024
SHARED_TOKENS = 32_768
"""Tokens that the choices of one reply share, and the alternatives that `top_logprobs` gives of each."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one emulator.

    Attributes:
        json_bytes: the largest body; beyond it a 413.
        form_bytes: the largest form, which is Azure's largest file with its frame.
        seconds: how long a body may take to arrive, and a server behind to answer: a 408.
        records, record_bytes: how many requests are remembered, and how much of them; the oldest are forgotten.
        stored, stored_bytes: how many responses, pictures, batches and other things of a kind are kept, and about how
            much of them; the oldest go.
        file_bytes: how much is kept in uploaded files; beyond it an upload is refused.
    """

    json_bytes: int = 64 * MIB
    form_bytes: int = 513 * MIB
    seconds: float = 120.0
    records: int = 10_000
    record_bytes: int = 32 * MIB
    stored: int = 10_000
    stored_bytes: int = 64 * MIB
    file_bytes: int = 1024 * MIB
