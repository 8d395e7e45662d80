"""The TOML file: its shapes, what is mended, and what is refused with the line or the key."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from azure_connector.errors import ConfigurationError
from azure_connector.settings import ConnectorSettings

URL = "https://r.openai.azure.com"


@pytest.fixture
def toml(bare_machine: Path) -> Any:
    def write(text: str, name: str = "azure_connector.toml") -> Path:
        path = bare_machine / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("head", "origin"),
    [
        ("", "azure_connector.toml"),
        ("[provider.config]", "azure_connector.toml [provider.config]"),
        ("[providers.config]", "azure_connector.toml [providers.config]"),
        ('[[providers]]\nname = "azure-openai"\n[providers.config]', "azure_connector.toml [providers.config]"),
        (
            '[[providers]]\nname = "anthropic"\n[providers.config]\napi_key = "other"\n'
            '[[providers]]\nname = "Azure_OpenAI"\nmodule = "x"\n[providers.config]',
            "azure_connector.toml [providers.config]",
        ),
        (
            '[session]\norchestrator = "loop"\n[[providers]]\nname = "azure-openai"\n[providers.config]',
            "azure_connector.toml [providers.config]",
        ),
    ],
)
def test_the_shapes_that_users_have(head: str, origin: str, toml: Any) -> None:
    toml(f'{head}\nazure_endpoint = "{URL}"\napi_key = "k"\ndefault_model = "gpt-4o"\n')

    settings = ConnectorSettings()

    assert settings.azure_endpoint == URL
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == "k"  # type: ignore[union-attr]
    assert settings.default_model == "gpt-4o"
    assert {settings.origins[name] for name in ("azure_endpoint", "api_key", "default_model")} == {origin}


def test_other_providers_are_none_of_ours(toml: Any) -> None:
    toml('[[providers]]\nname = "anthropic"\n[providers.config]\nazure_endpoint = "https://x"\nfoo = 1\n')

    assert ConnectorSettings().azure_endpoint is None


def test_settings_swallowed_by_the_mapping_are_taken_out(toml: Any, caplog: pytest.LogCaptureFixture) -> None:
    toml(
        f"""
[[providers]]
name = "azure-openai"
[providers.config]
azure_endpoint = "{URL}"

[providers.config.deployment_mapping]
"gpt-5" = "prod"
default_deployment = "fallback"
default_model = "gpt-5-mini"
max_tokens = 4096
temperature = 0.7
"""
    )

    with caplog.at_level(logging.WARNING, "azure_connector"):
        settings = ConnectorSettings()

    assert settings.deployment_mapping == {"gpt-5": "prod"}
    assert settings.default_deployment == "fallback"
    assert settings.default_model == "gpt-5-mini"
    assert (settings.max_tokens, settings.temperature) == (4096, 0.7)
    assert settings.origins["max_tokens"] == "azure_connector.toml [providers.config] (below deployment_mapping)"
    assert [record.name for record in caplog.records] == ["azure_connector"] * 4
    assert "default_deployment" in caplog.text


def test_a_setting_given_twice(toml: Any) -> None:
    toml(f'azure_endpoint = "{URL}"\n[provider.config]\nazure_endpoint = "{URL}"\n')

    with pytest.raises(ConfigurationError, match=r"'azure_endpoint' is given twice.*\[provider\.config\]"):
        ConnectorSettings()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('azure_endpont = "x"', ["azure_connector.toml", "'azure_endpont'", "Did you mean 'azure_endpoint'"]),
        ('azure-endpoint = "x"', ["Did you mean 'azure_endpoint'"]),
        ('[providers.config]\nhost = "x"', ["[providers.config]", "'host'", "Did you mean 'azure_endpoint'"]),
        ("[providers.config]\nqqq = 1", ["'qqq'"]),
        # beside another application's tables only what is nearly ours is taken for a mistake
        ('api_kee = "x"\n[provider.config]\n', ["'api_kee'", "Did you mean 'api_key'"]),
        ('[resources.west]\nazure_endpoint = "https://w"\napi_kee = "x"', ["resources.west.api_kee", "'api_key'"]),
        ('[resources.west]\nazure_endpoint = "https://w"\ndefault_model = "x"', ["[resources.west]", "move it above"]),
        ("[resources.west]\n", ["[resources.west]", "no azure_endpoint"]),
        ('resources = "west"', ["resources", "azure_connector.toml"]),
        ('[resources."we@st"]\nazure_endpoint = "https://w"', ["'we@st'"]),
        ("deployment_mapping = 3", ["deployment_mapping", "dictionary"]),
        ("timeout = -1", ["timeout (azure_connector.toml)", "greater than 0"]),
        ('max_tokens = "many"', ["max_tokens (azure_connector.toml)"]),
        ("use_managed_identity = 7", ["use_managed_identity"]),
        ('trusted_hosts = ["https://x/"]', ["trusted_hosts", "host:port"]),
        ('azure_endpoint = "http://x.example"', ["azure_endpoint (azure_connector.toml)", "http"]),
        ('authority_host = "http://login.example"', ["authority_host", "https"]),
        ('key_vault_secret = "my-secret"', ["key_vault_secret", "https://VAULT"]),
        ('key_vault_secret = "https://v.vault.azure.net/keys/x"', ["key_vault_secret"]),
        ('apim_header = "x y"', ["apim_header"]),
        ('api_form = "v2"', ["api_form", "'v1', 'classic' or 'as-is'"]),
        ('default_model = """a\nb', ["line", "not TOML"]),
        ('azure_endpoint = "x\ntimeout = 3\n', ["line 1", "not TOML"]),
        ("timeout = 3\n\n= 4\n", ["line 3"]),
        ("timeout = 3\nstrict = true\ntimeout = 4\n", ["line 3", "timeout", "second time"]),
        ("[a]\n[provider.config]\n[provider.config]\n", ["line 3", "[provider.config]", "second time"]),
        (
            '[providers.config.deployment_mapping]\n"gpt-5" = "a"\n"gpt-5" = "b"\n',
            ["line 3", '"gpt-5"', "second time"],
        ),
    ],
)
def test_what_cannot_be_read(text: str, words: list[str], toml: Any) -> None:
    toml(text)

    with pytest.raises(ConfigurationError) as caught:
        ConnectorSettings()

    for word in words:
        assert word in str(caught.value)


