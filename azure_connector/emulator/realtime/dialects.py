"""What the GA protocol and the preview call things: data only.

Microsoft's migration guide from preview to GA lists the differences; the fields are those of the SDK's two sets of
types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..values import Json

__all__ = ["DIALECTS", "Dialect"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One form's names.

    Attributes:
        text: an assistant's text, as a content part's type and in the events' names.
        modalities: the field for what the model answers with.
        limit: the field for the most tokens of an answer.
        begun, ended: the events that tell of an item of the conversation.
        session: what a session says beside its id, model and instructions.
        session_fields, response_fields: what an update and a `response.create` may hold.
        typed: an update must say which type of session it is for.
    """

    text: str
    modalities: str
    limit: str
    begun: tuple[str, ...]
    ended: tuple[str, ...]
    session: Mapping[str, object] = field(repr=False)
    session_fields: frozenset[str] = field(repr=False)
    response_fields: frozenset[str] = field(repr=False)
    typed: bool

    def new_session(self) -> Json:
        """The settings that nobody set yet."""
        return dict(self.session)


_BOTH = "instructions tools tool_choice"
_ONE_RESPONSE = f"{_BOTH} conversation input metadata"

_GA = Dialect(
    text="output_text",
    modalities="output_modalities",
    limit="max_output_tokens",
    begun=("conversation.item.added",),
    ended=("conversation.item.done",),
    session={
        "type": "realtime",
        "output_modalities": ["text"],
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "include": None,
    },
    session_fields=frozenset(
        f"type model audio include max_output_tokens output_modalities parallel_tool_calls prompt reasoning tracing "
        f"truncation {_BOTH}".split()
    ),
    response_fields=frozenset(
        f"audio max_output_tokens output_modalities parallel_tool_calls prompt reasoning {_ONE_RESPONSE}".split()
    ),
    typed=True,
)
_PREVIEW = Dialect(
    text="text",
    modalities="modalities",
    limit="max_response_output_tokens",
    begun=("conversation.item.created",),
    ended=(),
    session={
        "modalities": ["text"],
        "voice": "alloy",
        "input_audio_format": "pcm16",
        "output_audio_format": "pcm16",
        "input_audio_transcription": None,
        "turn_detection": None,
        "tools": [],
        "tool_choice": "auto",
        "temperature": 0.8,
        "max_response_output_tokens": "inf",
    },
    session_fields=frozenset(
        "client_secret input_audio_format input_audio_noise_reduction input_audio_transcription "
        "max_response_output_tokens modalities model output_audio_format speed temperature tracing turn_detection "
        f"voice {_BOTH}".split()
    ),
    response_fields=frozenset(
        f"max_response_output_tokens modalities output_audio_format temperature voice {_ONE_RESPONSE}".split()
    ),
    typed=False,
)
DIALECTS = {"v1": _GA, "classic": _PREVIEW}
