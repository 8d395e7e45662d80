from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.replies.service import Pair, Service


@pytest.fixture(scope="package")
def running() -> Iterator[Pair]:
    services = Service(), Service()
    yield Pair(*services)
    for service in services:
        service.stop()


@pytest.fixture
def pair(running: Pair) -> Pair:
    """Two services that answer what a test says."""
    running.first.says()
    running.second.says()
    return running
