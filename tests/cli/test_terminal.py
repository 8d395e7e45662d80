"""The command line in a real pseudo-terminal: widths, colours, a conversation, Ctrl-C and questions."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from azure_connector.emulator import Emulator
from azure_connector.emulator.entra import EntraID, ManagementServer
from tests.support.programs import Launcher
from tests.support.waiting import PATIENCE

CONTROL = re.compile(r"\x1b\[(?P<numbers>[0-9;?]*)(?P<kind>[A-Za-z])|\x1b\][^\x07]*\x07|\x1b[=>]")
COLOUR = re.compile(r"\x1b\[(?:\d+;)*3[0-7]m|\x1b\[[0-9;]*38;")


def drawn(raw: str) -> list[str]:
    """The lines that stand on the screen after all movements of the cursor that rich and readline use."""
    lines, row, column, at = [""], 0, 0, 0
    while at < len(raw):
        if control := CONTROL.match(raw, at):
            at = control.end()
            count = int(control["numbers"]) if (control["numbers"] or "").isdigit() else 1
            match control["kind"]:
                case "A":
                    row = max(0, row - count)
                case "K":
                    lines[row] = "" if control["numbers"] == "2" else lines[row][:column]
            continue
        sign = raw[at]
        at += 1
        if sign == "\r":
            column = 0
        elif sign == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif sign == "\b":
            column = max(0, column - 1)
        elif sign.isprintable():
            lines[row] = lines[row][:column].ljust(column) + sign + lines[row][column + 1 :]
            column += 1
    return lines


class Terminal:
    """A command line at a pseudo-terminal."""

    def __init__(
        self, launcher: Launcher, arguments: tuple[str, ...], columns: int, environment: dict[str, str]
    ) -> None:
        self.raw = ""
        self._seen = 0
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40 if columns else 0, columns, 0, 0))
        self._program = launcher.start(
            *arguments,
            tty=os.ttyname(self._slave),
            environment={"TERM": "xterm-256color", "LANG": "C.UTF-8", **environment},
        )

    def send(self, text: str) -> None:
        os.write(self._master, text.encode())

    def wait_for(self, text: str, seconds: float = PATIENCE) -> None:
        """Reads until a text comes, after what was waited for before."""
        end = time.monotonic() + seconds
        while (found := self.text.find(text, self._seen)) < 0:
            assert self._read(end), f"{text!r} did not come; the screen has:\n{self.text}"
        self._seen = found + len(text)

    def converse(self, *turns: tuple[str, str | None]) -> None:
        """Waits for each text in turn, and types what is to follow it, if anything is."""
        for asked, answer in turns:
            self.wait_for(asked)
            if answer is not None:
                self.send(f"{answer}\n")

    def interrupt(self, expecting: str) -> None:
        """Presses Ctrl-C until a text comes: Python sees one that falls just before a wait only with the next key."""
        for _ in range(20):
            self.send("\x03")
            with contextlib.suppress(AssertionError):
                return self.wait_for(expecting, 1.0)
        raise AssertionError(self.text)

    def finish(self) -> int:
        """Waits for the end; gives the exit code."""
        end = time.monotonic() + PATIENCE
        while (code := self._program.poll()) is None:
            self._read(time.monotonic() + 0.02)
            assert time.monotonic() < end, self.text
        while self._read(0.0):
            pass
        return code

    def _read(self, end: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return False
        self.raw += os.read(self._master, 65536).decode("utf-8", "replace")
        return True

    @property
    def text(self) -> str:
        return CONTROL.sub("", self.raw)

    @property
    def lines(self) -> list[str]:
        return drawn(self.raw)

    @property
    def widest(self) -> int:
        return max(map(len, self.lines))

    def close(self) -> None:
        self._program.kill()
        os.close(self._slave)
        os.close(self._master)


@pytest.fixture
def terminal(launcher: Launcher) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*arguments: str, columns: int = 80, **environment: str) -> Terminal:
        opened.append(Terminal(launcher, arguments, columns, environment))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


Start = Callable[..., Terminal]


@pytest.mark.parametrize("columns", [80, 200])
def test_the_doctor_fits_the_width(terminal: Start, here: Emulator, columns: int) -> None:
    screen = terminal("doctor", "-d", "gpt-5", columns=columns)
    assert screen.finish() == 0, screen.text
    assert screen.widest <= columns
    assert "✓" in screen.text
    assert COLOUR.search(screen.raw)
    assert "reading the settings" in screen.text or "connecting" in screen.text or "calling" in screen.text


@pytest.mark.parametrize("columns", [44, 80, 200])
def test_tables_fit_the_width(terminal: Start, here: Emulator, columns: int) -> None:
    here.resource.deploy({f"a-deployment-with-a-rather-long-name-{'x' * 20}": "gpt-5"})
    screen = terminal("models", columns=columns)
    assert screen.finish() == 0, screen.text
    assert screen.widest <= columns
    assert "text-embedding-3-small" in re.sub(r"\s+", "", screen.text) or columns == 80


@pytest.mark.parametrize(
    ("columns", "environment"),
    [(80, {"NO_COLOR": "1"}), (80, {"TERM": "dumb"}), (0, {}), (20, {})],
    ids=["NO_COLOR", "dumb", "no width", "narrow"],
)
def test_poor_terminals(terminal: Start, here: Emulator, columns: int, environment: dict[str, str]) -> None:
    screen = terminal("doctor", "--no-call", columns=columns, **environment)
    assert screen.finish() == 0, screen.text
    assert "Traceback" not in screen.text
    if environment:
        assert not COLOUR.search(screen.raw)
    if environment.get("TERM") == "dumb":
        assert "\x1b[" not in screen.raw


def test_a_conversation(terminal: Start, here: Emulator) -> None:
    Path("mytools.py").write_text(
        "def weather(city: str) -> str:\n    'Tells the weather in a city.'\n    return f'{city}: 21 degrees'\n"
    )
    screen = terminal("chat", "--tools", "mytools.py", "--price", "1/10")
    screen.wait_for("> ")
    screen.send("What is the weather in Oslo?\n")
    screen.wait_for('weather(city="Oslo")')
    screen.wait_for("Oslo: 21 degrees")
    screen.wait_for("gpt-5, ")
    screen.wait_for("> ")
    screen.send('"""\n')
    screen.wait_for(". ")
    screen.send("Say\n")
    screen.wait_for(". ")
    screen.send('this\n"""\n')
    screen.wait_for("tokens in")
    assert here.requests.last.body["messages"][-1]["content"] == "Say\nthis"
    screen.wait_for("> ")
    screen.send("one \\\n")
    screen.wait_for(". ")
    screen.send("two\n")
    screen.wait_for("tokens in")
    assert here.requests.last.body["messages"][-1]["content"] == "one \ntwo"
    screen.wait_for("> ")
    for line, answer in (("/model gpt-4o", "asking gpt-4o"), ("/history", "user: "), ("/bogus", "There is no /bogus")):
        screen.send(f"{line}\n")
        screen.wait_for(answer)
        screen.wait_for("\r\n> ")
    screen.send("/cost\n")
    screen.wait_for("4 calls, ")
    screen.wait_for("> ")
    screen.send("\x04")
    assert screen.finish() == 0
    assert screen.widest <= 80 or "Say" in screen.text


