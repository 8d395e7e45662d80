"""Chat messages to the input items of the Responses API.

System and developer messages stay where they are, with their own role, instead of becoming `instructions`: that field
holds a single string and always stands first, and JSON mode looks for the word "json" in the input only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from ..._utils import Json, as_object
from ...errors import InvalidRequestError
from ._replay_state import replayed
from ._shapes import objects, without

__all__ = ["Conversation"]

# Reasoning of other services, in the shapes in which frameworks keep it; no OpenAI model can read it.
_FOREIGN_REASONING = frozenset({"thinking", "redacted_thinking", "reasoning", "reasoning_content"})


class Conversation:
    """Translates the messages of one request, in order.

    Args:
        origin: what names the target; reasoning that came from elsewhere is left out.
        reason: whether the target may be sent reasoning items.

    Attributes:
        items: the input items so far.
        unsent: what the messages say that the Responses API cannot, e.g. `messages.name`.
    """

    def __init__(self, *, origin: str | None = None, reason: bool = True) -> None:
        self.items: list[Json] = []
        self.unsent: set[str] = set()
        self._origin = origin
        self._reason = reason
        self._custom_calls: set[str] = set()
        self._legacy_call: str | None = None

    def add(self, message: object, position: int) -> None:
        """Translates one message.

        Args:
            message: a chat message, or an item of the Responses API (it has a `type` and no `role`), which is kept.
            position: its place in `messages`, for errors.

        Raises:
            InvalidRequestError: it is no mapping, or its role, content or tool call cannot be understood.
        """
        where = f"messages[{position}]"
        if not isinstance(message, Mapping):
            raise InvalidRequestError(f"{where} is a {type(message).__name__}, not a mapping", param=where)
        fields = cast("Mapping[str, Any]", message)
        role = fields.get("role")
        if role is None and fields.get("type"):
            self.items.append(dict(fields))
        elif role in ("system", "developer", "user"):
            self.items.append({"type": "message", "role": role, "content": _input_content(fields, where)})
        elif role == "assistant":
            self._add_assistant(fields, where)
        elif role in ("tool", "function"):
            self._add_result(fields, where)
        else:
            raise InvalidRequestError(f"{where} has the unknown role {role!r}", param=f"{where}.role")
        if fields.get("name") and role in ("system", "developer", "user", "assistant"):
            self.unsent.add("messages.name")

    def _add_assistant(self, message: Mapping[str, object], where: str) -> None:
        if message.get("audio") and not message.get("content"):
            raise InvalidRequestError(
                f"{where} holds an audio answer, which the Responses API cannot be sent",
                param=f"{where}.audio",
                hint="Send its transcript as the message's content.",
            )
        parts = _output_parts(message, where)
        own: list[Json] = [{"type": "message", "role": "assistant", "content": parts}] if parts else []
        own.extend(self._call(call, f"{where}.tool_calls[{n}]") for n, call in enumerate(_calls(message)))
        if (legacy := as_object(message.get("function_call"))) and not message.get("tool_calls"):
            # The legacy form has no ids; its result follows directly and takes the same made-up one.
            self._legacy_call = f"call_{len(self.items)}"
            own.append(_function_call(self._legacy_call, legacy))
        text = "".join(part["text"] for part in parts if part["type"] == "output_text")
        self.items.extend(replayed(message, text, own, origin=self._origin, reason=self._reason))

    def _call(self, call: Json, where: str) -> Json:
        call_id = call.get("id")
        if not isinstance(call_id, str) or not call_id:
            raise InvalidRequestError(f"{where} has no id", param=f"{where}.id")
        if call.get("type") == "custom" or "custom" in call:
            self._custom_calls.add(call_id)
            custom = as_object(call.get("custom"))
            text = custom.get("input") or ""
            return {"type": "custom_tool_call", "call_id": call_id, "name": custom.get("name"), "input": text}
        return _function_call(call_id, as_object(call.get("function")))

    def _add_result(self, message: Mapping[str, object], where: str) -> None:
        call_id = message.get("tool_call_id")
        if message.get("role") == "function":
            call_id, self._legacy_call = self._legacy_call or call_id, None
        if not isinstance(call_id, str) or not call_id:
            raise InvalidRequestError(f"{where} does not say which tool call it answers", param=f"{where}.tool_call_id")
        kind = "custom_tool_call_output" if call_id in self._custom_calls else "function_call_output"
        self.items.append({"type": kind, "call_id": call_id, "output": _output(message, where)})


def _calls(message: Mapping[str, object]) -> list[Json]:
    return objects(message.get("tool_calls"))


def _function_call(call_id: str, function: Json) -> Json:
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        arguments = json.dumps({} if arguments is None else arguments)
    return {"type": "function_call", "call_id": call_id, "name": function.get("name"), "arguments": arguments}


def _input_content(message: Mapping[str, object], where: str) -> str | list[Json]:
    content = message.get("content")
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    return [_input_part(part, f"{where}.content[{n}]") for n, part in enumerate(_parts(content, where))]


def _output(message: Mapping[str, object], where: str) -> str | list[Json]:
    content = _input_content(message, where)
    if isinstance(content, list) and len(content) == 1 and content[0].keys() == {"type", "text"}:
        # A single text is a string, which every version of the API takes.
        return content[0]["text"]
    return content


def _parts(content: object, where: str) -> list[Any]:
    if not isinstance(content, list | tuple):
        kind = type(content).__name__
        raise InvalidRequestError(f"{where}.content is a {kind}, neither text nor parts", param=f"{where}.content")
    return list(cast("list[Any]", content))


def _input_part(part: object, where: str) -> Json:
    """A part of the user's, or of a tool's result; parts of the Responses API's own are kept."""
    if isinstance(part, str):
        return {"type": "input_text", "text": part}
    fields = as_object(part)
    if not fields:
        raise InvalidRequestError(f"{where} is no content part", param=where)
    kind = fields.get("type")
    rest = without(fields, "type", str(kind))
    if kind == "text":
        return {"type": "input_text", "text": fields.get("text"), **rest}
    if kind == "image_url":
        image = fields.get("image_url")
        named = {"url": image} if isinstance(image, str) else as_object(image)
        detail = named.get("detail") or "auto"
        return {"type": "input_image", "image_url": named.get("url"), "detail": detail, **rest}
    if kind == "file":
        return {"type": "input_file", **as_object(fields.get("file")), **rest}
    return dict(fields)


def _output_parts(message: Mapping[str, object], where: str) -> list[Json]:
    """What the assistant said, as the parts of an output message."""
    content = message.get("content")
    said: list[Any] = [content] if isinstance(content, str) else _parts(content, where) if content else []
    parts = [part for n, piece in enumerate(said) if (part := _output_part(piece, f"{where}.content[{n}]"))]
    if refusal := message.get("refusal"):
        parts.append({"type": "refusal", "refusal": refusal})
    return parts


def _output_part(part: object, where: str) -> Json | None:
    fields = {"type": "text", "text": part} if isinstance(part, str) else as_object(part)
    kind = fields.get("type")
    if kind in ("text", "output_text"):
        # Azure demands `annotations` on text that is sent back.
        return {"type": "output_text", "text": fields["text"], "annotations": []} if fields.get("text") else None
    if kind == "refusal":
        return {"type": "refusal", "refusal": fields.get("refusal")}
    if kind in _FOREIGN_REASONING:
        return None
    raise InvalidRequestError(f"{where}: an assistant message cannot hold {kind!r}", param=where)
