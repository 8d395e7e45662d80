"""What the sync and the async client share: settings, resources, credentials, health, and what was learnt."""

from __future__ import annotations

import asyncio
import logging
import threading
import weakref
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import openai

from .._utils._json import Json
from ..auth import Authenticator
from ..deployments._discovery import Discovery
from ..deployments._profiles import Profile, Profiles, model_from_reply
from ..deployments._table import DeploymentTable, Plan, Target
from ..errors._classes import ConfigurationError
from ..errors._envelope import parse_envelope
from ..replies._response_stream import Watch
from ..requests._adaptation_from_error import Learned, learn
from ..requests._call_options import Asked
from ..requests._draft import ChangeLog
from ..requests._fit import RESPONSES
from ..routing._affinity import ResourceAffinity
from ..routing._health import Health
from ..routing._retry_policy import RetryPolicy
from ..settings._endpoint import form_url
from ..settings._secret_values import check_headers
from ..settings._settings import ConnectorSettings
from ..settings._source import wrap_secrets
from ._call import call_flow
from ._options import retry_policy, transport_options
from ._plan import pin

if TYPE_CHECKING:
    from ..requests._build import Prepared
    from ..routing._redis import RedisHealthStore
    from ..settings._resources import Resource
    from ._effects import Effect
    from ._explanation import Explanation

__all__ = ["Core"]

_log = logging.getLogger("azure_connector")


