"""Which source decides a setting, and where the settings say it came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from azure_connector.errors import ConfigurationError
from azure_connector.settings import ENVIRONMENT, ConnectorSettings

URL = "https://{}.openai.azure.com"


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


def test_the_nearest_source_wins(monkeypatch: pytest.MonkeyPatch, bare_machine: Path) -> None:
    seen: list[tuple[str | None, str]] = []

    def look(**arguments: Any) -> None:
        settings = ConnectorSettings(**arguments)
        seen.append((settings.default_deployment, settings.origins["default_deployment"]))

    look()
    write(bare_machine / ".env", "AZURE_OPENAI_DEFAULT_DEPLOYMENT=dotenv\n")
    look()
    monkeypatch.setenv("AZURE_OPENAI_CHAT_DEPLOYMENT_NAME", "environment")
    look()
    write(bare_machine / "azure_connector.toml", 'default_deployment = "toml"\n')
    look()
    look(default_deployment="argument")

    assert seen == [
        (None, "default"),
        ("dotenv", ".env AZURE_OPENAI_DEFAULT_DEPLOYMENT"),
        ("environment", "environment AZURE_OPENAI_CHAT_DEPLOYMENT_NAME"),
        ("toml", "azure_connector.toml"),
        ("argument", "argument"),
    ]


def test_reading_env_leaves_the_process_environment_alone(bare_machine: Path) -> None:
    import os

    before = dict(os.environ)
    write(bare_machine / ".env", "AZURE_OPENAI_ENDPOINT=https://r.openai.azure.com\nOTHER=1\n")

    assert ConnectorSettings().azure_endpoint == "https://r.openai.azure.com"
    assert dict(os.environ) == before


@pytest.mark.parametrize("setting", [name for name, names in ENVIRONMENT.items() if len(names) > 1])
def test_within_the_environment_the_first_name_wins(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"azure_endpoint": URL, "api_version": "202{}-01-01", "max_tokens": "10{}", "scope": "https://{}/x"}
    names = ENVIRONMENT[setting]
    for number, name in reversed(list(enumerate(names))):
        pattern = values.get(setting, "value-{}") if name != "AZURE_RESOURCE_NAME" else "{}"
        monkeypatch.setenv(name, pattern.format(number))
        settings = ConnectorSettings()
        assert settings.origins[setting] == f"environment {name}"
        shown = getattr(settings, setting)
        plain = shown.get_secret_value() if hasattr(shown, "get_secret_value") else str(shown)
        assert plain == (values.get(setting, "value-{}")).format(number)


def test_every_setting_but_objects_has_a_variable() -> None:
    assert set(ConnectorSettings.model_fields) - set(ENVIRONMENT) == {
        "credential",
        "azure_ad_token_provider",
        "resources",
    }
    names = [name for names in ENVIRONMENT.values() for name in names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("setting", "text", "value"),
    [
        ("use_managed_identity", "true", True),
        ("use_managed_identity", "1", True),
        ("use_managed_identity", "YES", True),
        ("use_managed_identity", "on", True),
        ("use_managed_identity", "0", False),
        ("use_managed_identity", "off", False),
        ("discover", " true ", True),
        ("temperature", "0.5", 0.5),
        ("max_tokens", "4096", 4096),
        ("timeout", "2.5", 2.5),
        ("trusted_hosts", "A.example, b.example:8443", ("a.example", "b.example:8443")),
        ("deployment_mapping", '{"gpt-5": ["a", "b"]}', {"gpt-5": ["a", "b"]}),
        ("profiles", '{"my-model": {"streaming": false}}', {"my-model": {"streaming": False}}),
        ("default_headers", '{"x-team": "blue"}', {"x-team": "blue"}),
        ("scope", "https://cognitiveservices.azure.com", "https://cognitiveservices.azure.com/.default"),
        ("scope", "https://cognitiveservices.azure.com/.default", "https://cognitiveservices.azure.com/.default"),
        ("authority_host", "login.microsoftonline.us", "https://login.microsoftonline.us"),
    ],
)
def test_words_of_the_environment(setting: str, text: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT[setting][0], text)

    found = getattr(ConnectorSettings(), setting)

    assert (dict(found) if setting == "default_headers" else found) == value


def test_blank_counts_as_not_given(monkeypatch: pytest.MonkeyPatch, bare_machine: Path) -> None:
    write(bare_machine / ".env", "AZURE_API_KEY=from-dotenv\n")
    write(bare_machine / "azure_connector.toml", 'api_key = ""\ndefault_deployment = " "\n')
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", " ")
    monkeypatch.setenv("AZURE_OPENAI_DEPLOYMENT", "d")

    settings = ConnectorSettings(api_key="", azure_endpoint=None, default_deployment=None)

    assert settings.origins["api_key"] == ".env AZURE_API_KEY"
    assert settings.default_deployment == "d"
    assert settings.azure_endpoint is None


def test_a_resources_bare_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_RESOURCE_NAME", "Contoso-1")

    settings = ConnectorSettings()

    assert settings.require_endpoint().base == "https://contoso-1.openai.azure.com"
    assert settings.origins["azure_endpoint"] == "environment AZURE_RESOURCE_NAME"


@pytest.mark.parametrize("name", ["evil.example/", "a.b", "-a", "a b"])
def test_a_resources_name_that_is_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_RESOURCE_NAME", name)

    with pytest.raises(ConfigurationError, match="environment AZURE_RESOURCE_NAME"):
        ConnectorSettings()


def test_default_model_is_gpt_5() -> None:
    settings = ConnectorSettings()

    assert (settings.default_model, settings.origins["default_model"]) == ("gpt-5", "default")
    assert settings.max_tokens is None
    assert settings.temperature is None


def test_env_file_and_its_encoding(bare_machine: Path) -> None:
    path = write(bare_machine / "my.env", "AZURE_OPENAI_DEPLOYMENT=größe\n", "utf-16")

    settings = ConnectorSettings(env_file=path, env_file_encoding="utf-16")

    assert settings.default_deployment == "größe"
    assert settings.origins["default_deployment"] == "my.env AZURE_OPENAI_DEPLOYMENT"
    with pytest.raises(ConfigurationError, match="env_file_encoding"):
        ConnectorSettings(env_file=path)
    with pytest.raises(ConfigurationError, match="no encoding 'nonsense'"):
        ConnectorSettings(env_file=path, env_file_encoding="nonsense")


def test_a_byte_order_mark_is_no_part_of_the_first_name(bare_machine: Path) -> None:
    write(bare_machine / ".env", "AZURE_OPENAI_DEPLOYMENT=d\n", "utf-8-sig")
    write(bare_machine / "azure_connector.toml", 'default_model = "m"\n', "utf-8-sig")

    settings = ConnectorSettings()

    assert (settings.default_deployment, settings.default_model) == ("d", "m")


def test_files_can_be_switched_off(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(bare_machine / ".env", "AZURE_OPENAI_DEPLOYMENT=d\n")
    other = write(bare_machine / "other.toml", 'default_model = "m"\n')
    monkeypatch.setenv("AZURE_CONNECTOR_CONFIG", str(other))

    assert ConnectorSettings().default_model == "m"
    settings = ConnectorSettings(config_file=False, env_file=False)

    assert (settings.default_deployment, settings.default_model) == (None, "gpt-5")


def test_the_config_file_is_named_by_argument_then_variable_then_habit(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def model(**arguments: Any) -> str:
        return ConnectorSettings(**arguments).default_model

    write(bare_machine / "azure_connector.toml", 'default_model = "habit"\n')
    assert model() == "habit"
    monkeypatch.setenv("AZURE_CONNECTOR_CONFIG", str(write(bare_machine / "variable.toml", 'default_model = "var"\n')))
    assert model() == "var"
    assert model(config_file=write(bare_machine / "a.toml", 'default_model = "argument"\n')) == "argument"


def test_the_env_file_is_named_by_argument_then_variable_then_habit(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def model(**arguments: Any) -> str:
        return ConnectorSettings(**arguments).default_model

    write(bare_machine / ".env", "AZURE_OPENAI_MODEL=habit\n")
    assert model() == "habit"
    monkeypatch.setenv("AZURE_CONNECTOR_ENV_FILE", str(write(bare_machine / "b.env", "AZURE_OPENAI_MODEL=variable\n")))
    assert model() == "variable"
    assert model(env_file=write(bare_machine / "a.env", "AZURE_OPENAI_MODEL=argument\n")) == "argument"
    assert model(env_file=False) == "gpt-5"
    monkeypatch.setenv("AZURE_CONNECTOR_ENV_FILE", "nowhere.env")
    with pytest.raises(ConfigurationError, match=r"nowhere\.env.*env_file"):
        model()


@pytest.mark.parametrize("name", ["AZURE_CONNECTOR_CONFIG", "AZURE_CONNECTOR_ENV_FILE"])
@pytest.mark.parametrize("named", [False, True])
def test_a_file_of_variables_names_no_other_file(name: str, named: bool, bare_machine: Path) -> None:
    path = write(bare_machine / ".env", f"{name}=other\n")
    with pytest.raises(ConfigurationError, match=f"export {name}=other"):
        ConnectorSettings(env_file=path if named else None)


@pytest.mark.parametrize("option", ["config_file", "env_file"])
def test_a_named_file_must_exist(option: str) -> None:
    with pytest.raises(ConfigurationError, match=f"nowhere.*{option}"):
        ConnectorSettings(**{option: "nowhere"})  # type: ignore[arg-type]


def test_a_named_config_file_must_exist_also_when_a_variable_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CONNECTOR_CONFIG", "nowhere.toml")

    with pytest.raises(ConfigurationError, match=r"nowhere\.toml.*AZURE_CONNECTOR_CONFIG"):
        ConnectorSettings()


def test_a_missing_endpoint_names_every_place(bare_machine: Path) -> None:
    settings = ConnectorSettings()
    assert settings.resource_map() == {}

    with pytest.raises(ConfigurationError) as caught:
        settings.require_endpoint()

    text = str(caught.value)
    for name in ENVIRONMENT["azure_endpoint"]:
        assert name in text
    assert "argument azure_endpoint" in text
    assert str(bare_machine / "azure_connector.toml") in text
    assert str(bare_machine / ".env") in text
    assert "azure-connector init" in caught.value.hint
    assert "azure-connector emulator" in caught.value.hint


# Form and api-version.


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ({"arg": {"azure_endpoint": URL}}, ("v1", None)),
        ({"arg": {"azure_endpoint": URL, "api_version": "2024-06-01"}}, ("classic", "2024-06-01")),
        ({"arg": {"azure_endpoint": URL}, "env": {"OPENAI_API_VERSION": "2024-06-01"}}, ("classic", "2024-06-01")),
        # the pasted form wins over a variable that lies around
        ({"arg": {"azure_endpoint": URL + "/openai/v1"}, "env": {"OPENAI_API_VERSION": "2024-06-01"}}, ("v1", None)),
        (
            {"env": {"AZURE_OPENAI_ENDPOINT": URL + "/openai/v1", "OPENAI_API_VERSION": "2024-06-01"}},
            ("v1", None),
        ),
        (
            {
                "env": {
                    "AZURE_OPENAI_ENDPOINT": URL + "/openai/deployments/x?api-version=2025-01-01-preview",
                    "OPENAI_API_VERSION": "2024-06-01",
                }
            },
            ("classic", "2025-01-01-preview"),
        ),
        (
            {"env": {"AZURE_OPENAI_BASE_URL": URL + "/openai/deployments/x", "OPENAI_API_VERSION": "2024-06-01"}},
            ("classic", "2024-06-01"),
        ),
        ({"toml": {"azure_endpoint": URL + "/openai/v1", "api_version": "2024-06-01"}}, ("v1", None)),
        # what is nearer than the address goes before it
        (
            {"arg": {"api_version": "2024-06-01"}, "env": {"AZURE_OPENAI_ENDPOINT": URL + "/openai/v1"}},
            ("classic", "2024-06-01"),
        ),
        (
            {
                "arg": {"api_version": "2024-06-01"},
                "env": {"AZURE_OPENAI_ENDPOINT": URL + "/openai/deployments/x?api-version=2023-05-15"},
            },
            ("classic", "2024-06-01"),
        ),
        ({"arg": {"api_version": "preview"}, "env": {"AZURE_OPENAI_ENDPOINT": URL + "/openai"}}, ("v1", None)),
        (
            {"arg": {"api_form": "v1"}, "env": {"AZURE_OPENAI_ENDPOINT": URL, "OPENAI_API_VERSION": "2024-06-01"}},
            ("v1", None),
        ),
        ({"toml": {"azure_endpoint": URL, "api_form": "v1", "api_version": "2024-06-01"}}, ("v1", None)),
        (
            {"arg": {"api_version": "2024-06-01"}, "toml": {"azure_endpoint": URL, "api_form": "v1"}},
            ("classic", "2024-06-01"),
        ),
        (
            {"arg": {"azure_endpoint": URL, "api_version": "2024-06-01"}, "toml": {"api_form": "v1"}},
            ("classic", "2024-06-01"),
        ),
    ],
)
def test_which_form_is_used(
    sources: dict[str, dict[str, str]],
    expected: tuple[str, str | None],
    monkeypatch: pytest.MonkeyPatch,
    bare_machine: Path,
) -> None:
    for name, value in sources.get("env", {}).items():
        monkeypatch.setenv(name, value.format("r"))
    toml = sources.get("toml", {})
    write(
        bare_machine / "azure_connector.toml",
        "".join(f'{key} = "{value.format("r")}"\n' for key, value in toml.items()),
    )
    arguments: dict[str, Any] = {key: value.format("r") for key, value in sources.get("arg", {}).items()}

    endpoint = ConnectorSettings(**arguments).require_endpoint()

    assert (endpoint.form, endpoint.api_version) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        {"azure_endpoint": URL.format("r") + "/openai/v1", "api_version": "2024-06-01"},
        {"azure_endpoint": URL.format("r") + "/openai?api-version=2023-05-15", "api_version": "2024-06-01"},
        {"azure_endpoint": URL.format("r"), "api_form": "v1", "api_version": "2024-06-01"},
    ],
)
def test_arguments_that_contradict_each_other_raise(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"azure_endpoint \(argument\).*api_version"):
        ConnectorSettings(**arguments)


# A pasted target URI names a deployment.


@pytest.mark.parametrize(
    ("path", "setting"),
    [
        ("", "default_deployment"),
        ("/chat/completions", "default_deployment"),
        ("/embeddings", "embedding_deployment"),
        ("/images/generations", None),
    ],
)
def test_a_pasted_deployment_is_the_default(path: str, setting: str | None) -> None:
    settings = ConnectorSettings(azure_endpoint=f"{URL.format('r')}/openai/deployments/x{path}?api-version=2024-06-01")

    for name in ("default_deployment", "embedding_deployment"):
        assert getattr(settings, name) == ("x" if name == setting else None)
        assert settings.origins[name] == ("azure_endpoint (argument)" if name == setting else "default")


def test_a_default_deployment_as_near_as_the_address_goes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", URL.format("r") + "/openai/deployments/pasted")
    monkeypatch.setenv("AZURE_OPENAI_DEPLOYMENT", "set")
    assert ConnectorSettings().default_deployment == "set"

    pasted = URL.format("r") + "/openai/deployments/argument"
    assert ConnectorSettings(azure_endpoint=pasted).default_deployment == "argument"
