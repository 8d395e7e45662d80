"""The settings' names, by what they are. All are read from the fields."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ._aliases import aliases_of
from ._connector_fields import ConnectorFields
from ._resource_fields import ResourceSettings
from ._setting import Setting, setting_of

__all__ = [
    "ALIASES",
    "CALL_NAMES",
    "CREDENTIAL_SETTINGS",
    "ENVIRONMENT",
    "JSON_SETTINGS",
    "METHODS",
    "PARAMETERS",
    "RESOURCE_ALIASES",
    "RESOURCE_SETTINGS",
    "SECRET_SETTINGS",
    "SETTINGS",
    "settings_among",
]

SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {name: setting_of(field) for name, field in ConnectorFields.model_fields.items()}
)
"""Every setting and its metadata."""

ENVIRONMENT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        name: (f"AZURE_CONNECTOR_{name.upper()}",) if setting.variables is None else setting.variables
        for name, setting in SETTINGS.items()
        if setting.variables != ()
    }
)
"""Setting -> the variables that may hold it; within one source the first that is set wins."""

METHODS: tuple[str, ...] = tuple(name for name, setting in SETTINGS.items() if setting.method)
"""The settings that choose a method of the auth chain, in the chain's order."""

CREDENTIAL_SETTINGS = frozenset(METHODS)
"""The settings that prove who is calling."""

SECRET_SETTINGS = frozenset(name for name, setting in SETTINGS.items() if setting.secret)
"""The settings whose values are secret. Those of `default_headers` are too."""

RESOURCE_SETTINGS = frozenset(ResourceSettings.model_fields)
"""The settings that each of `resources` may have too: its address, and whatever the auth chain may use."""

JSON_SETTINGS = frozenset(name for name, setting in SETTINGS.items() if setting.as_json)
"""The settings that a variable holds as a JSON object."""

PARAMETERS = frozenset({"max_tokens", "temperature", "timeout"})
"""The settings whose names are also parameters of a call: there they mean the parameter."""

ALIASES: Mapping[str, str] = MappingProxyType(aliases_of(ConnectorFields.model_fields))
"""What the SDK and frameworks call a setting -> the setting. Constructors, copies and files take these names too."""

RESOURCE_ALIASES: Mapping[str, str] = MappingProxyType(aliases_of(ResourceSettings.model_fields))
"""The same for one of `resources`."""

CALL_NAMES: frozenset[str] = frozenset({*SETTINGS, *ALIASES}) - PARAMETERS
"""Every name of a setting that a call may bring: those that are also parameters mean the parameter there."""


def settings_among(*sources: Mapping[str, object]) -> dict[str, object]:
    """The settings that stand among other things under any of their names; empty values say nothing.

    Args:
        sources: what a call brought; of one setting the last source's value holds.
    """
    return {
        # The resource's name is no address, but what stands in one.
        name if name == "resource_name" else ALIASES.get(name, name): value
        for source in sources
        for name, value in source.items()
        if name in CALL_NAMES and value
    }
