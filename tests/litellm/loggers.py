"""A logger of LiteLLM's kind. It derives from one: import this module by `late`, then collecting needs no LiteLLM."""

from __future__ import annotations

from typing import Any, NamedTuple

from litellm.integrations.custom_logger import CustomLogger

__all__ = ["Recorder", "Told"]


class Told(NamedTuple):
    """What LiteLLM told, as it was at that moment: `before`, `after`, `success` or `failure`."""

    kind: str
    kwargs: dict[str, Any]
    reply: Any = None
    awaited: bool = False


class Recorder(CustomLogger):
    """Notes everything that LiteLLM tells a logger."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Told] = []

    def log_pre_api_call(self, model: str, messages: Any, kwargs: Any) -> None:
        self.told.append(Told("before", dict(kwargs)))

    def log_post_api_call(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.told.append(Told("after", dict(kwargs), response_obj))

    def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.told.append(Told("success", dict(kwargs), response_obj))

    def log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.told.append(Told("failure", dict(kwargs), response_obj))

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.told.append(Told("success", dict(kwargs), response_obj, awaited=True))

    async def async_log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.told.append(Told("failure", dict(kwargs), response_obj, awaited=True))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one.kwargs for one in self.told if one.kind == kind]

    def awaited(self) -> list[Told]:
        """What was told to the logger's coroutines: async calls are told there, and once."""
        return [one for one in self.told if one.awaited]
