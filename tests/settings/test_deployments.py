"""From a model's name to its deployments."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_connector.deployments import DeploymentTable, Target
from azure_connector.deployments._mapping import MappingReader
from azure_connector.deployments._table import Discovered
from azure_connector.errors import ConfigurationError, InvalidRequestError
from azure_connector.settings import ConnectorSettings
from tests.support.tables import each_row

CHAT = "/chat/completions"


def settings_with(mapping: dict[str, Any] | None = None, **more: Any) -> ConnectorSettings:
    return ConnectorSettings(
        azure_endpoint="https://east.openai.azure.com",
        resources={"west": {"azure_endpoint": "https://west.openai.azure.com"}},
        deployment_mapping=mapping or {},
        **more,
    )


def table(mapping: dict[str, Any] | None = None, **more: Any) -> DeploymentTable:
    return settings_with(mapping, **more).deployments


@each_row(
    ("value", "targets"),
    [
        ("prod", [Target("default", "prod", "gpt-5")]),
        (" prod ", [Target("default", "prod", "gpt-5")]),
        ("prod@west", [Target("west", "prod", "gpt-5")]),
        ({"deployment": "prod"}, [Target("default", "prod", "gpt-5")]),
        ({"deployment": "prod", "model": "GPT-4o"}, [Target("default", "prod", "gpt-4o")]),
        ({"deployment": "prod", "resource": "west"}, [Target("west", "prod", "gpt-5")]),
        ({"deployment": "prod@west", "resource": "west"}, [Target("west", "prod", "gpt-5")]),
        ({"deployment": "prod", "api": "responses"}, [Target("default", "prod", "gpt-5", "responses")]),
        (["a", "b@west"], [Target("default", "a", "gpt-5"), Target("west", "b", "gpt-5", rank=1)]),
        (
            [["a", {"deployment": "b", "weight": 3}], "c"],
            [
                Target("default", "a", "gpt-5"),
                Target("default", "b", "gpt-5", weight=3.0),
                Target("default", "c", "gpt-5", rank=1),
            ],
        ),
        (["a", "a@west"], [Target("default", "a", "gpt-5"), Target("west", "a", "gpt-5", rank=1)]),
    ],
)
def test_values_of_a_mapping(value: Any, targets: list[Target]) -> None:
    plan = table({"gpt-5": value}).resolve("gpt-5", CHAT)

    assert plan.rule == "mapping"
    assert list(plan.targets) == targets


@each_row(
    ("mapping", "words"),
    [
        ({"gpt-5": ""}, ["['gpt-5']", "no deployment"]),
        ({"gpt-5": "@west"}, ["no deployment"]),
        ({"gpt-5": "x@"}, ["no deployment"]),
        ({"gpt-5": ".."}, ["no deployment"]),
        ({"gpt-5": "a\nb"}, ["no deployment"]),
        ({"gpt-5": None}, ["not nothing"]),
        ({"gpt-5": 5}, ["not int"]),
        ({"gpt-5": []}, ["empty list"]),
        ({"gpt-5": ["a", []]}, ["empty list"]),
        ({"gpt-5": [[["a"]]]}, ["more than once"]),
        ({"gpt-5": ["a", "a"]}, ["a@default twice"]),
        ({"gpt-5": "x@wset"}, ["'wset'", "'default' and 'west'", "Did you mean 'west'"]),
        ({"gpt-5": {"deployment": "x", "resource": "north"}}, ["'north'", "'west'"]),
        ({"gpt-5": {"deployment": "x@west", "resource": "default"}}, ["two resources"]),
        ({"gpt-5": {"deploymnt": "x"}}, ["'deploymnt'", "Did you mean 'deployment'"]),
        ({"gpt-5": {"model": "x"}}, ["no key 'deployment'"]),
        ({"gpt-5": {"deployment": 3}}, ["['gpt-5'].deployment", "not int"]),
        ({"gpt-5": {"deployment": "x", "api": "chatt"}}, ["['gpt-5'].api", "'chat' or 'responses'"]),
        ({"gpt-5": {"deployment": "x", "api": ["chat"]}}, ["['gpt-5'].api"]),
        ({"gpt-5": {"deployment": "x", "weight": 0}}, ["['gpt-5'].weight"]),
        ({"gpt-5": {"deployment": "x", "weight": True}}, ["['gpt-5'].weight"]),
        ({"gpt-5": {"deployment": "x", "weight": float("nan")}}, ["['gpt-5'].weight"]),
        ({"gpt-5": {"deployment": "x", "weight": "2"}}, ["['gpt-5'].weight"]),
        ({" ": "x"}, ["no model's name"]),
    ],
)
def test_entries_that_are_none(mapping: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings_with(mapping)

    for word in ["deployment_mapping", "(argument)", *words]:
        assert word in str(caught.value)


@each_row("setting", ["default_deployment", "embedding_deployment"])
def test_a_default_on_an_unknown_resource(setting: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{setting}.*'north'"):
        settings_with(**{setting: "x@north"})


def test_a_mapping_that_is_none() -> None:
    with pytest.raises(ConfigurationError, match="must be a table"):
        MappingReader(["default"], "default").read(["x"])


@each_row(
    ("model", "operation", "deployment", "base", "rule"),
    [
        ("gpt-5", CHAT, "prod@default", "gpt-5", "mapping"),
        ("GPT-5", CHAT, "prod@default", "gpt-5", "mapping"),
        (" gpt-5 ", CHAT, "prod@default", "gpt-5", "mapping"),
        ("gpt-5", "/responses", "prod@default", "gpt-5", "mapping"),
        ("embed", "/embeddings", "vectors@west", "text-embedding-3-small", "mapping"),
        ("prod", CHAT, "prod@default", "gpt-5", "deployment"),
        ("PROD", CHAT, "prod@default", "gpt-5", "deployment"),
        ("vectors", "/embeddings", "vectors@west", "text-embedding-3-small", "deployment"),
        ("prod@west", CHAT, "prod@west", "prod", "deployment"),
        ("vectors@west", "/embeddings", "vectors@west", "text-embedding-3-small", "deployment"),
        ("prod@default", CHAT, "prod@default", "gpt-5", "deployment"),
        ("other", CHAT, "fallback@west", None, "default"),
        ("other", "/responses", "fallback@west", None, "default"),
        ("other", "/responses/input_tokens", "fallback@west", None, "default"),
        ("Fallback", CHAT, "fallback@west", "fallback", "default"),
        ("text-embedding-3-small", "/embeddings", "embed-default@default", None, "default"),
        ("dall-e-3", "/images/generations", "dall-e-3@default", "dall-e-3", "pass-through"),
        ("whisper", "/audio/transcriptions", "whisper@default", "whisper", "pass-through"),
        ("openai/gpt-5", "/images/generations", "openai/gpt-5@default", "openai/gpt-5", "pass-through"),
        ("user@example.com", "/images/generations", "user@example.com@default", "user@example.com", "pass-through"),
    ],
)
def test_which_deployment(model: str, operation: str, deployment: str, base: str | None, rule: str) -> None:
    deployments = table(
        {"gpt-5": "prod", "embed": {"deployment": "vectors@west", "model": "text-embedding-3-small"}},
        default_deployment="fallback@west",
        embedding_deployment="embed-default",
    )

    plan = deployments.resolve(model, operation)

    assert plan.rule == rule
    assert [(target.key, target.model) for target in plan.targets] == [(deployment, base)]


def test_prefixes_of_other_tools_are_not_stripped() -> None:
    plan = table({"gpt-5": "prod"}).resolve("azure/gpt-5", CHAT)

    assert (plan.targets[0].deployment, plan.rule) == ("azure/gpt-5", "pass-through")


def test_the_exact_name_goes_before_one_in_another_case() -> None:
    deployments = table({"GPT-5": "upper", "gpt-5": "lower"})

    assert deployments.resolve("gpt-5", CHAT).targets[0].deployment == "lower"
    assert deployments.resolve("GPT-5", CHAT).targets[0].deployment == "upper"
    assert deployments.resolve("Gpt-5", CHAT).targets[0].deployment == "upper"


def test_a_deployments_name_reaches_it_on_every_resource_that_is_declared() -> None:
    plan = table({"gpt-5": ["prod@west", "prod"], "gpt-4o": "old"}).resolve("prod", CHAT)

    assert [(target.key, target.rank, target.model) for target in plan.targets] == [
        ("prod@west", 0, "gpt-5"),
        ("prod@default", 1, "gpt-5"),
    ]


DISCOVERED = Discovered(
    [
        Target("default", "team-five", "gpt-5"),
        Target("west", "team-five-west", "gpt-5"),
        Target("default", "prod", "gpt-4o"),
        Target("default", "mystery", None),
    ]
)


@each_row(
    ("model", "keys", "base", "rule"),
    [
        ("gpt-5", ["team-five@default", "team-five-west@west"], "gpt-5", "discovered"),
        ("GPT-5", ["team-five@default", "team-five-west@west"], "gpt-5", "discovered"),
        ("Team-Five", ["team-five@default"], "gpt-5", "discovered"),
        ("mystery", ["mystery@default"], None, "discovered"),
        ("team-five-west@west", ["team-five-west@west"], "gpt-5", "deployment"),
        ("fast", ["prod@default"], "gpt-4o", "mapping"),  # the listing knows the base model of a mapped deployment
        ("o3", ["prod@default"], "gpt-4o", "default"),  # and of the default one
    ],
)
def test_discovered_deployments(model: str, keys: list[str], base: str | None, rule: str) -> None:
    deployments = table({"fast": "prod"}, default_deployment="prod")

    plan = deployments.resolve(model, CHAT, DISCOVERED)

    assert plan.rule == rule
    assert [target.key for target in plan.targets] == keys
    assert {target.model for target in plan.targets} == {base}


def test_the_mapping_goes_before_what_was_discovered() -> None:
    plan = table({"gpt-5": {"deployment": "mine", "model": "gpt-5-mini"}}).resolve("gpt-5", CHAT, DISCOVERED)

    assert [(target.key, target.model) for target in plan.targets] == [("mine@default", "gpt-5-mini")]


def test_a_new_listing_makes_new_plans() -> None:
    deployments = table()

    assert deployments.resolve("gpt-5", CHAT).rule == "pass-through"
    assert deployments.resolve("gpt-5", CHAT, DISCOVERED).rule == "discovered"
    assert deployments.resolve("gpt-5", CHAT, Discovered()).rule == "pass-through"


def test_plans_are_made_once() -> None:
    deployments = table({"gpt-5": "prod"})

    assert deployments.resolve("gpt-5", CHAT) is deployments.resolve("gpt-5", CHAT)


@each_row("model", ["", "  ", None, 5, ["gpt-5"], {"model": "gpt-5"}])
def test_a_model_that_is_none(model: Any) -> None:
    with pytest.raises(InvalidRequestError, match="names no model") as caught:
        table().resolve(model, CHAT)

    assert caught.value.param == "model"
    assert "Pass model=" in caught.value.hint


def test_resolution_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    deployments = table({"gpt-5": ["a", "b@west"]})

    for _ in range(2):
        caplog.clear()
        with caplog.at_level(logging.DEBUG, "azure_connector"):
            deployments.resolve("gpt-5", CHAT)
        (record,) = caplog.records
        assert record.getMessage() == "model 'gpt-5' for /chat/completions -> a@default, b@west (rule: mapping)"


def test_unqualified_names_belong_to_the_only_resource() -> None:
    settings = ConnectorSettings(
        resources={"west": {"azure_endpoint": "https://w.openai.azure.com"}}, deployment_mapping={"gpt-5": "prod"}
    )

    assert settings.deployments.resolve("gpt-5", CHAT).targets[0].key == "prod@west"
    assert settings.deployments.resolve("x", CHAT).targets[0].key == "x@west"


def test_a_pasted_deployment_serves_chat_only() -> None:
    settings = ConnectorSettings(azure_endpoint="https://r.openai.azure.com/openai/deployments/pasted")

    assert settings.deployments.resolve("gpt-5", CHAT).targets[0].deployment == "pasted"
    assert settings.deployments.resolve("e", "/embeddings").targets[0].deployment == "e"


NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@given(NAMES, st.sampled_from([CHAT, "/embeddings", "/images/generations"]))
def test_every_name_has_a_plan(model: str, operation: str) -> None:
    deployments = DeploymentTable({"gpt-5": (Target("default", "prod"),)}, default=Target("default", "fallback"))

    plan = deployments.resolve(model, operation)

    assert plan.targets
    assert plan.model == model
    assert all(target.model is None or target.model == target.model.lower() for target in plan.targets)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_value_is_read_or_refused_clearly(value: Any) -> None:
    try:
        read = MappingReader(["default", "west"], "default").read({"m": value})
    except ConfigurationError as error:
        seen = str(error)
    else:
        seen = "deployment_mapping['m'] has targets" if read["m"] else ""
    assert "deployment_mapping['m']" in seen


@each_row(
    ("settings", "chat", "embedding"),
    [
        ({}, None, None),
        ({"default_deployment": "team", "embedding_deployment": "vectors"}, "team", "vectors"),
        ({"default_model": "gpt-4.1"}, "gpt-4.1", None),
        ({"deployment_mapping": {"gpt-5": "team"}}, "gpt-5", None),
        ({"deployment_mapping": {"text-embedding-3-small": "vectors"}}, None, "text-embedding-3-small"),
    ],
)
def test_the_model_of_a_call_that_names_none(settings: dict[str, Any], chat: str | None, embedding: str | None) -> None:
    made = ConnectorSettings(azure_endpoint="https://a.openai.azure.com", env_file=False, config_file=False, **settings)
    assert (made.chosen_model("/chat/completions"), made.chosen_model("/embeddings")) == (chat, embedding)
    assert made.model_for("/chat/completions") == (chat or "gpt-5")
    assert made.model_for("/embeddings") == (embedding or "text-embedding-3-small")
