"""What models, services and names say steers no terminal."""

from __future__ import annotations

import io

import pytest
from rich.text import Text

from azure_connector import AzureConnector, ConfigurationError
from azure_connector._utils import printable
from azure_connector.cli import _screen
from azure_connector.display import show
from azure_connector.emulator import Emulator, Reply
from tests.support.programs import Launcher

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


NAME = "d\x1b[31m"
COMMANDS = [["models"], ["models", "--json"], ["explain", NAME], ["doctor", "--call"], ["chat", "-m", NAME, "hello"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_names_and_replies_reach_no_terminal_raw(command: list[str], launcher: Launcher) -> None:
    """The whole command, against a resource whose deployment, model and reply are made to steer terminals."""
    with Emulator({NAME: "gpt-4o"}) as azure:
        if command[0] == "chat":
            message = {"role": "assistant", "content": f"hello {EVIL}"}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            body = {"id": "x", "object": "chat.completion", "created": 1, "model": NAME, "choices": [choice]}
            azure.script(Reply(status=200, body=body), times=None)
        done = launcher.run(
            *command, environment={"AZURE_OPENAI_ENDPOINT": azure.endpoint, "AZURE_OPENAI_API_KEY": azure.api_key}
        )
        assert list(azure.requests) or command[0] == "explain"
    assert not {"\x1b", "\x07", "\x9b", "\u202e"}.intersection(done.stdout + done.stderr)


def test_texts_of_ours_hold_none() -> None:
    with Emulator({NAME: "gpt-4o"}) as azure, AzureConnector(azure_endpoint=azure.endpoint, api_key="k") as client:
        azure.api_key = "k"
        assert "\x1b" not in str(client.catalog())
    assert "\x1b" not in str(ConfigurationError(f"no such deployment: {NAME}", hint=EVIL))