def test_a_duplicate_shows_no_end_of_a_long_value(toml: Any) -> None:
    toml('api_key = "a"\napi_key = """\nhunter2=="""\n')

    with pytest.raises(ConfigurationError, match=r"line 3.*second time") as caught:
        ConnectorSettings()

    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_not_text(bare_machine: Path) -> None:
    (bare_machine / "azure_connector.toml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigurationError, match=r"azure_connector\.toml is not UTF-8"):
        ConnectorSettings()


def test_a_directory_in_the_files_place(bare_machine: Path) -> None:
    (bare_machine / "azure_connector.toml").mkdir()

    with pytest.raises(ConfigurationError, match="is no file"):
        ConnectorSettings()


def test_an_unquoted_date_is_an_api_version(toml: Any) -> None:
    toml(f'azure_endpoint = "{URL}"\napi_version = 2024-06-01\n')

    assert ConnectorSettings().require_endpoint().api_version == "2024-06-01"


def test_references_to_variables(toml: Any, monkeypatch: pytest.MonkeyPatch, bare_machine: Path) -> None:
    text = 'api_key = "${TEAM_KEY}"\ndefault_model = "${FROM_DOTENV}"\n[resources.w]\nazure_endpoint = "${W}"\n'
    monkeypatch.setenv("AZURE_CONNECTOR_CONFIG", str(toml(text)))  # a file that somebody named may refer to anything
    monkeypatch.setenv("TEAM_KEY", "k")
    monkeypatch.setenv("W", "https://w.openai.azure.com")
    (bare_machine / ".env").write_text("FROM_DOTENV=m\n")

    settings = ConnectorSettings()

    assert settings.api_key.get_secret_value() == "k"  # type: ignore[union-attr]
    assert settings.origins["api_key"] == "azure_connector.toml (TEAM_KEY)"
    assert settings.default_model == "m"
    assert settings.resource_map()["w"].endpoint.base == "https://w.openai.azure.com"


def test_a_reference_to_nothing(toml: Any) -> None:
    toml('api_key = "${AZURE_OPENAI_KEY_THAT_IS_NOT_SET}"\n')

    with pytest.raises(ConfigurationError, match="'api_key' refers to the variable AZURE_OPENAI_KEY_THAT_IS_NOT_SET"):
        ConnectorSettings()


def test_all_problems_are_named_at_once(toml: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    toml("fooo = 1\nbaar = 2\n")
    monkeypatch.setenv("AZURE_OPENAI_DEPLOYMENT_MAPPING", "no json")

    with pytest.raises(ConfigurationError) as caught:
        ConnectorSettings()

    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "is not JSON"),
        ("[1]", "must be a JSON object, not a list"),
        ('{"a": "b", "a": "c"}', "holds the key 'a' twice"),
    ],
)
def test_a_mapping_variable_that_is_no_mapping(text: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_DEPLOYMENT_MAPPING", text)

    with pytest.raises(ConfigurationError) as caught:
        ConnectorSettings()

    assert "AZURE_OPENAI_DEPLOYMENT_MAPPING" in str(caught.value)
    assert "deployment_mapping" in str(caught.value)
    assert words in str(caught.value)


def test_a_warning_about_a_file_comes_once(toml: Any, caplog: pytest.LogCaptureFixture) -> None:
    toml('[deployment_mapping]\n"gpt-5" = "prod"\ndefault_model = "gpt-5"\n')
    for _ in range(3):
        assert ConnectorSettings().default_model == "gpt-5"
    assert len([record for record in caplog.records if "stands below" in record.message]) == 1
