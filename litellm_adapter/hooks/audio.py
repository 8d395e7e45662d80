"""Transcription and speech: LiteLLM has no custom providers there, so its functions are replaced for our prefixes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import wraps
from typing import Any

import openai
from litellm.types.llms.openai import HttpxBinaryResponseContent
from litellm.types.utils import TranscriptionResponse

from azure_connector.settings import parameters_of

from ..call_args import CallArguments, form_arguments
from ..connectors import Connectors, connectors_for, prefix_of
from ..prices import cost_of
from ..replies import as_json, converted, headers_of
from ..sending import asend, send
from ..unpublished import audio_seconds, client, subtitle_seconds
from .patching import Patch

__all__ = ["PATCHES"]


def _transcribed(asked: CallArguments, raw: Any) -> TranscriptionResponse:
    reply = raw.parse()
    given = {"text": reply} if isinstance(reply, str) else as_json(reply)
    made = converted(given, TranscriptionResponse(), "audio_transcription", headers_of(raw))
    made._hidden_params |= {"model": asked.model, "custom_llm_provider": asked.provider}  # what logs look prices up by
    if seconds := given.get("duration") or subtitle_seconds(given["text"]) or audio_seconds(asked.body["file"]):
        made._hidden_params["audio_transcription_duration"] = float(seconds)
    return _priced(asked, made, call_type="transcription")


def _spoken(asked: CallArguments, reply: Any) -> HttpxBinaryResponseContent:
    made = HttpxBinaryResponseContent(response=reply.response)
    made._hidden_params = {"headers": headers_of(reply)}
    return _priced(asked, made, call_type="speech", prompt=asked.body["input"])


def _priced(asked: CallArguments, made: Any, **how: object) -> Any:
    if cost := cost_of(asked, made, litellm_logging_obj=asked.logging, **how):
        made._hidden_params["response_cost"] = cost
    return made


_PASSED_ON = ("litellm_call_id", "metadata", "model_info", "base_model", "max_retries")
# LiteLLM's function -> operation, the parameters that come by position, what to make of a reply.
_KINDS: Mapping[str, tuple[str, tuple[str, ...], Any]] = {
    "transcription": ("/audio/transcriptions", ("model", "file"), _transcribed),
    "speech": ("/audio/speech", ("model", "input", "voice"), _spoken),
}


def _make(found: Any) -> Any:
    stock = found.__wrapped__
    operation, positions, into = _KINDS[stock.__name__]

    @wraps(stock)
    def called(*args: object, **kwargs: object) -> Any:
        prefix = prefix_of(kwargs, args[0] if args else None)
        connectors = connectors_for(prefix)
        if prefix is None or connectors is None:
            return stock(*args, **kwargs)
        given = dict(kwargs, **dict(zip(positions, args, strict=False)))
        asked = _asked(operation, prefix, {name: given.get(name) for name in positions}, given)
        if given.get(f"a{stock.__name__}"):
            return _later(connectors, asked, into)
        return into(asked, send(connectors, asked))

    return client(called)


async def _later(connectors: Connectors, asked: CallArguments, into: Any) -> Any:
    return into(asked, await asend(connectors, asked))


def _asked(operation: str, prefix: str, head: dict[str, Any], given: Mapping[str, Any]) -> CallArguments:
    head["model"] = str(head["model"]).removeprefix(f"{prefix}/")
    params = {name: given.get(name) for name in _PASSED_ON}
    if (log := given.get("litellm_logging_obj")) is not None:
        shown = {name: value for name, value in given.items() if name in parameters_of(operation) and name not in head}
        how = {"optional_params": shown, "litellm_params": params, "custom_llm_provider": prefix}
        log.update_environment_variables(model=head["model"], user=given.get("user") or "", **how)
    call = {**given, "optional_params": given, "litellm_params": params, "logging_obj": log}
    # What is missing the service names in its refusal.
    return form_arguments(operation, prefix, {n: openai.omit if v is None else v for n, v in head.items()}, call)


PATCHES = tuple(Patch(holder, name, _make) for name in _KINDS for holder in ("litellm.main", "litellm"))
