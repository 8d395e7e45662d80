"""What settings objects ask for, as the SDK's `create` takes it: also what their classes have no field for."""

from __future__ import annotations

import inspect
import logging
from functools import lru_cache
from typing import Any

from openai.resources.chat.completions import AsyncCompletions
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings, OpenAIChatPromptExecutionSettings
from semantic_kernel.connectors.ai.prompt_execution_settings import PromptExecutionSettings

__all__ = ["allow_any_reasoning_effort", "extra_arguments"]

_log = logging.getLogger("azure_connector.semantic_kernel")

# The allow-list: whatever the installed SDK can send.
_SENDABLE = frozenset(inspect.signature(AsyncCompletions.create).parameters) - {"self"}


def allow_any_reasoning_effort() -> None:
    """Lets SK's chat settings hold every `reasoning_effort`, not only the three of 2024.

    The kernel itself turns the settings of prompt files and agents into the service's class, before the service sees
    them, so the classes must take the value. Which values a model takes is the connector's to know.
    """
    for settings in (OpenAIChatPromptExecutionSettings, AzureChatPromptExecutionSettings):
        field = settings.model_fields["reasoning_effort"]
        if field.annotation != str | None:
            field.annotation = str | None  # pyright: ignore[reportAttributeAccessIssue]  # a union is an annotation
            settings.model_rebuild(force=True)


def extra_arguments(settings: PromptExecutionSettings) -> dict[str, Any]:
    """The arguments of `create` that a settings object holds although its class has no field for them.

    Args:
        settings: ready settings; what cannot be sent at all is logged, once per set of names.
    """
    fields = type(settings).model_fields
    found = {name: value for name, value in settings.extension_data.items() if value is not None and name not in fields}
    count = found.get("logprobs")
    if isinstance(count, int) and not isinstance(count, bool):
        # The text completion settings give a number where chat completions want a switch and a number.
        found |= {"logprobs": True, "top_logprobs": count}
    unsent = sorted(name for name in found.keys() - _SENDABLE if found[name] is not False)
    if unsent:
        _report(tuple(unsent))
    return {name: value for name, value in found.items() if name in _SENDABLE}


@lru_cache(maxsize=256)
def _report(names: tuple[str, ...]) -> None:
    _log.warning(
        "Not sent, since Chat Completions has no such parameter: %s (extra_body sends anything).", ", ".join(names)
    )
