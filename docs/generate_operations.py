"""Writes the tables of docs/operations.md from the package's own data: `python docs/generate_operations.py`.

It knows the methods of the installed SDK: run with openai 2 it writes the first table, with openai 3 the second, which
has what openai 3 adds.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import openai

from azure_connector.deployments import WEB_SOCKET_MODELS, Operation, operation_of

PAGE = Path(__file__).with_name("operations.md")
MAJOR = openai.__version__.partition(".")[0]
COLUMNS = ("SDK method", "Request", "v1", "Classic", "Mapped", "Again after a lost reply", "Tested")
FIRST, SECOND = "2", "3"
AGAIN = {
    "reads": "yes: reads",
    "costs": "yes: costs again",
    "idempotent": "yes: changes nothing more",
    "never": "no",
}
SOCKETS = {
    "beta.realtime.connect": ("/realtime", "query `model`, events"),
    "beta.responses.connect": ("/responses", "events"),
    "live.connect": ("/live/sessions", "events"),
    "live.forks.connect": ("/live/sessions/{id}/fork", "events"),
    "live.sideband.connect": ("/live/sessions/{id}/attach", "events"),
    "realtime.connect": ("/realtime", "query `model`, events"),
    "realtime.translations.connect": ("/realtime/translations", "query `model`"),
    "responses.connect": ("/responses", "events"),
}
WIRE, SOCKET = "`test_every_method`", "`test_web_sockets`"


def _sdk() -> Any:
    """What the tests know of the SDK's methods."""
    root = str(Path(__file__).resolve().parent.parent)
    if root not in sys.path:
        sys.path.insert(0, root)
    return import_module("tests.support.sdk_methods")


def rows() -> list[tuple[str, ...]]:
    """A row for each method of the installed SDK."""
    sdk = _sdk()
    found = [_row(name, sdk.captured(name)) for name in sdk.methods()]
    for name in sdk.web_sockets():
        path, mapped = SOCKETS[name]
        found.append((f"`{name}`", f"WebSocket `{path}`", "yes", "by v1", mapped, "no", SOCKET))
    return sorted(found)


def _row(name: str, sent: Any) -> tuple[str, ...]:
    row = operation_of(sent.path, sent.method)
    path = row.path if row.path and "*" not in row.path else re.sub(r"[a-z_]*id_1|ckpt", "{id}", sent.path)
    return (
        f"`{name}`",
        f"{sent.method} `{path}`",
        "refused" if row.instead else "yes" if row.v1 else "sent, Azure may not have it",
        _classic(row),
        _mapped(row),
        "" if row.instead else _again(row),
        WIRE,
    )


def _classic(row: Operation) -> str:
    if row.instead:
        return "refused"
    if row.classic == "no":
        return "by v1"
    since = f" from {row.since}" if row.since else ""
    return ("below the deployment" if row.classic == "deployment" else "on the resource") + since


def _mapped(row: Operation) -> str:
    if row.path == "/files" and row.methods == "POST":
        return '`body.model` in each line, with `purpose="batch"`'
    shown = [f"`{path}`" for path in row.models]
    if row.path == "/responses" and row.models:
        shown.append("`tools[].model` as a header")
    if row.part:
        shown.append(f"in the form's `{row.part}`")
    return ", ".join(shown)


def _again(row: Operation) -> str:
    text = AGAIN[row.again]
    if row.stores is not None:
        return f"{text}; not with `store`" if not row.stores else f"{text} with `store=False`; else no"
    return text


def known(text: str, major: str) -> list[str]:
    """The methods in a table of the page."""
    return re.findall(r"^\| (`[\w.]+`) \|", _block(text, major), re.MULTILINE)


def _marks(major: str) -> tuple[str, str]:
    return f"<!-- openai {major} -->\n", f"<!-- end of openai {major} -->\n"


def _block(text: str, major: str) -> str:
    begin, end = _marks(major)
    return text.partition(begin)[2].partition(end)[0]


def with_table(text: str) -> str:
    """The page with the table that the installed SDK can make."""
    made = rows()
    if MAJOR == SECOND:
        first = set(known(text, FIRST))
        made = [row for row in made if row[0] not in first]
    begin, end = _marks(MAJOR)
    head, _, rest = text.partition(begin)
    return f"{head}{begin}{_table(made)}{end}{rest.partition(end)[2]}"


def _table(made: list[tuple[str, ...]]) -> str:
    lines = [COLUMNS, tuple("---" for _ in COLUMNS), *made]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def events() -> str:
    """The events of WebSockets whose models are mapped."""
    lines = [f"| `{kind}` | {', '.join(f'`{path}`' for path in paths)} |" for kind, paths in WEB_SOCKET_MODELS.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