class Core:
    """Everything of a connector but its connections. Safe across threads and event loops.

    Args:
        settings: the settings; they are not changed.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        settings.require_endpoint()
        self.settings = settings
        self.learned = Learned()
        self.change_log = ChangeLog()
        self._policy = retry_policy(settings)
        self.health = Health(self._policy)
        self.state = ResourceAffinity()
        self.default_headers: Mapping[str, str] = settings.default_headers
        # Whoever repeats calls himself (LiteLLM's Router does) wants to hear at once, not after a wait.
        self._once = replace(self._policy, max_attempts=1, max_total_wait=0.0)
        self._resources = dict(settings.resource_map())
        self._table = settings.deployments
        self.profiles = Profiles(settings.profiles)
        self.transport = transport_options(settings)
        self._authenticators: dict[str, Authenticator] = {}
        self._served: dict[str, str] = {}
        self._said: dict[str, str] = {}
        self._lock = threading.Lock()
        self._sharing: tuple[weakref.finalize[Any, Any], RedisHealthStore] | None = None
        if settings.redis_url is not None:
            self._share_health()
        self.discovery = Discovery(self, settings.discovery_interval)
        self.defaults = _given({"max_tokens": settings.max_tokens, "temperature": settings.temperature})

    @staticmethod
    def checked_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
        """The headers of a client, which may hold a gateway's keys.

        Raises:
            ConfigurationError: one cannot be sent.
        """
        given = dict(headers or {})
        check_headers({name: value for name, value in given.items() if not isinstance(value, openai.Omit)})
        return given

    @classmethod
    def build(cls, settings: ConnectorSettings | None, options: dict[str, Any]) -> Core:
        """From ready settings, or from arguments over file and environment.

        Args:
            settings: ready ones, or None.
            options: arguments; emptied, so that no frame on the way of an error has bare secrets in its locals.

        Raises:
            ConfigurationError: both are given, or no endpoint is configured.
        """
        if settings is not None and options:
            raise ConfigurationError(
                f"settings= was given together with {', '.join(sorted(options))}.",
                hint="Give either ready settings or single arguments, not both.",
            )
        concealed = {setting: wrap_secrets(setting, value) for setting, value in options.items()}
        options.clear()
        return cls(settings or ConnectorSettings(**concealed))

    def derived(self, *, api_key: Any, base_url: Any, **overrides: Any) -> Core:
        """The core for a copy of the client: this one, unless the copy has settings of its own.

        Raises:
            ConfigurationError: another endpoint is named without a credential for it.
        """
        changed = dict(overrides)
        for sdk_only in ("organization", "project", "webhook_secret", "websocket_base_url", "admin_api_key"):
            changed.pop(sdk_only, None)
        changed = {name: value for name, value in changed.items() if value is not None and not name.startswith("_")}
        if api_key is not None:
            changed["api_key"] = wrap_secrets("api_key", api_key)
        if base_url is not None:
            changed["azure_endpoint"] = str(base_url)
        return Core(self.settings.derived(**changed)) if changed else self

    @property
    def base_url(self) -> str:
        """Where the default resource's operations stand; frameworks and tracing read it."""
        return form_url(self.resource(self._first).endpoint) + "/"

    @property
    def websocket_url(self) -> str:
        """Where WebSockets of the default resource connect."""
        return form_url(self.resource(self._first).endpoint, "v1").replace("http", "ws", 1)

    def home_deployment(self, model: str, operation: str) -> str:
        """The first deployment of a model on the default resource."""
        return pin(self.resolve(model, operation), self._first, param="model").targets[0].deployment

    @property
    def _first(self) -> str:
        return self.settings.default_resource

    @property
    def timeout(self) -> float:
        """Seconds for one attempt."""
        return self.settings.timeout

    @property
    def max_retries(self) -> int:
        """Further attempts after the first one."""
        return self._policy.max_attempts - 1

    def summary(self) -> str:
        """For the client's repr: endpoint and credential, no secret."""
        first = self._first
        return f"endpoint={self.resource(first).endpoint.base!r}, credential={self.authenticator(first).kind!r}"

    def resource(self, name: str) -> Resource:
        return self._resources[name]

    @property
    def resources(self) -> Mapping[str, Resource]:
        """Every resource by name."""
        return self._resources

    def authenticator(self, resource: str) -> Authenticator:
        """The auth chain of a resource, built when it is first needed."""
        found = self._authenticators.get(resource)
        if found is None:
            with self._lock:
                found = self._authenticators.get(resource)
                if found is None:
                    found = Authenticator(self._resources[resource], transport=self.transport)
                    self._authenticators[resource] = found
        return found

    def credential_origin(self, resource: str) -> str | None:
        """Where the chosen credential was set."""
        kind = self.authenticator(resource).kind
        return next((link.origin for link in self.authenticator(resource).describe() if link.name == kind), None)

    @property
    def deployments(self) -> DeploymentTable:
        """The settings' deployments."""
        return self._table

    def resolve(self, model: Any, operation: str) -> Plan:
        """The deployments for a model, by the settings and by what was discovered.

        Raises:
            InvalidRequestError: the model is blank or no text.
        """
        discovery = self.discovery
        return self._table.resolve(model, operation, discovery.found if discovery.enabled else None)

    def fit_state(self, body: Json, target: Target) -> tuple[Json, list[str]]:
        """The request without state that its target does not have, where the settings allow that, and notes of it."""
        if not self.settings.drop_state or len(self._resources) == 1:
            return body, []
        body, dropped = self.state.drop_foreign_state(body, target.resource)
        if dropped:
            _log.warning("%s: %s belongs to another resource and is dropped", target.key, ", ".join(dropped))
        return body, [f"{param} is dropped: it belongs to another resource" for param in dropped]

    def profile(self, target: Target) -> Profile | None:
        """The rules of the target's base model."""
        return self.profiles.find(self.base_model(target))

    def policy(self, client: Any, asked: Asked) -> RetryPolicy:
        """The budgets for one call: the client's or the call's own number of retries counts."""
        retries = asked.options.get_max_retries(client.max_retries)
        if retries == self._policy.max_attempts - 1:
            return self._policy
        if retries <= 0:
            return self._once
        return replace(self._policy, max_attempts=retries + 1)

    def model_recorder(self, target: Target) -> Callable[[str], None] | None:
        """Notes the base model that a reply names; None where it is known already."""
        if target.key in self._served or self.profiles.find(target.model) is not None:
            return None

        def record(served: str) -> None:
            self._served.setdefault(target.key, model_from_reply(served))

        return record

    def learn(self, prepared: Prepared, status: int, error: openai.APIStatusError) -> bool:
        """Whether a refusal teaches how to ask again; what it taught is kept for the deployment."""
        if prepared.body is None:
            return False
        lesson = learn(
            status, parse_envelope(status, error.body), prepared.operation, prepared.body, known=prepared.lessons
        )
        if lesson is None:
            return False
        if self.learned.add(prepared.target.key, lesson):  # another call may have been taught it meanwhile
            _log.warning("%s taught: %s", prepared.target.key, lesson)
        return True

    def note_reply(self, prepared: Prepared, reply: Any) -> None:
        """Remembers where state was left: stored responses and files live on one resource."""
        if len(self._resources) > 1:
            self.state.note(prepared.target.resource, prepared.operation, reply)

    def watch(self, asked: Asked, target: Target) -> Watch:
        """What is to be watched in a stream that the SDK itself reads."""
        operation, resource, noting = asked.operation, target.resource, len(self._resources) > 1
        return Watch(
            ends=operation.startswith(RESPONSES),
            resumed=asked.options.method.lower() == "get",
            repeatable=asked.repeatable or self._policy.repeat_unsafe,
            note=partial(self.state.note, resource, operation) if noting else None,
        )

    def base_model(self, target: Target) -> str | None:
        """The target's base model: as declared or configured, or as its replies have named it.

        A name that no rule knows, such as an alias in the mapping, gives way to the replies' own.
        """
        named, served = self._said.get(target.key) or target.model, self._served.get(target.key)
        return named if served is None or self.profiles.find(named) is not None else served

    def declare_base_model(self, model: str, base_model: str) -> None:
        """Keeps what a caller says of a deployment; the mapping's own word goes before it."""
        if model in self._table.mapping:
            return
        for target in self._table.resolve(model, "/chat/completions").targets:
            if target.key not in self._said:
                self._said[target.key] = model_from_reply(base_model)

    def explain(self, model: str, operation: str) -> Explanation:
        """What a call would do. Sends nothing."""
        from ._explain_call import explain_call

        return explain_call(self, self.resolve(model, operation), operation)

    def flow(self, client: Any, cast_to: Any, options: Any, **how: Any) -> Generator[Effect, Any, Any]:
        """The way of one call."""
        if self._sharing is None and self.settings.redis_url is not None:
            self._share_health()
        return call_flow(self, client, cast_to, options, **how)

    def _share_health(self) -> None:
        """Begins to share cooldowns and quotas with other processes; a client that was closed begins again."""
        from ..routing._redis import RedisHealthStore

        with self._lock:
            if self._sharing is None:
                addresses = {name: resource.endpoint.base for name, resource in self._resources.items()}
                shared = RedisHealthStore(self.health, self.settings.redis_url, addresses=addresses)
                # Its thread must not outlive a client that nobody closed.
                self._sharing = weakref.finalize(self, shared.close, 0.0), shared

    def _stop_sharing(self) -> None:
        with self._lock:
            sharing, self._sharing = self._sharing, None
        if sharing is not None:
            sharing[0].detach()
            sharing[1].close()

    def close(self) -> None:
        """Releases what was built for the credentials; they are built again when they are needed."""
        self._stop_sharing()
        for authenticator in self._authenticators.values():
            authenticator.close()

    async def aclose(self) -> None:
        """As `close`, without blocking the event loop."""
        if self._sharing is not None:
            await asyncio.to_thread(self._stop_sharing)
        for authenticator in self._authenticators.values():
            await authenticator.aclose()


def _given(values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    given = {name: value for name, value in values.items() if value is not None}
    return given or None
