"""What the token endpoint does wrong on demand: failures, latency, a gate."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from azure_connector.emulator.entra import App, EntraID, ScriptedReply
from tests.emulator_entra import asking
from tests.support.waiting import PATIENCE


def ask(entra: EntraID, app: App) -> httpx.Response:
    return asking.ask(entra, app, client_secret="s3cret")


def test_a_script_is_used_up_in_order(entra: EntraID) -> None:
    app = entra.register_app(secret="s3cret")
    entra.script(503, 200, 429, retry_after=7)
    entra.script(ScriptedReply(418, "short and stout"))
    replies = [ask(entra, app) for _ in range(5)]
    assert [reply.status_code for reply in replies] == [503, 200, 429, 418, 200]
    assert [reply.headers.get("retry-after") for reply in replies] == ["7", None, "7", None, None]
    assert replies[0].json()["error"] == "temporarily_unavailable"
    assert "access_token" in replies[1].json()
    assert replies[3].text == "short and stout"


def test_a_gate_holds_replies_and_requests_are_seen_before(entra: EntraID) -> None:
    app = entra.register_app(secret="s3cret")
    entra.gate = threading.Event()
    with ThreadPoolExecutor(3) as pool:
        replies = [pool.submit(ask, entra, app) for _ in range(3)]
        assert len(entra.wait_for_token_requests(3)) == 3
        assert not any(reply.done() for reply in replies)
        entra.gate.set()
        assert [reply.result(PATIENCE).status_code for reply in replies] == [200, 200, 200]
    assert [seen.form["client_secret"] for seen in entra.token_requests] == ["s3cret"] * 3


def test_latency(entra: EntraID) -> None:
    app = entra.register_app(secret="s3cret")
    entra.faults.latency = 0.2
    before = time.perf_counter()
    assert ask(entra, app).status_code == 200
    assert time.perf_counter() - before >= 0.2


def test_waiting_for_requests_that_never_come(entra: EntraID) -> None:
    with pytest.raises(TimeoutError, match="saw 0 of 1 requests"):
        entra.wait_for_token_requests(1, timeout=0.01)


def test_the_port_is_closed_and_the_files_are_gone_afterwards() -> None:
    with EntraID() as entra:
        port, files = int(entra.authority_host.rpartition(":")[2]), entra.files
        assert entra.ca_file.exists()
        entra.gate = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            held = pool.submit(ask, entra, entra.register_app())
            entra.wait_for_token_requests(1)
            entra.stop()
            assert isinstance(held.exception(5), httpx.HTTPError)
    assert not files.exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}", trust_env=False)
