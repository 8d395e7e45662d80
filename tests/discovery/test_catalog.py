"""What is listed, as data, as text and as HTML."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_connector import AzureConnector, Catalog, ListedDeployment, Listing
from azure_connector.deployments import read_deployments, read_models
from azure_connector.deployments._listings import discovered
from azure_connector.emulator import Emulator

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["data", "id", "model"]), inner),
    max_leaves=12,
)


@given(json_values)
def test_no_reply_breaks_the_reading(body: Any) -> None:
    for one in read_deployments(body, "default"):
        assert one.name
    for model in read_models(body, "default"):
        assert model.id
    discovered(read_deployments(body, "default"))


def test_the_catalog_of_the_emulator(azure: Emulator, settings: dict[str, Any]) -> None:
    mapping = {"fast": {"deployment": "tiny"}, "old": "not-there"}
    with AzureConnector(**settings, deployment_mapping=mapping, default_deployment="house") as client:
        found = client.catalog()
    by_name = {one.name: one for one in found}
    assert by_name["blue-chat"].apis == ("chat", "responses")
    assert "reasoning" in by_name["blue-chat"].capabilities
    assert by_name["vectors"].apis == ("embeddings",)
    assert (by_name["tiny"].mapped, by_name["house"].mapped) == (("fast",), ("default_deployment",))
    assert (by_name["not-there"].status, by_name["not-there"].serves) == ("not listed", False)
    assert found.listings[0].source == "deployments"
    assert {model.model for model in found.models} >= {"gpt-5", "text-embedding-3-small"}
    assert found.mapping() == {
        "gpt-5": "blue-chat",
        "gpt-4o": "house",
        "gpt-5-mini": "tiny",
        "o4-mini": "thinker",
        "text-embedding-3-small": "vectors",
    }
    assert json.loads(json.dumps(found.to_dict()))["listings"][0]["deployments"][0]["name"] == "blue-chat"
    assert "blue-chat" in str(found)
    assert "not listed" in str(found)


def test_it_is_frozen() -> None:
    one = ListedDeployment("a", "default")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.name = "b"  # type: ignore[misc]


def test_html_is_escaped() -> None:
    found = Catalog((Listing("default", "https://x", deployments=(ListedDeployment("<script>", "default"),)),))
    assert "<script>" not in found._repr_html_()
    assert "&lt;script&gt;" in found._repr_html_()


def test_nothing_found_is_said() -> None:
    found = Catalog((Listing("default", "https://x", problems=("401",)),))
    assert str(found) == "no deployments found\n401"
    assert len(found) == 0
