"""From a model's name to its rules; what the settings add to them."""

from __future__ import annotations

import pytest

from azure_connector.deployments import CHAT, FAMILIES, Profiles, profile_for
from azure_connector.deployments._profiles import model_from_reply
from azure_connector.errors import ConfigurationError
from azure_connector.requests import adapt_request
from tests.support.tables import each_row


@each_row(
    ("model", "family"),
    [
        ("gpt-5", "gpt-5"),
        ("gpt-5-2025-08-07", "gpt-5"),
        ("GPT-5-mini", "gpt-5"),
        ("openai/gpt-5-nano", "gpt-5"),
        ("gpt-5-pro-2025-10-06", "gpt-5-pro"),
        ("gpt-5-chat-2025-08-07", "gpt-5-chat"),
        ("gpt-5.1-codex-mini", "gpt-5.1-codex"),
        ("gpt-5.3-codex", "gpt-5.2-codex"),
        ("gpt-5.6-codex", "codex"),
        ("gpt-5.6-sol", "gpt-5.6"),
        ("gpt-5.6-pro", "gpt-5.x-pro"),
        ("gpt-6-codex", "codex"),
        ("gpt-4o-2024-11-20", "gpt-4o"),
        ("gpt-4o-mini-transcribe", "transcription"),
        ("gpt-4o-audio-preview", "audio chat"),
        ("gpt-4-1106-preview", "gpt-4"),
        ("gpt-4-turbo-2024-04-09", "gpt-4-turbo"),
        ("gpt-35-turbo-16k-0613", "gpt-35-turbo"),
        ("gpt-4o-mini-2024-07-18.ft-0123abcd-mine", "gpt-4o"),
        ("ft:gpt-4.1-mini-2025-04-14:org::id", "gpt-4.1"),
        ("o3-2025-04-16", "o3"),
        ("o3-mini", "o3-mini"),
        ("Mistral-Large-3", "mistral"),
        ("Ministral-3B", "mistral"),
        ("DeepSeek-R1-0528", "deepseek-r1"),
        ("DeepSeek-V3.2", "deepseek"),
        ("text-embedding-3-large", "text-embedding-3-large"),
        ("model-router-2025-11-18", "model-router"),
        ("gpt-oss-120b", "gpt-oss"),
        ("grok-4-fast-non-reasoning", "grok, not reasoning"),
        ("Phi-4", "partners"),
        ("claude-opus-4-5", "claude"),
        ("dall-e-3", "dall-e-3"),
        ("gpt-image-1.5", "gpt-image"),
    ],
)
def test_the_closest_pattern_wins(model: str, family: str) -> None:
    profile = profile_for(model)
    assert profile is not None
    assert profile.family == family


@each_row("model", [None, "", "gpt-5.7", "house", "team-chat"])
def test_what_nobody_knows_has_no_rules(model: str | None) -> None:
    assert profile_for(model) is None


def test_each_pattern_stands_once_and_each_family_names_its_source() -> None:
    patterns = [pattern for profile in FAMILIES for pattern in profile.models]
    assert len(patterns) == len(set(patterns))
    assert all("(20" in profile.source or "(to 20" in profile.source for profile in FAMILIES), "source and date"
    assert len({profile.family for profile in FAMILIES}) == len(FAMILIES)


@each_row(
    ("served", "model"),
    [
        ("gpt-5-2025-08-07", "gpt-5"),
        ("gpt-5-nano-2025-08-07", "gpt-5-nano"),
        ("gpt-4o-2024-11-20", "gpt-4o"),
        ("gpt-4o-mini-2024-07-18.ft-0123", "gpt-4o-mini"),
        ("gpt-35-turbo-0125", "gpt-35-turbo"),
        ("o1-2024-12-17", "o1"),
        ("grok-4-2025-07-09", "grok-4"),
        ("Phi-4", "phi-4"),
        ("House-7B", "House-7B"),
        ("", ""),
    ],
)
def test_the_base_model_behind_a_served_name(served: str, model: str) -> None:
    assert model_from_reply(served) == model


def test_a_known_family_is_changed_field_by_field() -> None:
    profiles = Profiles({"gpt-5": {"streaming": False}, "gpt-5*": {"efforts": ["low", "high"]}})
    gpt_5, mini = profiles.find("gpt-5-2025-08-07"), profiles.find("gpt-5-mini")
    assert gpt_5 is not None
    assert mini is not None
    assert (gpt_5.streaming, gpt_5.efforts, gpt_5.source) == (False, ("minimal", "low", "medium", "high"), "settings")
    assert (mini.streaming, mini.efforts, mini.refused) == (True, ("low", "high"), gpt_5.refused)


def test_a_new_model_is_like_a_known_one_or_takes_everything() -> None:
    overrides = {"House-*": {"like": "gpt-5", "apis": ["responses"]}, "plain": {"refused": ["seed"]}}
    house, plain = profile_for("house-7b", overrides), profile_for("plain", overrides)
    assert house is not None
    assert plain is not None
    assert (house.reasoning, house.apis) == (True, ("responses",))
    body = {"model": "d", "messages": [], "temperature": 0.3, "seed": 1, "reasoning_effort": "low", "max_tokens": 4}
    adapted = adapt_request(CHAT, body, profile=plain)
    assert adapted.body == {
        "model": "d",
        "messages": [],
        "temperature": 0.3,
        "reasoning_effort": "low",
        "max_tokens": 4,
    }


@each_row(
    ("table", "says"),
    [
        ({"x": {"like": "gpt-99"}}, ['profiles."x".like', "gpt-99", "gpt-5.1"]),
        ({"x": {"temprature": False}}, ['profiles."x"', "temprature", "Fields: like, apis", "streaming"]),
        ({"x": {"streaming": "no"}}, ['profiles."x".streaming', "true or false"]),
        ({"x": {"output_limit": "max_output"}}, ["one of max_tokens, max_completion_tokens, either"]),
        ({"x": {"efforts": ["low", "huge"]}}, ["efforts", "none, minimal, low, medium, high, xhigh, max"]),
        ({"x": {"efforts": "low"}}, ["efforts", "a list of"]),
        ({"x": {"refused": "temperature"}}, ["refused", "a list of parameter names"]),
        ({"x": {"system_role": "boss"}}, ["one of system, developer, user, any"]),
        ({"x": {"apis": ["chat", "voice"]}}, ["apis", "chat, responses"]),
        ({"x": {"note": 3}}, ["note", "text"]),
    ],
)
def test_a_wrong_override_names_the_key_and_what_is_allowed(
    table: dict[str, dict[str, object]], says: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Profiles(table)
    for words in says:
        assert words in str(caught.value)


def test_endless_names_are_not_kept() -> None:
    profiles = Profiles()
    for number in range(5000):
        profiles.find(f"model-{number}")
    assert len(profiles._found) <= 1001
