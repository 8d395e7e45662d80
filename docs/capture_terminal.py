"""Captures the command line for the documentation: runs it at a real terminal against the emulator, light and dark.

    python docs/capture_terminal.py            # writes docs/images/terminal-*.svg

Rich reads the terminal's own output back and draws it, so a picture shows what a person saw. Ports and keys are fixed,
so that a picture changes only when the output does.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import pty
import re
import select
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI, TerminalTheme
from rich.text import Text

from azure_connector.emulator import Deployment, Emulator
from azure_connector.emulator.entra import EntraID, ManagementServer

IMAGES = Path(__file__).parent / "images"
ROOT = Path(__file__).parents[1]
KEY = "emulators-own-key"
PORT = 48080
LIGHT = TerminalTheme(
    (255, 255, 255),
    (36, 41, 47),
    [
        (36, 41, 47),
        (180, 35, 24),
        (17, 99, 41),
        (125, 78, 0),
        (9, 105, 218),
        (130, 80, 223),
        (27, 124, 131),
        (110, 119, 129),
    ],
    [
        (87, 96, 106),
        (164, 14, 38),
        (26, 127, 55),
        (99, 60, 1),
        (33, 139, 255),
        (164, 117, 249),
        (49, 146, 170),
        (140, 149, 159),
    ],
)
DARK = MONOKAI
# Rich's own frame without the fonts that it would fetch from the network; each text has its width in any font. Without
# its clip, too, which takes the lower end off the last line's letters.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code", "ui-monospace, DejaVu Sans Mono"
)
FORMAT = FORMAT.replace(' clip-path="url(#{unique_id}-clip-terminal)"', "")
# The movements of a cursor that rich and readline use, beside colours, which stay.
MOVES = re.compile(r"\x1b\[(?P<count>\d*)A|\x1b\[2K|\x1b\[\?\d+[lh]|\x1b\[K|\r|\n")
ENDPOINT = {"AZURE_OPENAI_ENDPOINT": f"http://127.0.0.1:{PORT}", "AZURE_OPENAI_API_KEY": KEY}
TOOLS = '''def weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: 21 degrees and sunny"
'''


@dataclass(frozen=True)
class Shot:
    """One picture.

    Attributes:
        name: the file's name without its ending.
        arguments: the command line.
        environment: over the emulator's.
        keys: what is typed, each when the prompt shows.
        columns: the terminal's width.
        signed_in: somebody is signed in to the Azure CLI, and no endpoint is exported.
    """

    name: str
    arguments: Sequence[str]
    environment: dict[str, str] | None = None
    keys: Sequence[str] = ()
    columns: int = 100
    signed_in: bool = False


_CHOOSE = ("\n", "1\n", "1\n", "1\n", "n\n")
COMPARE = ("compare", "Say that 3 + 4 is 7, and why.", "-m", "team-chat", "-m", "small")
# A fresh emulator says what it is told to say.
MARKDOWN = tuple(
    f"{line}\n"
    for line in (
        '"""',
        "Say ## Two ways",
        "",
        "- by *key*: `AZURE_OPENAI_API_KEY`",
        "- by **Entra ID**: nothing to set after `az login`",
        "",
        "| way | on a laptop | in Azure |",
        "|---|---|---|",
        "| key | yes | better not |",
        "| Entra ID | yes | yes |",
        '"""',
    )
)
_INIT = ("init", "--endpoint", f"http://127.0.0.1:{PORT}", "--auth", "key", "--to", "fresh.toml")
SHOTS = (
    Shot("doctor-healthy", ("doctor", "-d", "team-chat", "-d", "vectors")),
    Shot("doctor-wrong-key", ("doctor",), {"AZURE_OPENAI_API_KEY": "a-key-of-another-resource"}),
    Shot("doctor-narrow", ("doctor", "-d", "team-caht"), columns=80),
    Shot("doctor-phone", ("doctor", "-d", "team-caht"), columns=44),
    Shot("models-phone", ("models",), columns=44),
    Shot("compare", COMPARE, columns=80),
    Shot("compare-phone", COMPARE, columns=44),
    Shot("embed", ("embed", "a cat", "a small cat", "a diesel engine", "-m", "vectors", "--similarity"), columns=80),
    Shot("help-phone", ("embed", "--help"), columns=44),
    Shot("chat-markdown", ("chat", "-m", "small"), keys=(*MARKDOWN, "/cost\n", "/quit\n"), columns=80),
    Shot("init", _INIT, keys=("n\n",), columns=80),
    Shot("init-phone", _INIT, keys=("n\n",), columns=44),
    Shot("init-choose", ("init", "--to", "fresh.toml"), keys=_CHOOSE, columns=80, signed_in=True),
    Shot("init-choose-phone", ("init", "--to", "fresh.toml"), keys=_CHOOSE, columns=44, signed_in=True),
    Shot("models", ("models",), columns=100),
    Shot("models-write", ("models", "--write"), keys=("n\n",)),
    Shot("explain", ("explain", "gpt-5", "--discover")),
    Shot(
        "chat",
        ("chat", "-m", "team-chat", "--tools", "mytools.py"),
        keys=("What is the weather in Oslo?\n", "/cost\n", "/quit\n"),
    ),
    Shot("help", ("--help",), columns=80),
)


