"""A resource with quota enough, and tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from azure_connector.emulator import Deployment, Emulator

AMPLE = {"capacity": 10**6, "requests_per_minute": 10**7}


@pytest.fixture(scope="module")
def resource() -> Iterator[Emulator]:
    """One resource for a module: chat and embeddings without a quota that matters."""
    names = [("gpt-4o-mini", "gpt-4o-mini"), ("embed", "text-embedding-3-small")]
    with Emulator([Deployment(name, model, **AMPLE) for name, model in names]) as azure:
        yield azure


@pytest.fixture
def azure(resource: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """That resource, empty, named by the environment; the process's own connectors are new."""
    from azure_connector.bulk import _runtime

    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", resource.endpoint)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", resource.api_key)
    resource.clear()
    resource.latency = 0.0
    yield resource
    resource.clear()
    resource.latency = 0.0
    _runtime.runtime().forget()


def parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def rows(path: Path) -> list[dict[str, Any]]:
    return pq.read_table(path).to_pylist()
