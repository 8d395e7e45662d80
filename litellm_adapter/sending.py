"""One call through a connector: its errors as LiteLLM's, and what LiteLLM's logging object is told of it."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import openai

from azure_connector.settings import parameters_of

from .call_args import CallArguments
from .call_log import answered, hide_secrets, timed
from .connectors import Connectors
from .errors import translated

__all__ = ["asend", "send"]

# Operations whose bodies are no JSON: the SDK's methods know how they are written. They also ask for vectors in a
# quarter of the bytes.
_METHODS = {
    "/embeddings": attrgetter("embeddings.create"),
    "/images/edits": attrgetter("images.edit"),
    "/audio/transcriptions": attrgetter("audio.transcriptions.with_raw_response.create"),
    "/audio/speech": attrgetter("audio.speech.create"),
}


def send(connectors: Connectors, call: CallArguments, *, logged: bool = True, **how: Any) -> Any:
    """Sends a call.

    Args:
        connectors: those of the call's prefix.
        call: the call.
        logged: whether LiteLLM's logging object is told; its own handler for the Responses API does that itself.
        how: as `_sent` takes it.

    Returns:
        JSON that `azure_info` knows, a stream of such, or what `cast_to` says.

    Raises:
        LiteLLM's exceptions.
    """
    hide_secrets(call.logging)
    with translated(call.provider, call.model):
        client: Any = connectors.client_for(call, openai.OpenAI)
        with timed(call, client.base_url, logged):
            reply = _sent(client, call, **how)
    return answered(call, reply) if logged else reply


async def asend(connectors: Connectors, call: CallArguments, *, logged: bool = True, **how: Any) -> Any:
    """As `send`."""
    hide_secrets(call.logging)
    with translated(call.provider, call.model):
        client: Any = connectors.client_for(call, openai.AsyncOpenAI)
        with timed(call, client.base_url, logged):
            reply = await _sent(client, call, **how)
    return answered(call, reply) if logged else reply


def _sent(client: Any, call: CallArguments, *, method: str = "post", cast_to: object = object, **how: object) -> Any:
    if call.operation not in _METHODS:
        body = {"body": call.body} if method == "post" else {}
        return getattr(client, method)(call.operation, cast_to=cast_to, options=call.options, **body, **how)
    names = parameters_of(call.operation)
    if "max_retries" in call.options:
        client = client.with_options(max_retries=call.options["max_retries"])
    given = {name: value for name, value in call.body.items() if name in names}
    more = {name: value for name, value in call.body.items() if name not in names}
    how |= {"extra_headers": call.options.get("headers"), "timeout": call.options.get("timeout", openai.NOT_GIVEN)}
    return _METHODS[call.operation](client)(**given, extra_body=more or None, **how)
