"""`Classify: {text}` as a template over columns: names only, so that no template reaches into an object."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from azure_connector.errors import ConfigurationError

__all__ = ["Template", "nearest_columns"]


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template.

    Attributes:
        text: as it was written.
        columns: the columns that it names, each once, in order.
    """

    text: str
    columns: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Parses a template.

        Raises:
            ConfigurationError: it is no template, or wants more of a column than its value.
        """
        try:
            parts = list(string.Formatter().parse(text))
        except ValueError as error:
            raise ConfigurationError(
                f"The prompt is no template: {error}.", hint="A brace that is text is written twice: {{ or }}."
            ) from None
        columns = dict.fromkeys(_column(name, spec) for _, name, spec, _ in parts if name is not None)
        return cls(text, tuple(columns))

    def fill(self, values: Mapping[str, object]) -> str:
        """The text for one row.

        Raises:
            ValueError, TypeError: a value does not fit its format.
        """
        return string.Formatter().vformat(self.text, (), values)

    def check(self, names: Sequence[str]) -> None:
        """Refuses a template that names columns which are not there.

        Raises:
            ConfigurationError: it names the columns that there are.
        """
        unknown = [name for name in self.columns if name not in names]
        if unknown:
            raise ConfigurationError(f"The prompt names {nearest_columns(unknown[0], names)}")


def _column(name: str, spec: str | None) -> str:
    if not name or name.isdecimal():
        raise ConfigurationError(
            f"The prompt has {{{name}}}, which names no column.",
            hint="Write the column's name, as in {text}; a brace that is text is written twice: {{ or }}.",
        )
    if any(mark in name for mark in ".["):
        raise ConfigurationError(
            f"The prompt has {{{name}}}: a template reads whole columns only, no attributes or items.",
            hint="Rename the column, or pass a function of the row as prompt (Python).",
        )
    if spec and "{" in spec:
        raise ConfigurationError(f"The prompt has a field inside the format of {{{name}}}; write the format out.")
    return name


def nearest_columns(wanted: str, names: Sequence[str]) -> str:
    """Says that a column is missing, and which there are."""
    there = ", ".join(names[:50]) + (", …" if len(names) > 50 else "")
    return f"the column {wanted!r}, which the input does not have. It has: {there or 'no columns'}."
