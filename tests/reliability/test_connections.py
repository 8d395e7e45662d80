"""Connections that go from one thread's stream to another thread's call take nothing along."""

from __future__ import annotations

import threading

from azure_connector import AzureConnector
from azure_connector.bodies import DRAIN

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
