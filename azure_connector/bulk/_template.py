"""`Classify: {text}` as a template over columns: names only, so that no template reaches into an object."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from azure_connector.errors import ConfigurationError

__all__ = ["Template", "nearest_columns"]

_WIDEST = 10_000  # of a field's own format: {text:9999999999} would fill the memory


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
        if not text.strip():
            raise ConfigurationError("The prompt is empty.", hint="Write what to ask, as in 'Classify: {text}'.")
        columns = dict.fromkeys(_column(*field) for _, *field in parts if field[0] is not None)
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
        unknown = next((name for name in self.columns if name not in names), None)
        if unknown is not None:
            is_text = re.search(r"[\"'\n,]", unknown)
            hint = "A brace that is text is written twice: {{ or }}." if is_text else ""
            raise ConfigurationError(f"The prompt names {nearest_columns(unknown, names)}", hint=hint)


def _column(name: str | None, spec: str | None, conversion: str | None) -> str:
    if not name or name.isdecimal():
        raise ConfigurationError(
            f"The prompt has {{{name}}}, which names no column.",
            hint="Write the column's name, as in {text} (rename one of digits alone); a brace that is text is written "
            "twice: {{ or }}.",
        )
    if conversion not in (None, "r", "s", "a"):
        raise ConfigurationError(f"The prompt has {{{name}!{conversion}}}: what may stand after ! is r, s or a.")
    if any(mark in name for mark in ".["):
        raise ConfigurationError(
            f"The prompt has {{{name}}}: a template reads whole columns only, no attributes or items.",
            hint="Rename the column, or pass a function of the row as prompt (Python).",
        )
    if spec and "{" in spec:
        raise ConfigurationError(f"The prompt has a field inside the format of {{{name}}}; write the format out.")
    if any(int(number) > _WIDEST for number in re.findall(r"\d{1,18}", spec or "")):
        raise ConfigurationError(f"The prompt has {{{name}:{spec}}}: that is wider than {_WIDEST:,} characters.")
    return name


def nearest_columns(wanted: str, names: Sequence[str]) -> str:
    """Says that a column is missing, and which there are."""
    shown = [name if name and name == name.strip() else repr(name) for name in names[:50]]
    there = ", ".join([*shown, *(["…"] if len(names) > 50 else [])])
    return f"the column {wanted!r}, which the input does not have. It has: {there or 'no columns'}."
