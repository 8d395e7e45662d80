"""The settings that a job may carry: those that are no secret, since jobs travel in pickles, logs and journals."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl

from azure_connector.auth import redact
from azure_connector.errors import ConfigurationError
from azure_connector.settings import ConnectorSettings

__all__ = ["canonical", "check_params", "check_settings", "flat_params"]

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


def check_params(params: Mapping[str, object], reserved: Mapping[str, str]) -> None:
    """Refuses what may be a secret, what the job itself decides, and what is no JSON.

    Args:
        params: the parameters of each call; `extra_body` among them is a part of the body, as for the SDK's `create`.
        reserved: names that cannot be set, and why.

    Raises:
        ConfigurationError: it names the parameter.
    """
    for name in ("extra_headers", "extra_query"):
        if name in params:  # gateways take keys there
            hint = f"{_HINT} Headers for every call: default_headers in that file."
            raise ConfigurationError(f"params: {name!r} may hold a secret.", hint=hint)
    try:
        json.dumps(dict(params), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise ConfigurationError("params: the values must be JSON: they are sent, and kept in the journal.") from None
    more = params.get("extra_body")
    if more is not None and not isinstance(more, Mapping):
        raise ConfigurationError("params: extra_body is a mapping of further parameters.")
    for where, given in (("", params), ("extra_body.", cast("Mapping[str, object]", more or {}))):
        for name in given:
            if name in reserved:
                raise ConfigurationError(f"params: {where}{name} cannot be set: {reserved[name]}.")
    _refuse_secrets(params, "")


def flat_params(params: Mapping[str, object]) -> dict[str, object]:
    """The parameters as they stand in a request's body: those of `extra_body` beside the others."""
    more = cast("Mapping[str, object]", params.get("extra_body") or {})
    return {name: value for name, value in params.items() if name != "extra_body"} | {**more}


_SECRET_WORDS = frozenset({"key", "apikey", "secret", "token", "password", "pwd", "authorization", "credential", "sig"})
# Long names of one secret, and the API's own parameters that end like one.
_SECRET_NAMES = frozenset({"connection_string", "connectionstring", "access_key_id"})
_HARMLESS = frozenset({"prompt_cache_key"})


def _refuse_secrets(value: object, path: str) -> None:
    """Walks through parameters: a text below a name that means a secret, or one that looks like a token."""
    if isinstance(value, Mapping):
        for name, one in cast("Mapping[str, object]", value).items():
            _refuse_secrets(one, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for one in cast("list[object]", value):
            _refuse_secrets(one, path)
    elif isinstance(value, str) and value.strip() and (_is_named_secret(path) or _is_like_a_token(value)):
        raise ConfigurationError(f"params: {path} may hold a secret.", hint=_HINT)


def _is_named_secret(path: str) -> bool:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", path.rpartition(".")[2]).lower().replace("-", "_")
    return name not in _HARMLESS and (name in _SECRET_NAMES or name.rpartition("_")[2] in _SECRET_WORDS)


def _is_like_a_token(text: str) -> bool:
    # Prose that speaks of a password is a tool's description; a secret stands alone.
    alone = len(text.split()) <= 2 or "PRIVATE KEY-----" in text
    return alone and redact(text) != text


def is_secret(name: str) -> bool:
    """Whether a setting's value may be secret, or is an object of one process."""
    field = ConnectorSettings.model_fields.get(name)
    return name in _OBJECTS or (field is not None and "SecretStr" in str(field.annotation))


def canonical(value: object) -> str:
    """JSON that is equal for equal values, for fingerprints and keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
