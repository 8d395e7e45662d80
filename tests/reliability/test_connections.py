"""Connections: what goes from one thread's stream to another's call takes nothing along, and nobody's are closed."""

from __future__ import annotations

import gc
import socket
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from azure_connector import AzureConnector
from azure_connector.transport._body import DRAIN

COUNT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Count to 5"}]}


def test_the_haste_at_the_end_of_a_stream_is_nobody_elses(cloud):
    """The end of a body is waited for only shortly, but the call that gets the connection next has all its time."""
    with AzureConnector(**cloud.options(max_attempts=1)) as client:
        for _ in range(3):
            list(client.chat.completions.create(**COUNT, stream=True))
        assert cloud.east.requests.connections == 1, "streams in sequence share a connection"
        cloud.east.latency = 3 * DRAIN
        client.chat.completions.create(**COUNT)
        cloud.east.latency = 0.0
        failures: list[BaseException] = []

        def work() -> None:
            try:
                for number in range(40):
                    reply = client.chat.completions.create(**COUNT, stream=number % 4 != 0)
                    if number % 4:
                        list(reply)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


@pytest.fixture
def collecting_by_hand() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def _forgotten(options: dict[str, Any]) -> None:
    """Leaves a connector with an open connection in a cycle, after the connection's socket in the collector's list."""
    client = AzureConnector(**options)
    client.chat.completions.create(**COUNT)
    sockets = [each for each in gc.get_objects() if isinstance(each, socket.socket) and each.fileno() != -1]
    cycle: list[Any] = [client]
    cycle.append(cycle)
    keeper = [cycle]
    del client
    # Held from here, the sockets stay where they are in the list; what only `keeper` leads to goes behind them.
    gc.collect()
    del sockets, keeper


def test_a_client_that_nobody_closed_goes_without_complaint(azure, collecting_by_hand):
    """A connector in a cycle is collected together with its sockets, in any order."""
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        _forgotten({"azure_endpoint": azure.endpoint, "api_key": azure.api_key})
        gc.collect()
    assert [str(each.message) for each in complaints] == []
