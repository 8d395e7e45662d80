"""How strict an emulated resource is, where Azure's resources differ from each other."""

from __future__ import annotations

from dataclasses import dataclass

from .strictness import LARGE, SMALL, Sizes

__all__ = ["Rules"]


@dataclass(frozen=True, slots=True)
class Rules:
    """Switches of strictness.

    Attributes:
        versions: the v1 form refuses every api-version, also `v1` and `preview`, as strict resources do.
        small_schemas: structured outputs are held to Azure's published limits instead of OpenAI's larger ones.
        bare_codes: refusals of parameters and values come without a `code`, as many do: only the text says what it is.
    """

    versions: bool = False
    small_schemas: bool = False
    bare_codes: bool = False

    @property
    def sizes(self) -> Sizes:
        """How large a strict schema may be."""
        return SMALL if self.small_schemas else LARGE
