"""Tool definitions in, tool calls out, conversations with both: normalized. Pure functions on dictionaries.

to_wire, fit_tools, choice_to_wire       definitions of every shape -> the API's form, names within Azure's limits
normalize_message, calls_from_items      calls of every shape -> Chat's `tool_calls`, with readable arguments
ToolCallStream                           the same for a stream, delta by delta
mend_conversation, mend_items            a history that Azure would refuse -> one that it takes
"""

from __future__ import annotations

from ._arguments import RAW_ARGUMENTS, Arguments, read_arguments
from ._calls import Repair, calls_from_items, normalize_message, to_function_call
from ._definitions import MAX_TOOLS, to_wire
from ._history import NO_RESULT, mend_conversation
from ._history_repair import Mend
from ._names import MAX_NAME_LENGTH, NameMap, name_map, sanitize_name
from ._responses_input import mend_items
from ._responses_output import normalize_item, normalize_items
from ._stream import FinishedCalls, ToolCallStream
from ._tool_choice import choice_to_wire, fit_tools

__all__ = [
    "MAX_NAME_LENGTH",
    "MAX_TOOLS",
    "NO_RESULT",
    "RAW_ARGUMENTS",
    "Arguments",
    "FinishedCalls",
    "Mend",
    "NameMap",
    "Repair",
    "ToolCallStream",
    "calls_from_items",
    "choice_to_wire",
    "fit_tools",
    "mend_conversation",
    "mend_items",
    "name_map",
    "normalize_item",
    "normalize_items",
    "normalize_message",
    "read_arguments",
    "sanitize_name",
    "to_function_call",
    "to_wire",
]
