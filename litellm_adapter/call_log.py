"""What LiteLLM's own providers tell its logging object about a call; callbacks, metrics and traces live on it."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import litellm
import pydantic

from azure_connector.settings import CALL_NAMES, SECRET_SETTINGS

from .call_args import NOTHING, CallArguments, hook_arguments_for
from .replies import headers_of

__all__ = ["MASK", "answered", "hide_secrets", "timed"]

# Metrics are counted by the address: LiteLLM's own provider names it without a path for these.
_PATHS = re.compile(r"(/openai(/v1)?)?/(chat/completions|embeddings)$")
MASK = "**********"


@contextmanager
def timed(call: CallArguments, base_url: object, told: bool = True) -> Iterator[None]:
    """Tells that a request is about to be sent, and afterwards how long it took.

    Args:
        call: the call.
        base_url: where it goes.
        told: whether the first is to be told.
    """
    log = call.logging
    if log is not None and told:
        log.model_call_details.setdefault("custom_llm_provider", call.provider)
        log.model_call_details["model"] = call.model  # LiteLLM leaves the prefix there for edits of images
        _clean(call)
        url = f"{str(base_url).rstrip('/')}{call.operation}"
        sent = {
            "complete_input_dict": call.body,
            "api_base": _PATHS.sub("", url),
            "headers": dict.fromkeys(call.options.get("headers", ()), MASK),
        }
        log.pre_call(input=_input(call), api_key="", additional_args=sent)
    started = time.perf_counter()
    try:
        yield
    except Exception as error:
        if log is not None and told:
            _post(call, str(error))
        raise
    finally:
        if log is not None:
            log.model_call_details["llm_api_duration_ms"] = (time.perf_counter() - started) * 1000


def answered(call: CallArguments, reply: object) -> Any:
    """Tells what came back, and gives it on.

    Args:
        call: the call.
        reply: the reply: JSON, one of the SDK's objects, or a stream.
    """
    if (log := call.logging) is not None:
        _post(call, _shown(reply))
        log.model_call_details["response_headers"] = headers_of(reply)
        if _is_unheard(call):
            # LiteLLM would put its record of the call together all the same, a fifth of a call's CPU, for nobody.
            for event in ("sync_success", "async_success"):
                log.has_run_logging(event)
            getattr(log, "claim_async_success_log", int)()  # older versions only ask the former
    return reply


def _is_unheard(call: CallArguments) -> bool:
    """Whether nobody is told of a success: no callback, debug log, print or dictionary of the caller's."""
    log = call.logging
    heard: list[object] = [*litellm.callbacks, *litellm.success_callback, *litellm._async_success_callback]
    heard += [*(log.dynamic_success_callbacks or ()), *(log.dynamic_async_success_callbacks or ())]
    told = getattr(litellm, "set_verbose", False) or os.environ.get("LITELLM_PRINT_STANDARD_LOGGING_PAYLOAD")
    told = told or logging.getLogger("LiteLLM").isEnabledFor(logging.DEBUG)
    given = log.model_call_details.get("litellm_params", {}).get("metadata")  # LiteLLM writes into it
    return not told and given is None and all(getattr(one, "is_connector_hook", False) for one in heard)


def _post(call: CallArguments, text: Any) -> None:
    sent = call.logging.model_call_details.get("additional_args")
    call.logging.post_call(original_response=text, input=_input(call), api_key="", additional_args=sent)


def _shown(reply: Any) -> Any:
    if isinstance(reply, pydantic.BaseModel):
        return reply.model_dump_json(warnings=False)
    if hasattr(reply, "parse"):  # a raw reply
        return reply.text
    return reply if isinstance(reply, str | dict) else "first stream response received"  # LiteLLM's own words


def _input(call: CallArguments) -> Any:
    if "file" in call.body:
        return getattr(call.body["file"], "name", "audio_file")  # not the sound itself
    return next((call.body[name] for name in ("messages", "input", "prompt") if name in call.body), None)


def hide_secrets(log: object) -> None:
    """Masks the secrets that a call or a deployment brings; LiteLLM shows them to every callback."""
    details = getattr(log, "model_call_details", {})
    given: dict[str, object] = {**(details.get("litellm_params") or {})}
    given |= {name: MASK for name, value in given.items() if name in SECRET_SETTINGS and isinstance(value, str)}
    details["litellm_params"] = {**given, "api_base": str(given.get("api_base") or "").partition("?")[0]}


def _clean(call: CallArguments) -> None:
    """Takes our tricks, settings and a caller's headers out of what callbacks show as the call's parameters."""
    hooked = hook_arguments_for({"logging_obj": call.logging}) or NOTHING
    details = call.logging.model_call_details
    for shown in (call.logging.optional_params, details.get("optional_params"), details):
        if isinstance(shown, dict):
            for name in shown.keys() & CALL_NAMES:
                del shown[name]
            shown.update(hooked.won_back)
            if shown.get("extra_headers"):
                shown["extra_headers"] = dict.fromkeys(shown["extra_headers"], MASK)
