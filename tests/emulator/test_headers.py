"""What every reply carries, whoever gives it."""

from __future__ import annotations

import re
import time
from email.utils import formatdate, parsedate_to_datetime

import httpx
import openai
import pytest

from azure_connector import AzureConnector
from azure_connector.emulator import Emulator, Reply, faults
from azure_connector.emulator.gateway import Gateway

ASK = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
STARTED = time.time()
DATE = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")


def check(reply: httpx.Response) -> None:
    assert len(reply.headers.get_list("date")) == 1
    assert DATE.fullmatch(reply.headers["date"])
    assert int(STARTED) <= parsedate_to_datetime(reply.headers["date"]).timestamp() <= time.time()
    assert "uvicorn" not in reply.headers.get("server", "")


def test_every_reply_is_dated_and_uvicorn_does_not_show(azure: Emulator, http: httpx.Client) -> None:
    check(http.get("/openai/v1/models"))
    check(http.post("/openai/v1/chat/completions", json=ASK))
    check(http.post("/openai/v1/chat/completions", json={**ASK, "stream": True}))
    check(http.get("/nowhere"))
    check(http.get("/openai/v1/models", headers={"api-key": "wrong"}))
    azure.script(faults.failure(503), faults.gateway_page(502), Reply(204))
    for _ in range(3):
        check(http.get("/openai/v1/models"))


def test_the_gateway_dates_its_own_replies_and_passes_the_resources_on(azure: Emulator) -> None:
    with Gateway(azure, backend_key=azure.api_key) as gateway, httpx.Client(trust_env=False) as client:
        url = f"{gateway.endpoint}/openai/v1/models"
        check(client.get(url))
        azure.script(Reply(200, headers={"Date": "Sat, 21 Nov 2026 07:28:00 GMT"}))
        passed = client.get(url, headers={gateway.header: gateway.subscription_key})
        assert passed.headers.get_list("date") == ["Sat, 21 Nov 2026 07:28:00 GMT"]


def test_the_date_is_the_emulators_clocks() -> None:
    now = [1790000000.9]
    with Emulator(clock=lambda: now[0]) as azure, httpx.Client(trust_env=False) as client:
        first = client.get(f"{azure.endpoint}/openai/v1/models")
        now[0] += 86_400
        second = client.get(f"{azure.endpoint}/openai/v1/models")
    assert first.headers["date"] == "Mon, 21 Sep 2026 14:13:20 GMT"
    assert second.headers["date"] == "Tue, 22 Sep 2026 14:13:20 GMT"


@pytest.mark.parametrize("ahead", [-7200.0, 0.0, 7200.0])
def test_a_retry_after_date_is_measured_against_the_date_of_its_reply(ahead: float) -> None:
    """Whatever the local clock says: the resource's own tells how long its date is away."""
    now = time.time() + ahead
    busy = {"error": {"code": "429", "message": "slow down"}}
    with (
        Emulator(clock=lambda: now) as azure,
        AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key, max_retries=0) as client,
    ):
        azure.script(Reply(429, busy, headers={"retry-after": formatdate(int(now) + 40, usegmt=True)}))
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(**ASK)
    assert caught.value.retry_after == pytest.approx(40)  # it came through the local clock
