"""Builds the azure-identity credentials that the settings describe."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from azure_connector.resources import Resource
from azure_connector.transport import TransportOptions

from .chain import Method
from .sources import ObjectSource
from .tokens import Fetched, Unfinished

__all__ = ["BuiltSource", "builder_for", "default_scope"]

_SCOPES = {
    "public": "https://cognitiveservices.azure.com/.default",
    "usgov": "https://cognitiveservices.azure.us/.default",
    "china": "https://cognitiveservices.azure.cn/.default",
}
_FOUNDRY_SCOPE = "https://ai.azure.com/.default"
_AUTHORITIES = {"usgov": "login.microsoftonline.us", "china": "login.chinacloudapi.cn"}


def default_scope(resource: Resource) -> str:
    """The token's scope: the setting, else by the host's kind and cloud."""
    if resource.auth.scope:
        return resource.auth.scope
    if resource.endpoint.kind == "foundry" and resource.endpoint.cloud == "public":
        return _FOUNDRY_SCOPE
    return _SCOPES[resource.endpoint.cloud]


class BuiltSource:
    """A credential object that we build when it is first needed, and anew when its cache must not answer.

    Always a sync credential, worked in a thread: one code path for both clients, and no need of aiohttp.
    """

    asynchronous = False

    def __init__(self, build: Callable[[], Any], scope: str) -> None:
        self._build = build
        self._scope = scope
        self._lock = threading.Lock()
        self._built: tuple[ObjectSource, weakref.finalize[..., Any]] | None = None

    def fetch(self, previous: SecretStr | None) -> Fetched | Unfinished:
        got = self._fetch()
        if previous is not None and isinstance(got, Fetched) and got.value == previous:
            self.renew()
            got = self._fetch()
        return got

    def _fetch(self) -> Fetched | Unfinished:
        with self._lock:
            if self._built is None:
                credential = self._build()
                self._built = (ObjectSource(credential, self._scope), weakref.finalize(self, credential.close))
            source = self._built[0]
        try:
            return source.fetch(None)
        except BaseException:
            # What it has read (a certificate, a federated token) may be why: read it again next time.
            self.renew()
            raise

    async def afetch(self, previous: SecretStr | None, pending: Unfinished | None = None) -> Fetched:
        raise NotImplementedError("built credentials are synchronous")

    def renew(self) -> None:
        with self._lock:
            built, self._built = self._built, None
        if built is not None:
            built[1]()

    close = renew


def builder_for(method: Method, resource: Resource, transport: TransportOptions) -> Callable[[], Any]:
    """A function that builds the credential of `method`; it may block."""
    auth = resource.auth
    entra = _entra_options(resource, transport)

    def build() -> Any:
        from azure import identity

        tenant, client = auth.tenant_id or "", auth.client_id or ""
        if method == "client secret" and auth.client_secret is not None:
            return identity.ClientSecretCredential(tenant, client, auth.client_secret.get_secret_value(), **entra)
        if method == "client certificate":
            password = auth.client_certificate_password
            return identity.CertificateCredential(
                tenant,
                client,
                auth.client_certificate_path,
                password=password.get_secret_value() if password is not None else None,
                **entra,
            )
        if method == "workload identity":
            return identity.WorkloadIdentityCredential(
                tenant_id=tenant, client_id=client, token_file_path=auth.federated_token_file, **entra
            )
        if method == "managed identity":
            return identity.ManagedIdentityCredential(client_id=auth.managed_identity_client_id, **_MACHINE_OPTIONS)
        return identity.DefaultAzureCredential(**entra)

    return build


_MACHINE_OPTIONS: dict[str, Any] = {"connection_timeout": 1, "retry_total": 0, "use_env_settings": False}


def _entra_options(resource: Resource, transport: TransportOptions) -> dict[str, Any]:
    auth = resource.auth
    options: dict[str, Any] = {"connection_timeout": 10, "read_timeout": 20, "retry_total": 2}
    if authority := auth.authority_host or _AUTHORITIES.get(resource.endpoint.cloud):
        options["authority"] = authority
    if auth.disable_instance_discovery:
        options["disable_instance_discovery"] = True
    if transport.ca_bundle:
        options["connection_verify"] = transport.ca_bundle
    if transport.client_certificate:
        pair = (transport.client_certificate, transport.client_key)
        options["connection_cert"] = pair if transport.client_key else transport.client_certificate
    if transport.proxy:
        options["proxies"] = {"http": transport.proxy, "https": transport.proxy}
    return options
