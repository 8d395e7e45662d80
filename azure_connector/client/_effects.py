"""What the way of a call (`client/_call`) asks its driver, the sync or the async client, to do.

Apart from the flow, so that importing the client's class loads the names of the effects and not what decides on them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "AwaitFirstChunk",
    "Effect",
    "RefreshCredential",
    "RefreshListing",
    "RunInThread",
    "Send",
    "TakeReply",
    "Wait",
]


@dataclass(frozen=True, slots=True)
class Send:
    """Send these options through the resource's own client, within so many seconds; the outcome is the reply."""

    resource: str
    options: Any = field(repr=False)  # the prompt is in it, and loggers show the locals of frames
    cast_to: Any
    stream: bool
    stream_cls: Any
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class TakeReply:
    """Read this response as if the resource's own client had been sent it; the outcome is the reply."""

    resource: str
    options: Any
    cast_to: Any
    response: Any


@dataclass(frozen=True, slots=True)
class AwaitFirstChunk:
    """Read a stream until it has something to deliver: until then a failure can still be answered elsewhere."""

    stream: Any
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class RefreshCredential:
    """Report to the auth chain that its credential was refused; the outcome is whether to send again."""

    resource: str
    status: int
    code: str | None
    message: str
    sent: Any


@dataclass(frozen=True, slots=True)
class RefreshListing:
    """See to it that the resources' deployments were listed after this moment of the monotonic clock."""

    since: float


@dataclass(frozen=True, slots=True)
class RunInThread:
    """Run a blocking function where it holds up nothing; the outcome is what it returns."""

    run: Callable[[], Any]


Effect = Send | TakeReply | AwaitFirstChunk | Wait | RefreshCredential | RefreshListing | RunInThread
