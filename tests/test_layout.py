"""The shape of the house: which rooms import which. The bounds only sink; a new public room may raise its own."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from pathlib import Path

import grimp
import pytest

from azure_connector import AzureConnector
from tests.support.walk import plain_call, streamed_tool_call, work_of

ROOT = Path(__file__).parent.parent
PACKAGES = ("azure_connector", "sk_azure_plugin", "litellm_adapter")

# From the ground up. A room imports rooms of lower lines only.
LINES = (
    ("_utils", "_version", "emulator"),
    ("errors",),
    ("deployments", "tools", "transport"),
    ("settings", "routing"),
    ("auth", "requests"),
    ("replies",),
    ("client",),
    ("bulk",),
    ("display", "helpers", "pytest_plugin"),
    ("cli", "query"),
)


# Files that a call crosses.
PLAIN, STREAMED = 25, 36
# Functions of ours that a plain call calls: about 212, more where the reply arrives in pieces. What is looked up anew
# with every call shows here first.
CALLED = 240


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def room_of(module: str) -> str:
    """A module's room: the package's own part, or the adapter as a whole."""
    parts = module.split(".")
    return parts[0] if parts[0] != "azure_connector" else ".".join(parts[:2])


def arrows(graph: grimp.ImportGraph) -> set[tuple[str, str]]:
    """The pairs of rooms of which one imports the other."""
    pairs = {
        (room_of(module), room_of(imported))
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    }
    return {(one, other) for one, other in pairs if one != other and other != "azure_connector"}


def floors(pairs: Iterable[tuple[str, str]]) -> int:
    """The longest chain of imports. Raises RecursionError where there is a circle."""
    below: dict[str, set[str]] = {}
    for one, other in pairs:
        below.setdefault(one, set()).add(other)

    def height(room: str) -> int:
        return 1 + max((height(other) for other in below.get(room, ())), default=0)

    return max(map(height, below))


def test_the_rooms_stay_few_and_their_floors_low(graph):
    pairs = arrows(graph)
    rooms = {room for pair in pairs for room in pair}
    assert len(rooms) <= ROOMS
    assert len(pairs) <= ARROWS
    assert floors(pairs) <= FLOORS


def test_nothing_imports_upwards(graph):
    line = {f"azure_connector.{room}": number for number, rooms in enumerate(LINES) for room in rooms}
    upwards = [
        (one, other) for one, other in arrows(graph) if one in line and other in line and line[other] >= line[one]
    ]
    assert not upwards


def test_no_file_imports_itself_by_a_detour(graph):
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            if imported.startswith(f"{module}.") or module.startswith(f"{imported}."):
                continue  # a face and its own module
            assert not graph.chain_exists(imported, module), f"{module} and {imported} are a circle"


@pytest.mark.parametrize("package", PACKAGES)
def test_files_stay_short(package):
    for file in (ROOT / package).rglob("*.py"):
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 400, file


@pytest.mark.parametrize(("call", "most"), [(plain_call, PLAIN), (streamed_tool_call, STREAMED)])
def test_a_warm_call_crosses_few_files_and_the_page_lists_them(azure, monkeypatch, call, most):
    monkeypatch.delitem(sys.modules, "opentelemetry.trace", raising=False)  # where it is loaded, spans are annotated
    client = AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key)
    work = work_of(lambda: call(client))
    files = list(work)
    assert len(files) <= most
    assert call is not plain_call or work.total() <= CALLED, work
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    listed = page.partition(f"**{call.__doc__}**")[2].partition("```text\n")[2].partition("```")[0]
    assert listed.split() == files, "the list in docs/architecture.md: see `python -m tests.support.walk`"


# Eight arrows are those of the public room `helpers`: its own six, and those of `query` and the command to it. Eight
# are those of `bulk`: its own seven (one to `auth`, which knows what looks like a secret), and the one of the command
# to it. Two are those of the pytest plugin.
ROOMS, ARROWS, FLOORS = 26, 70 + 8 + 8 + 2, 10


# How often a room says `Any`: for what the SDK and other libraries leave open. `object` is for what is only looked at.
ANYS = {
    "azure_connector": 30,
    "azure_connector._utils": 25,
    "azure_connector.auth": 34,
    "azure_connector.bulk": 100,
    "azure_connector.cli": 105,
    "azure_connector.client": 221,
    "azure_connector.deployments": 48,
    "azure_connector.emulator": 200,
    "azure_connector.errors": 13,
    "azure_connector.helpers": 54,
    "azure_connector.replies": 100,
    "azure_connector.requests": 90,
    "azure_connector.routing": 10,
    "azure_connector.settings": 70,
    "azure_connector.tools": 66,
    "azure_connector.transport": 125,
    "litellm_adapter": 166,
    "sk_azure_plugin": 53,
}


def test_nothing_is_left_untyped_that_was_typed():
    counts = dict.fromkeys(ANYS, 0)
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            room = room_of(".".join(file.relative_to(ROOT).with_suffix("").parts))
            tree = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            room = room if room in ANYS else package
            counts[room] += sum(isinstance(one, ast.Name) and one.id == "Any" for one in tree)
    assert {room: count for room, count in counts.items() if count > ANYS[room]} == {}
