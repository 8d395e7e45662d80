"""Writes docs/settings.md from the package's own fields: `python docs/generate_settings.py`."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from azure_connector.settings import (
    CONFIG_VARIABLE,
    ENVIRONMENT,
    METHODS,
    RESOURCE_NAME,
    SECRET_SETTINGS,
    ConnectorFields,
    Headers,
    ResourceSettings,
)

PAGE = Path(__file__).with_name("settings.md")

HEAD = f"""\
# Settings

Generated from the fields of `azure_connector/settings/` by `docs/generate_settings.py`; a test
compares the two.

Every setting can be an argument of `AzureConnector(…)` and `AsyncAzureConnector(…)`, a key of the TOML file, or a
variable. For each setting by itself, the first source that has it decides:

1. arguments,
2. the TOML file: `azure_connector.toml` in the working directory, or the one that `{CONFIG_VARIABLE}` names,
3. the environment,
4. `.env` in the working directory,
5. the default.

Blank text counts as not given. Within one source, the first variable of a row that is set wins. `client.explain()` and
`azure-connector doctor` show where each value came from. A setting that is unknown, unreadable or contradicts another
one is a `ConfigurationError` that names the setting and its source, before anything is sent.

```python
from azure_connector import ConnectorSettings

settings = ConnectorSettings(max_attempts=3)
print(settings.origins["max_attempts"])  # argument
print(settings.origins["azure_endpoint"])  # environment AZURE_OPENAI_ENDPOINT
print(settings)  # secrets are masked
```

## The TOML file

```toml
azure_endpoint = "https://RESOURCE.openai.azure.com"
api_key = "${{AZURE_OPENAI_API_KEY}}"    # a value that is wholly ${{NAME}} is taken from the environment or .env
default_model = "gpt-5"
deadline = 120

[deployment_mapping]
"gpt-5" = "team-chat"                                      # a deployment of the default resource
"gpt-4o" = ["provisioned", "pay-as-you-go@west"]           # in order of preference
"gpt-4.1" = [["east-a", "east-b"], "spare@west"]           # two share the first rank
"reports" = {{ deployment = "team-chat", model = "gpt-5-mini", api = "responses" }}

[resources.west]
azure_endpoint = "https://WEST.openai.azure.com"
use_default_credential = true
```

Settings go above the first table: below `[deployment_mapping]` TOML would make them part of it. (Known names that ended
there are taken out, with a warning.)

A file that another application owns may hold the settings in `[provider.config]`, in a bare `[providers.config]`, or
in an entry of a provider table:

```toml
[[providers]]
name = "azure-openai"

[providers.config]
azure_endpoint = "https://RESOURCE.openai.azure.com"
deployment_mapping = {{ "gpt-5" = "team-chat" }}
```

## How variables are read

- Flags take `true`, `1`, `yes`, `on` and their opposites.
- `AZURE_OPENAI_DEPLOYMENT_MAPPING`, `AZURE_CONNECTOR_PROFILES` and `AZURE_CONNECTOR_DEFAULT_HEADERS` hold a JSON
  object.
- Lists of hosts are separated by commas or spaces.
- `{RESOURCE_NAME}` is a bare name and stands for `https://NAME.openai.azure.com`.
- `resources` has no variable: several resources need the TOML file or an argument.

```bash
export AZURE_OPENAI_DEPLOYMENT_MAPPING='{{"gpt-5": "team-chat", "gpt-4o": ["provisioned", "spare"]}}'
export AZURE_CONNECTOR_DEADLINE=120
```
"""

TAIL = """\
## Where else settings may be changed

