"""The rules of `_trust`, over everything that a set of settings would send, before anything is built or sent."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, cast

from .._utils import mapping_or_none
from ..errors import ConfigurationError
from ._endpoint import Endpoint, base_of
from ._merge import Sources
from ._names import METHODS, SETTINGS
from ._remedies import leave_out
from ._resource_fields import ResourceSettings
from ._resources import AuthSettings, Resource
from ._source import SettingsSource
from ._trust import Credential, Named, Place, TrustedHosts, check_found_value, is_known_cloud, refusal

__all__ = ["Guard"]

# What is good for every resource: proof of who is calling, not one resource's key.
_IDENTITIES = frozenset(METHODS) - {"api_key", "key_vault_secret"}
# What may stand literally in a file; all else only points at what the user has.
_LITERAL = frozenset({"api_key", "azure_ad_token", "client_secret", "apim_subscription_key", "default_headers"})
_AUTHORITY = ("scope", "authority_host", "disable_instance_discovery")
_IMPLIED = Place("environment", "the sign-in that DefaultAzureCredential finds")
_DEFAULTS: Mapping[str, Any] = {item.name: item.default for item in fields(AuthSettings)}


@dataclass(frozen=True, slots=True)
class Guard:
    """Checks where the credentials of some settings would go.

    Args:
        sources: where each value stands.
        trusted: the hosts that trusted sources name.
    """

    sources: Sources
    trusted: TrustedHosts

    @classmethod
    def of(cls, sources: Sources) -> Guard:
        """The guard of some sources."""
        endpoints: list[str] = []
        listed: list[str] = []
        for source in sources.layers:
            if source.kind == "directory":
                continue
            endpoints.extend(_bases(_named_addresses(source)))
            if "trusted_hosts" in source.values and not source.place("trusted_hosts").found:
                listed.extend(_hosts(source.values["trusted_hosts"]))
        return cls(sources, TrustedHosts(tuple(endpoints), tuple(listed)))

    def check_found(self, resources: Mapping[str, ResourceSettings], values: Mapping[str, object]) -> None:
        """Refuse settings that a file which nobody named may not have.

        Raises:
            ConfigurationError: it has one that no trusted source overrides.
        """
        problems = [
            check_found_value(setting, SETTINGS[setting].found, value, place)
            for setting, value in values.items()
            if setting in SETTINGS and (place := self.sources.place(setting)) is not None
        ]
        for name, table in resources.items():
            for setting in table.model_fields_set:
                place = self.sources.place(setting, name)
                if place is not None:
                    rule, value = SETTINGS[setting].found, getattr(table, setting)
                    problems.append(check_found_value(setting, rule, value, place))
        self._refuse([problem for problem in problems if problem], None)

    def checked(self, resource: Resource, own: frozenset[str] | None, *, headers: bool) -> Resource:
        """The resource without the credentials that must not go to its endpoint.

        A credential that would be used first is refused. One that would only be fallen back to is set aside.

        Args:
            resource: the resource.
            own: its own settings, where it is one of `resources`; None for the default resource.
            headers: whether default headers are sent.

        Raises:
            ConfigurationError: a credential must not go to the endpoint.
        """
        named = Named(resource.endpoint, self._place("azure_endpoint", resource.name, own) or _IMPLIED)
        self._check_authority(resource, own)
        auth = resource.auth
        in_use = [method for method in METHODS if _is_set(getattr(auth, method))]
        beside = ["apim_subscription_key"] if auth.apim_subscription_key is not None else []
        dropped: dict[str, str] = {}
        for position, setting in enumerate(in_use):
            why = self._why_not(named, self._credential(setting, resource.name, own))
            if why and position == 0:
                self._refuse([_sentence(named, setting, why)], named.endpoint, named.place)
            elif why:
                dropped[setting] = f"{why}: left out, it must not go to {named.endpoint.base} ({named.place.text})"
        if not in_use and not beside:
            implied = Credential("use_default_credential", _IMPLIED, directory=False, identity=True)
            if why := self._why_not(named, implied):
                self._refuse([_sentence(named, "credential", why)], named.endpoint, named.place)
        for setting in [*beside, *(["default_headers"] if headers else [])]:
            own_here = None if setting == "default_headers" else own
            if why := self._why_not(named, self._credential(setting, resource.name, own_here)):
                self._refuse([_sentence(named, setting, why)], named.endpoint, named.place)
        if not dropped:
            return resource
        emptied = {setting: _DEFAULTS[setting] for setting in dropped}
        aside = MappingProxyType({**auth.set_aside, **dropped})
        return replace(resource, auth=replace(auth, set_aside=aside, **emptied))

    def _why_not(self, named: Named, credential: Credential) -> str:
        return refusal(named, credential, self.trusted)

    def _place(self, setting: str, resource: str, own: frozenset[str] | None) -> Place | None:
        return self.sources.place(setting, resource if own is not None and setting in own else None)

    def _credential(self, setting: str, resource: str, own: frozenset[str] | None) -> Credential:
        nested = own is not None and setting in own
        place = self._place(setting, resource, own) or _IMPLIED
        directory = place.found and setting in _LITERAL
        beside: tuple[str, ...] = ()
        if not place.referenced and not nested and place is not _IMPLIED:
            # What merely points at something of the user's stands in no source that could name another resource.
            beside = tuple(_bases(self.sources.beside(setting))) if directory or not place.found else ()
        return Credential(setting, place, directory, setting in _IDENTITIES, beside)

    def _check_authority(self, resource: Resource, own: frozenset[str] | None) -> None:
        auth = resource.auth
        secret = self._credential("client_secret", resource.name, own)
        own_secret = auth.client_secret is not None and secret.directory and auth.client_id and auth.tenant_id
        problems: list[str] = []
        for setting in _AUTHORITY:
            place = self._place(setting, resource.name, own)
            value = getattr(auth, setting)
            if place is None or not place.found or value in (None, False) or is_known_cloud(setting, value):
                continue
            if not own_secret:
                problems.append(
                    f"{place.text} sets {setting} to one of no known cloud, which a file that nobody named may do only "
                    "for a client secret that stands in it"
                )
        self._refuse(problems, None)

    def _refuse(self, problems: list[str], endpoint: Endpoint | None, place: Place | None = None) -> None:
        """Raise for what a directory must not do, with the ways out.

        Raises:
            ConfigurationError: there is a problem.
        """
        if problems:
            lines = "\n".join(f"{problem}. Nothing was sent." for problem in dict.fromkeys(problems))
            raise ConfigurationError(lines, hint=" Or: ".join(self._ways(endpoint, place)))

    def _ways(self, endpoint: Endpoint | None, place: Place | None) -> Iterator[str]:
        if endpoint is not None and place is not None and place.found:
            for variable in self._overridden("azure_endpoint"):
                yield f"To use the endpoint in {variable} instead: {leave_out('azure_endpoint', place.text)}."
            yield (
                "If the host is yours, name it in the environment: "
                f"`export AZURE_CONNECTOR_TRUSTED_HOSTS={shlex.quote(_host_of(endpoint))}` "
                f"(or AZURE_OPENAI_ENDPOINT={shlex.quote(endpoint.base)})."
            )
        for setting, variable, path in (
            ("config_file", "AZURE_CONNECTOR_CONFIG", self.sources.config_file),
            ("env_file", "AZURE_CONNECTOR_ENV_FILE", self.sources.env_file),
        ):
            if path is not None and path.is_file():
                yield f"Name the file, if you trust it: `export {variable}={shlex.quote(str(path))}` (or {setting}=)."
        if endpoint is None:
            yield "Set it in the environment, or as an argument."
        else:
            yield "Put the credential beside the endpoint, into the same source."

    def _overridden(self, setting: str) -> Iterator[str]:
        """The variables of the environment that hold a setting which a file decides."""
        for source in self.sources.layers:
            if source.kind == "environment" and setting in source.variables:
                yield source.variables[setting]


def _sentence(named: Named, setting: str, why: str) -> str:
    kind = "found, not named, and " if named.place.found else ""
    return (
        f"The endpoint {named.endpoint.base} ({named.place.text}) is {kind}not one that may have {setting} from {why}"
    )


def _named_addresses(source: SettingsSource) -> Iterator[object]:
    """The endpoints of a source, but for those that a file brought which nobody named."""
    if "azure_endpoint" in source.values and not source.place("azure_endpoint").found:
        yield source.values["azure_endpoint"]
    for name, table in (mapping_or_none(source.values.get("resources")) or {}).items():
        if not source.place("azure_endpoint", str(name)).found:
            yield (mapping_or_none(table) or {}).get("azure_endpoint") or getattr(table, "azure_endpoint", None)


def _host_of(endpoint: Endpoint) -> str:
    return endpoint.base.partition("://")[2].partition("/")[0]


def _is_set(value: object) -> bool:
    return value is not None and value is not False


def _bases(addresses: Iterable[object]) -> Iterator[str]:
    """The addresses' origins; what is no address is refused elsewhere."""
    return (base for address in addresses if (base := base_of(address)) is not None)


def _hosts(value: object) -> list[str]:
    """The setting `trusted_hosts` as a source has it: a list, or a text."""
    if isinstance(value, str):
        return value.replace(",", " ").split()
    return [str(part) for part in cast("Iterable[object]", value)] if isinstance(value, list | tuple | set) else []