def test_ctrl_c_stops_an_answer_and_the_conversation_goes_on(terminal: Start, here: Emulator) -> None:
    here.chunk_latency = 0.02
    screen = terminal("chat", "--model", "gpt-4o")
    screen.wait_for("> ")
    screen.send("Count to 5000\n")
    screen.wait_for("10, ")
    screen.interrupt("stopped")
    screen.wait_for("> ")
    screen.send("/cost\n")
    screen.wait_for("1 call (1 stopped: its tokens are an estimate)")
    screen.wait_for("> ")
    here.chunk_latency = 0
    screen.send("What is 6 * 7?\n")
    screen.wait_for("42")
    screen.wait_for("> ")
    said = here.requests.last.body["messages"]
    assert [message["role"] for message in said] == ["user", "assistant", "user"]
    assert said[1]["content"].startswith("1, 2, 3")
    screen.interrupt("Ctrl-D or /quit ends")
    screen.wait_for("> ")
    screen.send("/quit\n")
    assert screen.finish() == 0
    assert "Traceback" not in screen.text


def test_an_error_does_not_end_the_conversation(terminal: Start, here: Emulator) -> None:
    screen = terminal("chat", "--model", "nope")
    screen.wait_for("> ")
    screen.send("Hello\n")
    screen.wait_for("There is no deployment 'nope'")
    screen.wait_for("> ")
    for name, told in (("nope", "There is no deployment"), ("text-embedding-3-small", "no chat")):
        screen.send(f"/model {name}\n")
        screen.wait_for(told)
        screen.wait_for("\r\n> ")
    screen.send("/model gpt-4o\n")
    screen.wait_for("asking gpt-4o")
    screen.wait_for("> ")
    screen.send("What is 6 * 7?\n")
    screen.wait_for("42")
    assert len(here.requests.last.body["messages"]) == 1
    screen.wait_for("> ")
    screen.send("\x04")
    assert screen.finish() == 0


