"""The content filter's markers, and what partners' models do differently."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import openai
import pytest

from azure_connector.emulator import Emulator
from tests.support.bodies import events, question

CHAT = "/openai/v1/chat/completions"


@pytest.fixture
def azure() -> Iterator[Emulator]:
    with Emulator(["gpt-4o", "DeepSeek-R1"]) as emulator:
        yield emulator


def test_a_filtered_prompt_is_refused(http: httpx.Client) -> None:
    reply = http.post(CHAT, json=question("[filter:hate=high][filter:jailbreak] x"))
    assert reply.status_code == 400
    error = reply.json()["error"]
    assert (error["code"], error["param"], error["type"], error["status"]) == ("content_filter", "prompt", None, 400)
    assert error["message"].startswith("The response was filtered due to the prompt triggering")
    assert error["innererror"]["code"] == "ResponsibleAIPolicyViolation"
    results = error["innererror"]["content_filter_result"]
    assert results["hate"] == {"filtered": True, "severity": "high"}
    assert results["jailbreak"] == {"filtered": True, "detected": True}
    assert results["violence"] == {"filtered": False, "severity": "safe"}


def test_low_severities_pass_with_a_note(http: httpx.Client) -> None:
    body = http.post(CHAT, json=question("[filter:violence=low] Say hello")).json()
    results = body["prompt_filter_results"][0]["content_filter_results"]
    assert results["violence"] == {"filtered": False, "severity": "low"}
    assert body["choices"][0]["message"]["content"] == "hello"


def test_blocklists_have_details(http: httpx.Client) -> None:
    error = http.post(CHAT, json=question("[filter:custom_blocklists] x")).json()["error"]
    assert error["innererror"]["content_filter_result"]["custom_blocklists"]["details"][0]["filtered"] is True


def test_a_filtered_answer_has_no_content(http: httpx.Client) -> None:
    body = http.post(CHAT, json=question("[filter-output:sexual=medium] Count to 9")).json()
    choice = body["choices"][0]
    assert choice["finish_reason"] == "content_filter"
    assert choice["message"] == {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    assert choice["content_filter_results"]["sexual"] == {"filtered": True, "severity": "medium"}


def test_a_filtered_stream_stops_half_way(http: httpx.Client) -> None:
    found = events(http.post(CHAT, json=question("[filter-output] Count to 9", stream=True)))
    text = "".join(one["choices"][0]["delta"].get("content") or "" for one in found if one["choices"])
    assert "1, 2, 3, 4, 5".startswith(text.rstrip(", "))
    assert 0 < len(text) < len("1, 2, 3, 4, 5, 6, 7, 8, 9.")
    assert found[-1]["choices"][0]["finish_reason"] == "content_filter"
    assert found[-1]["choices"][0]["content_filter_results"]["hate"]["filtered"] is True


@pytest.mark.parametrize(("marker", "reason"), [("", None), ("[filter-output]", "content_filter")])
def test_the_asynchronous_filter_comes_late(http: httpx.Client, marker: str, reason: str | None) -> None:
    asked = question(f"[async-filter]{marker} Say hello", stream=True, stream_options={"include_usage": True})
    found = events(http.post(CHAT, json=asked))
    stop = next(
        index for index, one in enumerate(found) if one["choices"] and one["choices"][0]["finish_reason"] == "stop"
    )
    assert all("content_filter_results" not in one["choices"][0] for one in found[1 : stop + 1])
    late = found[stop + 1 : -1]
    assert len(late) == 2
    for one in late:
        assert (one["id"], one["model"], one["object"], one["created"]) == ("", "", "", 0)
        assert "delta" not in one["choices"][0]
        assert one["choices"][0]["content_filter_offsets"]
    assert late[-1]["choices"][0]["finish_reason"] == reason
    assert found[-1]["usage"]


def test_deepseek_shows_its_thinking(http: httpx.Client, v1: openai.OpenAI) -> None:
    choice = http.post(CHAT, json=question("Say hello", model="DeepSeek-R1")).json()["choices"][0]
    assert choice["message"]["reasoning_content"]
    assert choice["matched_stop"] == 1
    found = events(
        http.post(
            CHAT, json=question("Say hello", model="DeepSeek-R1", stream=True, stream_options={"include_usage": True})
        )
    )
    deltas = [one["choices"][0]["delta"] for one in found if one["choices"]]
    thoughts = [delta for delta in deltas if delta.get("reasoning_content")]
    assert thoughts[1]["role"] is None
    assert thoughts[1]["content"] is None
    assert "reasoning_tokens" in found[-1]["usage"]
    assert found[-1]["usage"]["prompt_tokens_details"] is None
    wanted = question("JSON please", model="DeepSeek-R1", response_format={"type": "json_object"})
    assert http.post(CHAT, json=wanted).json()["choices"][0]["message"]["content"] == ""
