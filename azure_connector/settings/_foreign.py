"""Addresses that users paste and that are no Azure OpenAI resource: web pages of Azure, and other services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..errors import ENDPOINTS, ConfigurationError
from ._hosts import SUFFIXES

__all__ = ["FOREIGN_HOSTS", "refuse_foreign"]

_CLOUDS = ("com", "us", "cn")
_KEYS_PAGE = (
    "In the Azure portal open your Azure OpenAI resource, then Resource Management, then Keys and Endpoint, and copy "
    f"Endpoint: it looks like https://RESOURCE.openai.azure.com. {ENDPOINTS} lists yours."
)
_FOUNDRY_PAGE = (
    "There open your project, then Models + endpoints, choose the deployment and copy its Target URI: it looks like "
    f"https://RESOURCE.openai.azure.com/openai/deployments/NAME/…; or take the endpoint alone: {ENDPOINTS} lists yours."
)
_ML_PAGE = (
    "There open Endpoints, choose yours and copy its REST endpoint (a host below inference.ml.azure.com), or take the "
    "endpoint of an Azure OpenAI resource: https://RESOURCE.openai.azure.com."
)
_OPENAI = (
    "This package speaks to Azure. For OpenAI's own service use openai.OpenAI(); for Azure take the resource's own "
    f"endpoint. {_KEYS_PAGE}"
)


def _foreign() -> Iterator[tuple[str, tuple[str, str]]]:
    yield "api.openai.com", ("OpenAI's own service, not an Azure resource", _OPENAI)
    yield "oai.azure.com", ("Azure OpenAI Studio, a web page", _FOUNDRY_PAGE)
    for cloud in _CLOUDS:
        yield f"portal.azure.{cloud}", ("the Azure portal, a web page", _KEYS_PAGE)
        yield f"ai.azure.{cloud}", ("Azure AI Foundry, a web page", _FOUNDRY_PAGE)
        yield f"management.azure.{cloud}", ("Azure's management plane, which serves no model", _KEYS_PAGE)
        for studio in ("ml", "studio.ml"):
            yield f"{studio}.azure.{cloud}", ("Azure Machine Learning studio, a web page", _ML_PAGE)
    for suffix in SUFFIXES:
        yield suffix, ("Azure's own, without a resource's name before it", _KEYS_PAGE)


FOREIGN_HOSTS: Mapping[str, tuple[str, str]] = dict(_foreign())
"""Host -> what it is, and what to copy instead. Hosts below them are others' (`x.inference.ml.azure.com` serves)."""


_OTHER_SERVICES: Mapping[str, str] = {
    "search.windows.net": "Azure AI Search",
    "vault.azure.net": "Azure Key Vault (for a key that lies there: key_vault_secret)",
    "documents.azure.com": "Azure Cosmos DB",
    "blob.core.windows.net": "Azure Storage",
    "database.windows.net": "Azure SQL",
    "servicebus.windows.net": "Azure Service Bus",
    "stt.speech.microsoft.com": "Azure Speech",
    "tts.speech.microsoft.com": "Azure Speech",
    "api.anthropic.com": "Anthropic's own service",
}
"""The end of a host -> the other service that it belongs to."""


def refuse_foreign(host: str) -> None:
    """Refuse a host that is no resource, whatever stands behind it.

    Raises:
        ConfigurationError: for `portal.azure.com` and its like.
    """
    for suffix, service in _OTHER_SERVICES.items():
        if host == suffix or host.endswith("." + suffix):
            raise ConfigurationError(
                f"The endpoint's host {host} is {service}, which serves no OpenAI operation.",
                hint=f"{_KEYS_PAGE} Nothing was sent.",
            )
    found = FOREIGN_HOSTS.get(host.removeprefix("www."))
    if found is not None:
        what, instead = found
        raise ConfigurationError(f"The endpoint's host {host} is {what}.", hint=f"{instead} Nothing was sent.")