def test_writing_a_mapping_is_asked_for(terminal: Start, here: Emulator) -> None:
    refused = terminal("models", "--write")
    refused.wait_for("Write this to azure_connector.toml?")
    refused.send("n\n")
    assert refused.finish() == 0
    assert not Path("azure_connector.toml").exists()
    agreed = terminal("models", "--write")
    agreed.wait_for("Write this to")
    agreed.send("\n")
    assert agreed.finish() == 0
    assert tomllib.loads(Path("azure_connector.toml").read_text())["deployment_mapping"]["gpt-5"] == "gpt-5"


def test_init_asks_and_shows_no_key(terminal: Start, azure: Emulator) -> None:
    screen = terminal("init")
    screen.wait_for("Endpoint")
    screen.send(f"{azure.endpoint}\n")
    screen.wait_for("Who is calling")
    screen.send("1\n")
    screen.wait_for("not shown")
    screen.send(f"{azure.api_key}\n")
    screen.wait_for("It works")
    screen.wait_for("Write this?")
    screen.send("y\n")
    assert screen.finish() == 0, screen.text
    assert azure.api_key not in screen.raw
    assert Path(".env").read_text() == f"AZURE_OPENAI_API_KEY={azure.api_key}\n"
    assert azure.api_key not in Path("azure_connector.toml").read_text()
    assert Path(".env").stat().st_mode & 0o777 == 0o600


def test_init_asks_again_only_for_the_answer_that_is_wrong(terminal: Start, azure: Emulator) -> None:
    screen = terminal("init")
    screen.wait_for("Endpoint")
    screen.send("https://portal.azure.com/#home\n")
    screen.wait_for("a web page")
    screen.wait_for("Endpoint (")
    screen.send(f"{azure.endpoint}\n")
    screen.wait_for("Who is calling")
    screen.send("5\n")
    screen.wait_for("It is one of")
    screen.wait_for("Who is calling")
    screen.send("1\n")
    screen.wait_for("not shown")
    screen.send("another-resources-key\n")
    screen.wait_for("do not work yet")
    screen.wait_for("not shown")  # what is typed before a hidden question is thrown away, by getpass
    screen.send(f"{azure.api_key}\n")
    screen.wait_for("Write this?")
    screen.send("y\n")
    assert screen.finish() == 0, screen.text
    assert Path(".env").read_text() == f"AZURE_OPENAI_API_KEY={azure.api_key}\n"
    assert screen.text.count("Who is calling") == 2, "the number that is none, and no further time"


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ManagementServer, Emulator, Emulator]]:
    """Somebody signed in to the Azure CLI who sees two subscriptions, one of them empty, and two resources."""
    with (
        EntraID() as entra,
        Emulator({"team-chat": "gpt-5", "small": "gpt-4o"}, entra=entra) as azure,
        Emulator({"other": "gpt-4o"}, entra=entra, keys_disabled=True) as keyless,
        ManagementServer(entra, {"Empty": {}, "Team": {"first": azure, "second": keyless}}) as plane,
    ):
        for name, value in {
            **entra.cli_environment(),
            "AZURE_AUTHORITY_HOST": entra.authority_host,
            "AZURE_CONNECTOR_DISABLE_INSTANCE_DISCOVERY": "true",
            "AZURE_CONNECTOR_CA_BUNDLE": str(entra.ca_file),
            "AZURE_CONNECTOR_MANAGEMENT_ENDPOINT": plane.url,
        }.items():
            monkeypatch.setenv(name, value)
        yield plane, azure, keyless


