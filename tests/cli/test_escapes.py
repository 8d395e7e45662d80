"""What models, services and names say steers no terminal."""

from __future__ import annotations

import io

import pytest
from rich.text import Text

from azure_connector._utils import printable
from azure_connector.cli import _screen
from azure_connector.display import show

EVIL = "\x1b]0;owned\x07\x1b[2Jhello\r\x9b31m\u202etxt"


@pytest.mark.parametrize("shown", [EVIL, Text(EVIL, "bold"), _screen.grid()], ids=["text", "styled", "table"])
def test_a_console_shows_escapes_instead_of_obeying_them(shown: object) -> None:
    file = io.StringIO()
    if not isinstance(shown, str | Text):
        shown.add_row(EVIL)  # type: ignore[attr-defined]
    _screen._console(file).print(shown)
    for mark in "\x1b\x07\r\x9b\u202e":
        assert mark not in file.getvalue()
    assert "owned" in file.getvalue()


def test_a_stream_shows_escapes_instead_of_obeying_them() -> None:
    file = io.StringIO()
    assert show([EVIL, "\n"], file=file).text == EVIL + "\n"
    assert "\x1b" not in file.getvalue()


def test_what_is_printable_stays() -> None:
    assert printable("plain\ttext\n\u00e9 \U0001f600") == "plain\ttext\n\u00e9 \U0001f600"
    assert printable("a\r\nb") == "a\nb"
    assert printable("\x1b[0m") == "\\x1b[0m"
