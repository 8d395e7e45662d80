"""The shape of the house: which rooms import which. The bounds only sink; a new public room may raise its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import grimp
import pytest

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


# Eight arrows are those of the public room `helpers`: its own six, and those of `query` and the command to it. Seven
# are those of `bulk`: its own six, and the one of the command to it.
ROOMS, ARROWS, FLOORS = 26, 70 + 8 + 7, 10
