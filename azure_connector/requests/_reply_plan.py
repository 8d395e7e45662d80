"""What must be known of a request to read its reply: plain data, made with the request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ..tools import NameMap

__all__ = ["ReplyPlan", "StreamRules"]


@dataclass(frozen=True, slots=True)
class StreamRules:
    """What is to be watched in a stream of the SDK's own events.

    Attributes:
        ends: it must end with an event that says so, as a response's stream does.
        creates: its request makes a response: one that failed before it said anything is an error, and no reply.
        resumed: it goes on where an earlier one broke off: there may be nothing left.
        background: its first event is delivered at once: the service goes on working under the id that it carries,
            whoever listens.
        repeatable: it may begin anew elsewhere until something worth reading has arrived; otherwise only until the
            service begins to make something.
        parsed: `responses.stream(text_format=...)` reads it: an answer that is cut off is an error.
        note: is told of each response that an event carries, or None.
        on_model: is told the model that the whole or finished response names, or None.
    """

    ends: bool = False
    creates: bool = False
    resumed: bool = False
    background: bool = False
    repeatable: bool = True
    parsed: bool = False
    note: Callable[[Any], None] | None = None
    on_model: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True)
class ReplyPlan:
    """How the reply to a request becomes what its caller expects.

    Attributes:
        kind: `chat`: a chat completion; `responses`: one that comes from the Responses API; `native`: the SDK's own
            reply types, whatever the operation.
        names: the request's tool names; None where it had no tools.
        as_function_call: the caller asked with the older `functions`.
        repair: unreadable arguments of tool calls are repaired (the setting `repair_tool_arguments`).
        streamed: the caller reads a stream.
        deliver_as_stream: the model does not stream, but the caller does.
        include_usage: the caller wants the usage at the end of the stream.
        on_model: is told the model that the service reports, or None.
        rules: what is to be watched in a native stream.
    """

    kind: Literal["chat", "responses", "native"] = "native"
    names: NameMap | None = None
    as_function_call: bool = False
    repair: bool = True
    streamed: bool = False
    deliver_as_stream: bool = False
    include_usage: bool = False
    on_model: Callable[[str], None] | None = None
    rules: StreamRules = StreamRules()
