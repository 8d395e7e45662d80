"""Every setting, where each value came from, and whose host an endpoint is."""

from ._names import ALIASES, CREDENTIAL_SETTINGS, ENVIRONMENT, PARAMETERS, RESOURCE_SETTINGS, SECRET_SETTINGS
from ._resource_fields import ResourceSettings
from ._resources import AuthSettings, Resource
from ._settings import ConnectorSettings

__all__ = [
    "ALIASES",
    "CREDENTIAL_SETTINGS",
    "ENVIRONMENT",
    "PARAMETERS",
    "RESOURCE_SETTINGS",
    "SECRET_SETTINGS",
    "AuthSettings",
    "ConnectorSettings",
    "Resource",
    "ResourceSettings",
]
