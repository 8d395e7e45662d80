"""The settings that a job may carry: those that are no secret, since jobs travel in pickles, logs and journals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl

from azure_connector.errors import ConfigurationError
from azure_connector.settings import ConnectorSettings

__all__ = ["canonical", "check_params", "check_settings"]

_OBJECTS = frozenset({"credential", "azure_ad_token_provider", "default_headers", "default_query"})
_HINT = (
    "A job is pickled, shipped to workers and kept in the journal, so it carries no secret. Give it to the workers by "
    "an environment variable of theirs (AZURE_OPENAI_API_KEY), a TOML file with ${NAME} (config_file=), "
    "key_vault_secret=, or use_managed_identity=True."
)


def check_settings(settings: Mapping[str, object]) -> None:
    """Refuses what must not travel with a job.

    Raises:
        ConfigurationError: a setting is a secret, cannot be pickled, or is none.
    """
    _check(settings, "")
    files = {"config_file", "env_file", "env_file_encoding"}
    unknown = [name for name in settings if name not in ConnectorSettings.model_fields and name not in files]
    if unknown:
        raise ConfigurationError(f"settings: {unknown[0]!r} is no setting of ConnectorSettings.")


def _check(settings: Mapping[str, object], where: str) -> None:
    for name, value in settings.items():
        if value is None:
            continue
        if is_secret(name):
            raise ConfigurationError(f"settings: {where}{name} is a secret.", hint=_HINT)
        if name == "resources":
            for resource, table in cast("Mapping[str, Mapping[str, Any]]", value).items():
                _check(table, f"resources.{resource}.")
        if name == "azure_endpoint":
            _check_endpoint(str(value), f"settings: {where}azure_endpoint")


def _check_endpoint(url: str, name: str) -> None:
    address, _, query = url.partition("?")
    if "@" in address.partition("://")[2].partition("/")[0]:
        raise ConfigurationError(f"{name} holds a user name or password.", hint=_HINT)
    # A copied target URI has its version there; a gateway's key looks the same.
    if {named.lower() for named, _ in parse_qsl(query, keep_blank_values=True)} - {"api-version"}:
        raise ConfigurationError(f"{name} has parameters beside api-version, which may be a secret.", hint=_HINT)


def check_params(params: Mapping[str, object]) -> None:
    """Refuses headers and query parameters: gateways take keys there.

    Raises:
        ConfigurationError: it names the parameter.
    """
    for name in ("extra_headers", "extra_query"):
        if name in params:
            hint = f"{_HINT} Headers for every call: default_headers in that file."
            raise ConfigurationError(f"params: {name!r} may hold a secret.", hint=hint)


def is_secret(name: str) -> bool:
    """Whether a setting's value may be secret, or is an object of one process."""
    field = ConnectorSettings.model_fields.get(name)
    return name in _OBJECTS or (field is not None and "SecretStr" in str(field.annotation))


def canonical(value: object) -> str:
    """JSON that is equal for equal values, for fingerprints and keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
