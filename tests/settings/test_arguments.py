from __future__ import annotations

from azure_connector.settings import ConnectorSettings
from azure_connector.settings._arguments import SettingsArguments

FILES = {"config_file", "env_file", "env_file_encoding"}
TAKEN_BY_THE_SDK = {"timeout", "default_headers"}


def test_every_setting_can_be_passed_as_an_argument() -> None:
    assert set(SettingsArguments.__annotations__) == set(ConnectorSettings.model_fields) - TAKEN_BY_THE_SDK | FILES


def test_every_setting_is_documented() -> None:
    for name, info in ConnectorSettings.model_fields.items():
        assert info.description, name
        assert info.description.endswith("."), name
