"""Tool definitions in, tool calls out, conversations with both: normalized. Pure functions on dictionaries.

to_wire, normalize_tools, choice_to_wire       definitions of every shape -> the API's form, names within Azure's limits
normalize_message                        calls of every shape -> Chat's `tool_calls`, with readable arguments
ToolCallStream                           the same for a stream, delta by delta
repair_history, repair_input_items            a history that Azure would refuse -> one that it takes
"""

from __future__ import annotations

from ._call import RAW_ARGUMENTS, Arguments, Repair, read_arguments
from ._calls import normalize_message, to_function_call
from ._definitions import MAX_TOOLS, TOOL_FIELDS, normalize_tools, strict_function, to_wire
from ._functions import describe
from ._history import NO_RESULT, repair_history
from ._history_repair import HistoryRepair
from ._names import MAX_NAME_LENGTH, NameMap, name_map, sanitize_name
from ._responses_input import repair_input_items
from ._responses_output import as_function_call, normalize_item, normalize_items
from ._schemas import complete_strict
from ._stream import FinishedCalls, ToolCallStream, join_deltas
from ._tool_choice import choice_to_wire
from ._toolbox import Tool, Toolbox, ToolOutcome, ToolSource, tool

__all__ = [
    "MAX_NAME_LENGTH",
    "MAX_TOOLS",
    "NO_RESULT",
    "RAW_ARGUMENTS",
    "TOOL_FIELDS",
    "Arguments",
    "FinishedCalls",
    "HistoryRepair",
    "NameMap",
    "Repair",
    "Tool",
    "ToolCallStream",
    "ToolOutcome",
    "ToolSource",
    "Toolbox",
    "as_function_call",
    "choice_to_wire",
    "complete_strict",
    "describe",
    "join_deltas",
    "name_map",
    "normalize_item",
    "normalize_items",
    "normalize_message",
    "normalize_tools",
    "read_arguments",
    "repair_history",
    "repair_input_items",
    "sanitize_name",
    "strict_function",
    "to_function_call",
    "to_wire",
    "tool",
]
