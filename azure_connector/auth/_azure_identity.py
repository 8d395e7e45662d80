"""Builds the azure-identity credentials that the settings describe.

Always the sync classes, worked in a thread: one code path for both clients, and no need of aiohttp.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ..settings import AUTHORITY_HOSTS, Resource
from ..transport import TransportOptions
from ._chain import Method
from ._managed_identity import default_chain_asks_imds, imds_answers, imds_url

__all__ = ["BUILDERS", "Builder", "NoMachineIdentityError", "http_options"]

# A hung connection to Entra ID must not hold a call for azure-core's default of five minutes.
_ENTRA_TIMES: dict[str, Any] = {
    "connection_timeout": 10,
    "read_timeout": 20,
    "retry_total": 3,
    "retry_backoff_factor": 0.2,  # at once, after 0.4 s and after 0.8 s
}
# The metadata service is link-local and never behind a proxy. Where it does not answer there is none, so connecting is
# not repeated; where it does, its own "not yet" (404, 410, 429, 5xx) is, as azure-identity does by itself.
_MACHINE_TIMES: dict[str, Any] = {
    "connection_timeout": 1,
    "read_timeout": 10,
    "retry_total": 5,
    "retry_connect": 0,
    "retry_read": 1,
    "retry_on_status_codes": [404, 410, 429, *range(500, 600)],
    "use_env_settings": False,
}


# Where DefaultAzureCredential takes a tenant: by default each would read AZURE_TENANT_ID itself, or none.
_TENANT_OPTIONS = (
    "broker_tenant_id",
    "interactive_browser_tenant_id",
    "shared_cache_tenant_id",
    "visual_studio_code_tenant_id",
    "workload_identity_tenant_id",
)


class NoMachineIdentityError(Exception):
    """No service on this machine gives tokens."""


class Builder:
    """Builds the credential of one method for one resource; may block, so it is called in a thread.

    Args:
        resource: its settings.
        transport: CA bundle, client certificate and proxy.
    """

    def __init__(self, resource: Resource, transport: TransportOptions) -> None:
        _keep_quiet()
        self._auth = resource.auth
        self._tenants = list(self._auth.additionally_allowed_tenants)
        self._entra = _ENTRA_TIMES | http_options(transport) | _authority(resource)

    def client_secret(self) -> Any:
        from azure.identity import ClientSecretCredential

        secret = self._auth.client_secret
        return ClientSecretCredential(
            self._auth.tenant_id or "",
            self._auth.client_id or "",
            secret.get_secret_value() if secret is not None else "",
            additionally_allowed_tenants=self._tenants,
            **self._entra,
        )

    def client_certificate(self) -> Any:
        from azure.identity import CertificateCredential

        password = self._auth.client_certificate_password
        return CertificateCredential(
            self._auth.tenant_id or "",
            self._auth.client_id or "",
            self._auth.client_certificate_path,
            password=password.get_secret_value() if password is not None else None,
            additionally_allowed_tenants=self._tenants,
            **self._entra,
        )

    def workload_identity(self) -> Any:
        from azure.identity import WorkloadIdentityCredential

        return WorkloadIdentityCredential(
            tenant_id=self._auth.tenant_id,
            client_id=self._auth.client_id,
            token_file_path=self._auth.federated_token_file,
            additionally_allowed_tenants=self._tenants,
            **self._entra,
        )

    def managed_identity(self) -> Any:
        from azure.identity import ManagedIdentityCredential

        url = imds_url()
        if url is not None and not imds_answers(url):
            raise NoMachineIdentityError(
                f"nothing answers at {url}, where Azure's machines have their identity service"
            )
        return ManagedIdentityCredential(client_id=self._identity_id(), **_MACHINE_TIMES)

    def default_credential(self) -> Any:
        from azure.identity import DefaultAzureCredential

        options = {**self._entra, "process_timeout": self._auth.cli_timeout}
        if self._auth.tenant_id:
            options |= dict.fromkeys(_TENANT_OPTIONS, self._auth.tenant_id)
        if self._tenants:
            options["additionally_allowed_tenants"] = self._tenants
        if self._auth.use_interactive_browser:
            options["exclude_interactive_browser_credential"] = False
        if identity := self._identity_id():
            options["managed_identity_client_id"] = identity
        url = imds_url()
        if url is not None and default_chain_asks_imds() and not imds_answers(url):
            # It would find out the same, only later: its own probe waits for a proxy, or takes another cloud's 404.
            options["exclude_managed_identity_credential"] = True
            logging.getLogger("azure_connector.auth").debug("No managed identity: nothing answers at %s", url)
        return self._in_tenant(DefaultAzureCredential(**options))

    def _in_tenant(self, chain: Any) -> Any:
        """The chain, whose developer's tools are asked for the tenant too: it has no option for theirs."""
        from azure.identity import AzureCliCredential, AzureDeveloperCliCredential, AzurePowerShellCredential

        if not self._auth.tenant_id and not self._tenants:
            return chain
        tools = (AzureCliCredential, AzureDeveloperCliCredential, AzurePowerShellCredential)
        how: dict[str, Any] = {
            "tenant_id": self._auth.tenant_id or "",
            "additionally_allowed_tenants": self._tenants,
            "process_timeout": self._auth.cli_timeout,
        }
        chain.credentials = tuple(type(one)(**how) if isinstance(one, tools) else one for one in chain.credentials)
        return chain

    def _identity_id(self) -> str | None:
        # AZURE_CLIENT_ID alone pins a user-assigned identity; with a tenant it names an application.
        alone = self._auth.client_id if self._auth.tenant_id is None else None
        return self._auth.managed_identity_client_id or alone


BUILDERS: dict[Method, Callable[[Builder], Any]] = {
    "client secret": Builder.client_secret,
    "client certificate": Builder.client_certificate,
    "workload identity": Builder.workload_identity,
    "managed identity": Builder.managed_identity,
    "default credential": Builder.default_credential,
}


def _keep_quiet() -> None:
    """azure-identity warns of what the error says anyway; where no logging is set up it would go to stderr."""
    logger = logging.getLogger("azure.identity")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def http_options(transport: TransportOptions) -> dict[str, Any]:
    """What the settings say about connections, in azure-core's words."""
    options: dict[str, Any] = {}
    if transport.ca_bundle:
        options["connection_verify"] = transport.ca_bundle
    if transport.client_certificate:
        pair = (transport.client_certificate, transport.client_key)
        options["connection_cert"] = pair if transport.client_key else transport.client_certificate
    if transport.proxy:
        options["proxies"] = {"http": transport.proxy, "https": transport.proxy}
    return options


def _authority(resource: Resource) -> dict[str, Any]:
    auth, cloud = resource.auth, resource.endpoint.cloud
    options: dict[str, Any] = {}
    if auth.authority_host or cloud != "public":
        options["authority"] = auth.authority_host or AUTHORITY_HOSTS[cloud]
    if auth.disable_instance_discovery:
        options["disable_instance_discovery"] = True
    return options
