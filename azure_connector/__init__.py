"""Azure OpenAI from Python, done once: OpenAI clients that know deployments, credentials, models and failures.

from azure_connector import AzureConnector

client = AzureConnector()
client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "Hello"}])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .cli.doctor import Finding, examine
    from .client import AsyncAzureConnector, AzureConnector, ConnectorPool, ExplainedTarget, Explanation
    from .deployments import Catalog, ListedDeployment, ListedModel, Listing, Profile, Quota
    from .errors import (
        AccessTokenError,
        Attempt,
        AzureErrorDetails,
        CapacityError,
        ClientClosedError,
        ConfigurationError,
        ContentFilteredError,
        ContextWindowExceededError,
        CredentialError,
        DeadlineExceededError,
        DeploymentNotFoundError,
        EndpointUnreachableError,
        FilterCategory,
        IncompleteReplyError,
        InvalidRequestError,
        KeysDisabledError,
        NetworkBlockedError,
        PartialReply,
        QuotaExceededError,
        RedirectRefusedError,
        ReplyTimeoutError,
        ReplyTooLargeError,
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
    from .replies import AzureInfo, RateLimits, azure_info
    from .requests import embedding_batches, forget_learned
    from .settings import ConnectorSettings, Endpoint, Resource

# Loaded when first used (PEP 562), so that the command line's help does not pay for the SDK. What is not named here
# lives in `errors`.
_HOME = {
    "AsyncAzureConnector": "client",
    "AzureConnector": "client",
    "AzureInfo": "replies",
    "Catalog": "deployments",
    "ConnectorPool": "client",
    "ConnectorSettings": "settings",
    "Endpoint": "settings",
    "ExplainedTarget": "client",
    "Explanation": "client",
    "Finding": "cli.doctor",
    "ListedDeployment": "deployments",
    "ListedModel": "deployments",
    "Listing": "deployments",
    "Profile": "deployments",
    "Quota": "deployments",
    "RateLimits": "replies",
    "Resource": "settings",
    "azure_info": "replies",
    "embedding_batches": "requests",
    "examine": "cli.doctor",
    "forget_learned": "requests",
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
    "ClientClosedError",
    "ConfigurationError",
    "ConnectorPool",
    "ConnectorSettings",
    "ContentFilteredError",
    "ContextWindowExceededError",
    "CredentialError",
    "DeadlineExceededError",
    "DeploymentNotFoundError",
    "Endpoint",
    "EndpointUnreachableError",
    "ExplainedTarget",
    "Explanation",
    "FilterCategory",
    "Finding",
    "IncompleteReplyError",
    "InvalidRequestError",
    "KeysDisabledError",
    "ListedDeployment",
    "ListedModel",
    "Listing",
    "NetworkBlockedError",
    "PartialReply",
    "Profile",
    "Quota",
    "QuotaExceededError",
    "RateLimits",
    "RedirectRefusedError",
    "ReplyTimeoutError",
    "ReplyTooLargeError",
    "RequestRefusedError",
    "Resource",
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
    "embedding_batches",
    "examine",
    "forget_learned",
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
