"""What fitting does beside the table: strict mode, defaults, the choice of the API, and who is told."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from azure_connector.deployments import CHAT, RESPONSES, Profiles, profile_for
from azure_connector.errors import InvalidRequestError
from azure_connector.requests import Adaptation, adapt_request
from azure_connector.requests._change_reporter import ChangeReporter
from azure_connector.requests._fit import RequestChange
from tests.fitting.bodies import USER, chat

TOOLS = [{"type": "function", "function": {"name": "f"}}]


def test_nothing_to_change_gives_the_same_object() -> None:
    body = chat(max_completion_tokens=5, reasoning_effort="low", stream=True)
    adapted = adapt_request(CHAT, body, profile=profile_for("gpt-5"))
    assert adapted.body is body
    assert adapted.changes == ()
    assert (adapted.stream, adapted.deliver_as_stream) == (True, False)


def test_only_the_messages_that_change_are_copied() -> None:
    messages = [{"role": "system", "content": "Be brief."}, USER, "no mapping"]
    adapted = adapt_request(CHAT, {"model": "d", "messages": messages}, profile=profile_for("gpt-5"))
    assert adapted.body["messages"][0] == {"role": "developer", "content": "Be brief."}
    assert adapted.body["messages"][1] is USER
    assert adapted.body["messages"][2] == "no mapping"


def test_system_and_developer_never_stand_together() -> None:
    messages = [{"role": "system", "content": "A"}, {"role": "developer", "content": "B"}, USER]
    for model, role in (("gpt-5", "developer"), ("gpt-4o", "system")):
        adapted = adapt_request(CHAT, {"model": "d", "messages": messages}, profile=profile_for(model))
        assert [message["role"] for message in adapted.body["messages"]] == [role, role, "user"]


@pytest.mark.parametrize(
    ("messages", "folded"),
    [
        (
            [{"role": "system", "content": "A"}, {"role": "developer", "content": "B"}, USER],
            [{"role": "user", "content": "A\n\nB\n\nHi"}],
        ),
        (
            [{"role": "system", "content": "A"}, {"role": "user", "content": [{"type": "image_url", "image_url": {}}]}],
            [{"role": "user", "content": [{"type": "text", "text": "A"}, {"type": "image_url", "image_url": {}}]}],
        ),
        (
            [
                USER,
                {"role": "assistant", "content": "Yes?"},
                {"role": "system", "content": [{"type": "text", "text": "A"}]},
            ],
            [
                USER,
                {"role": "assistant", "content": "Yes?"},
                {"role": "user", "content": [{"type": "text", "text": "A"}]},
            ],
        ),
        (
            [{"role": "system", "content": "A"}, {"role": "user", "name": "ann", "content": "Hi"}, USER],
            [{"role": "user", "name": "ann", "content": "A\n\nHi"}, USER],
        ),
    ],
)
def test_a_model_without_a_system_role_hears_instructions_from_the_user(messages: Any, folded: Any) -> None:
    assert (
        adapt_request(CHAT, {"model": "d", "messages": messages}, profile=profile_for("o1-mini")).body["messages"]
        == folded
    )


def test_strict_names_everything_that_would_be_lost_and_the_ways_out() -> None:
    body = chat(temperature=0.2, top_p=1, logit_bias={"1": 1}, reasoning_effort="xhigh", max_tokens=5)
    with pytest.raises(InvalidRequestError) as caught:
        adapt_request(CHAT, body, profile=profile_for("gpt-5"), strict=True)
    text = str(caught.value)
    for words in (
        "temperature",
        "0.2",
        "logit_bias",
        "reasoning_effort",
        "minimal, low, medium, high",
        "strict",
        "profiles",
    ):
        assert words in text
    assert "top_p" not in text  # the default says nothing
    assert "max_tokens" not in text  # renamed, not lost
    assert caught.value.param == "reasoning_effort"


def test_strict_accepts_what_keeps_its_meaning() -> None:
    body = chat(max_tokens=5, temperature=1, stream=True, messages=[{"role": "system", "content": "A"}, USER])
    adapted = adapt_request(CHAT, body, profile=profile_for("o1"), strict=True)
    assert adapted.body == chat(max_completion_tokens=5, messages=[{"role": "developer", "content": "A"}, USER])
    assert adapted.deliver_as_stream


@pytest.mark.parametrize(
    ("model", "filled"),
    [
        ("gpt-4o", {"max_tokens": 4096, "temperature": 0.7}),
        ("gpt-5", {"max_completion_tokens": 4096}),
        ("gpt-5.1", {"max_completion_tokens": 4096, "temperature": 0.7}),
        ("mistral-large-3", {"max_tokens": 4096, "temperature": 0.7}),
        (None, {"max_completion_tokens": 4096, "temperature": 0.7}),
    ],
)
def test_the_settings_fill_what_the_caller_left_open(model: str | None, filled: dict[str, Any]) -> None:
    defaults = {"max_tokens": 4096, "temperature": 0.7}
    adapted = adapt_request(CHAT, chat(), profile=profile_for(model), defaults=defaults, strict=True)
    assert adapted.body == chat(**filled)
    assert adapted.changes == ()
    given = chat(max_completion_tokens=5, temperature=1)
    limit = "max_tokens" if model == "mistral-large-3" else "max_completion_tokens"
    expected = chat(**{limit: 5}, **({} if model == "gpt-5" else {"temperature": 1}))
    assert adapt_request(CHAT, given, profile=profile_for(model), defaults=defaults).body == expected


def test_defaults_follow_a_chat_request_to_responses() -> None:
    defaults = {"max_tokens": 4096, "temperature": 0.7}
    moved = adapt_request(CHAT, chat(), profile=profile_for("gpt-5-codex"), defaults=defaults)
    assert (moved.operation, moved.body) == (RESPONSES, chat(max_completion_tokens=4096))
    body = {"model": "d", "input": "Hi"}
    native = adapt_request(RESPONSES, body, profile=profile_for("gpt-5-codex"), defaults=defaults)
    assert native.body == {**body, "max_output_tokens": 4096}
    assert adapt_request(RESPONSES, body, profile=None, defaults=defaults).body["temperature"] == 0.7
    high = chat(reasoning_effort="high")
    assert "temperature" not in adapt_request(CHAT, high, profile=profile_for("gpt-5.1"), defaults=defaults).body
    assert adapt_request("/embeddings", {"model": "d", "input": "x"}, profile=None, defaults=defaults).body == {
        "model": "d",
        "input": "x",
    }


def test_a_default_that_a_deployment_has_refused_is_left_out_in_silence() -> None:
    adaptation = Adaptation("drop", CHAT, "temperature")
    adapted = adapt_request(
        CHAT, chat(), profile=None, adaptations=[adaptation], defaults={"temperature": 0.7}, strict=True
    )
    assert adapted.body == chat()
    with pytest.raises(InvalidRequestError):
        adapt_request(CHAT, chat(temperature=0.7), profile=None, adaptations=[adaptation], strict=True)


def test_the_settings_choose_the_api() -> None:
    assert adapt_request(CHAT, chat(), profile=None, api="responses").operation == RESPONSES
    assert adapt_request(CHAT, chat(), profile=profile_for("gpt-4o"), api="responses").operation == RESPONSES
    tools = chat(tools=TOOLS, reasoning_effort="high")
    assert adapt_request(CHAT, tools, profile=profile_for("gpt-5.4"), api="chat").body is tools
    preferred = Profiles({"gpt-4o": {"apis": ["responses", "chat"]}}).find("gpt-4o")
    assert adapt_request(CHAT, chat(), profile=preferred).operation == RESPONSES
    body = {"model": "d", "input": "Hi"}
    assert adapt_request(RESPONSES, body, profile=profile_for("mistral-large-3"), api="chat").operation == RESPONSES


def test_parallel_tool_calls_without_tools_is_left_out() -> None:
    adapted = adapt_request(CHAT, chat(parallel_tool_calls=False), profile=profile_for("gpt-4o"), strict=True)
    assert adapted.body == chat()


def test_two_limits_that_differ_are_a_loss() -> None:
    assert not any(
        c.loss for c in adapt_request(CHAT, chat(max_tokens=5, max_completion_tokens=5), profile=None).changes
    )
    with pytest.raises(InvalidRequestError):
        adapt_request(CHAT, chat(max_tokens=5, max_completion_tokens=6), profile=None, strict=True)


def test_encrypted_reasoning_is_not_asked_of_a_model_that_does_not_reason() -> None:
    include = ["reasoning.encrypted_content", "message.output_text.logprobs"]
    body = {"model": "d", "input": "Hi", "include": include}
    assert adapt_request(RESPONSES, body, profile=profile_for("gpt-4o"), strict=True).body["include"] == include[1:]
    assert (
        "include" not in adapt_request(RESPONSES, {**body, "include": include[:1]}, profile=profile_for("gpt-4o")).body
    )
    assert adapt_request(RESPONSES, body, profile=None).body is body
    both = adapt_request(RESPONSES, {**body, "top_logprobs": 2}, profile=profile_for("o3"))
    assert both.body == {**body, "include": include[:1]}
    assert [change.parameter for change in both.changes if change.loss] == ["top_logprobs", "include"]
    assert adapt_request(RESPONSES, body, profile=profile_for("gpt-5.1")).body is body


def test_what_the_translation_left_out_counts_as_lost() -> None:
    body = {"model": "d", "input": "Hi"}
    adapted = adapt_request(RESPONSES, body, profile=profile_for("gpt-5-codex"), unsent=("seed", "stop"))
    assert adapted.body is body
    assert [(change.parameter, change.loss) for change in adapted.changes] == [("seed", True), ("stop", True)]
    with pytest.raises(InvalidRequestError, match="seed"):
        adapt_request(RESPONSES, body, profile=None, unsent=("seed",), strict=True)


def test_a_loss_is_told_once_for_each_deployment_and_parameter(caplog: pytest.LogCaptureFixture) -> None:
    log = ChangeReporter()
    changes = adapt_request(CHAT, chat(temperature=0.2, max_tokens=5), profile=profile_for("gpt-5")).changes
    with caplog.at_level(logging.DEBUG, logger="azure_connector"):
        for _ in range(3):
            log.report("private@default", changes)
        log.report("other@default", changes)
    told = [(record.levelname, record.getMessage().split(" ")[:2]) for record in caplog.records]
    assert told == [
        ("DEBUG", ["private@default:", "max_tokens"]),
        ("WARNING", ["private@default:", "temperature"]),
        ("DEBUG", ["other@default:", "max_tokens"]),
        ("WARNING", ["other@default:", "temperature"]),
    ]
    assert "gpt-5 takes only the default, and 0.2 was asked for" in caplog.records[1].getMessage()


def test_the_log_forgets_rather_than_grow(caplog: pytest.LogCaptureFixture) -> None:
    log = ChangeReporter(limit=2)
    with caplog.at_level(logging.WARNING, logger="azure_connector"):
        for key in ("a", "b", "c", "a"):
            log.report(key, [RequestChange("stop", "dropped", loss=True)])
    assert len(caplog.records) == 4


def test_a_change_reads_as_a_sentence() -> None:
    assert str(RequestChange("max_tokens", "renamed", "max_completion_tokens", "a rule")) == (
        "max_tokens renamed to max_completion_tokens (a rule)"
    )
    assert str(RequestChange("reasoning_effort", "replaced", "high")) == "reasoning_effort replaced by high"
    assert str(RequestChange("stop", "dropped", why="a rule")) == "stop dropped (a rule)"
