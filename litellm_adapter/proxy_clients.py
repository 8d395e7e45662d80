"""What clients of LiteLLM's Proxy may not decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from azure_connector import ConfigurationError
from azure_connector.settings import CALL_NAMES

__all__ = ["refuse_of_clients"]

# Whether clients of the Proxy may bring these, LiteLLM decides itself (`allow_client_side_credentials`).
_REFUSED = CALL_NAMES - {"api_base", "api_key", "api_version", "azure_ad_token", "base_url"}


def refuse_of_clients(request: object) -> None:
    """Refuses settings that a client of LiteLLM's Proxy brings: they would decide where the Proxy's secrets go.

    Args:
        request: LiteLLM's `proxy_server_request` of the call, if there is one.

    Raises:
        ConfigurationError: the client's body names settings of the connector.
    """
    body: Any = cast("Mapping[str, Any]", request).get("body") if isinstance(request, Mapping) else None
    if isinstance(body, Mapping) and (names := sorted(_REFUSED.intersection(cast("Mapping[str, Any]", body)))):
        raise ConfigurationError(
            f"A client of the Proxy may not bring the connector's settings ({', '.join(names)}); nothing was sent.",
            hint="Put them into the deployment's litellm_params, where the Proxy is configured.",
        )
