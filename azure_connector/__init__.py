"""Azure OpenAI from Python, done once: OpenAI clients that know deployments, credentials, models and failures.

from azure_connector import AzureConnector

client = AzureConnector()
client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "Hello"}])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .client._client import AsyncAzureConnector, AzureConnector
    from .client._explanation import Explanation
    from .deployments._catalog import Catalog, ListedDeployment, ListedModel, Listing, Quota
    from .errors._classes import (
        AccessTokenError,
        Attempt,
        AzureErrorDetails,
        CapacityError,
        ConfigurationError,
        ContentFilteredError,
        ContextWindowExceededError,
        CredentialError,
        DeadlineExceededError,
        DeploymentNotFoundError,
        EndpointUnreachableError,
        FilterCategory,
        InvalidRequestError,
        KeysDisabledError,
        NetworkBlockedError,
        PartialReply,
        QuotaExceededError,
        RedirectRefusedError,
        RequestRefusedError,
        ResourceBlockedError,
        ResourceNotFoundError,
        RoleMissingError,
        ServiceUnavailableError,
        StateBoundToResourceError,
        StreamInterruptedError,
        UnexpectedStatusError,
        UnprocessableRequestError,
        UnreadableReplyError,
        UnsupportedParameterError,
        WrongApiVersionError,
    )
    from .replies._info import AzureInfo, RateLimits, azure_info
    from .settings._settings import ConnectorSettings

# Loaded when first used (PEP 562), so that the command line's help does not pay for the SDK. What is not named here
# lives in `errors`.
_HOME = {
    "AsyncAzureConnector": "client._client",
    "AzureConnector": "client._client",
    "AzureInfo": "replies._info",
    "Catalog": "deployments._catalog",
    "ConnectorSettings": "settings",
    "Explanation": "client._explanation",
    "ListedDeployment": "deployments._catalog",
    "ListedModel": "deployments._catalog",
    "Listing": "deployments._catalog",
    "Quota": "deployments._catalog",
    "RateLimits": "replies._info",
    "azure_info": "replies._info",
}

__all__ = [
    "AccessTokenError",
    "AsyncAzureConnector",
    "Attempt",
    "AzureConnector",
    "AzureErrorDetails",
    "AzureInfo",
    "CapacityError",
    "Catalog",
    "ConfigurationError",
    "ConnectorSettings",
    "ContentFilteredError",
    "ContextWindowExceededError",
    "CredentialError",
    "DeadlineExceededError",
    "DeploymentNotFoundError",
    "EndpointUnreachableError",
    "Explanation",
    "FilterCategory",
    "InvalidRequestError",
    "KeysDisabledError",
    "ListedDeployment",
    "ListedModel",
    "Listing",
    "NetworkBlockedError",
    "PartialReply",
    "Quota",
    "QuotaExceededError",
    "RateLimits",
    "RedirectRefusedError",
    "RequestRefusedError",
    "ResourceBlockedError",
    "ResourceNotFoundError",
    "RoleMissingError",
    "ServiceUnavailableError",
    "StateBoundToResourceError",
    "StreamInterruptedError",
    "UnexpectedStatusError",
    "UnprocessableRequestError",
    "UnreadableReplyError",
    "UnsupportedParameterError",
    "WrongApiVersionError",
    "__version__",
    "azure_info",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name, "errors" if name in __all__ else None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
