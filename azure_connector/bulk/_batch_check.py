"""What the Batch API does not take, found out before anything is uploaded."""

from __future__ import annotations

from urllib.parse import urlsplit

from azure_connector.client import AsyncAzureConnector
from azure_connector.errors import ConfigurationError

from ._spec import EmbedSpec, JobSpec

__all__ = ["check_batch"]

_HOSTS = ("services.ai.azure.", "cognitiveservices.azure.", "api.cognitive.microsoft.")


def check_batch(job: JobSpec, client: AsyncAzureConnector, *, anyway: bool) -> None:
    """Refuses what the Batch API does not take, before anything is uploaded.

    Raises:
        ConfigurationError: embeddings, or a host that has no batches.
    """
    if isinstance(job, EmbedSpec) and not anyway:
        raise ConfigurationError(
            'Azure\'s page on batches says of embeddings: "currently not supported".',
            hint="Leave --batch out (packed calls are quick), or try it all the same with --batch-anyway.",
        )
    host = urlsplit(client.settings.require_endpoint().base).hostname or ""
    if any(part in host for part in _HOSTS):
        raise ConfigurationError(
            f"Azure takes batches at *.openai.azure.com only, not at {host}.",
            hint="Name the resource by that host: --endpoint https://NAME.openai.azure.com",
        )
