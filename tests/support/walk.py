"""The files of the core that one warm call crosses, in the order of the way: `python -m tests.support.walk`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import azure_connector
from azure_connector import AzureConnector

__all__ = ["plain_call", "streamed_tool_call", "work_of"]

CORE = Path(azure_connector.__file__).parent
HELLO: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
WEATHER = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}


def work_of(call: Callable[[], object]) -> Counter[str]:
    """The files of the core in which a call runs a function, as `room/_module` in the order of the way, each with the
    number of calls of its functions; after two calls to warm up.

    The emulator's are left out: it is another program, on threads of its own.
    """
    found: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: object) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and file.is_relative_to(CORE) and "emulator" not in file.relative_to(CORE).parts:
            found[str(file.relative_to(CORE).with_suffix(""))] += 1

    call()
    call()
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    return found


def plain_call(client: AzureConnector) -> None:
    """A plain `create()`."""
    client.chat.completions.create(**HELLO)


def streamed_tool_call(client: AzureConnector) -> None:
    """A tool call, streamed, to its end."""
    tools: Any = [{"type": "function", "function": WEATHER}]
    for _ in client.chat.completions.create(**HELLO, tools=tools, tool_choice="required", stream=True):
        pass


if __name__ == "__main__":
    from azure_connector.emulator import Emulator

    with Emulator() as azure:
        client = AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key)
        for call in (plain_call, streamed_tool_call):
            work = work_of(lambda call=call: call(client))
            print(f"{call.__doc__} {len(work)} files, {work.total()} calls of functions:", *work, sep="\n  ")
