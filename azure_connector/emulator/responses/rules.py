"""Which parameters of a Responses request Azure refuses, and in which words."""

from __future__ import annotations

from typing import Any

from ..conversation import check_function, check_length, check_name, check_named_schema
from ..errors import (
    invalid,
    missing,
    operation_not_supported,
    unknown_parameter,
    unsupported_parameter,
    unsupported_value,
    wrong_choice,
    wrong_type,
)
from ..fieldtypes import RESPONSE_TYPES, check_metadata, check_types
from ..models import Deployment, Family
from ..parameters import check_effort, check_integer, check_sampling
from ..strictness import LARGE, Sizes
from ..values import Json, among, is_object, items_of, object_of
from ..wire import Call

__all__ = ["check_parameters"]

_NAMES = (
    "background context_management conversation include input instructions max_output_tokens max_tool_calls metadata "
    "model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options "
    "prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options temperature text "
    "tool_choice tools top_logprobs top_p truncation user"
)
FIELDS = frozenset(_NAMES.split())
# Chat Completions' names, and where Responses has them.
MOVED = {
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "response_format": "text.format",
    "messages": "input",
    "reasoning_effort": "reasoning.effort",
    "verbosity": "text.verbosity",
    "functions": "tools",
}
_TOOLS = (
    "function custom web_search web_search_preview code_interpreter file_search mcp image_generation "
    "computer_use_preview computer local_shell shell apply_patch namespace tool_search"
)
TOOL_TYPES = tuple(_TOOLS.split())
INCLUDABLE = (
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
)
LEAST_OUTPUT = 16


def check_parameters(body: Json, deployment: Deployment, call: Call, sizes: Sizes = LARGE) -> str:
    """Refuse what this deployment's model does not take over Responses; returns the effort in force.

    Raises:
        Refusal: the first 400 that Azure would give.
    """
    family = deployment.family
    if family.kind != "chat" or not family.responses:
        raise operation_not_supported("responses", deployment.base_model)
    _check_names(body)
    check_types(body, RESPONSE_TYPES)
    check_metadata(body.get("metadata"))
    check_integer("max_output_tokens", body.get("max_output_tokens"), LEAST_OUTPUT)
    effort = _effort(body, family)
    check_sampling(body, family, effort)
    check_integer("top_logprobs", body.get("top_logprobs"), 0, 20)
    check_integer("max_tool_calls", body.get("max_tool_calls"), 1)
    if body.get("top_logprobs") and family.sampling != "free" and effort != "none":
        raise unsupported_parameter("top_logprobs")
    if body.get("stream") and not family.streaming:
        raise unsupported_value("stream", True, "Supported values are: false.")
    if body.get("background") and body.get("store") is False:
        raise invalid("Background responses require 'store' to be true.", "background")
    if body.get("truncation") not in (None, "auto", "disabled"):
        raise wrong_choice("truncation", body["truncation"], ("auto", "disabled"))
    _check_include(body, family)
    _check_tools(body, family, effort, call, sizes)
    _check_text(body, sizes)
    return effort


def _check_names(body: Json) -> None:
    for name in body:
        if name in MOVED:
            text = (
                f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved to '{MOVED[name]}'. "
                "Try again with the new parameter."
            )
            raise invalid(text, name, "unsupported_parameter")
        if name not in FIELDS:
            raise unknown_parameter(name)


def _effort(body: Json, family: Family) -> str:
    reasoning = body.get("reasoning")
    if reasoning is not None and not is_object(reasoning):
        raise wrong_type("reasoning", "an object", reasoning)
    fields = object_of(reasoning)
    if fields.get("summary") is not None:
        if not family.reasoning:
            raise unsupported_parameter("reasoning.summary")
        if not among(fields["summary"], {"auto", "concise", "detailed"}):
            raise wrong_choice("reasoning.summary", fields["summary"], ("auto", "concise", "detailed"))
    return check_effort(fields.get("effort"), "reasoning.effort", family)


def _check_include(body: Json, family: Family) -> None:
    for number, name in enumerate(items_of(body.get("include"))):
        if not among(name, INCLUDABLE):
            raise wrong_choice(f"include[{number}]", name, INCLUDABLE)
        if name == "reasoning.encrypted_content" and not family.reasoning:
            raise invalid("Encrypted content is not supported with this model.", "include")


def _check_tools(body: Json, family: Family, effort: str, call: Call, sizes: Sizes) -> None:
    tools = body.get("tools")
    if body.get("parallel_tool_calls") and not family.parallel_at(effort):
        raise unsupported_parameter("parallel_tool_calls")
    if tools is None:
        tools = []
    elif not isinstance(tools, list):
        raise wrong_type("tools", "an array of objects", tools)
    elif tools:
        check_length("tools", items_of(tools))
    for number, tool in enumerate(items_of(tools)):
        where = f"tools[{number}]"
        fields = object_of(tool)
        kind = fields.get("type")
        if kind is None:
            raise missing(f"{where}.type")
        if not among(kind, TOOL_TYPES):
            raise wrong_choice(f"{where}.type", kind, TOOL_TYPES)
        if kind == "function":
            check_function(where, fields, sizes)
        elif kind == "custom":
            check_name(f"{where}.name", fields.get("name"))
        elif kind == "mcp" and not fields.get("server_label"):
            raise missing(f"{where}.server_label")
        elif kind == "code_interpreter" and fields.get("container") is None:
            raise missing(f"{where}.container")
        elif kind == "image_generation" and "x-ms-oai-image-generation-deployment" not in call.headers:
            text = "The image generation tool needs the header 'x-ms-oai-image-generation-deployment'."
            raise invalid(text, where)
    _check_choice(body.get("tool_choice"), items_of(tools))


def _check_choice(choice: Any, tools: list[Any]) -> None:
    if isinstance(choice, str):
        if choice not in {"none", "auto", "required"}:
            raise wrong_choice("tool_choice", choice, ("none", "auto", "required"))
        if choice == "required" and not tools:
            raise invalid("Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice")
        return
    fields = object_of(choice)
    names = [object_of(tool).get("name") for tool in tools if is_object(tool)]
    if fields.get("type") in ("function", "custom") and fields.get("name") not in names:
        raise invalid(f"Tool choice '{fields['type']}' not found in 'tools' parameter.", "tool_choice")


def _check_text(body: Json, sizes: Sizes) -> None:
    text = object_of(body.get("text"))
    if text.get("verbosity") not in (None, "low", "medium", "high"):
        raise wrong_choice("text.verbosity", text["verbosity"], ("low", "medium", "high"))
    wanted = text.get("format")
    if wanted is None:
        return
    fields = object_of(wanted)
    kind = fields.get("type")
    if not among(kind, ("text", "json_object", "json_schema")):
        raise wrong_choice("text.format.type", kind, ("json_object", "json_schema", "text"))
    if kind == "json_schema":
        if "schema" not in fields:
            raise missing("text.format.schema")
        check_named_schema(fields, "text.format", "text.format.schema", sizes=sizes)
    if kind == "json_object" and "json" not in str([body.get("input"), body.get("instructions")]).lower():
        message = (
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
            "'json_object'."
        )
        raise invalid(message, "input")
