"""Every notebook runs from top to bottom, and shows its reader what it promises."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.image
import pytest

from tests.notebooks.conftest import FOLDER, Run

pytestmark = pytest.mark.timeout(150)  # a kernel has to start

FILES = sorted(FOLDER.glob("*.ipynb"))
PAGE = Path(__file__).parents[2] / "docs" / "notebooks.md"


def outputs(notebook: Any) -> Iterator[Any]:
    for cell in notebook.cells:
        yield from cell.get("outputs", ())


def printed(notebook: Any) -> str:
    return "".join(output["text"] for output in outputs(notebook) if output.get("name") == "stdout")


def logged(notebook: Any) -> str:
    return "".join(output["text"] for output in outputs(notebook) if output.get("name") == "stderr")


def html(notebook: Any) -> list[str]:
    """The rich outputs, as they stand at the end."""
    return [output["data"]["text/html"] for output in outputs(notebook) if "text/html" in output.get("data", {})]


def plots(notebook: Any) -> list[Any]:
    """The pixels of each plot."""
    found = [output["data"]["image/png"] for output in outputs(notebook) if "image/png" in output.get("data", {})]
    pixels = [matplotlib.image.imread(io.BytesIO(base64.b64decode(one))) for one in found]
    assert all(plot.shape[1] <= 900 for plot in pixels), "wider than the page"
    return pixels


def colours(plot: Any) -> int:
    """How many different colours cover more than a speck: a plot without data has few."""
    import numpy as np

    pixels = (plot[:, :, :3] * 15).astype(int).reshape(-1, 3)
    _, counts = np.unique(pixels, axis=0, return_counts=True)
    return int((counts > 60).sum())


def test_first_call(run: Run) -> None:
    notebook = run("01_first_call")
    assert "hello to Oslo in one sentence." in printed(notebook)
    assert "changed: max_tokens renamed to max_completion_tokens" in printed(notebook)
    explained, counted, computed, error = html(notebook)
    assert "gpt-5@default" in explained
    assert "58, 59, 60." in counted
    assert re.search(r"gpt-5@default, Sweden Central, \d+ tokens", counted)
    assert "6 * 7 = 42" in computed
    assert "DeploymentNotFoundError" in error
    assert "what to do" in error
    assert not logged(notebook)


def test_deployments_and_the_auth_chain(run: Run) -> None:
    notebook = run("02_deployments_and_auth")
    catalog, explained, methods, error = html(notebook)
    assert "team-chat" in catalog
    assert "team-chat@default" in explained
    for method in ("api-key", "client secret", "workload identity", "managed identity"):
        assert method in methods
    assert "AADSTS7000215" in error
    assert "mistyped" not in json.dumps(list(outputs(notebook)))
    assert "hello to Oslo" in printed(notebook)
    assert "I am in" in printed(notebook)


def test_tools_streamed_live(run: Run) -> None:
    notebook = run("03_tools")
    calls, answer = html(notebook)
    assert calls.count("get_weather") == 2
    assert "Bergen" in calls
    assert "Oslo: 21 degrees celsius and sunny" in answer
    assert "calls add {'a': 20, 'b': 22}" in printed(notebook)
    assert "result 42.0" in printed(notebook)


def test_structured_data(run: Run) -> None:
    notebook = run("04_structured_data")
    table = html(notebook)[0]
    assert re.findall(r"<td>(tent|stove|backpack)</td>\s*<td>(\d)</td>\s*<td>(\w+)</td>", table)[:2] == [
        ("tent", "5", "happy"),
        ("tent", "1", "angry"),
    ]
    assert [colours(plot) > 5 for plot in plots(notebook)] == [True]


def test_embeddings(run: Run) -> None:
    notebook = run("05_embeddings")
    assert "(18, 1536)" in printed(notebook)
    nearest = printed(notebook).splitlines()[-3]
    assert nearest.endswith("The train to Bergen leaves at nine")
    assert [colours(plot) > 5 for plot in plots(notebook)] == [True, True]


def test_failover(run: Run) -> None:
    notebook = run("06_failover")
    counted = re.findall(r"<th>(france|sweden)</th>\s*<td>(\d+)</td>\s*<td>(\d+)</td>", html(notebook)[0])
    calls = {resource: int(number) for resource, number, _ in counted}
    attempts = {resource: int(number) for resource, _, number in counted}
    assert calls["france"] + calls["sweden"] == 60
    assert calls["france"] >= 20
    assert calls["sweden"] > 19, "it went back to the preferred resource"
    assert attempts["france"] > calls["france"], "some calls were asked twice"
    assert "chat@sweden failed repeatedly" in logged(notebook)
    assert [colours(plot) > 4 for plot in plots(notebook)] == [True, True]
    assert re.search(r"\d+ tokens, \d+\.\d\d cents", printed(notebook))


def test_many_rows(run: Run) -> None:
    notebook = run("09_many_rows")
    assert "120 rows" in printed(notebook)
    assert "stopped; the output is there: False" in printed(notebook)
    assert re.search(r"120 rows in labelled\.parquet; 2 of them error rows", printed(notebook))
    assert re.search(r"118 rows, 0\.\d+ dollars", printed(notebook))
    table = html(notebook)[-1]
    assert {"empty_input", "null_input"} <= set(re.findall(r"<td>(\w+)</td>", table))
    assert [colours(plot) > 3 for plot in plots(notebook)] == [True]


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_notebook_is_stored_without_outputs_and_short(file: Path) -> None:
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)
    lines = [line for cell in cells for line in "".join(cell["source"]).splitlines()]
    assert len(lines) < 150, "five minutes of reading"
    assert max(len(line) for cell in code for line in "".join(cell["source"]).splitlines()) <= 100
    assert file.name in PAGE.read_text(encoding="utf-8")
