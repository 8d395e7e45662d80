"""What the sync and the async client have in common."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, cast

import openai
from openai import NotGiven

if TYPE_CHECKING:
    from ..settings import ConnectorSettings
    from ._explanation import Explanation
    from ._state import ConnectorState

__all__ = ["NOT_GIVEN", "SharedClient"]

NOT_GIVEN = NotGiven()


class SharedClient:
    """Stands before the SDK's client among the bases.

    Attributes:
        custom_headers: the headers that this client adds to every request.
        custom_query: the query parameters that this client adds to every request.
    """

    custom_headers: Mapping[str, str]
    custom_query: Mapping[str, object]

    _state: ConnectorState
    _owns_state: bool
    _custom_headers: Mapping[str, str]
    _custom_query: Mapping[str, object]
    timeout: float | openai.Timeout | None
    max_retries: int

    @property
    def settings(self) -> ConnectorSettings:
        """The settings in force; their repr masks secrets."""
        return self._state.settings

    def deployment_of(self, model: str | None, operation: str = "/chat/completions") -> str:
        """The deployment on the default resource that serves a model, for what does not go through `request()`.

        Args:
            model: the model as a call would name it; the settings' `default_model` when omitted.
            operation: the SDK's path.

        Raises:
            InvalidRequestError: the model is served by other resources only.
        """
        return self._state.resolver.home_deployment(model or self.settings.default_model, operation)

    @property
    def connector_state(self) -> ConnectorState:
        """What copies of this client share with it; for this room alone."""
        return self._state

    def realtime_deployment(self, model: str | None) -> str:
        """The deployment on the default resource for a WebSocket.

        Args:
            model: the model as named; a pasted realtime URI's deployment or `default_deployment` when omitted.

        Raises:
            InvalidRequestError: there is none, or other resources alone serve the model.
        """
        default = self._state.resolver.table.default_for("/realtime")
        named = model or (default.deployment if default is not None else None)
        return self._state.resolver.home_deployment(cast("str", named), "/realtime")

    if not TYPE_CHECKING:  # for type checkers the SDK's own declarations stand

        @cached_property
        def beta(self):
            """The SDK's beta resources; their WebSockets know deployments."""
            from ._web_sockets import watch

            return watch(super().beta, self)

        @cached_property
        def uploads(self):
            """The SDK's uploads; `upload_file_chunked` maps the lines of a batch file."""
            from ._uploads import map_uploads

            return map_uploads(super().uploads, self._state, asynchronous=isinstance(self, openai.AsyncOpenAI))

        if hasattr(openai.OpenAI, "live"):  # from openai 3 on

            @cached_property
            def live(self):
                """The SDK's Live resource; its WebSockets know deployments."""
                from ._web_sockets import watch

                return watch(super().live, self)

    @property
    def auth_headers(self) -> dict[str, str]:
        """The credential's headers, for the SDK's WebSockets alone: requests get theirs when they are sent."""
        return dict(self._state.authenticators.of(self.settings.default_resource).headers())

    def explain(self, model: str | None = None, *, operation: str = "/chat/completions") -> Explanation:
        """Tells which deployment, URL, credential and rules a call would use, and why. Sends nothing.

        Args:
            model: the model as a call would name it; the settings' `default_model` when omitted.
            operation: the SDK's path of the call, e.g. `/embeddings`.

        Raises:
            ConfigurationError: no endpoint is configured, or the mapping names an unknown resource.
        """
        from ._explain_call import explain_call

        plan = self._state.resolver.resolve(model or self.settings.default_model, operation)
        return explain_call(self._state, self._state.projects.explained(plan, operation), operation)

    def declare_base_model(self, model: str, base_model: str) -> None:
        """Says which base model serves a name, where neither the mapping nor the deployment's own name does.

        Args:
            model: the model or deployment as calls name it.
            base_model: the base model, with or without its version: `gpt-5`, `gpt-4o-2024-11-20`.
        """
        self._state.resolver.declare_base_model(model, base_model)

    def copy(
        self,
        *,
        api_key: Any = None,
        base_url: Any = None,
        timeout: float | openai.Timeout | NotGiven | None = NOT_GIVEN,
        max_retries: int | NotGiven = NOT_GIVEN,
        default_headers: Mapping[str, str] | None = None,
        set_default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, object] | None = None,
        set_default_query: Mapping[str, object] | None = None,
        http_client: Any = None,
        **overrides: Any,
    ) -> Self:
        """A client with other options that shares credentials, cooldowns and connections with this one.

        Args:
            api_key: a key of the caller's own; with `base_url` it is required.
            base_url: another endpoint, in any form; the settings' own credentials are never sent there.
            timeout, max_retries, default_headers, default_query, http_client: as in the constructor;
                `set_default_*` replace instead of adding.
            overrides: any other setting.

        Raises:
            ConfigurationError: another endpoint without a credential of its own.
        """
        from ._options import agreed_retries

        asked = overrides.get("max_attempts")
        retries = agreed_retries(asked, None if isinstance(max_retries, NotGiven) else max_retries)
        state = self._state.derived(api_key=api_key, base_url=base_url, **overrides)
        make: Any = type(self)
        return make(
            timeout=self.timeout if isinstance(timeout, NotGiven) else timeout,
            max_retries=self.max_retries if retries is None and asked is None else retries,
            default_headers=_merged(self._custom_headers, default_headers, set_default_headers),
            default_query=_merged(self._custom_query, default_query, set_default_query),
            _state=state,
            _owns_state=state is not self._state,
            **self._shared(state, http_client),
        )

    with_options = copy

    def _shared(self, state: ConnectorState, http_client: Any) -> dict[str, Any]:
        """The connections of a copy, as arguments of the constructor."""
        raise NotImplementedError

    def _closed_error(self, cause: BaseException | None = None) -> Exception:
        """What a call gets whose client was closed."""
        from ._call_errors import closed_error

        return closed_error(type(self).__name__, self._state.base_url, cause)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The same client: Semantic Kernel copies services, and connections cannot be copied."""
        return self

    def __copy__(self) -> Self:
        return self

    def __reduce__(self) -> Any:
        raise TypeError(
            f"{type(self).__name__} cannot be pickled: it holds connections and credentials. "
            "Make one in each process from the same settings."
        )

    def __repr__(self) -> str:
        state = self.__dict__.get("_state")  # missing in a client whose settings were refused
        return f"{type(self).__name__}({state.summary() if state else 'not configured'})"


def _merged(current: Mapping[str, Any], more: Mapping[str, Any] | None, instead: Mapping[str, Any] | None) -> Any:
    if instead is not None:
        return dict(instead)
    return {**current, **(more or {})}
