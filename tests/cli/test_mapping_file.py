"""A mapping is added to a TOML file of any shape, and nothing else in it changes."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_connector.cli._mapping_file import difference, with_mapping
from azure_connector.errors import ConfigurationError

ADDED = {"gpt-4.1": "house", "gpt-5": ["blue", "green@west"]}

FILES = {
    "empty": "",
    "flat": '# my file\nazure_endpoint = "https://x"  # here\nsince = 2024-10-21\n',
    "table": '[deployment_mapping]\no1 = "one"  # kept\n# the end\n\n[resources.west]\nazure_endpoint = "https://w"\n',
    "inline": 'deployment_mapping = { o1 = "one" }\ntimeout = 3\n',
    "empty inline": "deployment_mapping = {}\n",
    "one provider": '[provider.config]\nazure_endpoint = "https://x"\n\n[other]\na = 1\n',
    "its table": '[provider.config]\na = 1\n[provider.config.deployment_mapping]\no1 = "one"\n[other]\nb = 2\n',
    "providers": '[[providers]]\nname = "mine"\n[providers.config]\na = 1\n[[providers]]\nname = "azure-openai"\n'
    '[providers.config]\nazure_endpoint = "https://x"\n[[providers]]\nname = "last"\n',
    "no end of line": 'azure_endpoint = "https://x"',
    "other tables": '[resources.west]\nazure_endpoint = "https://w"\n',
}


def mapping_of(text: str) -> dict[str, object]:
    data = tomllib.loads(text)
    for table in ("provider", "providers"):
        held = data.get(table)
        if isinstance(held, list):
            held = next(entry for entry in held if entry["name"] == "azure-openai")
        if held is not None:
            return held["config"]["deployment_mapping"]
    return data["deployment_mapping"]


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_only_the_mapping_changes(text: str) -> None:
    after = with_mapping(text, ADDED)
    assert {key: mapping_of(after)[key] for key in ADDED} == ADDED
    # Every line is still there, in its order; only the one of an inline table grows.
    left = iter(after.splitlines())
    for line in text.splitlines():
        start = line.rstrip("} ").rstrip("{ ")
        assert any(found.startswith(start) for found in left), line


@given(
    st.dictionaries(st.text(min_size=1, max_size=12), st.text(max_size=8) | st.lists(st.text(max_size=5), max_size=3)),
    st.sampled_from(list(FILES.values())),
)
def test_any_name_survives(added: dict[str, str | list[str]], text: str) -> None:
    try:
        after = with_mapping(text, added)
    except ConfigurationError:
        return
    if added:
        found = mapping_of(after)
        assert {key: found[key] for key in added} == added


@pytest.mark.parametrize(
    "text",
    [
        "deployment_mapping = {\n",
        'deployment_mapping.o1 = "one"\n[deployment_mapping.sub]\n',
        "a = '''\n[deployment_mapping]\n'''\n",
    ],
)
def test_what_cannot_be_edited_safely_is_left_alone(text: str) -> None:
    with pytest.raises(ConfigurationError):
        with_mapping(text, ADDED)


def test_the_difference_shows_what_is_added() -> None:
    before = FILES["table"]
    shown = difference(before, with_mapping(before, ADDED), "azure_connector.toml")
    assert [line for line in shown.splitlines() if line.startswith("+") and not line.startswith("+++")] == [
        '+"gpt-4.1" = "house"',
        '+gpt-5 = ["blue", "green@west"]',
    ]
