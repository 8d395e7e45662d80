"""An API key that lies in Azure Key Vault, read with the Azure SDK's own client."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import SecretStr

from .._utils import install_hint
from ..errors import ConfigurationError
from ..settings import is_loopback
from ._background_loop import BackgroundLoop
from ._tokens import FetchedToken

__all__ = ["SecretAddress", "SyncCredential", "VaultReader", "parse_secret_url"]

_EXAMPLE = "It should look like https://VAULT.vault.azure.net/secrets/NAME."


class SecretAddress(NamedTuple):
    """Where a secret lies; `version` is None for its newest one."""

    vault: str
    name: str
    version: str | None = None


def parse_secret_url(text: str) -> SecretAddress:
    """Read a secret's URL as the Azure portal shows it.

    Raises:
        ConfigurationError: it is none.
    """
    try:
        parts = urlsplit(text.strip())
        segments = [segment for segment in parts.path.split("/") if segment]
        host = parts.hostname
    except ValueError:
        host, segments, parts = None, [], urlsplit("")
    if parts.scheme != "https" or not host or "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError("key_vault_secret is no https address of a secret.", hint=_EXAMPLE)
    if len(segments) not in (2, 3) or segments[0] != "secrets":
        raise ConfigurationError(f"key_vault_secret: the path {parts.path!r} names no secret.", hint=_EXAMPLE)
    return SecretAddress(f"https://{parts.netloc}", segments[1], segments[2] if len(segments) == 3 else None)


class VaultReader:
    """Reads one secret with a credential of the chain.

    Args:
        address: the secret.
        credential: an azure-identity credential, sync.
        own: whether the credential is ours to close.
        options: for azure-core: CA bundle, proxy.

    Raises:
        ImportError: the Azure SDK's client for Key Vault is not installed.
    """

    def __init__(self, address: SecretAddress, credential: Any, *, own: bool, options: dict[str, Any]) -> None:
        try:
            from azure.keyvault.secrets import SecretClient
        except ImportError as error:
            raise ImportError(f"key_vault_secret needs azure-keyvault-secrets: {install_hint('keyvault')}") from error
        # The client refuses a vault that asks for a token of another domain. On loopback there is no domain to compare.
        verify = not is_loopback(urlsplit(address.vault).hostname or "")
        self._client = SecretClient(address.vault, credential, verify_challenge_resource=verify, **options)
        self._address = address
        self._own_credential = credential if own else None

    def read(self) -> FetchedToken:
        secret = self._client.get_secret(self._address.name, self._address.version)
        value = (secret.value or "").strip()
        if not value:
            raise ValueError(f"the secret {self._address.name!r} in {self._address.vault} is empty")
        return FetchedToken(SecretStr(value))

    def close(self) -> None:
        self._client.close()
        if self._own_credential is not None:
            self._own_credential.close()


class SyncCredential:
    """Lets the vault's sync client use a credential object of the user's, sync or async.

    Args:
        credential: the user's.
        loop: where an async one runs.
    """

    def __init__(self, credential: Any, loop: BackgroundLoop) -> None:
        self._credential = credential
        self._loop = loop

    def get_token(self, *scopes: str, **options: Any) -> Any:
        got = self._credential.get_token(*scopes, **options)
        if not inspect.isawaitable(got):
            return got

        async def finish() -> Any:
            return await got

        return asyncio.run_coroutine_threadsafe(finish(), self._loop.get()).result()
