"""What the values of arguments may be, as type checkers and editors see them."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from pydantic import SecretStr

__all__ = ["Address", "Credential", "Deployments", "KeyProvider", "Path", "Secret", "Tables", "TokenProvider"]

Secret = str | SecretStr
Path = str | os.PathLike[str]
KeyProvider = Callable[[], str] | Callable[[], Awaitable[str]]


class _Url(Protocol):
    """httpx's URL, of the version that the SDK uses."""

    @property
    def scheme(self) -> str: ...

    @property
    def host(self) -> str: ...


Address = str | _Url


class _Token(Protocol):
    """azure-core's `AccessToken` and its kin."""

    @property
    def token(self) -> str: ...

    @property
    def expires_on(self) -> int: ...


TokenProvider = Callable[[], str | SecretStr | _Token | Awaitable[str | SecretStr | _Token]]


class _GetsToken(Protocol):
    """A credential of azure-identity, sync or async."""

    def get_token(self, *scopes: Any, **options: Any) -> Any: ...


class _GetsTokenInfo(Protocol):
    def get_token_info(self, *scopes: Any, **options: Any) -> Any: ...


Credential = _GetsToken | _GetsTokenInfo

_Target = str | Mapping[str, object]
Deployments = Mapping[str, _Target | Sequence[_Target | Sequence[_Target]]]
Tables = Mapping[str, Mapping[str, object]]
