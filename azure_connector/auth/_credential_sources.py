"""Methods whose credential comes from the user's own objects: values, callables, azure-identity credentials."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from ..errors import ConfigurationError
from ._tokens import FetchedToken, PendingToken, jwt_expiry

__all__ = ["CallableSource", "ObjectSource", "ValueSource"]


class ValueSource:
    """A key or token that is given as it is."""

    asynchronous = False

    def __init__(self, value: SecretStr, *, token: bool) -> None:
        expires_on = jwt_expiry(value.get_secret_value()) if token else None
        self._fetched = FetchedToken(value, expires_on, fixed=True)

    def fetch(self, previous: SecretStr | None) -> FetchedToken:
        return self._fetched

    async def afetch(self, previous: SecretStr | None, pending: PendingToken | None = None) -> FetchedToken:
        return self._fetched

    def renew(self) -> None:
        """There is no other."""

    def close(self) -> None:
        """Nothing was built."""

    def after_fork(self) -> None:
        """Nothing is shared with the parent."""


class CallableSource:
    """A callable, sync or async, that gives a key (good until it is refused) or a token (good until it expires)."""

    def __init__(self, function: Callable[[], Any], *, token: bool) -> None:
        self._function = function
        self._token = token
        self.asynchronous = _is_async(function)

    def fetch(self, previous: SecretStr | None) -> FetchedToken | PendingToken:
        got = self._function()
        if inspect.isawaitable(got):
            self.asynchronous = True
            return PendingToken(got)
        return self._read(got)

    async def afetch(self, previous: SecretStr | None, pending: PendingToken | None = None) -> FetchedToken:
        got = pending.awaitable if pending is not None else self._function()
        return self._read(await got if inspect.isawaitable(got) else got)

    def _read(self, got: object) -> FetchedToken:
        if isinstance(got, SecretStr):
            got = got.get_secret_value()
        if hasattr(got, "token") and hasattr(got, "expires_on"):
            return _from_access_token(got)
        what = "azure_ad_token_provider" if self._token else "api_key"
        if not isinstance(got, str):
            raise TypeError(f"The callable given as {what} must return a string; it returned {type(got).__name__}.")
        if not got.strip():
            raise ValueError(f"The callable given as {what} returned an empty string.")
        if not self._token:
            return FetchedToken(SecretStr(got.strip()))
        expires_on = jwt_expiry(got)
        # Nothing tells how long an opaque token lives, so its provider is asked on every call, as the SDK does.
        return FetchedToken(SecretStr(got), expires_on, reusable=expires_on is not None)

    def renew(self) -> None:
        """The callable is the user's; it is simply called again."""

    def close(self) -> None:
        """The callable is the user's."""

    def after_fork(self) -> None:
        """The callable is the user's."""


class ObjectSource:
    """An azure-identity credential, or anything with `get_token_info` or `get_token`; sync or async."""

    def __init__(self, credential: object, scope: str) -> None:
        self._credential = credential
        self._scope = scope
        self.asynchronous = _is_async(_getter(credential))

    def fetch(self, previous: SecretStr | None) -> FetchedToken | PendingToken:
        got = _getter(self._credential)(self._scope)
        if inspect.isawaitable(got):
            self.asynchronous = True
            return PendingToken(got)
        return _from_access_token(got)

    async def afetch(self, previous: SecretStr | None, pending: PendingToken | None = None) -> FetchedToken:
        got = pending.awaitable if pending is not None else _getter(self._credential)(self._scope)
        return _from_access_token(await got if inspect.isawaitable(got) else got)

    def renew(self) -> None:
        """The object is the user's: what it keeps in its own cache is beyond us."""

    def close(self) -> None:
        """The object is the user's."""

    def after_fork(self) -> None:
        """The object is the user's."""


def _getter(credential: object) -> Callable[..., Any]:
    getter = getattr(credential, "get_token_info", None) or getattr(credential, "get_token", None)
    if not callable(getter):
        raise ConfigurationError(
            f"The credential is a {type(credential).__name__}, which has neither get_token nor get_token_info.",
            hint="Pass an object of azure-identity, such as DefaultAzureCredential(); a function that returns tokens "
            "goes into azure_ad_token_provider, a plain token into azure_ad_token.",
        )
    return getter


def _is_async(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004 - not a test for callability


def _from_access_token(got: object) -> FetchedToken:
    token, expires_on = getattr(got, "token", None), getattr(got, "expires_on", None)
    if (
        not isinstance(token, str)
        or not token
        or isinstance(expires_on, bool)
        or not isinstance(expires_on, int | float)
    ):
        raise TypeError(
            f"The credential returned {type(got).__name__}, not an AccessToken with `token` and `expires_on`."
        )
    refresh_on = getattr(got, "refresh_on", None)
    return FetchedToken(
        SecretStr(token), float(expires_on), float(refresh_on) if isinstance(refresh_on, int | float) else None
    )
