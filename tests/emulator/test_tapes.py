"""Record and replay: what stands on a tape, what comes back from it, and what is said where it has no answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from azure_connector.emulator import Emulator, Relay
from azure_connector.emulator.replaying import Player
from azure_connector.emulator.tapes import scrubbed

ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "What is 6 * 7?"}]}
KEY = "the-real-resources-key"


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl"


@pytest.fixture
def real() -> Iterator[Emulator]:
    """The resource behind, which stands for Azure's."""
    with Emulator(api_key=KEY, seed=1) as azure:
        yield azure


def client_of(azure: Emulator) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{azure.endpoint}/openai/v1/", api_key=azure.api_key, max_retries=0)


def session(azure: Emulator) -> list[Any]:
    """What an app does, as values that are equal when its replies are."""
    done: list[Any] = []
    with client_of(azure) as client:
        done.append(client.chat.completions.create(**ASK).to_dict())
        done.append([chunk.to_dict() for chunk in client.chat.completions.create(**ASK, stream=True)])
        file = client.files.create(file=("a.txt", b"\xff\x00bytes"), purpose="assistants")
        done += [file.to_dict(), client.files.content(file.id).read()]
        done.append(client.embeddings.create(model="text-embedding-3-small", input="x").to_dict())
        made = client.responses.create(model="gpt-4o", input="Hi")
        done.append(client.responses.retrieve(made.id).to_dict(warnings=False))
        with pytest.raises(openai.NotFoundError) as caught:
            client.chat.completions.create(**{**ASK, "model": "nope"})
        done.append(caught.value.body)
    return done


def test_a_tape_gives_back_what_the_resource_said(real: Emulator, tape: Path) -> None:
    with Emulator(upstream=Relay(real.endpoint, KEY), record=tape) as front:
        recorded = session(front)
        assert front.requests.last.status == 404
    with Emulator(replay=tape, replay_speed=0) as azure:
        assert session(azure) == recorded


def test_no_secret_stands_on_a_tape(real: Emulator, tape: Path) -> None:
    with Emulator(upstream=Relay(real.endpoint, KEY), record=tape) as front:
        headers = {"api-key": front.api_key, "cookie": "session=cookie-secret"}
        with httpx.Client(base_url=front.endpoint, headers=headers) as http:
            search = {"parameters": {"authentication": {"type": "api_key", "key": "search-secret"}}}
            http.post("/openai/v1/chat/completions", json={**ASK, "data_sources": [search], "user": f"me {KEY}"})
            http.post("/openai/v1/chat/completions?subscription-key=query-secret&code=code-secret", json=ASK)
            secret = http.post("/openai/v1/realtime/client_secrets", json={"session": {"type": "realtime"}})
            assert secret.status_code == 400
    written = tape.read_text(encoding="utf-8")
    for one in (KEY, front.api_key, "cookie-secret", "search-secret", "query-secret", "code-secret"):
        assert one not in written
    assert len(written.splitlines()) == 4


def test_scrubbing_leaves_what_only_looks_secret() -> None:
    value = {
        "max_tokens": 5,
        "error": {"code": "429"},
        "filters": {"type": "eq", "key": "year", "value": "x"},
        "logprobs": [{"token": "Hi", "logprob": -0.1}],
        "prompt_cache_key": "user-1",
    }
    assert scrubbed(value) == value
    hidden = {"access_token": "a", "headers": {"Authorization": "b", "x-api-key": "c"}, "value": "ek_0123456789abcdef"}
    assert all(one in str(scrubbed(hidden)) for one in ("access_token", "REDACTED"))
    assert not {"'a'", "'b'", "'c'", "ek_0123"} & set(str(scrubbed(hidden)).replace(",", "").split())
    assert "ek_" not in str(scrubbed(hidden))


def test_a_request_that_is_not_on_the_tape_names_the_nearest(real: Emulator, tape: Path) -> None:
    with Emulator(record=tape) as plain, client_of(plain) as client:
        client.embeddings.create(model="text-embedding-3-small", input="x")
        client.chat.completions.create(**ASK, temperature=0.5)
    with Emulator(replay=tape) as azure:
        with client_of(azure) as client, pytest.raises(openai.NotFoundError) as caught:
            client.chat.completions.create(**{**ASK, "messages": [{"role": "user", "content": "Else"}]}, top_p=1)
        told = str(caught.value)
        assert "NotOnTape" in told
        assert "line 3, POST /openai/v1/chat/completions" in told
        assert 'body.messages[0].content: "What is 6 * 7?" was recorded, "Else" was sent' in told
        assert "body.temperature: 0.5 was recorded, nothing was sent" in told
        assert "body.top_p: nothing was recorded, 1 was sent" in told
        with httpx.Client(base_url=azure.endpoint) as http:
            assert http.post("/openai/v1/chat/completions", json=ASK).status_code == 401


def test_equal_requests_get_their_replies_in_order(tape: Path) -> None:
    with Emulator(record=tape) as plain, client_of(plain) as client:
        recorded = [client.chat.completions.create(**ASK).id for _ in range(2)]
    with Emulator(replay=tape) as azure, client_of(azure) as client:
        assert [client.chat.completions.create(**ASK).id for _ in range(3)] == [*recorded, recorded[-1]]


def test_streams_keep_their_timing(tape: Path) -> None:
    with Emulator(record=tape, chunk_latency=0.01) as plain, client_of(plain) as client:
        list(client.chat.completions.create(**ASK, stream=True))
    parts = json.loads(tape.read_text(encoding="utf-8").splitlines()[1])["reply"]["parts"]
    waited = sum(seconds for seconds, _ in parts)
    assert waited >= 0.01 * (len(parts) - 1)
    assert parts[-1][1] == "data: [DONE]\n\n"


def test_a_relay_sends_the_callers_own_credential_where_it_has_none(real: Emulator, tape: Path) -> None:
    with Emulator(upstream=real.endpoint, record=tape) as front:
        with httpx.Client(base_url=front.endpoint, headers={"api-key": KEY}) as http:
            assert http.post("/openai/v1/chat/completions", json=ASK).status_code == 200
        with httpx.Client(base_url=front.endpoint, headers={"api-key": "wrong"}) as http:
            assert http.post("/openai/v1/chat/completions", json=ASK).status_code == 401
    assert KEY not in tape.read_text(encoding="utf-8")


def test_what_is_no_tape_and_no_resource(tape: Path) -> None:
    for text in ("", "{}\n", "x\n", '{"tape": 1}\n{"request": 5}\n'):
        tape.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match="is no tape"):
            Player(tape)
    for endpoint in ("x", "ftp://x", "https://x/openai/v1"):
        with pytest.raises(ValueError, match="is no endpoint"):
            Relay(endpoint)
    with pytest.raises(ValueError, match="exclude"):
        Emulator(record=tape, replay=tape)
    with (
        Emulator(upstream=Relay("http://127.0.0.1:1", KEY), record=tape) as front,
        client_of(front) as client,
        pytest.raises(openai.InternalServerError, match="cannot be reached"),
    ):
        client.models.list()
