"""The connector's settings by name: what a call or a Router's deployment may bring, and what is never a parameter."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, cast

from azure_connector import ConfigurationError, ConnectorSettings
from azure_connector.settings import ALIASES as _ALIASES
from azure_connector.settings import CREDENTIAL_SETTINGS, PARAMETERS, RESOURCE_SETTINGS, SECRET_SETTINGS

__all__ = [
    "ALIASES",
    "CREDENTIAL_SETTINGS",
    "SECRET_SETTINGS",
    "SETTINGS",
    "refuse_near_misses",
    "refuse_of_clients",
]

_NAME = "resource_name"  # not the address, but what stands in it

ALIASES = {alias: setting for alias, setting in _ALIASES.items() if alias != _NAME}
"""What else a setting is called, whose value is the setting's."""

SETTINGS: frozenset[str] = frozenset({*ConnectorSettings.model_fields, _NAME}) - PARAMETERS
"""What a call may bring; the names that are also parameters of an operation mean that."""

_GUARDED = (CREDENTIAL_SETTINGS | SECRET_SETTINGS | RESOURCE_SETTINGS) - {"scope"}

# Whether clients of the Proxy may bring these, LiteLLM decides itself (`allow_client_side_credentials`).
_LITELLMS = frozenset({"api_base", "api_key", "api_version", "azure_ad_token", "base_url"})


def refuse_of_clients(request: object) -> None:
    """Refuses settings that a client of LiteLLM's Proxy brings: they would decide where the Proxy's secrets go.

    Args:
        request: LiteLLM's `proxy_server_request` of the call, if there is one.

    Raises:
        ConfigurationError: the client's body names settings of the connector.
    """
    body: Any = cast("Mapping[str, Any]", request).get("body") if isinstance(request, Mapping) else None
    if not isinstance(body, Mapping):
        return
    if names := sorted(cast("Mapping[str, Any]", body).keys() & ((SETTINGS | ALIASES.keys()) - _LITELLMS)):
        raise ConfigurationError(
            f"A client of the Proxy may not bring the connector's settings ({', '.join(names)}); nothing was sent.",
            hint="Put them into the deployment's litellm_params, where the Proxy is configured.",
        )


def refuse_near_misses(names: frozenset[str]) -> None:
    """Refuses misspelt secrets and identities, which would otherwise go out in the request's body.

    Args:
        names: parameters that neither the connector nor the API is known to have.

    Raises:
        ConfigurationError: one of them is close to such a setting's name.
    """
    for name in names:
        plain = name.lower().replace("-", "_")
        endings = [known for known in CREDENTIAL_SETTINGS if plain.endswith(f"_{known}")]
        for meant in endings or difflib.get_close_matches(plain, _GUARDED, n=1, cutoff=0.8):
            raise ConfigurationError(
                f"{name!r} is no parameter, and close to the setting {meant!r}; nothing was sent.",
                hint=f"Did you mean {meant!r}? To send {name!r} in the body, put it into extra_body.",
            )
