from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest
from pydantic import SecretStr

import azure_connector
from azure_connector import ConfigurationError
from azure_connector.auth._chain import METHODS, links_of
from azure_connector.settings import (
    ALIASES,
    CREDENTIAL_SETTINGS,
    ENVIRONMENT,
    PARAMETERS,
    RESOURCE_SETTINGS,
    SECRET_SETTINGS,
    AuthSettings,
    ConnectorSettings,
)
from azure_connector.settings._arguments import ConstructorArguments, SettingsArguments

FILES = {"config_file", "env_file", "env_file_encoding"}
TAKEN_BY_THE_SDK = {"timeout", "default_headers"}


def test_every_setting_can_be_passed_as_an_argument() -> None:
    assert set(SettingsArguments.__annotations__) == set(ConnectorSettings.model_fields) - TAKEN_BY_THE_SDK
    assert set(ConstructorArguments.__annotations__) >= {*SettingsArguments.__annotations__, *ALIASES} | FILES


def test_every_setting_is_documented() -> None:
    for name, info in ConnectorSettings.model_fields.items():
        assert info.description, name
        assert info.description.endswith("."), name


def test_every_setting_is_read_by_something() -> None:
    """A setting that nobody reads is a promise that nobody keeps."""
    read: set[str] = set()
    for path in Path(azure_connector.__file__).parent.rglob("*.py"):
        if path.name in ("_connector_fields.py", "_resource_fields.py") or "emulator" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                read.add(node.attr)
            elif isinstance(node, ast.Constant) and path.name == "_chain.py":  # its rules name what they read
                read.add(str(node.value))
    assert not set(ConnectorSettings.model_fields) - read


def test_what_the_auth_chain_may_use_are_settings_of_a_resource() -> None:
    fields = {item.name for item in dataclasses.fields(AuthSettings)} - {"origins", "set_aside", "stray"}
    assert fields <= RESOURCE_SETTINGS
    assert RESOURCE_SETTINGS - fields == {
        "azure_endpoint",
        "api_version",
        "api_form",
        "resource_id",
        "management_endpoint",
    }


def test_names_that_others_use() -> None:
    fields = set(ConnectorSettings.model_fields)
    for names in (CREDENTIAL_SETTINGS, RESOURCE_SETTINGS, SECRET_SETTINGS, PARAMETERS, ENVIRONMENT):
        assert set(names) <= fields
    assert set(ALIASES.values()) <= fields
    assert fields.isdisjoint(ALIASES)
    assert {"key_vault_secret", "client_certificate_path", "federated_token_file"} <= CREDENTIAL_SETTINGS
    secret = {name for name, info in ConnectorSettings.model_fields.items() if "SecretStr" in str(info.annotation)}
    assert secret == SECRET_SETTINGS


def test_the_chain_has_a_method_for_every_credential_in_the_settings_order() -> None:
    assert [link.method for link in links_of(AuthSettings(api_key=SecretStr("key-1234567")))] == list(METHODS)
    assert len(METHODS) == len(CREDENTIAL_SETTINGS) + 1  # the subscription key is none, but may be all there is


@pytest.mark.parametrize(
    ("argument", "value", "words"),
    [
        ("env_file", 5, "env_file must be a path, or False for no file, not int"),
        ("config_file", ["a.toml"], "config_file must be a path, or False for no file, not list"),
        ("credential", 5, "credential .* must be a credential object"),
        ("credential", "secret-key", "a key is api_key, a token azure_ad_token"),
    ],
)
def test_an_argument_of_another_kind_is_a_configuration_error(argument: str, value: object, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        ConnectorSettings(azure_endpoint="https://one.openai.azure.com", **{argument: value})
    assert "secret-key" not in str(caught.value)
