"""The environment's names for the settings, and the reading of the environment and of `.env`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ._source import Layer

__all__ = ["CONFIG_VARIABLE", "ENVIRONMENT", "RESOURCE_NAME", "read_env_file", "read_environment"]

CONFIG_VARIABLE = "AZURE_CONNECTOR_CONFIG"
"""Names the TOML file, where it is not `azure_connector.toml` in the working directory."""

RESOURCE_NAME = "AZURE_RESOURCE_NAME"
"""The resource's bare name, for https://NAME.openai.azure.com; asked last among the endpoint's names."""

_OWN_NAMES = (
    "allow_insecure_hosts",
    "api_form",
    "apim_header",
    "cooldown",
    "deadline",
    "default_headers",
    "disable_instance_discovery",
    "discover",
    "discovery_interval",
    "drop_state",
    "failures_before_cooldown",
    "key_vault_secret",
    "management_endpoint",
    "max_attempts",
    "max_retry_wait",
    "probe_interval",
    "profiles",
    "proxy",
    "redis_url",
    "repair_tool_arguments",
    "repeat_unsafe",
    "resource_id",
    "strict",
    "timeout",
    "tls_client_certificate",
    "tls_client_key",
    "trusted_hosts",
)

ENVIRONMENT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "azure_endpoint": (
            "AZURE_OPENAI_ENDPOINT",
            "AZURE_OPENAI_BASE_URL",
            "AZURE_API_BASE",
            "AZURE_APIM_ENDPOINT",
            RESOURCE_NAME,
        ),
        "api_version": ("AZURE_OPENAI_API_VERSION", "AZURE_API_VERSION", "OPENAI_API_VERSION"),
        "api_key": ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_KEY", "AZURE_API_KEY"),
        "azure_ad_token": ("AZURE_OPENAI_AD_TOKEN", "AZURE_AD_TOKEN"),
        "tenant_id": ("AZURE_TENANT_ID",),
        "client_id": ("AZURE_CLIENT_ID",),
        "client_secret": ("AZURE_CLIENT_SECRET",),
        "client_certificate_path": ("AZURE_CLIENT_CERTIFICATE_PATH",),
        "client_certificate_password": ("AZURE_CLIENT_CERTIFICATE_PASSWORD",),
        "federated_token_file": ("AZURE_FEDERATED_TOKEN_FILE",),
        "use_managed_identity": ("AZURE_USE_MANAGED_IDENTITY",),
        "managed_identity_client_id": ("AZURE_MANAGED_IDENTITY_CLIENT_ID",),
        "use_default_credential": ("AZURE_USE_DEFAULT_CREDENTIAL",),
        "apim_subscription_key": ("AZURE_APIM_SUBSCRIPTION_KEY",),
        "authority_host": ("AZURE_AUTHORITY_HOST",),
        # Semantic Kernel's name: what it calls the token endpoint is the scope that it asks a token for.
        "scope": ("AZURE_CONNECTOR_SCOPE", "AZURE_OPENAI_TOKEN_ENDPOINT"),
        "deployment_mapping": ("AZURE_OPENAI_DEPLOYMENT_MAPPING",),
        "default_deployment": (
            "AZURE_OPENAI_DEFAULT_DEPLOYMENT",
            "AZURE_OPENAI_DEPLOYMENT",
            "AZURE_OPENAI_CHAT_DEPLOYMENT_NAME",
        ),
        "embedding_deployment": ("AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME",),
        "default_model": ("AZURE_OPENAI_DEFAULT_MODEL", "AZURE_OPENAI_MODEL"),
        "max_tokens": ("AZURE_OPENAI_MAX_OUTPUT_TOKENS", "AZURE_OPENAI_MAX_TOKENS"),
        "temperature": ("AZURE_OPENAI_TEMPERATURE",),
        # One bundle for the API and the token calls: httpx reads the first of the common names, requests the second.
        "ca_bundle": ("AZURE_CONNECTOR_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
        **{setting: (f"AZURE_CONNECTOR_{setting.upper()}",) for setting in _OWN_NAMES},
    }
)
"""Setting -> the variables that may hold it; within one source the first that is set wins."""

_JSON = frozenset({"deployment_mapping", "profiles", "default_headers"})
_LISTS = frozenset({"trusted_hosts", "allow_insecure_hosts"})
_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?", re.IGNORECASE)


def read_environment(variables: Mapping[str, str | None] | None = None, source: str = "environment") -> Layer:
    """The settings that a set of variables holds.

    Args:
        variables: the variables; None for the process's own.
        source: how the source is called in origins and problems, before the variable's name.
    """
    layer = Layer()
    held: Mapping[str, str | None] = os.environ if variables is None else variables
    for setting, names in ENVIRONMENT.items():
        for name in names:
            text = held.get(name)
            if text and text.strip():
                _take(layer, setting, text.strip(), name, f"{source} {name}")
                break
    return layer


def _take(layer: Layer, setting: str, text: str, name: str, origin: str) -> None:
    value: Any = text
    if setting in _JSON:
        problem, value = _decode(text)
        if problem:
            layer.problems.append(f"{origin} (setting {setting!r}) {problem}.")
            return
    elif setting in _LISTS:
        value = [part for part in re.split(r"[,\s]+", text) if part]
    elif name == RESOURCE_NAME:
        if not _DNS_LABEL.fullmatch(text):
            layer.problems.append(
                f"{origin} is not a resource's bare name; put a whole URL into AZURE_OPENAI_ENDPOINT."
            )
            return
        value = f"https://{text.lower()}.openai.azure.com"
    layer.put(setting, value, origin)


def _decode(text: str) -> tuple[str, Any]:
    """A JSON object, or what is wrong with it, without a word of its content."""
    twice: list[str] = []

    def table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)
        return dict(pairs)

    try:
        value = json.loads(text, object_pairs_hook=table)
    except json.JSONDecodeError as exc:
        return f"is not JSON: {exc.msg} at line {exc.lineno}, column {exc.colno}", None
    if not isinstance(value, dict):
        return f"must be a JSON object, not a {type(value).__name__}", None
    return (f"holds the key {twice[0]!r} twice" if twice else ""), value  # pyright: ignore[reportUnknownVariableType] -- JSON


def read_env_file(path: Path, encoding: str | None = None) -> tuple[Mapping[str, str | None], list[str]]:
    """The variables of a `.env` file, as python-dotenv reads it; the process's environment is left alone.

    Args:
        path: the file.
        encoding: its encoding; None means UTF-8, with or without a byte order mark.

    Returns:
        The variables, and what is wrong with the file.
    """
    from dotenv import dotenv_values

    try:
        return dotenv_values(path, encoding=encoding or "utf-8-sig"), []
    except (UnicodeError, LookupError) as exc:
        wrong = f"has no encoding {encoding!r}" if isinstance(exc, LookupError) else "is not in the expected encoding"
        return {}, [f"{path} {wrong}; set env_file_encoding (Windows PowerShell writes utf-16)."]
    except OSError as exc:
        return {}, [f"{path} cannot be read: {exc.strerror}."]
