"""Runs a notebook against the emulator and takes its picture for its page: `python -m docs.capture_notebook`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from tests.web.browser import chromium, missing, resize

DOCS = Path(__file__).parent
NOTEBOOK = DOCS.parent / "notebooks" / "06_failover.ipynb"
WIDTH = 1000


def main() -> int:
    if missing():
        print(missing(), file=sys.stderr)
        return 1
    os.environ.pop("AZURE_OPENAI_ENDPOINT", None)  # each notebook then starts the emulator
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    # The pages' scripts for formulas would be loaded from elsewhere; there are none here.
    exporter = HTMLExporter(mathjax_url="", require_js_url="", mermaid_js_url="")
    html, _ = exporter.from_notebook_node(notebook)
    with TemporaryDirectory() as folder, chromium(width=WIDTH, height=900) as driver:
        page = Path(folder) / "notebook.html"
        page.write_text(html, encoding="utf-8")
        driver.get(page.as_uri())
        time.sleep(1)  # the browser paints
        height = min(int(driver.execute_script("return document.body.scrollHeight")), 3200)
        resize(driver, WIDTH, height)
        time.sleep(0.5)
        driver.save_screenshot(str(DOCS / "images" / "notebook.png"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
