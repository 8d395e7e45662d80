"""Every notebook runs from top to bottom, and shows its reader what it promises."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.notebooks.conftest import FOLDER, Execute, Run

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
    import matplotlib.image

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
    explained, told, counted, computed, error = html(notebook)
    for part in ("gpt-5@default", "Sweden Central", "max_tokens renamed", "request id", "total"):
        assert part in told
    assert "request id" in counted
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
    source = "".join(cell.source for cell in notebook.cells)
    assert "job.stream" in source, "a bare gather would use up a real deployment's quota"
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
    assert "the resource 'sweden' failed repeatedly" in logged(notebook)
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


def test_semantic_kernel(run: Run) -> None:
    notebook = run("07_semantic_kernel")
    services, streamed, called, cost, error = html(notebook)
    assert re.search(r"<th>ours</th>\s*<td>hello to Oslo</td>\s*<td>gpt-5</td>\s*<td>Sweden Central</td>", services)
    assert re.search(r"<th>stock</th>\s*<td>hello to Oslo</td>\s*<td>None</td>", services)
    assert "Sunny, 21 degrees in Oslo" in streamed
    assert "Sunny, 21 degrees in Bergen" in streamed
    assert re.findall(r"<td>get_weather</td>\s*<td>{'city': '(\w+)'}</td>", called) == ["Oslo", "Bergen"]
    rows = re.findall(r"<th>(1|2|sum)</th>\s*<td>(\d+)</td>\s*<td>(\d+)</td>\s*<td>([\d.]+)</td>", cost)
    assert [row[0] for row in rows] == ["1", "2", "sum"]
    for column in (1, 2):
        assert int(rows[0][column]) + int(rows[1][column]) == int(rows[2][column]) > 0
    assert "DeploymentNotFoundError" in error
    assert "what to do" in error
    assert not logged(notebook)


def test_litellm(run: Run) -> None:
    notebook = run("08_litellm")
    shown = printed(notebook)
    assert re.search(r"\*\*hello\*\* to Oslo in one sentence\.\n\d+ tokens, \$0\.00\d+", shown)
    assert "40 * 7 = 280 | refused: RateLimitError" in shown
    streamed, table, error = html(notebook)
    assert "<strong>hello</strong> to Oslo" in streamed
    counted = re.findall(r"<th>(france|sweden)</th>\s*<td>(\d+)</td>\s*<td>(\d+)</td>\s*<td>(\d+)</td>", table)
    calls = {resource: int(number) for resource, number, _, _ in counted}
    assert sum(calls.values()) == 40
    assert calls["france"] >= 26
    cents = [float(cell) for cell in re.findall(r"<td>(\d\.\d+)</td>\s*</tr>", table)]
    assert len(cents) == len(calls)
    assert min(cents) > 0
    assert [colours(plot) > 4 for plot in plots(notebook)] == [True]
    assert "DeploymentNotFoundError" in error


def test_an_uncaught_error_is_one_exception_with_the_readers_lines(execute: Execute) -> None:
    source = """
from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import Emulator

with Emulator(["gpt-5"]) as azure, AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
    client.chat.completions.create(model="no-such-model", messages=[{"role": "user", "content": "Hello"}])
"""
    awaited = """
async with AsyncAzureConnector(azure_endpoint="http://127.0.0.1:9", api_key="k" * 32, max_attempts=1) as client:
    await client.responses.create(model="gpt-5", input="Hello")
"""
    cells = [nbformat.v4.new_code_cell(text) for text in (source, awaited, "AzureConnector(azure_endpoint=5)")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    execute(notebook, allow_errors=True)
    names = ("DeploymentNotFoundError", "EndpointUnreachableError", "ConfigurationError")
    for name, output in zip(names, outputs(notebook), strict=True):
        text = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(output["traceback"]))
        assert output["ename"] == name
        assert len(text.splitlines()) < 25
        assert len(re.findall(r"^\w+Error", text, re.MULTILINE)) == 2, "above the lines and below them"
        assert "another exception" not in text
        assert "direct cause" not in text
        assert "---->" in text
        assert "_call.py" not in text


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_notebook_is_stored_without_outputs_and_short(file: Path) -> None:
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)
    lines = [line for cell in cells for line in "".join(cell["source"]).splitlines()]
    assert len(lines) < 150, "five minutes of reading"
    assert max(len(line) for cell in code for line in "".join(cell["source"]).splitlines()) <= 100
    assert file.name in PAGE.read_text(encoding="utf-8")
