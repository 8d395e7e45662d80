"""Conversations that are kept, for whoever asks for it: a file each, which only its owner can read."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from .._utils import as_list, as_object
from ._running import fail

__all__ = ["Saved", "folder", "saved_names"]

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


def folder() -> Path:
    """Where conversations are kept: below the user's state directory (`XDG_STATE_HOME` where it is set)."""
    return user_state_path("azure-connector", appauthor=False) / "conversations"


def saved_names() -> list[str]:
    """The names of all conversations, the latest one first."""
    files = [file for file in folder().glob("*.json") if _NAME.fullmatch(file.stem)]
    return [file.stem for file in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)]


@dataclass(frozen=True, slots=True)
class Saved:
    """A conversation's file.

    Attributes:
        name: what the user calls it.
        model: whom it asked; None for a new one.
        messages: what was said.
    """

    name: str
    model: str | None = None
    messages: tuple[Mapping[str, Any], ...] = ()

    @property
    def path(self) -> Path:
        """The file."""
        return folder() / f"{self.name}.json"

    @classmethod
    def new(cls, name: str) -> Saved:
        """A conversation to be kept from now on. Ends the command where there is one of that name."""
        made = cls(_checked(name))
        if made.path.exists():
            fail(f"There is a conversation {name!r}: go on with --continue {name}, or remove {made.path}")
        return made

    @classmethod
    def read(cls, name: str) -> Saved:
        """One that was kept. Ends the command where there is none of that name."""
        wanted = cls(_checked(name))
        try:
            kept = as_object(json.loads(wanted.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            known = ", ".join(saved_names()[:20])
            fail(f"There is no conversation {name!r}. {f'There are: {known}' if known else 'None has been saved.'}")
        except (OSError, ValueError) as error:
            fail(f"{wanted.path} cannot be read: {error}")
        messages = tuple(as_object(message) for message in as_list(kept.get("messages")))
        return cls(name, str(kept.get("model") or "") or None, messages)

    def write(self, model: str, messages: Sequence[Mapping[str, Any]]) -> None:
        """Keeps it as it stands now. A reader sees the former file or the new one, never a part."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = json.dumps({"model": model, "messages": messages}, indent=1)
        new = self.path.with_suffix(f".{os.getpid()}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        new.replace(self.path)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        fail(f"A conversation's name is letters, digits, dots, dashes and underscores, not {name!r}.")
    return name