def record(shot: Shot, directory: str, signed_in: Mapping[str, str]) -> str:
    """What a terminal received, from the prompt to the end."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, shot.columns, 0, 0))
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    process = subprocess.Popen(
        [sys.executable, "-m", "azure_connector.cli", *shot.arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=directory,
        env={**environment, **(signed_in if shot.signed_in else ENDPOINT), **(shot.environment or {})},
        start_new_session=True,
    )
    os.close(slave)
    received, keys, seen = "", list(shot.keys), 0
    end = time.monotonic() + 60
    while time.monotonic() < end:
        ready, _, _ = select.select([master], [], [], 0.2)
        if ready:
            try:
                data = os.read(master, 65536)
            except OSError:
                break
            if not data:
                break
            received += data.decode()
        elif keys and re.search(r"(> |: |\. )(\x1b\[\?2004h)?$", received[seen:]):
            seen = len(received)
            os.write(master, keys.pop(0).encode())
    process.wait(10)
    os.close(master)
    return received


def drawn(received: str) -> str:
    """What stands on the screen in the end, with its colours: a line that was erased is written anew."""
    lines, row, at = [""], 0, 0
    for move in MOVES.finditer(received):
        lines[row] += received[at : move.start()]
        at = move.end()
        if move["count"] is not None:
            row = max(0, row - int(move["count"] or 1))
        elif move[0] == "\x1b[2K":
            lines[row] = ""
        elif move[0] == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
    lines[row] += received[at:]
    return "\n".join(lines)


def picture(shot: Shot, received: str, theme: TerminalTheme) -> str:
    """The terminal's last screen as SVG."""
    shown = drawn(received)
    console = Console(
        record=True, width=shot.columns, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text(f"$ azure-connector {shlex.join(shot.arguments)}", "bold"))
    console.print(Text.from_ansi(shown.rstrip()))
    return console.export_svg(title="", theme=theme, code_format=FORMAT, unique_id=f"azure-connector-{shot.name}")


@contextmanager
def directory() -> Iterator[str]:
    """A working directory with a mapping and a tool."""
    with tempfile.TemporaryDirectory() as made:
        Path(made, "azure_connector.toml").write_text('[deployment_mapping]\n"gpt-5" = "team-chat"\n')
        Path(made, "mytools.py").write_text(TOOLS)
        yield made


def main() -> None:
    parser = argparse.ArgumentParser(description="Capture the command line for the documentation.")
    parser.add_argument("--only", action="append", help="the name of one picture; may be repeated")
    only = parser.parse_args().only
    served = [
        Deployment("team-chat", "gpt-5"),
        Deployment("small", "gpt-4o", capacity=30),
        Deployment("vectors", "text-embedding-3-small"),
    ]
    IMAGES.mkdir(exist_ok=True)
    with (
        EntraID(port=PORT + 1) as entra,
        Emulator(served, port=PORT, api_key=KEY, seed=7, entra=entra) as azure,
        Emulator({"draw": "gpt-4o"}, port=PORT + 2, entra=entra) as other,
        ManagementServer(entra, {"Team": {"team-resource": azure, "pictures": other}}, port=PORT + 3) as plane,
        directory() as place,
    ):
        known = {
            **entra.cli_environment(),
            "AZURE_AUTHORITY_HOST": entra.authority_host,
            "AZURE_CONNECTOR_DISABLE_INSTANCE_DISCOVERY": "true",
            "AZURE_CONNECTOR_CA_BUNDLE": str(entra.ca_file),
            "AZURE_CONNECTOR_MANAGEMENT_ENDPOINT": plane.url,
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9",
        }
        for shot in SHOTS:
            if only and shot.name not in only:
                continue
            received = record(shot, place, known)
            for name, theme in (("light", LIGHT), ("dark", DARK)):
                file = IMAGES / f"terminal-{shot.name}-{name}.svg"
                file.write_text(picture(shot, received, theme), encoding="utf-8")
            print(f"{shot.name}: {len(received)} characters")


if __name__ == "__main__":
    main()
