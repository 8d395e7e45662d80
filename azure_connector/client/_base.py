"""What the sync and the async client have in common."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Self, Unpack, cast

import openai
from openai import NotGiven

from .._utils import show_lazily
from ._azure_type import be_azure
from ._given import check_given, check_tables

if TYPE_CHECKING:
    from ..settings import Address, ChangeArguments, ConnectorSettings
    from ._explanation import Explanation
    from ._resource_client import LoopPools
    from ._state import ConnectorState

__all__ = ["NOT_GIVEN", "Beginning", "SharedClient", "begin", "check_given", "shown_signature", "shown_text"]

NOT_GIVEN = NotGiven()
# OpenAI's headers for these two arguments of its clients.
_OPENAI_HEADERS = ("OpenAI-Organization", "OpenAI-Project")


class Beginning(NamedTuple):
    """What a client begins with.

    Attributes:
        state: what it shares with its copies.
        owned: whether it closes that.
        pools: the connections that an async copy shares.
    """

    state: ConnectorState
    owned: bool
    pools: LoopPools | None = None


def begin(settings: ConnectorSettings | None, options: dict[str, Any], max_retries: int | None) -> Beginning:
    """What a new client begins with, from settings or from options; a copy brings it along.

    Raises:
        ConfigurationError: the settings cannot be used.
    """
    inherited: Beginning | None = options.pop("_inherited", None)
    if (asked := options.get("max_attempts")) is not None and max_retries is not None:
        from ._options import agreed_retries

        agreed_retries(asked, max_retries)
    if inherited is not None:
        return inherited
    # Most of the package stands behind this: loaded with the first client.
    from ._state import ConnectorState

    import_module("._listing", __package__)  # and with it the way of a call: the first call waits for none of it
    return Beginning(ConnectorState.build(settings, options), owned=True)


def shown_signature(function: object) -> inspect.Signature:
    """The signature of a method that takes settings, for whoever looks."""
    from ..settings import signature_of

    return signature_of(function)


def shown_text(written: str | None, signature: inspect.Signature) -> str:
    """The description of a client's class, for whoever looks."""
    from ..settings import documented

    return documented(written, signature)


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
    organization: str | None
    project: str | None
    webhook_secret: str | None
    websocket_base_url: Any
    _websocket_given: Address | None

    @property
    def settings(self) -> ConnectorSettings:
        """The settings in force; their repr masks secrets."""
        return self._state.settings

    def _take(
        self,
        state: ConnectorState,
        owned: bool,
        headers: Mapping[str, str] | None,
        named: tuple[str | None, str | None],
        websocket_base_url: Address | None,
    ) -> None:
        """What both constructors do once the SDK's own has run."""
        self._state, self._owns_state = state, owned
        # The SDK would also take them from variables that are meant for openai.com.
        self.organization, self.project = named
        told = {name: value for name, value in zip(_OPENAI_HEADERS, named, strict=True) if value is not None}
        self._custom_headers = self.custom_headers = state.checked_headers({**told, **(headers or {})})
        be_azure(self, state)
        self.custom_query = self._custom_query
        self.websocket_base_url = state.websocket_address(websocket_base_url)
        self._websocket_given = websocket_base_url

    @property
    def websocket_given(self) -> str | None:
        """What was passed as `websocket_base_url`; for this room alone."""
        return None if self._websocket_given is None else str(self._websocket_given)

    def deployment_of(self, model: str | None, operation: str = "/chat/completions") -> str:
        """The deployment on the default resource that serves a model, for what does not go through `request()`.

        Args:
            model: the model as a call would name it; the one that the settings choose when omitted.
            operation: the SDK's path.

        Raises:
            InvalidRequestError: the model is served by other resources only.
        """
        return self._state.resolver.home_deployment(model or self.settings.model_for(operation), operation)

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

    @property
    def auth_headers(self) -> dict[str, str]:
        """The credential's headers, for the SDK's WebSockets alone: requests get theirs when they are sent."""
        return dict(self._state.authenticators.of(self.settings.default_resource).headers())

    def explain(self, model: str | None = None, *, operation: str = "/chat/completions") -> Explanation:
        """Tells which deployment, URL, credential and rules a call would use, and why. Sends nothing.

        Args:
            model: the model as a call would name it; the one that the settings choose when omitted.
            operation: the SDK's path of the call, e.g. `/embeddings`.

        Raises:
            ConfigurationError: no endpoint is configured, or the mapping names an unknown resource.
        """
        from ._explain_call import explain_call

        plan = self._state.resolver.resolve(model or self.settings.model_for(operation), operation)
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
        timeout: float | openai.Timeout | NotGiven | None = NOT_GIVEN,
        max_retries: int | NotGiven = NOT_GIVEN,
        default_headers: Mapping[str, str] | None = None,
        set_default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, object] | None = None,
        set_default_query: Mapping[str, object] | None = None,
        http_client: openai.DefaultHttpxClient | openai.DefaultAsyncHttpxClient | None = None,
        organization: str | None = None,
        project: str | None = None,
        webhook_secret: str | None = None,
        websocket_base_url: Address | None = None,
        **overrides: Unpack[ChangeArguments],
    ) -> Self:
        """A client with other options that shares credentials, cooldowns and connections with this one.

        Args:
            timeout, max_retries, default_headers, default_query, http_client: as in the constructor;
                `set_default_*` replace instead of adding.
            organization, project, webhook_secret, websocket_base_url: as in the constructor.
            overrides: any other setting. The settings' own credentials are not sent to another endpoint (`base_url`,
                `azure_endpoint`, `resource_name`): pass one with it.

        Raises:
            ConfigurationError: another endpoint without a credential of its own, or a contradiction.
        """
        from ._options import agreed_retries

        check_tables(default_headers=default_headers, set_default_headers=set_default_headers)
        check_tables(default_query=default_query, set_default_query=set_default_query)
        changes = cast("dict[str, Any]", overrides)
        asked = changes.get("max_attempts")
        retries = agreed_retries(asked, None if isinstance(max_retries, NotGiven) else max_retries)
        state = self._state.derived(changes)
        if websocket_base_url is None and state.websocket_url == self._state.websocket_url:
            websocket_base_url = self._websocket_given
        make: Any = type(self)
        return make(
            timeout=self.timeout if isinstance(timeout, NotGiven) else timeout,
            max_retries=self.max_retries if retries is None and asked is None else retries,
            default_headers=_merged(self._custom_headers, default_headers, set_default_headers),
            default_query=_merged(self._custom_query, default_query, set_default_query),
            organization=organization or self.organization,
            project=project or self.project,
            webhook_secret=webhook_secret or self.webhook_secret,
            websocket_base_url=websocket_base_url,
            **self._shared(state, http_client),
        )

    with_options = copy

    def _shared(self, state: ConnectorState, http_client: object) -> dict[str, Any]:
        """The connections of a copy, as arguments of the constructor."""
        raise NotImplementedError

    def note_socket(self, socket: object) -> None:
        """Remembers a WebSocket, so that it ends with the client; for this room alone."""
        self.__dict__.setdefault("_sockets", weakref.WeakSet()).add(socket)

    def _cut_sockets(self) -> None:
        for one in list(self.__dict__.get("_sockets", ())):
            if hasattr(one, "cut"):  # one of ours
                one.cut("the client was closed")

    def _closed_error(self, cause: BaseException | None = None) -> Exception:
        """What a call gets whose client was closed."""
        from ..errors import ClientClosedError
        from ._call_errors import closed_error

        if isinstance(cause, ClientClosedError):  # it was closed before, and has said so
            return cause
        return closed_error(type(self).__name__, self._state.base_url, cause)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The same client: Semantic Kernel copies services, and connections cannot be copied."""
        return self

    def __copy__(self) -> Self:
        return self

    def __reduce__(self) -> Any:
        """Settings and options travel; secrets are read in the other process, from where they stood in this one.

        Raises:
            NotPickledError: a secret was passed as an argument, so that it stands nowhere else.
        """
        from ._pickling import packed, unpickled

        return unpickled, (type(self), packed(self))

    def __repr__(self) -> str:
        state = self.__dict__.get("_state")  # missing in a client whose settings were refused
        return f"{type(self).__name__}({state.summary() if state else 'not configured'})"


def _merged(
    current: Mapping[str, object], more: Mapping[str, object] | None, instead: Mapping[str, object] | None
) -> Any:
    if instead is not None:
        return dict(instead)
    return {**current, **(more or {})}


show_lazily(SharedClient, shown_signature, shown_text, "copy")
