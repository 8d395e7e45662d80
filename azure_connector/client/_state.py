"""What the sync and the async client share, each part with its owner; and how all of it is made from the settings."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import openai

from ..auth import Authenticators
from ..deployments import DeploymentResolver, Discovery, Profiles
from ..errors import ConfigurationError
from ..requests import RequestBuilder, is_batch_upload, mapped_batch_files, post_options
from ..routing import ResourceAffinity, RoutingState
from ..settings import ConnectorSettings, Resource, check_headers, form_url, hidden, wrap_secrets
from ..transport import TransportOptions, async_http_client, body_deadline, sync_http_client
from ._options import checked_websocket, retry_policy, transport_options
from ._projects import Projects
from ._resource_client import AsyncResourceClient, LoopPools, ResourceClient, SyncPool

__all__ = ["ConnectorState", "body_deadline", "post_options"]


@dataclass(frozen=True, slots=True, eq=False)
class ConnectorState:
    """Everything of a connector but its connections. Safe across threads and event loops.

    Attributes:
        settings: the settings; they are not changed.
        resources: every resource by name.
        transport: how connections are made.
        profiles: the rules of the base models.
        resolver: a model's name to its deployments.
        affinity: where state lives; None where there is one resource only.
        builder: makes requests fit, and learns from refusals.
        routing: the health of the deployments and the budgets of a call.
        authenticators: the auth chains.
        max_retries: further attempts after the first one.
        projects: which calls go to Foundry projects; they stand among `resources`.
    """

    settings: ConnectorSettings
    resources: Mapping[str, Resource]
    transport: TransportOptions
    profiles: Profiles
    resolver: DeploymentResolver
    affinity: ResourceAffinity | None
    builder: RequestBuilder
    routing: RoutingState
    authenticators: Authenticators
    max_retries: int
    projects: Projects

    @staticmethod
    def checked_headers(headers: Mapping[str, object] | None) -> dict[str, Any]:
        """The headers of a client, which may hold a gateway's keys.

        Raises:
            ConfigurationError: one cannot be sent.
        """
        given = dict(headers or {})
        check_headers({name: value for name, value in given.items() if not isinstance(value, openai.Omit)})
        return hidden(given)

    @classmethod
    def build(cls, settings: ConnectorSettings | None, options: dict[str, Any]) -> ConnectorState:
        """From ready settings, or from arguments over file and environment.

        Args:
            settings: ready ones, or None.
            options: arguments; emptied, so that no frame on the way of an error has bare secrets in its locals.

        Raises:
            ConfigurationError: both are given, or no endpoint is configured.
        """
        if settings is not None and not isinstance(settings, ConnectorSettings):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers' code may have no types
            raise ConfigurationError(f"settings= must be ConnectorSettings(…), not {type(settings).__name__}.")
        if settings is not None and options:
            raise ConfigurationError(
                f"settings= was given together with {', '.join(sorted(options))}.",
                hint="Give either ready settings or single arguments, not both.",
            )
        concealed = {setting: wrap_secrets(setting, value) for setting, value in options.items()}
        options.clear()
        return cls.from_settings(settings or ConnectorSettings(**concealed))

    @classmethod
    def from_settings(cls, settings: ConnectorSettings) -> ConnectorState:
        """Everything that the settings describe.

        Raises:
            ConfigurationError: no endpoint is configured.
        """
        settings.require_endpoint()
        projects, transport = Projects(settings.resource_map()), transport_options(settings)
        projects.tell()
        resources = projects.resources
        endpoints = {name: resource.endpoint for name, resource in resources.items()}
        profiles, policy, table = Profiles(settings.profiles), retry_policy(settings), settings.deployments
        discovery = Discovery(table, enabled=settings.discover, interval=settings.discovery_interval)
        addresses = {name: endpoint.base for name, endpoint in endpoints.items()}
        resolver = DeploymentResolver(table, discovery, profiles, addresses)
        affinity = ResourceAffinity(drop_state=settings.drop_state) if len(resources) > 1 else None
        builder = RequestBuilder(
            resolver,
            affinity,
            endpoints,
            headers=settings.default_headers,
            defaults=_given({"max_tokens": settings.max_tokens, "temperature": settings.temperature}),
            strict=settings.strict,
            repeat_unsafe=policy.repeat_unsafe,
            repair=settings.repair_tool_arguments,
        )
        return cls(
            settings,
            resources,
            transport,
            profiles,
            resolver,
            affinity,
            builder,
            RoutingState(policy, redis=settings.redis_url, addresses=addresses),
            Authenticators(resources, transport),
            policy.max_attempts - 1,
            projects,
        )

    def derived(self, changes: dict[str, Any]) -> ConnectorState:
        """The state for a copy of the client: this one, unless the copy has settings of its own.

        Args:
            changes: settings by any of their names; what begins with an underscore is the SDK's, and left out. Emptied.

        Raises:
            ConfigurationError: another endpoint is named without a credential for it.
        """
        changed = {
            name: wrap_secrets(name, value)
            for name, value in changes.items()
            if value is not None and not name.startswith("_")
        }
        changes.clear()
        if str(changed.get("base_url", "")).rstrip("/") == self.base_url.rstrip("/"):
            del changed["base_url"]  # as wrappers copy a client, which is to stay where it is
        return ConnectorState.from_settings(self.settings.derived(**changed)) if changed else self

    @property
    def base_url(self) -> str:
        """Where the default resource's operations stand; frameworks and tracing read it."""
        return form_url(self.resources[self.settings.default_resource].endpoint) + "/"

    @property
    def websocket_url(self) -> str:
        """Where WebSockets of the default resource connect."""
        endpoint = self.resources[self.settings.default_resource].endpoint
        return form_url(endpoint, "as-is" if endpoint.form == "as-is" else "v1").replace("http", "ws", 1)

    def websocket_address(self, given: object) -> str:
        """Where WebSockets connect: at an address that somebody gives, or at the default resource.

        Raises:
            ConfigurationError: it is no address, or none that may get the resource's credential.
        """
        return self.websocket_url if given is None else checked_websocket(self.settings, str(given))

    def summary(self) -> str:
        """For the client's repr: endpoint and credential, no secret."""
        first = self.settings.default_resource
        kind = self.authenticators.of(first).kind
        return f"endpoint={self.resources[first].endpoint.base!r}, credential={kind!r}"

    def batch_upload(self, path: str, body: object, files: object) -> AbstractContextManager[Any] | None:
        """Makes the parts of a batch file's upload anew, with deployments for models; None for all other requests."""
        return mapped_batch_files(files, self.resolver.mapped) if is_batch_upload(path, body, files) else None

    def sync_http_client(self) -> Any:
        """An HTTP client for the sync client."""
        return sync_http_client(self.transport)

    def async_http_client(self) -> Any:
        """An HTTP client for the async client, for one event loop."""
        return async_http_client(self.transport)

    def sync_pool(self, http_client: object) -> SyncPool:
        """The sync client's connections."""
        return SyncPool(
            lambda name, http: ResourceClient(self.resources[name], self.authenticators.of(name), http), http_client
        )

    def loop_pools(self, http_client: object, *, given: bool) -> LoopPools:
        """The async client's connections.

        Args:
            http_client: the first event loop's, or the user's own for all of them.
            given: whether it is the user's own; then no other is ever made.
        """

        def make(name: str, http: object) -> AsyncResourceClient:
            return AsyncResourceClient(self.resources[name], self.authenticators.of(name), http)

        return LoopPools(make, http_client, None if given else self.async_http_client)

    def close(self) -> None:
        """Releases what was built for the credentials; they are built again when they are needed."""
        self.routing.close()
        self.authenticators.close()

    async def aclose(self) -> None:
        """As `close`, without blocking the event loop."""
        await self.routing.aclose()
        await self.authenticators.aclose()


def _given(values: Mapping[str, object]) -> Mapping[str, Any] | None:
    given = {name: value for name, value in values.items() if value is not None}
    return given or None
