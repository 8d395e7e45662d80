from __future__ import annotations

import dataclasses
import json

import pytest

from azure_connector.client import ExplainedTarget, Explanation

EXPLANATION = Explanation(
    model="gpt-5",
    operation="/chat/completions",
    rule="mapping",
    targets=(
        ExplainedTarget(
            resource="default",
            deployment="prod",
            url="https://r.openai.azure.com/openai/deployments/prod/chat/completions?api-version=2024-06-01",
            base_model="gpt-5",
            form="classic",
            api_version="2024-06-01",
            credential="api-key",
            credential_origin="environment AZURE_OPENAI_API_KEY",
            profile=("reasoning model", "max_tokens -> max_completion_tokens"),
            learned=("temperature is refused",),
        ),
        ExplainedTarget(resource="west", deployment="<x>", url="https://w/openai/v1", rank=1, weight=2.5),
    ),
    origins={"azure_endpoint": "argument", "timeout": "default"},
    notes=("azure_ad_token: left out",),
)


def test_prints_as_an_aligned_table() -> None:
    assert str(EXPLANATION).splitlines() == [
        "gpt-5 for /chat/completions",
        "chosen by: mapping (deployment_mapping has the model)",
        "",
        "1. prod@default",
        "   URL         https://r.openai.azure.com/openai/deployments/prod/chat/completions?api-version=2024-06-01",
        "   base model  gpt-5",
        "   API         chat, classic with api-version 2024-06-01",
        "   credential  api-key (from environment AZURE_OPENAI_API_KEY)",
        "   preference  rank 1",
        "   rules       reasoning model",
        "               max_tokens -> max_completion_tokens",
        "   learned     temperature is refused",
        "",
        "2. <x>@west",
        "   URL         https://w/openai/v1",
        "   base model  unknown: no rules apply until a reply or a refusal tells",
        "   API         chat, v1",
        "   credential  none",
        "   preference  rank 2, weight 2.5",
        "",
        "settings",
        "   azure_endpoint  argument",
        "",
        "notes",
        "   azure_ad_token: left out",
    ]


def test_html_is_escaped() -> None:
    html = EXPLANATION._repr_html_()

    assert "&lt;x&gt;@west" in html
    assert "<x>" not in html
    assert html.count("<table") == html.count("</table>") == 4


def test_plain_data_for_json() -> None:
    data = json.loads(json.dumps(EXPLANATION.to_dict()))

    assert data["targets"][0]["deployment"] == "prod"
    assert data["targets"][0]["learned"] == ["temperature is refused"]
    assert data["origins"] == {"azure_endpoint": "argument", "timeout": "default"}
    assert data["rule"] == "mapping"


def test_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        EXPLANATION.model = "x"  # type: ignore[misc]


def test_an_unknown_rule_stands_as_it_is() -> None:
    assert "chosen by: astrology" in str(Explanation("m", "/files", "astrology", ()))