- `client.with_options(…)` takes every setting too and gives a copy that shares the connections. A copy with another
  `azure_endpoint` must bring its own credential ([why](authentication.md#who-gets-a-credential)).
- `sk_azure_plugin` and `litellm_adapter.register()` take the same names, and those of their frameworks' own Azure
  classes.
"""

GROUPS: dict[str, tuple[str, ...]] = {
    "Endpoint": ("azure_endpoint", "api_version", "api_form", "resource_id", "management_endpoint"),
    "Credential": (
        *METHODS,
        "tenant_id",
        "client_id",
        "client_certificate_password",
        "managed_identity_client_id",
        "apim_subscription_key",
        "apim_header",
        "scope",
        "authority_host",
        "disable_instance_discovery",
    ),
    "Deployments and models": (
        "deployment_mapping",
        "default_deployment",
        "embedding_deployment",
        "default_model",
        "discover",
        "discovery_interval",
        "profiles",
        "resources",
    ),
    "Requests": ("max_tokens", "temperature", "strict", "drop_state", "repair_tool_arguments", "default_headers"),
    "Time, attempts and failover": (
        "timeout",
        "deadline",
        "max_attempts",
        "max_retry_wait",
        "cooldown",
        "probe_interval",
        "failures_before_cooldown",
        "repeat_unsafe",
        "redis_url",
    ),
    "Network and trust": (
        "ca_bundle",
        "proxy",
        "tls_client_certificate",
        "tls_client_key",
        "trusted_hosts",
        "allow_insecure_hosts",
    ),
}

NOTES = {
    "Endpoint": "Each of `[resources.NAME]` has these too.",
    "Credential": "Each of `[resources.NAME]` has these too. What they mean and which one goes first: "
    "[Authentication](authentication.md).",
    "Deployments and models": "What a mapping may say: [Concepts](concepts.md#from-a-model-to-a-deployment).",
    "Requests": "What a model accepts: [Models](models.md).",
    "Time, attempts and failover": "What is promised: [Reliability](reliability.md).",
}


def page() -> str:
    """The page's whole text."""
    named = {name for names in GROUPS.values() for name in names}
    further = tuple(name for name in ConnectorFields.model_fields if name not in named)
    groups = {**GROUPS, **({"Further settings": further} if further else {})}
    return "\n".join([HEAD, *(part for title, names in groups.items() for part in _group(title, names)), TAIL])


def _group(title: str, names: Iterable[str]) -> Iterator[str]:
    yield f"## {title}\n"
    if title in NOTES:
        yield f"{NOTES[title]}\n"
    rows = [_row(name, ConnectorFields.model_fields[name]) for name in names]
    yield _table(("Setting", "Type", "Default", "Meaning", "Variables"), rows)


def _row(name: str, field: FieldInfo) -> tuple[str, ...]:
    variables = ", ".join(f"`{variable}`" for variable in ENVIRONMENT.get(name, ()))
    return (f"`{name}`", _type(name, field), _default(field), _escaped(field.description or ""), variables)


def _type(name: str, field: FieldInfo) -> str:
    parts = [_word(part) for part in _members(field.annotation) if part is not type(None)]
    words = " or ".join(dict.fromkeys(word for word in parts if word))
    return f"{words}, secret" if name in SECRET_SETTINGS or field.annotation is Headers else words


def _members(annotation: Any) -> tuple[Any, ...]:
    union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    return typing.get_args(annotation) if union else (annotation,)


def _word(part: Any) -> str:
    origin = typing.get_origin(part)
    if origin is typing.Literal:
        return " or ".join(f"`{value}`" for value in typing.get_args(part))
    if origin in (dict, typing.Mapping) or part in (dict, Headers):
        return "table"
    if origin in (tuple, list):
        return "list of text"
    if origin is Callable:
        return "callable"
    words = {bool: "flag", int: "whole number", float: "number", str: "text", SecretStr: "text"}
    return words.get(part, "object")


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or (not value and not isinstance(value, bool | int | float)):
        return ""
    if isinstance(value, bool):
        return "true" if value else ""
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def unknown_names() -> set[str]:
    """Settings that a group names and that do not exist any more."""
    return {name for names in GROUPS.values() for name in names} - set(ConnectorFields.model_fields)


assert set(ResourceSettings.model_fields) >= {*GROUPS["Endpoint"], *GROUPS["Credential"]}, "said of [resources.NAME]"

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
