"""Which parameters of a request a base model refuses, and in which words."""

from __future__ import annotations

from typing import Any

from .errors import (
    azure,
    invalid,
    listed,
    missing,
    out_of_range,
    unknown_parameter,
    unsupported_parameter,
    unsupported_value,
    wrong_choice,
    wrong_type,
)
from .fieldtypes import CHAT_TYPES, check_bias, check_metadata, check_stop, check_types
from .models import Deployment, Family
from .values import Json, items_of, object_of
from .wire import Refusal

__all__ = [
    "CHAT_FIELDS",
    "check_chat_parameters",
    "check_effort",
    "check_integer",
    "check_known",
    "check_range",
    "check_sampling",
]

_CHAT_FIELDS = (
    "messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens "
    "max_tokens metadata modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key "
    "prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed "
    "service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity "
    "web_search_options "
    "data_sources user_security_context enhancements"  # these three are Azure's own
)
CHAT_FIELDS = frozenset(_CHAT_FIELDS.split())

_UNHEARD = frozenset({"modalities", "audio", "response_format"})
FORMATS = ("wav", "aac", "mp3", "flac", "opus", "pcm16")
# name: (lowest, highest, the only value that a reasoning model takes)
SAMPLING: dict[str, tuple[float, float, int]] = {
    "temperature": (0, 2, 1),
    "top_p": (0, 1, 1),
    "frequency_penalty": (-2, 2, 0),
    "presence_penalty": (-2, 2, 0),
}


def check_known(body: Json, known: frozenset[str]) -> None:
    """Refuse a field that no model takes."""
    if known.issuperset(body):
        return
    for name in body:
        if name not in known:
            if known is CHAT_FIELDS:
                raise invalid(f"Unrecognized request argument supplied: {name}")
            raise unknown_parameter(name)


def check_chat_parameters(body: Json, deployment: Deployment) -> None:
    """Refuse what this deployment's model does not take over Chat Completions.

    Raises:
        Refusal: the first 400 that Azure would give.
    """
    family = deployment.family
    if family.dialect != "partner":
        check_known(body, CHAT_FIELDS)
    check_types(body, CHAT_TYPES)
    check_metadata(body.get("metadata"))
    check_bias(body.get("logit_bias"))
    _check_limits(body, family)
    effort = check_effort(body.get("reasoning_effort"), "reasoning_effort", family)
    check_sampling(body, family, effort)
    _check_logprobs(body, family, effort)
    _check_flags(body, family)
    _check_tools(body, deployment, effort)


def _check_limits(body: Json, family: Family) -> None:
    old, new = body.get("max_tokens"), body.get("max_completion_tokens")
    if old is not None and not family.max_tokens:
        raise unsupported_parameter("max_tokens", "max_completion_tokens")
    if new is not None and not family.max_completion_tokens:
        raise _extra_forbidden("max_completion_tokens", new)
    if old is not None and new is not None:
        text = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise invalid(text, "max_tokens", "invalid_parameter_combination")
    for name, value in (("max_tokens", old), ("max_completion_tokens", new)):
        check_integer(name, value, 1)
        if value is not None and family.dialect == "openai" and value > family.max_output:
            text = (
                f"{name} is too large: {value}. This model supports at most {family.max_output} completion tokens, "
                f"whereas you provided {value}."
            )
            raise invalid(text, name, "invalid_value")


