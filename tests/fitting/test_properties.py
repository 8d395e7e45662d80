"""What holds for every body and every family."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from azure_connector.deployments import CHAT, FAMILIES, RESPONSES, Profile, profile_for
from azure_connector.requests import Adaptation, adapt_request

PROFILES: list[Profile | None] = [*FAMILIES, None]
EFFORTS = st.sampled_from([None, "none", "minimal", "low", "medium", "high", "xhigh", "max", "turbo"])
VERBOSITY = st.sampled_from([None, "low", "medium", "high"])
ROLES = st.sampled_from(["system", "developer", "user", "assistant", "tool"])
CONTENT = st.one_of(st.none(), st.text(max_size=5), st.just([{"type": "text", "text": "part"}]))
MESSAGES = st.lists(st.fixed_dictionaries({"role": ROLES, "content": CONTENT}) | st.just("no mapping"), max_size=5)
LIMIT = st.one_of(st.none(), st.integers(1, 100))
COMMON = {
    "max_tokens": LIMIT,
    "max_completion_tokens": LIMIT,
    "max_output_tokens": LIMIT,
    "temperature": st.sampled_from([None, 0, 0.2, 1]),
    "top_p": st.sampled_from([0.5, 1]),
    "presence_penalty": st.sampled_from([0, 0.5]),
    "logprobs": st.booleans(),
    "logit_bias": st.sampled_from([{}, {"1": 2}]),
    "stop": st.sampled_from([None, [], ["END"]]),
    "reasoning_effort": EFFORTS,
    "verbosity": VERBOSITY,
    "parallel_tool_calls": st.sampled_from([None, True, False]),
    "tools": st.just([{"type": "function", "function": {"name": "f"}}]),
    "stream": st.booleans(),
    "stream_options": st.just({"include_usage": True}),
    "response_format": st.just({"type": "json_object"}),
    "seed": st.integers(0, 9),
    "x_unknown": st.integers(),
}
CHAT_BODIES = st.fixed_dictionaries({"model": st.just("m"), "messages": MESSAGES}, optional=COMMON)
RESPONSES_BODIES = st.fixed_dictionaries(
    {"model": st.just("m"), "input": MESSAGES | st.text(max_size=3)},
    optional={
        **COMMON,
        "reasoning": st.one_of(
            st.none(), st.fixed_dictionaries({}, optional={"effort": EFFORTS, "summary": st.just("auto")})
        ),
        "text": st.fixed_dictionaries({}, optional={"verbosity": VERBOSITY, "format": st.just({"type": "text"})}),
        "include": st.just(["reasoning.encrypted_content", "message.output_text.logprobs"]),
    },
)
REQUESTS = st.one_of(
    st.tuples(st.just(CHAT), CHAT_BODIES, st.sampled_from(PROFILES)),
    st.tuples(st.just(RESPONSES), RESPONSES_BODIES, st.sampled_from(PROFILES)),
)
LESSONS = st.lists(
    st.sampled_from(
        [
            Adaptation(action, operation, parameter, to=to, values=values, limit=50)
            for operation in (CHAT, RESPONSES)
            for action, parameter, to, values in (
                ("rename", "max_tokens", "max_completion_tokens", ()),
                ("rename", "max_completion_tokens", "max_tokens", ()),
                ("drop", "temperature", "", ()),
                ("drop", "reasoning", "", ()),
                ("values", "reasoning_effort", "", ("low", "high")),
                ("values", "reasoning.effort", "", ("low", "high")),
                ("at_most", "max_output_tokens", "", ()),
                ("role", "developer", "system", ()),
                ("role", "system", "user", ()),
                ("no_stream", "", "", ()),
                ("drop", "messages.content", "", ()),
            )
        ]
    ),
    max_size=1,
)


@given(REQUESTS, LESSONS)
def test_the_callers_body_is_never_changed(
    request_: tuple[str, Any, Profile | None], adaptations: list[Adaptation]
) -> None:
    operation, body, profile = request_
    before = copy.deepcopy(body)
    adapt_request(
        operation, body, profile=profile, adaptations=adaptations, defaults={"max_tokens": 9, "temperature": 0.7}
    )
    adapted = adapt_request(operation, body, profile=profile, adaptations=adaptations)
    assert body == before
    assert bool(adapted.changes) == (adapted.body is not body) or adapted.operation != operation


DROP_REASONING = Adaptation("drop", RESPONSES, "reasoning")
LOGPROBS = {"model": "m", "input": "", "reasoning_effort": "none", "include": ["message.output_text.logprobs"]}


@given(REQUESTS, LESSONS)
@example((RESPONSES, LOGPROBS, profile_for("gpt-5.5")), [DROP_REASONING])
def test_fitting_again_changes_nothing(
    request_: tuple[str, Any, Profile | None], adaptations: list[Adaptation]
) -> None:
    operation, body, profile = request_
    once = adapt_request(operation, body, profile=profile, adaptations=adaptations)
    if once.operation == operation:
        twice = adapt_request(operation, once.body, profile=profile, adaptations=adaptations)
        assert twice.body == once.body
        assert not any(change.loss for change in twice.changes)


@given(REQUESTS, LESSONS)
def test_what_nobody_has_a_rule_for_survives(
    request_: tuple[str, Any, Profile | None], adaptations: list[Adaptation]
) -> None:
    operation, body, profile = request_
    adapted = adapt_request(operation, body, profile=profile, adaptations=adaptations)
    for name in ("model", "seed", "x_unknown", "tools"):
        assert adapted.body.get(name, "absent") == body.get(name, "absent")


@given(REQUESTS)
def test_nothing_is_sent_that_the_profile_refuses(request_: tuple[str, Any, Profile | None]) -> None:
    operation, body, profile = request_
    adapted = adapt_request(operation, body, profile=profile)
    if profile is None or profile.kind != "text" or adapted.operation != operation:
        return
    assert not (profile.refused - profile.sampling_with_effort_none) & adapted.body.keys()
    assert len({"max_tokens", "max_completion_tokens", "max_output_tokens"} & adapted.body.keys()) <= 1
    effort = (adapted.body.get("reasoning") or {}).get("effort") or adapted.body.get("reasoning_effort")
    if profile.efforts is not None and effort not in (None, "turbo"):
        assert effort in (*profile.efforts, *profile.responses_efforts)
    if not profile.parallel_tool_calls:
        assert "parallel_tool_calls" not in adapted.body
    if not profile.streaming:
        assert not adapted.body.get("stream")
        assert adapted.deliver_as_stream == bool(body.get("stream"))
    roles = {item["role"] for item in adapted.body.get("messages") or adapted.body.get("input") or () if "role" in item}
    assert not {"system", "developer"} <= roles or profile.system_role == "any"


@given(REQUESTS)
def test_strict_raises_exactly_when_something_would_be_lost(request_: tuple[str, Any, Profile | None]) -> None:
    operation, body, profile = request_
    adapted = adapt_request(operation, body, profile=profile)
    if any(change.loss for change in adapted.changes):
        with pytest.raises(ValueError, match="strict"):
            adapt_request(operation, body, profile=profile, strict=True)
    else:
        assert adapt_request(operation, body, profile=profile, strict=True) == adapted
