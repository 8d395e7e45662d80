"""Input items: checked, completed from the store, and read into the terms that the brain works in."""

from __future__ import annotations

import json
from typing import Any

from ..chatparts import read_content
from ..errors import invalid, long_string, missing, unknown_parameter, wrong_choice, wrong_type
from ..filters import unmarked
from ..responsestore import ResponseStore, item_not_found
from ..sealing import Seal
from ..thinking import ToolCall, Turn
from ..values import Json, among, is_object, items_of, object_of, text_of

__all__ = ["check_answered", "filterable", "read_items", "turns_of"]

_TYPES = (
    "message function_call function_call_output custom_tool_call custom_tool_call_output reasoning item_reference "
    "image_generation_call web_search_call file_search_call code_interpreter_call computer_call computer_call_output "
    "local_shell_call local_shell_call_output shell_call shell_call_output apply_patch_call apply_patch_call_output "
    "mcp_list_tools mcp_approval_request mcp_approval_response mcp_call compaction"
)
TYPES = tuple(_TYPES.split())
# How the id of a replayed item begins.
PREFIXES = {"message": "msg", "function_call": "fc", "custom_tool_call": "ctc", "reasoning": "rs"}
NEEDED = {
    "function_call": ("call_id", "name", "arguments"),
    "function_call_output": ("call_id", "output"),
    "custom_tool_call": ("call_id", "name", "input"),
    "custom_tool_call_output": ("call_id", "output"),
    "reasoning": ("id", "summary"),
    "item_reference": ("id",),
    "compaction": ("encrypted_content",),
}
# What must be replayed without the `status` that the reply gave it; the built-in tools' items keep theirs.
WITHOUT_STATUS = frozenset(
    ["message", "reasoning", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output"]
)
USER_PARTS = ("input_text", "input_image", "input_file", "input_audio")
ASSISTANT_PARTS = ("output_text", "refusal")
ROLES = ("assistant", "system", "developer", "user")
PHASES = ("commentary", "final_answer")
LONGEST_ID = 64


def read_items(given: Any, store: ResponseStore, seal: Seal, *, stored: bool, name: str = "input") -> list[Json]:
    """The input as items, references replaced by what they mean.

    Args:
        given: `input` of the request.
        store: where references point.
        seal: checks encrypted reasoning.
        stored: the request's `store`.
        name: the field that they stand in.

    Raises:
        Refusal: an item is malformed, unknown, or another resource's.
    """
    if given is None:
        return []
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    if not isinstance(given, list):
        raise wrong_type("input", "one of a string or array of objects", given)
    read: list[Json] = []
    for number, item in enumerate(items_of(given)):
        checked = _item(f"{name}[{number}]", item)
        if checked["type"] == "item_reference":
            found = store.item(checked["id"])
            if found is None:
                raise item_not_found(checked["id"], persisted=stored)
            checked = found
        if checked["type"] == "compaction":
            _check_seal(checked, seal)
        if checked["type"] == "reasoning":
            _check_reasoning(checked, store, seal, stored=stored)
        read.append(checked)
    _check_followed(read)
    _check_led(read, store)
    return read


def _item(where: str, item: Any) -> Json:
    if not is_object(item):
        raise wrong_type(where, "an object", item)
    fields = object_of(item)
    kind = fields.get("type")
    if kind is None and "role" in fields:
        kind = "message"
    if kind is None:
        raise missing(f"{where}.type")
    if not among(kind, TYPES):
        raise wrong_choice(f"{where}.type", kind, TYPES)
    kind = str(kind)
    for name in ("status", "content_filters", "content_filter_results"):
        if name in fields and (name != "status" or kind in WITHOUT_STATUS):
            raise unknown_parameter(f"{where}.{name}")
    for name in NEEDED.get(kind, ()):
        if name not in fields:
            raise missing(f"{where}.{name}")
    _check_names(where, kind, fields)
    if kind == "message":
        _check_message(where, fields)
    elif kind in {"function_call", "custom_tool_call"}:
        name = "arguments" if kind == "function_call" else "input"
        if not isinstance(fields[name], str):
            raise wrong_type(f"{where}.{name}", "a string", fields[name])
    return {**fields, "type": kind}


def _check_names(where: str, kind: str, fields: Json) -> None:
    """Ids and names are strings, not too long; the id of a replayed item begins as its kind's do."""
    for name in ("id", "call_id", "name"):
        value = fields.get(name)
        if value is not None and not isinstance(value, str):
            raise wrong_type(f"{where}.{name}", "a string", value)
        if isinstance(value, str) and len(value) > LONGEST_ID:
            raise long_string(f"{where}.{name}", LONGEST_ID, len(value))
    identity, prefix = fields.get("id"), PREFIXES.get(kind)
    if identity is not None and prefix and not str(identity).startswith(prefix):
        text = f"Invalid '{where}.id': '{identity}'. Expected an ID that begins with '{prefix}'."
        raise invalid(text, f"{where}.id", "invalid_value")


def _check_message(where: str, fields: Json) -> None:
    role = fields.get("role")
    if not among(role, ROLES):
        raise wrong_choice(f"{where}.role", role, ROLES)
    if fields.get("phase") is not None and not among(fields["phase"], PHASES):
        raise wrong_choice(f"{where}.phase", fields["phase"], PHASES)
    content = fields.get("content")
    if content is None:
        raise missing(f"{where}.content")
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise wrong_type(f"{where}.content", "one of an array of objects or string", content)
    allowed = ASSISTANT_PARTS if role == "assistant" else USER_PARTS
    for number, part in enumerate(items_of(content)):
        place = f"{where}.content[{number}]"
        kind = object_of(part).get("type")
        if not among(kind, allowed):
            raise wrong_choice(f"{place}.type", kind, allowed)
        name = {"refusal": "refusal", "input_text": "text", "output_text": "text"}.get(str(kind))
        if name and not isinstance(object_of(part).get(name), str):
            given = object_of(part).get(name)
            raise missing(f"{place}.{name}") if given is None else wrong_type(f"{place}.{name}", "a string", given)
        if kind == "output_text" and "annotations" not in object_of(part):
            raise missing(f"{place}.annotations")


def _check_reasoning(item: Json, store: ResponseStore, seal: Seal, *, stored: bool) -> None:
    content = item.get("encrypted_content")
    if content is None:
        if store.item(item["id"]) is None:
            raise item_not_found(item["id"], persisted=stored)
        return
    _check_seal(item, seal)


def _check_seal(item: Json, seal: Seal) -> None:
    content = item["encrypted_content"]
    if not seal.is_mine(text_of(content)):
        shown = f"{text_of(content)[:4]}...{text_of(content)[-4:]}"
        text = (
            f"The encrypted content {shown} could not be verified. Reason: Encrypted content was created under a "
            "different Azure OpenAI resource and could not be decrypted or parsed."
        )
        raise invalid(text, None, "invalid_encrypted_content")


def _check_followed(items: list[Json]) -> None:
    """A reasoning item without what it led to is refused."""
    for number, item in enumerate(items):
        if item["type"] != "reasoning":
            continue
        following = items[number + 1] if number + 1 < len(items) else {}
        if following.get("type") is None or following.get("role", "assistant") != "assistant":
            text = f"Item '{item['id']}' of type 'reasoning' was provided without its required following item."
            raise invalid(text, "input")


def _check_led(items: list[Json], store: ResponseStore) -> None:
    """An item that a reasoning led to, named by its id, is refused without that reasoning."""
    given = {item.get("id") for item in items if item["type"] == "reasoning"}
    for item in items:
        reasoning = store.reasoning_of(text_of(item.get("id")))
        if reasoning is not None and reasoning not in given:
            text = (
                f"Item '{item['id']}' of type '{item['type']}' was provided without its required 'reasoning' item: "
                f"'{reasoning}'."
            )
            raise invalid(text, "input")


def check_answered(items: list[Json]) -> None:
    """Refuse outputs without their call, and calls without their output.

    Raises:
        Refusal: 400.
    """
    for kind, word in (("function_call", "function call"), ("custom_tool_call", "custom tool call")):
        called: list[str] = []
        answered: set[str] = set()
        for item in items:
            if item["type"] == kind:
                called.append(item["call_id"])
            elif item["type"] == f"{kind}_output":
                answered.add(item["call_id"])
                if item["call_id"] not in called:
                    text = f"No tool call found for {word} output with call_id {item['call_id']}."
                    raise invalid(text, "input")
        for identity in called:
            if identity not in answered:
                raise invalid(f"No tool output found for {word} {identity}.", "input")


def filterable(items: list[Json]) -> list[str]:
    """The texts that the content filter looks at: the users' and the tools'."""
    return [
        read_content(item.get("content"))[0] if item["type"] == "message" else _output_text(item.get("output"))
        for item in items
        if item.get("role") == "user" or item["type"].endswith("_call_output")
    ]


def turns_of(items: list[Json], instructions: Any) -> tuple[Turn, ...]:
    """The conversation, for the brain."""
    turns = [Turn("system", instructions)] if isinstance(instructions, str) and instructions else []
    for item in items:
        kind = item["type"]
        if kind == "message":
            text, attachments = read_content(item.get("content"))
            role = item["role"]
            if role == "user":
                turns.append(Turn("user", unmarked(text), attachments))
            else:
                turns.append(Turn("assistant" if role == "assistant" else "system", text))
        elif kind in {"function_call", "custom_tool_call"}:
            custom = kind == "custom_tool_call"
            given = text_of(item["input" if custom else "arguments"])
            turns.append(Turn("assistant", calls=(ToolCall(item["name"], given, item["call_id"], custom),)))
        elif kind in {"function_call_output", "custom_tool_call_output"}:
            turns.append(Turn("tool", _output_text(item["output"]), call_id=item["call_id"]))
    return tuple(turns)


def _output_text(output: Any) -> str:
    if isinstance(output, list):
        return read_content(items_of(output))[0]
    return output if isinstance(output, str) else json.dumps(output)
