"""`ConnectorSettings`: every setting of a connector, from arguments, a TOML file, the environment and `.env`.

The first source that has a setting decides it: arguments, then TOML, then the environment, then `.env`, then the
default. Blank text and None count as not given. No other module reads the environment or these files.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack, cast

from pydantic import ConfigDict, PrivateAttr, ValidationError

from ..deployments import REALTIME, DefaultSource, DeploymentTable, compile_table
from ..errors import ConfigurationError
from ._aliases import read_alias
from ._api_style import choose_api_style
from ._connector_fields import ConnectorFields
from ._endpoint import Endpoint
from ._environment import disagreeing_bundles, read_environment
from ._guard import Guard
from ._merge import Sources, load
from ._names import ALIASES, ENVIRONMENT, SETTINGS
from ._pickling import packed, unpacked
from ._remedies import refused
from ._resource_fields import ResourceSettings
from ._resources import AuthSettings, Resource, auth_of, named_resource, read_endpoint
from ._signature import show_settings
from ._source import SettingsSource, readable_errors, wrap_secrets
from ._strays import stray_hint
from ._trust import TrustedHosts

if TYPE_CHECKING:
    from ._arguments import ConstructorArguments

__all__ = ["ENVIRONMENT", "AuthSettings", "ConnectorSettings", "Resource", "ResourceSettings", "check_as_found"]

logger = logging.getLogger("azure_connector")

_DEFAULT = "default"
DEFAULT_EMBEDDING_MODEL = "text-embedding-3-small"
_FILES = frozenset({"config_file", "env_file", "env_file_encoding"})


class ConnectorSettings(ConnectorFields):
    """Every setting of a connector.

    Args:
        config_file: the TOML file; None for the one that `AZURE_CONNECTOR_CONFIG` names or `azure_connector.toml` in
            the working directory, False for none.
        env_file: a file of variables; None for `.env` in the working directory, False for none.
        env_file_encoding: that file's encoding; None for UTF-8.
        options: any setting, by its name.

    Raises:
        ConfigurationError: a setting is unknown, contradicts another one, cannot be used, or a file cannot be read.
            Never for a missing endpoint: see `require_endpoint`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, defer_build=False)

    _sources: Sources = PrivateAttr()
    _origins: Mapping[str, str] = PrivateAttr()
    _resource_map: Mapping[str, Resource] = PrivateAttr()
    _deployments: DeploymentTable = PrivateAttr()

    def __init__(
        self,
        *,
        timeout: float | None = None,
        default_headers: Mapping[str, str] | None = None,
        **options: Unpack[ConstructorArguments],
    ) -> None:
        arguments = cast("dict[str, Any]", options)
        arguments.update(timeout=timeout, default_headers=default_headers)
        # Should the locals of this frame be logged, no bare secret may be among them; `load` empties `arguments`.
        del default_headers
        files = {name: arguments.pop(name) for name in _FILES & arguments.keys()}
        self.fill_from(load(arguments, type(self).model_fields, **files))

    def fill_from(self, sources: Sources) -> None:
        """Read and check every setting."""
        problems: list[str] = []
        try:
            super().__init__(**sources.values())
        except ValidationError as error:
            problems = readable_errors(error, sources.origin, ResourceSettings.model_fields, type(self).model_fields)
        if problems:
            # Outside of the handler: pydantic's error holds the values, and must not hang on to this one.
            raise refused(problems)
        guard = Guard.of(sources)
        guard.check_found(self.resources, sources.values())
        self._sources = sources
        origins = {setting: sources.origin(setting) for setting in type(self).model_fields}
        endpoint = self._read_endpoint(sources)
        setting = _default_for(endpoint) if endpoint is not None else None
        if endpoint is not None and setting and sources.level("azure_endpoint") < sources.level(setting):
            # A pasted target URI names a deployment; one that is set as such, no farther away, goes before it.
            vars(self)[setting] = endpoint.deployment
            origins[setting] = f"azure_endpoint ({origins['azure_endpoint']})"
        self._origins = MappingProxyType(origins)
        _say_once(disagreeing_bundles(origins["ca_bundle"]))
        self._resource_map = MappingProxyType(self._read_resources(endpoint, sources, guard))
        self._deployments = compile_table(
            self.deployment_mapping,
            default=self.default_deployment,
            default_source=self._default_source(sources),
            embedding=self.embedding_deployment,
            pasted=_pasted_deployment(endpoint),
            resources=self.resource_map(),
            default_resource=self.default_resource,
            origins=self.origins,
        )

    def _default_source(self, sources: Sources) -> DefaultSource:
        """What is known of `default_deployment` beside its name."""
        setting = "default_deployment"
        origin = self._origins[setting]
        if origin != sources.origin(setting):  # a pasted address has it
            return DefaultSource(origin)
        shared = sources.variable(setting) in SETTINGS[setting].shared
        return DefaultSource(origin, shared, sources.deployed_model())

    def _read_endpoint(self, sources: Sources) -> Endpoint | None:
        if self.azure_endpoint is None:
            return None
        choice = choose_api_style(
            self.api_form,
            self.api_version,
            endpoint_level=sources.level("azure_endpoint"),
            form_level=sources.level("api_form"),
            version_level=sources.level("api_version"),
        )
        return read_endpoint(
            self.azure_endpoint,
            sources.origin("azure_endpoint"),
            form=choice.form,
            api_version=choice.api_version,
            default_api_version=choice.default_api_version,
            version_origin=sources.origin("api_version"),
            allow_insecure_hosts=self.allow_insecure_hosts,
        )

    def _read_resources(self, endpoint: Endpoint | None, sources: Sources, guard: Guard) -> dict[str, Resource]:
        auth = auth_of(self, self._origins, sources.set_aside, self._stray_hint("api_key"))
        plane = (self.resource_id, self.management_endpoint)
        found = {} if endpoint is None else {_DEFAULT: Resource(_DEFAULT, endpoint, auth, *plane)}
        for name, settings in self.resources.items():
            if name in found:
                raise ConfigurationError(
                    f"{self._origins['resources']}: the name 'default' stands for the resource of azure_endpoint "
                    f"({self._origins['azure_endpoint']}); give [resources.default] another one."
                )
            found[name] = named_resource(name, settings, self._origins["resources"], auth, self.allow_insecure_hosts)
        headers = bool(self.default_headers)
        return {
            name: guard.checked(
                replace(resource, trusted_hosts=self.trusted_hosts),
                _own_settings(self.resources.get(name)),
                headers=headers,
            )
            for name, resource in found.items()
        }

    @property
    def origins(self) -> Mapping[str, str]:
        """Setting -> where its value came from: `argument`, a file, `environment NAME`, `.env NAME` or `default`."""
        return self._origins

    @property
    def set_aside(self) -> Mapping[str, str]:
        """Credential settings that were found and are not used, with the reason."""
        return self._sources.set_aside

    @property
    def trust(self) -> Mapping[str, Literal["trusted", "found"]]:
        """Setting -> whether its source is trusted, or was merely found in the working directory."""
        places = {setting: self._sources.place(setting) for setting in type(self).model_fields}
        return MappingProxyType(
            {setting: "found" if place.found else "trusted" for setting, place in places.items() if place is not None}
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What whoever wonders about these settings should know: values left unread, or set and overridden."""
        return tuple(self._sources.remarks())

    @property
    def other_resource(self) -> str:
        """A sentence where the environment names another resource than the endpoint in use; else empty."""
        return self._sources.other_resource()

    @property
    def other_key(self) -> str:
        """What to do where another key stands in a source that the one in use goes before; else empty."""
        return self._sources.other_key()

    @property
    def strays(self) -> Mapping[str, str]:
        """Setting that nothing gives -> the variable that was meant for it, and that nothing reads."""
        return MappingProxyType(self._sources.strays())

    def _stray_hint(self, setting: str) -> str:
        file = self._sources.env_file
        return stray_hint(self.strays, setting, file.name if file is not None else ".env").strip()

    @property
    def default_resource(self) -> str:
        """The resource that a deployment without `@resource` belongs to: `default`, or else the first one."""
        return next(iter(self._resource_map), _DEFAULT)

    @property
    def deployments(self) -> DeploymentTable:
        """The mapping and the default deployments, compiled."""
        return self._deployments

    def chosen_model(self, operation: str) -> str | None:
        """The model that somebody chose for calls that name none: a default model, or else a deployment for them.

        Args:
            operation: the SDK's path, such as `/chat/completions` or `/embeddings`.
        """
        if operation == "/embeddings":
            known = DEFAULT_EMBEDDING_MODEL if DEFAULT_EMBEDDING_MODEL in self.deployment_mapping else None
            return self.embedding_deployment or known
        if self._origins["default_model"] != _DEFAULT:
            return self.default_model
        if (default := self._deployments.default) is not None:
            # The deployment itself, also where the mapping gives its name to another one.
            return default.key if default.deployment in self.deployment_mapping else self.default_deployment
        return self.default_model if self.default_model in self.deployment_mapping else None

    def model_for(self, operation: str) -> str:
        """As `chosen_model`; the built-in default where nobody chose one."""
        fallback = DEFAULT_EMBEDDING_MODEL if operation == "/embeddings" else self.default_model
        return self.chosen_model(operation) or fallback

    def resource_map(self) -> Mapping[str, Resource]:
        """Every configured resource by name; that of `azure_endpoint`, if it is set, is `default` and comes first."""
        return self._resource_map

    def require_endpoint(self) -> Endpoint:
        """The endpoint of the default resource.

        Raises:
            ConfigurationError: none is configured; it says where one was looked for.
        """
        if not self._resource_map:
            raise ConfigurationError(
                f"No Azure OpenAI endpoint is configured. Looked for: {self._sources.searched('azure_endpoint')}.",
                hint=self._stray_hint("azure_endpoint")
                or "Run `azure-connector init`: it asks, or lets you choose after az login, tries, and writes the "
                "settings. Without Azure: `azure-connector emulator` prints what to export.",
            )
        return self._resource_map[self.default_resource].endpoint

    def derived(self, **changes: object) -> ConnectorSettings:
        """The same settings with further arguments over them; no file is read again.

        Another credential replaces the former one. Another endpoint must bring its own credential, unless
        `trusted_hosts` names it: the credentials of these settings are for the hosts that the settings name.

        Args:
            changes: settings by name.

        Raises:
            ConfigurationError: a change cannot be used, or names another endpoint without a credential for it.
        """
        changes = {setting: wrap_secrets(setting, value) for setting, value in changes.items()}
        named = [name for name in changes if ALIASES.get(name, name) == "azure_endpoint"]
        foreign = any(not self._trusts(name, changes[name]) for name in named if changes[name] is not None)
        sources = self._sources.with_arguments(changes, type(self).model_fields, foreign=foreign)
        settings = type(self).__new__(type(self))
        settings.fill_from(sources)
        return settings

    def _trusts(self, name: str, value: object) -> bool:
        """Whether the default resource's credentials may go to an address, given by one of the endpoint's names."""
        if name == "resource_name":
            return False  # another resource: never the one whose key is held
        address = str(value)
        form = "as-is" if name == "base_url" and read_alias(name, address).api_form else None
        hosts = self.allow_insecure_hosts
        return self.trusts(read_endpoint(address, "argument", form=form, allow_insecure_hosts=hosts).base)

    def trusts(self, url: str) -> bool:
        """Whether the default resource's credentials may go to a URL: its own hosts, and `trusted_hosts`."""
        own = (self._resource_map[_DEFAULT].endpoint.base,) if _DEFAULT in self._resource_map else ()
        return TrustedHosts(own, self.trusted_hosts).confirm(url)

    def model_copy(self, *, update: Mapping[str, object] | None = None, deep: bool = False) -> Self:
        """As `derived`: pydantic's own copy would skip every check."""
        return cast("Self", self.derived(**(update or {})))

    def __reduce__(self) -> Any:
        return unpickled, (type(self), packed(self._sources))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self


@lru_cache(maxsize=64)
def _say_once(remark: str) -> None:
    """Log a remark, once in a process."""
    if remark:
        logger.warning("%s.", remark)


def unpickled(cls: type[ConnectorSettings], state: Mapping[str, object]) -> ConnectorSettings:
    """Settings out of a pickle: what is no secret as it was, secrets from where they stand in this process.

    Raises:
        ConfigurationError: a secret that the settings use stands nowhere here, or they are refused.
    """
    settings = cls.__new__(cls)
    settings.fill_from(unpacked(state, cls.model_fields))
    return settings


def _pasted_deployment(endpoint: Endpoint | None) -> tuple[str, str] | None:
    """The deployment of a pasted target URI that serves one kind of operation (images, audio, realtime), and that kind.

    What serves texts or embeddings becomes a default deployment (`_default_for`).
    """
    if endpoint is None or endpoint.deployment is None or endpoint.operation is None:
        return None
    kind = "/" + endpoint.operation.split("/")[1]
    return (kind, endpoint.deployment) if kind in ("/audio", "/images", REALTIME) else None


def check_as_found(values: Mapping[str, object]) -> None:
    """See whether a file of the working directory with these settings would be accepted, beside the environment.

    Raises:
        ConfigurationError: it would not; what the next command would say.
    """
    found, environment = SettingsSource("directory"), read_environment()
    for setting, value in values.items():
        found.put(setting, value, "the settings to be written")
    settings = ConnectorSettings.__new__(ConnectorSettings)
    settings.fill_from(Sources((SettingsSource("argument"), found, environment)))


def _own_settings(settings: ResourceSettings | None) -> frozenset[str] | None:
    """What one of `resources` sets itself; None for the default resource."""
    if settings is None:
        return None
    return frozenset(name for name in settings.model_fields_set if getattr(settings, name) is not None)


def _default_for(endpoint: Endpoint) -> Literal["default_deployment", "embedding_deployment"] | None:
    """The setting that a pasted URL's deployment stands for."""
    if endpoint.deployment is None:
        return None
    if endpoint.operation == "/embeddings":
        return "embedding_deployment"
    chat = endpoint.operation is None or endpoint.operation.startswith(("/chat", "/completions", "/responses"))
    return "default_deployment" if chat else None


show_settings(ConnectorSettings)
