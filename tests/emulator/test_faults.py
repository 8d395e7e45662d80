"""Faults are real on the wire: resets, cut bodies, streams that never end, quotas, outages."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from azure_connector.emulator import Deployment, Emulator, Fault, RandomFaults, Reply, faults
from azure_connector.emulator.chance import KINDS
from tests.support.waiting import PATIENCE

CHAT = "/openai/v1/chat/completions"
COUNT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Count to 20"}]}
STREAM = {**COUNT, "stream": True}


def asking(azure: Emulator, body: dict[str, Any], *, again: bool = False) -> socket.socket:
    """A bare socket on which a request was sent."""
    content = json.dumps(body).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\napi-key: {azure.api_key}\r\ncontent-length: {len(content)}\r\n"
    head += "connection: keep-alive\r\n\r\n" if again else "connection: close\r\n\r\n"
    sock = socket.create_connection(("127.0.0.1", int(azure.endpoint.rsplit(":", 1)[1])), timeout=10)
    sock.sendall(head.encode() + content)
    return sock


def raw(azure: Emulator, body: dict[str, Any], *, again: bool = False) -> tuple[bytes, type[OSError] | None]:
    """What a bare socket reads until the end, and how the connection ended."""
    with asking(azure, body, again=again) as sock:
        got = b""
        while True:
            try:
                part = sock.recv(65536)
            except OSError as error:
                return got, type(error)
            if not part:
                return got, None
            got += part


def test_reset_before_the_reply(azure: Emulator) -> None:
    azure.script(faults.reset("before"))
    assert raw(azure, COUNT) == (b"", ConnectionResetError)
    assert azure.requests.last.status is None


def test_reset_during_a_whole_body(azure: Emulator) -> None:
    azure.script(faults.reset("during"))
    got, end = raw(azure, COUNT)
    assert got.startswith(b"HTTP/1.1 200")
    assert b"chatcmpl" in got
    assert b'"usage"' not in got
    assert end is ConnectionResetError


def test_reset_during_a_stream(azure: Emulator) -> None:
    azure.script(faults.reset("during", after=3))
    got, end = raw(azure, STREAM)
    assert got.count(b"data: {") == 3
    assert b"[DONE]" not in got
    assert end is ConnectionResetError


def test_reset_after_the_reply_kills_the_connection_only(azure: Emulator, http: httpx.Client) -> None:
    azure.script(faults.reset("after"), times=2)
    got, end = raw(azure, COUNT, again=True)
    assert b'"usage"' in got
    assert end is ConnectionResetError
    whole = http.post(CHAT, json=COUNT)
    assert whole.json()["usage"]
    # Only a connection of its own is sure not to meet the reset, which may come any moment after the reply.
    with httpx.Client(base_url=azure.endpoint, headers=http.headers, trust_env=False) as other:
        assert other.post(CHAT, json=COUNT).status_code == 200


@pytest.mark.parametrize("body", [COUNT, STREAM])
def test_truncated_bodies(azure: Emulator, http: httpx.Client, body: dict[str, Any]) -> None:
    azure.script(faults.truncated())
    with pytest.raises(httpx.RemoteProtocolError):
        http.post(CHAT, json=body)
    azure.script(faults.truncated(clean=True))
    reply = http.post(CHAT, json=body)
    assert reply.status_code == 200
    assert "[DONE]" not in reply.text
    assert "usage" not in reply.text


def test_garbled_bodies(azure: Emulator, http: httpx.Client) -> None:
    azure.script(faults.garbled())
    with pytest.raises(json.JSONDecodeError):
        http.post(CHAT, json=COUNT).json()
    azure.script(faults.garbled(after=2))
    lines = [line for line in http.post(CHAT, json=STREAM).text.splitlines() if line]
    assert lines[-1] == "data: [DONE]"
    bad = [index for index, line in enumerate(lines[:-1]) if not line.endswith("}")]
    assert bad == [2]


def test_an_error_event_ends_the_stream(azure: Emulator, http: httpx.Client, v1: openai.OpenAI) -> None:
    azure.script(faults.error_event("Out of luck", code="server_error", after=2), times=2)
    reply = http.post(CHAT, json=STREAM)
    assert reply.status_code == 200
    last = json.loads(reply.text.strip().splitlines()[-1][6:])
    assert last == {"error": {"message": "Out of luck", "type": "server_error", "param": None, "code": "server_error"}}
    with pytest.raises(openai.APIError, match="Out of luck"):
        list(v1.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], stream=True))


def test_held_open_streams_end_when_the_client_leaves(azure: Emulator, http: httpx.Client) -> None:
    azure.script(faults.held_open())
    with http.stream("POST", CHAT, json=STREAM) as reply:
        lines = reply.iter_lines()
        assert "data: [DONE]" in lines, "reads as far as that"
        wire: socket.socket = reply.extensions["network_stream"].get_extra_info("socket")
        wire.settimeout(0.3)
        with pytest.raises(TimeoutError):
            wire.recv(1)
    assert http.post(CHAT, json=COUNT).status_code == 200


@pytest.mark.parametrize("body", [COUNT, STREAM])
def test_broken_framing_puts_a_page_into_the_chunks(azure: Emulator, body: dict[str, Any]) -> None:
    azure.script(faults.broken_framing())
    got, end = raw(azure, body)
    assert b"transfer-encoding: chunked" in got.lower()
    assert b"chatcmpl" in got
    assert b"\r\n<html>" in got
    assert got.endswith(b"</html>\r\n"), "no last chunk"
    assert end is None, "closed, not reset"


def test_a_broken_framing_may_be_followed_by_silence(azure: Emulator, http: httpx.Client) -> None:
    azure.script(faults.broken_framing(endless=True, after=1))
    with asking(azure, STREAM) as wire:
        got = b""
        while not got.endswith(b"</html>\r\n"):
            got += wire.recv(65536)
        wire.settimeout(0.3)
        with pytest.raises(TimeoutError):
            wire.recv(1)
    assert got.count(b"data: {") == 1
    assert http.post(CHAT, json=COUNT).status_code == 200


def test_a_refusal_and_json_may_drip(azure: Emulator, http: httpx.Client) -> None:
    azure.script(faults.dripping_refusal(0.001, status=503), faults.dripping_json(0.001))
    reply = http.post(CHAT, json=STREAM)
    assert reply.json()["error"]["code"] == "ServiceUnavailable"
    blank = http.post(CHAT, json=STREAM)
    assert (blank.status_code, blank.headers["content-type"], blank.text.strip()) == (200, "application/json", "")
    assert blank.text


@pytest.mark.parametrize(("fault", "status"), [(faults.dripping_refusal, 500), (faults.dripping_json, 200)])
def test_what_drips_may_have_no_end(azure: Emulator, http: httpx.Client, fault: Any, status: int) -> None:
    azure.script(fault(0.001, endless=True))
    with http.stream("POST", CHAT, json=COUNT) as reply:
        assert reply.status_code == status
        got = b""
        for piece in reply.iter_raw():
            got += piece
            if len(got) > 300:
                break
    assert got.endswith(b" ")
    assert http.post(CHAT, json=COUNT).status_code == 200


def test_slow_first_byte_and_slow_drip(azure: Emulator, http: httpx.Client) -> None:
    azure.script(faults.slow_first_byte(0.2), faults.slow_drip(0.02))
    start = time.monotonic()
    assert http.post(CHAT, json=COUNT).status_code == 200
    assert time.monotonic() - start >= 0.2
    start = time.monotonic()
    with http.stream("POST", CHAT, json=STREAM) as reply:
        stamps = [time.monotonic() for line in reply.iter_lines() if line]
    assert stamps[-1] - stamps[0] >= 0.02 * (len(stamps) - 1)


def test_ragged_pieces_are_still_the_same_stream(azure: Emulator, http: httpx.Client) -> None:
    asked = {**STREAM, "messages": [{"role": "user", "content": "Say 'Grüße €'"}]}
    azure.script(faults.ragged(3))
    deltas = [
        json.loads(line[6:])["choices"][0]["delta"].get("content") or ""
        for line in http.post(CHAT, json=asked).text.splitlines()
        if line.startswith("data: {") and '"choices":[]' not in line
    ]
    assert "".join(deltas) == "Grüße €"


def test_hanging_until_the_client_leaves(azure: Emulator, http: httpx.Client) -> None:
    azure.script(faults.hang())
    with pytest.raises(httpx.ReadTimeout):
        http.post(CHAT, json=COUNT, timeout=httpx.Timeout(PATIENCE, read=0.1))


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504])
def test_failures_and_pages(azure: Emulator, http: httpx.Client, status: int) -> None:
    azure.script(faults.failure(status, headers={"retry-after": "2"}), faults.gateway_page(status))
    reply = http.post(CHAT, json=COUNT)
    assert (reply.status_code, reply.headers["retry-after"]) == (status, "2")
    assert reply.json()["error"]["message"]
    page = http.post(CHAT, json=COUNT)
    assert page.headers["content-type"] == "text/html"
    assert page.text.startswith("<html>")


def test_rate_limits_and_capacity(azure: Emulator, http: httpx.Client) -> None:
    azure.script(faults.network_blocked())
    blocked = http.post(CHAT, json=COUNT)
    assert (blocked.status_code, blocked.json()["error"]["code"]) == (403, "403")
    azure.script(faults.too_many_requests(1.5), faults.no_capacity(), deployment="gpt-4o")
    reply = http.post(CHAT, json=COUNT)
    assert reply.status_code == 429
    assert (reply.headers["retry-after-ms"], reply.headers["retry-after"]) == ("1500", "2")
    assert reply.json()["error"]["code"] == "429"
    assert http.post(CHAT, json=COUNT).json()["error"]["code"] == "NoCapacity"
    assert http.post(CHAT, json=COUNT).status_code == 200


def test_a_script_may_be_used_many_times(azure: Emulator, http: httpx.Client) -> None:
    azure.script(faults.failure(500), times=2)
    azure.script(Reply(status=418), times=None)
    assert [http.post(CHAT, json=COUNT).status_code for _ in range(5)] == [500, 500, 418, 418, 418]
    azure.clear()
    assert http.post(CHAT, json=COUNT).status_code == 200


def test_faults_combine(azure: Emulator) -> None:
    azure.script(Fault(reply=Reply(events=[{"a": 1}, {"b": 2}]), reset="during", after=1))
    got, end = raw(azure, STREAM)
    assert got.count(b"data: {") == 1
    assert end is ConnectionResetError


def test_redirects_are_scripted(azure: Emulator, http: httpx.Client) -> None:
    azure.script(Reply(status=307, headers={"location": f"{azure.endpoint}/openai/v1/models"}))
    reply = http.get("/openai/v1/models")
    assert reply.status_code == 307
    assert http.get(reply.headers["location"]).status_code == 200


def test_outages_of_the_whole_resource(azure: Emulator, http: httpx.Client) -> None:
    with azure.outage():
        assert azure.down == "reset"
        with pytest.raises(httpx.TransportError):
            http.post(CHAT, json=COUNT)
    assert http.post(CHAT, json=COUNT).status_code == 200
    with azure.outage("unavailable"):
        assert http.post(CHAT, json=COUNT).status_code == 503
    with azure.outage("hang"), pytest.raises(httpx.ReadTimeout):
        http.post(CHAT, json=COUNT, timeout=httpx.Timeout(PATIENCE, read=0.1))
    azure.down = True
    with pytest.raises(httpx.TransportError):
        http.post(CHAT, json=COUNT)
    azure.down = False
    assert http.post(CHAT, json=COUNT).status_code == 200


def test_an_outage_cuts_streams_that_are_open(azure: Emulator, http: httpx.Client) -> None:
    azure.chunk_latency = 0.05
    with http.stream("POST", CHAT, json=STREAM) as reply:
        lines = reply.iter_lines()
        next(lines)
        with pytest.raises(httpx.TransportError), azure.outage():
            list(lines)


def quota_chat(http: httpx.Client, **more: Any) -> httpx.Response:
    return http.post(CHAT, json={"model": "small", "messages": [{"role": "user", "content": "Say hi"}], **more})


def test_quotas_count_tokens_as_azure_does() -> None:
    now = [1_790_000_000.0]
    with (
        Emulator([Deployment("small", "gpt-4o", capacity=1, requests_per_minute=600)], clock=lambda: now[0]) as azure,
        httpx.Client(base_url=azure.endpoint, headers={"api-key": azure.api_key}) as http,
    ):
        first = quota_chat(http, max_tokens=600)
        assert first.status_code == 200
        assert first.headers["x-ratelimit-limit-tokens"] == "1000"
        left = int(first.headers["x-ratelimit-remaining-tokens"])
        assert 380 < left < 400
        now[0] += 20
        second = quota_chat(http, max_tokens=600)
        assert second.status_code == 429
        assert second.headers["retry-after"] == "40"
        assert second.headers["retry-after-ms"] == "40000"
        assert second.headers["x-ratelimit-reset-tokens"] == "40"
        assert "exceeded token rate limit" in second.json()["error"]["message"]
        assert "ChatCompletions_Create Operation" in second.json()["error"]["message"]
        assert quota_chat(http, max_tokens=100).status_code == 200
        now[0] += 41
        assert quota_chat(http, max_tokens=600).status_code == 200


def test_quotas_count_requests_refused_ones_too() -> None:
    now = [1_790_000_000.0]
    with (
        Emulator([Deployment("small", "gpt-4o", capacity=100, requests_per_minute=12)], clock=lambda: now[0]) as azure,
        httpx.Client(base_url=azure.endpoint, headers={"api-key": azure.api_key}) as http,
    ):
        statuses = [quota_chat(http).status_code for _ in range(4)]
        assert statuses == [200, 200, 429, 429]
        refused = quota_chat(http)
        assert "exceeded call rate limit" in refused.json()["error"]["message"]
        assert refused.headers["retry-after"] == "10"
        assert refused.headers["x-ratelimit-remaining-requests"] == "7"
        for _ in range(4):
            now[0] += 10
            assert quota_chat(http).status_code == 200
        now[0] += 10
        assert [quota_chat(http).status_code for _ in range(2)] == [200, 200]
        now[0] += 9
        assert quota_chat(http).headers["retry-after"] == "1"


def test_spillover_answers_when_the_quota_is_used_up() -> None:
    own = [Deployment("small", "gpt-4o", capacity=1, spillover="large"), Deployment("large", "gpt-4o")]
    with Emulator(own) as azure, httpx.Client(base_url=azure.endpoint, headers={"api-key": azure.api_key}) as http:
        first = quota_chat(http)
        assert (first.status_code, first.headers["x-ms-deployment-name"]) == (200, "small")
        assert "x-ms-is-spilled-over" not in first.headers
        second = quota_chat(http)
        assert (second.status_code, second.headers["x-ms-deployment-name"]) == (200, "large")
        assert second.headers["x-ms-is-spilled-over"] == "true"
        assert second.headers["x-ms-spillover-from-deployment"] == "small"
        assert azure.requests.last.deployment == "small"
    with (
        Emulator([Deployment("small", "gpt-4o", capacity=1), "gpt-4.1"]) as azure,
        httpx.Client(base_url=azure.endpoint, headers={"api-key": azure.api_key}) as http,
    ):
        assert [quota_chat(http).status_code for _ in range(2)] == [200, 429]
        http.headers["x-ms-spillover-deployment"] = "gpt-4.1"
        assert quota_chat(http).json()["model"] == "gpt-4.1-2025-04-14"


def test_deployments_without_a_capacity_never_refuse(azure: Emulator, http: httpx.Client) -> None:
    assert {http.post(CHAT, json=COUNT).status_code for _ in range(300)} == {200}


def test_random_faults_are_repeatable() -> None:
    first, second = RandomFaults(seed=5, rate=0.5), RandomFaults(seed=5, rate=0.5)
    assert [repr(first.pick()) for _ in range(200)] == [repr(second.pick()) for _ in range(200)]
    assert first.counts == second.counts
    assert 70 < first.counts.total() < 130
    assert RandomFaults(seed=6, rate=0).pick() is None
    with pytest.raises(ValueError, match="unknown kinds: nonsense"):
        RandomFaults(kinds=["nonsense"])
    with pytest.raises(ValueError, match="between 0 and 1"):
        RandomFaults(rate=2)


def test_chaos_leaves_no_thread_and_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    chance = RandomFaults(seed=1, rate=0.8, slow=0.01)
    before = set(threading.enumerate())
    ends: dict[str, int] = {}
    with (
        Emulator(faults=chance) as azure,
        httpx.Client(base_url=azure.endpoint, headers={"api-key": azure.api_key}, timeout=0.5) as http,
    ):
        for number in range(120):
            try:
                end = str(http.post(CHAT, json=STREAM if number % 2 else COUNT).status_code)
            except httpx.HTTPError as error:
                end = type(error).__name__
            ends[end] = ends.get(end, 0) + 1
        # A request over a connection that a fault killed before never arrives.
        assert 100 <= len(azure.requests) <= 120
    assert set(chance.counts) > set(KINDS) - {"held open"} or len(chance.counts) > 12
    assert {"200", "429", "500", "503", "ReadError", "RemoteProtocolError"} <= set(ends)
    assert set(threading.enumerate()) == before
    assert not caplog.records


def test_tls_with_its_own_authority() -> None:
    azure = Emulator(tls=True)
    with pytest.raises(RuntimeError, match="ca_file only while"):
        _ = azure.ca_file
    with azure:
        assert azure.endpoint.startswith("https://127.0.0.1:")
        trusted = ssl.create_default_context(cafile=azure.ca_file)
        headers = {"api-key": azure.api_key}
        with httpx.Client(verify=trusted, base_url=azure.endpoint, headers=headers) as http:
            assert http.get("/openai/v1/models").status_code == 200
            azure.script(faults.reset("during"))
            with pytest.raises(httpx.TransportError):
                http.post(CHAT, json=COUNT)
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(azure.endpoint)


def test_no_certificate_stays_behind(tmp_path: Path) -> None:
    code = (
        "from azure_connector.emulator import Emulator\n"
        "unasked, asked = (Emulator(tls=True).start() for _ in range(2))\n"
        "raise SystemExit(asked.ca_file)"  # without a stop()
    )
    told = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=told, capture_output=True, text=True, check=False)
    assert done.stderr.startswith(str(tmp_path)), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_upstream_behind_azures_face(azure: Emulator, http: httpx.Client) -> None:
    """Another emulator's v1 form stands for any OpenAI-compatible server."""
    from azure_connector.emulator import Upstream

    upstream = Upstream(f"{azure.endpoint}/openai/v1", azure.bearer_token)
    azure.script(
        Reply(body={"choices": [{"index": 0, "message": {"role": "assistant", "content": "plain"}}], "id": "c1"})
    )
    with (
        Emulator({"mine": "gpt-4o"}, upstream=upstream) as front,
        httpx.Client(base_url=front.endpoint, headers={"api-key": front.api_key}) as client,
    ):
        asked = {**COUNT, "model": "mine"}
        body = client.post(CHAT, json=asked).json()
        assert body["choices"][0]["message"]["content"] == "plain"
        assert "hate" in body["choices"][0]["content_filter_results"]
        assert body["prompt_filter_results"]
        assert azure.requests.last.body["model"] == "gpt-4o"
        assert azure.requests.last.headers["authorization"] == f"Bearer {azure.bearer_token}"
        assert "api-key" not in azure.requests.last.headers
        lines = client.post(CHAT, json={**asked, "stream": True}).text.splitlines()
        chunks = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
        assert chunks[0]["prompt_filter_results"]
        assert "".join(one["choices"][0]["delta"].get("content") or "" for one in chunks if one["choices"]).startswith(
            "1, 2"
        )
        assert lines[-2] == "data: [DONE]"
        assert client.post(CHAT, json={**asked, "model": "other"}).status_code == 404
        assert client.post(CHAT, json={**asked, "nonsense": 1}).status_code == 400
        with client.stream("POST", CHAT, json={**asked, "stream": True}) as reply:
            next(reply.iter_lines())
        azure.script(faults.reset("during"), faults.reset("before"))
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(CHAT, json={**asked, "stream": True})
        assert client.post(CHAT, json=asked).status_code == 502
    dead = Upstream("http://127.0.0.1:9/v1")
    with Emulator(upstream=dead) as front:
        reply = httpx.post(f"{front.endpoint}{CHAT}", json=COUNT, headers={"api-key": front.api_key})
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "BadGateway")
    with pytest.raises(ValueError, match="no http or https URL"):
        Upstream("localhost:8000")