def _extra_forbidden(name: str, value: Any) -> Refusal:
    detail = {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted", "input": value}
    body = {"object": "error", "message": {"detail": [detail]}, "type": "invalid_request_error", "code": None}
    return Refusal(422, body | {"param": None})


def check_integer(name: str, value: Any, lowest: int, highest: int | None = None) -> None:
    """Refuse what is no integer within the bounds; None passes."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(name, "an integer", value)
    if value < lowest:
        raise out_of_range(name, "integer", lowest, value, above=False)
    if highest is not None and value > highest:
        raise out_of_range(name, "integer", highest, value, above=True)


def check_effort(effort: Any, name: str, family: Family) -> str:
    """Refuse an effort that the model does not know; returns the one in force."""
    if effort is None:
        return family.default_effort
    if family.dialect != "openai":
        return str(effort)
    if not family.efforts:
        raise unsupported_parameter(name)
    if effort not in family.efforts:
        only = f"Supported values are: {listed(family.efforts)}."
        raise unsupported_value(name, effort, only)
    return str(effort)


def check_sampling(body: Json, family: Family, effort: str) -> None:
    """Refuse sampling values out of range, and all but the defaults where the model thinks."""
    fixed = family.sampling == "default-only" or (family.sampling == "without-effort" and effort != "none")
    for name, (lowest, highest, default) in SAMPLING.items():
        value = body.get(name)
        if value is None:
            continue
        if fixed and value != default and not isinstance(value, bool) and isinstance(value, int | float):
            if name.endswith("_penalty"):
                raise unsupported_parameter(name)
            raise unsupported_value(name, value, f"Only the default ({default}) value is supported.")
        check_range(name, value, lowest, highest)


def check_range(name: str, value: Any, lowest: float, highest: float) -> None:
    """Refuse what is no number within the bounds; None passes."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(name, "a decimal", value)
    if value < lowest:
        raise out_of_range(name, "decimal", lowest, value, above=False)
    if value > highest:
        raise out_of_range(name, "decimal", highest, value, above=True)


def _check_logprobs(body: Json, family: Family, effort: str) -> None:
    fixed = family.sampling == "default-only" or (family.sampling == "without-effort" and effort != "none")
    if fixed:
        for name in ("logprobs", "top_logprobs", "logit_bias"):
            if body.get(name):
                raise unsupported_parameter(name)
    top = body.get("top_logprobs")
    check_integer("top_logprobs", top, 0, 20)
    if top is not None and not body.get("logprobs"):
        text = "Invalid value for 'top_logprobs': 'logprobs' must be true when 'top_logprobs' is given."
        raise invalid(text, "top_logprobs")


def _check_flags(body: Json, family: Family) -> None:
    if body.get("stream") and not family.streaming:
        raise unsupported_value("stream", True, "Supported values are: false.")
    if body.get("stream_options") is not None and not body.get("stream"):
        raise invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
    for name in ("include_usage", "include_obfuscation") if body.get("stream_options") else ():
        value = object_of(body["stream_options"]).get(name)
        if value is not None and not isinstance(value, bool):
            raise wrong_type(f"stream_options.{name}", "a boolean", value)
    if body.get("stop") is not None and not family.stop:
        if family.dialect == "partner":
            raise invalid("Argument not supported on this model: stop")
        raise unsupported_parameter("stop")
    check_stop(body.get("stop"))
    check_integer("n", body.get("n"), 1, 128)
    _check_modalities(body, family)
    verbosity = body.get("verbosity")
    if verbosity is not None and verbosity not in ("low", "medium", "high"):
        raise wrong_choice("verbosity", verbosity, ("low", "medium", "high"))


def _check_modalities(body: Json, family: Family) -> None:
    if family.dialect != "openai" or _UNHEARD.isdisjoint(body):
        return
    known = ("text", "audio") if family.audio else ("text",)
    for one in items_of(body.get("modalities")):
        if one not in known:
            raise unsupported_value("modalities", one, f"Supported values are: {listed(known)}.")
    if body.get("audio") is not None and not family.audio:
        raise unsupported_parameter("audio")
    if "audio" in items_of(body.get("modalities")) and body.get("audio") is None:
        raise missing("audio")
    audio = object_of(body.get("audio"))
    if body.get("audio") is not None:
        for name in ("voice", "format"):
            if audio.get(name) is None:
                raise missing(f"audio.{name}")
        if audio["format"] not in FORMATS:
            raise wrong_choice("audio.format", audio["format"], FORMATS)
    structured = object_of(body.get("response_format")).get("type") == "json_schema"
    if structured and not family.schemas:
        text = "Supported values are: 'text' and 'json_object'."
        raise unsupported_value("response_format", "json_schema", text)


def _check_tools(body: Json, deployment: Deployment, effort: str) -> None:
    family = deployment.family
    tools = items_of(body.get("tools"))
    if body.get("parallel_tool_calls") is not None:
        if not family.parallel_at(effort):
            raise unsupported_parameter("parallel_tool_calls")
        if not tools:
            raise _needs_tools("parallel_tool_calls")
    choice = body.get("tool_choice")
    if choice is not None and choice != "none" and not tools:
        raise _needs_tools("tool_choice")
    if tools and not family.tools:
        raise unsupported_parameter("tools")
    if choice == "required" and not family.forced_tools:
        text = f"The model {deployment.base_model} does not support tool_choice 'required'."
        raise azure(400, "UnsupportedToolUse", text)
    # gpt-5.6 reasons unless told otherwise, and is quoted as refusing tools without any effort in the request.
    thinks = (body.get("reasoning_effort") or family.default_effort) != "none"
    functions = any(object_of(tool).get("type") == "function" for tool in tools)
    if thinks and functions and not family.chat_tools_with_effort:
        text = (
            f"Function tools with reasoning_effort are not supported for {deployment.base_model} in "
            "/v1/chat/completions. Please use /v1/responses instead."
        )
        raise invalid(text, "reasoning_effort")


def _needs_tools(name: str) -> Refusal:
    return invalid(f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified.", name)
