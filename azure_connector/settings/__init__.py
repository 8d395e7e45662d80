"""Every setting, where each value came from, and whose host an endpoint is."""

from ._environment import ENVIRONMENT
from ._resource_fields import ResourceSettings
from ._resources import AuthSettings, Resource
from ._settings import ConnectorSettings

__all__ = ["ENVIRONMENT", "AuthSettings", "ConnectorSettings", "Resource", "ResourceSettings"]