def test_init_lets_choose_after_az_login(
    terminal: Start, signed_in: tuple[ManagementServer, Emulator, Emulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, azure, _ = signed_in
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "a-key-that-lies-around")
    screen = terminal("init")
    screen.converse(
        ("Endpoint (or Enter", ""),
        ("Subscription (1 to 2)", "1"),
        ("no resource of Azure OpenAI in Empty", None),
        ("Resource (1 to 2)", "3"),
        ("a number from 1 to 2", None),
        ("Resource (1 to 2)", "1"),
        ("Deployment for calls that name none (1 to 2)", "2"),
        ("Who is calling", "1"),
        ("KEY 1 of first is used", None),
        ("It works: small answered", None),
        ("Write this?", "y"),
    )
    assert screen.finish() == 0, screen.text
    assert azure.api_key not in screen.raw
    assert "unset AZURE_OPENAI_API_KEY" in " ".join(screen.text.split())
    written = tomllib.loads(Path("azure_connector.toml").read_text())
    assert written["azure_endpoint"] == azure.endpoint
    assert written["default_deployment"] == "small"
    assert written["deployment_mapping"] == {"gpt-5": "team-chat", "gpt-4o": "small"}
    assert Path(".env").read_text() == f"AZURE_OPENAI_API_KEY={azure.api_key}\n"
    monkeypatch.delenv("AZURE_OPENAI_API_KEY")
    asked = terminal("chat", "Say pong")
    assert asked.finish() == 0, asked.text
    assert azure.requests.last.path.endswith("chat/completions")


def test_init_with_a_resource_that_takes_no_keys(
    terminal: Start, signed_in: tuple[ManagementServer, Emulator, Emulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    plane, _, keyless = signed_in
    monkeypatch.setenv("AZURE_CONNECTOR_TRUSTED_HOSTS", keyless.endpoint.removeprefix("http://"))
    plane.script(503, 503)  # the first listing fails: what was typed is asked for again
    screen = terminal("init")
    screen.converse(
        ("Endpoint (or Enter", ""),
        ("does not list the subscriptions", None),
        ("Endpoint (or Enter", ""),
        ("Subscription (1 to 2)", "2"),
        ("Resource (1 to 2)", "2"),
        ("second takes no keys", None),
        ("Who is calling", "1"),
        ("do not work yet", None),
        ("Who is calling", "2"),
        ("It works: other answered", None),
        ("Write this?", "y"),
    )
    assert screen.finish() == 0, screen.text
    written = tomllib.loads(Path("azure_connector.toml").read_text())
    assert written["use_default_credential"] is True
    assert written["resource_id"] == plane.resource_id("second")
    assert not Path(".env").exists()
    assert "AZURE_CONNECTOR_TRUSTED_HOSTS" in screen.text, "what it relies on is said"
    asked = terminal("chat", "Say pong")
    assert asked.finish() == 0, asked.text


def test_ctrl_c_at_a_question(terminal: Start) -> None:
    screen = terminal("init")
    screen.wait_for("Endpoint")
    screen.interrupt("\r\n")
    assert screen.finish() in (1, 130)
    assert "Traceback" not in screen.text
