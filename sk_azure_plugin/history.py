"""A chat history as OpenAI's messages: Semantic Kernel's own, repaired where Azure would refuse or lose it."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

from semantic_kernel import contents
from semantic_kernel.contents.binary_content import BinaryContent
from semantic_kernel.exceptions import FunctionCallInvalidArgumentsException, ServiceInvalidRequestError

__all__ = ["to_function_call", "wire_messages"]

_CALLING = (contents.FunctionCallContent, contents.FunctionResultContent)
_NO_PARTS = (*_CALLING, contents.ReasoningContent, contents.AnnotationContent)  # the last two are for the reader alone
_RAW = "_raw_arguments"  # where the connector puts arguments that cannot be read
_AUDIO_FORMATS = {"mpeg": "mp3", "mp3": "mp3", "wav": "wav", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav"}


def wire_messages(message: contents.ChatMessageContent, role_key: str, content_key: str) -> list[dict[str, Any]]:
    """The messages that stand for one of the history: nearly always one.

    Args:
        message: with items of any kind.
        role_key, content_key: as SK's own method takes them.

    Raises:
        ServiceInvalidRequestError: an item cannot be sent, such as audio of which only the address is known.
    """
    calls = [item for item in message.items if isinstance(item, contents.FunctionCallContent)]
    results = [item for item in message.items if isinstance(item, contents.FunctionResultContent)]
    others = [item for item in message.items if not isinstance(item, _NO_PARTS)]
    head: dict[str, Any] = {role_key: message.role.value}
    if message.name and message.role != contents.AuthorRole.TOOL:
        head["name"] = message.name
    if message.role == contents.AuthorRole.TOOL:
        if not results:
            raise ServiceInvalidRequestError("A tool message needs the result of a function (FunctionResultContent).")
        return [_result(item, role_key, content_key) for item in results]
    if message.role != contents.AuthorRole.ASSISTANT or not calls:
        return [head | {content_key: _content(others)}]
    made = [head | {"tool_calls": [call.to_dict() for call in calls]}]
    if results:
        # An answer over the user's own data holds call, result and answer in one message.
        made += [_result(item, role_key, content_key) for item in results]
        made += [head | {content_key: _content(others)}] if others else []
    elif text := "".join(item.text for item in others if isinstance(item, contents.TextContent)):
        made[0][content_key] = text
    return made


def to_function_call(call: Any) -> contents.FunctionCallContent:
    """A tool call of a reply or chunk, where SK knows functions only: a custom tool's text is its one argument `input`.

    In a stream the text comes in pieces, and stands as it is. Arguments that could not be read are text that is no
    JSON, for then SK tells the model so.
    """
    custom, index = getattr(call, "custom", None), getattr(call, "index", None)
    if custom is None:
        name, arguments = call.function.name, _as_written(call.function.arguments)
    elif isinstance(custom, dict):
        name, arguments = custom.get("name"), custom.get("input")
    else:
        name, arguments = custom.name, json.dumps({"input": custom.input})
    return contents.FunctionCallContent(id=call.id, index=index, name=name, arguments=arguments)


def _as_written(arguments: str | None) -> str | None:
    """The model's own text, where the connector gave it as `{"_raw_arguments": text}`, also after a streamed `{`."""
    if not arguments or _RAW not in arguments:
        return arguments
    sent = "" if arguments.startswith("{") else "{"
    with suppress(ValueError):
        held = json.loads(sent + arguments)
        if held.keys() == {_RAW} and isinstance(text := held[_RAW], str):
            return text.lstrip()[1:] if sent else _unreadable(text)
    return arguments


def _unreadable(text: str) -> str:
    """What SK cannot take for arguments: it reads an empty text that was cut off as a call without any."""
    try:
        contents.FunctionCallContent(name="any", arguments=text).to_kernel_arguments()
    except (FunctionCallInvalidArgumentsException, TypeError):
        return text
    return f"{text}\N{HORIZONTAL ELLIPSIS}"


def _result(item: contents.FunctionResultContent, role_key: str, content_key: str) -> dict[str, Any]:
    return {role_key: contents.AuthorRole.TOOL.value, content_key: str(item.result), "tool_call_id": item.id or ""}


def _content(items: list[Any]) -> str | list[dict[str, Any]]:
    if not items:
        return ""
    if len(items) == 1 and isinstance(items[0], contents.TextContent):
        return items[0].text
    return [_part(item) for item in items]


def _part(item: Any) -> dict[str, Any]:
    """An item as one of OpenAI's part types."""
    if isinstance(item, contents.FileReferenceContent):
        return {"type": "file", "file": {"file_id": item.file_id}}
    if not isinstance(item, BinaryContent):
        return item.to_dict()
    kind, _, subtype = item.mime_type.partition("/")
    if isinstance(item, contents.ImageContent) or kind == "image":
        return {"type": "image_url", "image_url": {"url": _data_url(item) if item.can_read else str(item.uri)}}
    if not item.can_read:
        raise ServiceInvalidRequestError(
            f"{type(item).__name__} {item.uri} has an address but no data, and Azure fetches images only: "
            "load it with from_file or from_audio_file, or pass data=."
        )
    if isinstance(item, contents.AudioContent) or kind == "audio":
        if subtype not in _AUDIO_FORMATS:
            raise ServiceInvalidRequestError(f"Audio is sent as wav or mp3, not as {item.mime_type}: set mime_type.")
        return {"type": "input_audio", "input_audio": {"data": _base64(item), "format": _AUDIO_FORMATS[subtype]}}
    if kind == "text":
        return {"type": "text", "text": bytes(item.data).decode("utf-8", "replace")}
    name = str(item.uri).rstrip("/").rpartition("/")[2] if item.uri else f"file.{subtype}"
    return {"type": "file", "file": {"filename": name, "file_data": _data_url(item)}}


def _base64(item: BinaryContent) -> str:
    return base64.b64encode(bytes(item.data)).decode()


def _data_url(item: BinaryContent) -> str:
    # SK's own data_uri writes the metadata into it, and fails on bytes that were given without data_format.
    return f"data:{item.mime_type};base64,{_base64(item)}"
