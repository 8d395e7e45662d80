"""A limit of output tokens that does not fit into the window beside the prompt, lowered for this request alone."""

from __future__ import annotations

import re

from .._utils import Json
from ..deployments import CHAT, RESPONSES
from ..errors import ErrorFacts
from ._adaptations import Adaptation
from ._parameter_rules import LIMITS

__all__ = ["limit_within_window"]

_LEAST = 16  # tokens: less is no answer, and Responses takes no less
# The window and the prompt, as the services name them: OpenAI's, vLLM's (Foundry's open models), Anthropic's.
_NUMBERS = tuple(
    re.compile(pattern, re.DOTALL | re.IGNORECASE)
    for pattern in (
        r"maximum context length is (?P<window>\d+) tokens.{0,80}?requested (?:about )?\d+ tokens "
        r"\((?P<prompt>\d+) (?:of text input|in (?:the|your) (?:messages|prompt|input)).{0,80}?(?P<asked>\d+) "
        r"(?:in|for) the (?:completion|output)",
        r"too large: (?P<asked>\d+)\..{0,40}maximum context length is (?P<window>\d+) tokens and your request has "
        r"(?P<prompt>\d+) input tokens",
        r"exceed context limit: (?P<prompt>\d+) \+ (?P<asked>\d+) > (?P<window>\d+)",
    )
)


def limit_within_window(refusal: ErrorFacts, operation: str, body: Json) -> Adaptation | None:
    """The limit that is left beside the prompt, where the refusal names the numbers; None where none would do.

    Args:
        refusal: the error as it was read.
        operation: the API that refused.
        body: the request that was refused.
    """
    if operation not in (CHAT, RESPONSES):
        return None
    found = next((match for pattern in _NUMBERS if (match := pattern.search(refusal.message))), None)
    name = next((limit for limit in LIMITS if isinstance(body.get(limit), int)), None)
    if found is None or name is None:
        return None
    room = int(found["window"]) - int(found["prompt"])
    if room < _LEAST or body[name] <= room:
        return None
    return Adaptation("at_most", operation, name, limit=room, once=True, reason=refusal.message[:160])
