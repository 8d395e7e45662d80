"""The JSON types of request fields, and the words in which a wrong one is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import empty_array, invalid, long_array, long_string, out_of_range, wrong_type
from .values import Json, items_of, object_of

__all__ = ["CHAT_TYPES", "RESPONSE_TYPES", "check_bias", "check_metadata", "check_stop", "check_types"]

_KINDS: Mapping[str, tuple[type, ...]] = {
    "a boolean": (bool,),
    "a string": (str,),
    "an integer": (int,),
    "an object": (dict,),
    "an array": (list,),
    "one of a string or array": (str, list),
    "one of a string or object": (str, dict),
}


def _typed(**names: str) -> dict[str, str]:
    words = {name: kind for kind in _KINDS for name in [kind]}
    return {field: words[kind.replace("_", " ")] for kind, fields in names.items() for field in fields.split()}


_COMMON = _typed(
    a_boolean="stream store parallel_tool_calls",
    a_string="model user service_tier prompt_cache_key safety_identifier",
    an_object="stream_options metadata",
    one_of_a_string_or_object="tool_choice",
)
CHAT_TYPES: Mapping[str, str] = _COMMON | _typed(
    a_boolean="logprobs",
    a_string="reasoning_effort verbosity",
    an_integer="seed",
    an_object="logit_bias audio prediction response_format web_search_options",
    an_array="modalities functions data_sources",
    one_of_a_string_or_array="stop",
    one_of_a_string_or_object="function_call",
)
RESPONSE_TYPES: Mapping[str, str] = _COMMON | _typed(
    a_boolean="background",
    a_string="previous_response_id truncation instructions",
    an_integer="max_tool_calls",
    an_object="prompt reasoning text",
    an_array="include",
    one_of_a_string_or_array="input",
    one_of_a_string_or_object="conversation",
)


def check_types(body: Json, types: Mapping[str, str]) -> None:
    """Refuse a field of another type than its own; null is as good as absent.

    Raises:
        Refusal: 400 `invalid_type`.
    """
    for name, value in body.items():
        kind = types.get(name)
        if value is None or kind is None:
            continue
        wanted = _KINDS[kind]
        if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
            raise wrong_type(name, kind, value)


def check_stop(stop: Any) -> None:
    """Refuse more than four stop sequences, and what is no string among them."""
    if isinstance(stop, list):
        if not stop:
            raise empty_array("stop")
        if len(items_of(stop)) > 4:
            raise long_array("stop", 4, len(items_of(stop)))
        for number, one in enumerate(items_of(stop)):
            if not isinstance(one, str):
                raise wrong_type(f"stop[{number}]", "a string", one)


def check_bias(bias: Any) -> None:
    """Refuse keys that are no tokens, and values beyond 100."""
    for token, value in object_of(bias).items():
        if not token.isdecimal():
            text = f"Invalid key in 'logit_bias': {token}. You should only be submitting non-negative integers."
            raise invalid(text, "logit_bias")
        where = f"logit_bias.{token}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_type(where, "a decimal", value)
        if abs(value) > 100:
            raise out_of_range(where, "decimal", 100 if value > 0 else -100, value, above=value > 0)


def check_metadata(metadata: Any) -> None:
    """Refuse more than 16 pairs, long keys, and values that are no short strings."""
    pairs = object_of(metadata)
    if len(pairs) > 16:
        text = f"Invalid 'metadata': too many properties. Expected at most 16, but got {len(pairs)} instead."
        raise invalid(text, "metadata", "object_above_max_properties")
    for name, value in pairs.items():
        if len(name) > 64:
            raise long_string("metadata", 64, len(name))
        if not isinstance(value, str):
            raise wrong_type(f"metadata.{name}", "a string", value)
        if len(value) > 512:
            raise long_string(f"metadata.{name}", 512, len(value))
