"""What is known of a family of models: the fields of a profile, and the values that its parameters may have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ._operations import CHAT, RESPONSES
from ._target import Api

__all__ = ["EFFORTS", "NEUTRAL", "Kind", "Profile"]

OutputLimit = Literal["max_tokens", "max_completion_tokens", "either"]
SystemRole = Literal["system", "developer", "user", "any"]
Kind = Literal["text", "embedding", "image", "audio", "video", "other"]
JsonObject = Literal["yes", "not while thinking", "no"]

# From least to most reasoning. `max` exists from gpt-5.6 on, and only over Responses.
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

# Values that say the same as leaving the parameter out, so that dropping them takes nothing from the caller.
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "temperature": (None, 1),
    "top_p": (None, 1),
    "presence_penalty": (None, 0),
    "frequency_penalty": (None, 0),
    "logprobs": (None, False),
    "top_logprobs": (None, 0),
    "logit_bias": (None, {}),
    "stop": (None, [], ""),
    "verbosity": (None, "medium"),
    "text.verbosity": (None, "medium"),
    "reasoning_effort": (None, "none"),
    "reasoning.effort": (None, "none"),
    "reasoning": (None, {}, {"effort": None}, {"effort": "none"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the models of one family accept.

    The defaults are those of a model of which nothing is known: everything passes.

    Attributes:
        family: the family's name, e.g. `gpt-5`.
        models: base models in lower case, as names or with `*`; the one with most letters outside `*` wins.
        kind: what the models produce; `other`: something that none of the API's operations gives.
        serves: the operations of a model that is not of kind `text`; those of texts follow from `apis`.
        apis: the APIs that serve it, the preferred one first.
        reasoning: whether it reasons before it answers.
        streaming: whether it streams; where not, one whole reply is delivered as a stream.
        parallel_tool_calls: whether the parameter of that name is accepted.
        output_limit: how Chat Completions spells the limit of output tokens (Responses: always `max_output_tokens`).
        refused: parameters that earn a 400, unless their value is the default.
        sampling_with_effort_none: the part of `refused` that passes while the reasoning effort is `none`.
        efforts: accepted reasoning efforts; empty: the parameter is refused; None: not known, any passes.
        responses_efforts: efforts that only the Responses API accepts.
        default_effort: the effort that holds when none is given.
        minimal_effort_forbids_parallel_calls: whether `parallel_tool_calls` is refused together with effort `minimal`.
        tools_with_reasoning_over_chat: whether Chat Completions takes function tools while the model reasons.
        system_role: the role of instructions; `user`: there is none, they go into the user's message; `any`: untouched.
        verbosity: accepted values of `verbosity`; empty: the parameter is refused; None: any passes.
        json_schema: whether it takes `response_format: json_schema`.
        dimensions: the most dimensions of an embedding that may be asked for; 0: the parameter is refused.
        own_dimensions: how many dimensions an embedding has otherwise.
        most_inputs: how many texts one request for embeddings may have.
        image_formats: accepted values of an image's `response_format`; empty: the parameter is refused, and images come
            as base64; None: any passes.
        most_images: how many images one request may ask for.
        context: tokens of context window; None: not known.
        instead: what to use for a model that another API serves: then nothing is sent.
        json_object: whether `response_format: json_object` gives an answer.
        source: where the facts are from.
        note: what a reader should know beside the fields.
    """

    family: str
    models: tuple[str, ...] = ()
    kind: Kind = "text"
    serves: tuple[str, ...] = ()
    apis: tuple[Api, ...] = ("chat", "responses")
    reasoning: bool = False
    streaming: bool = True
    parallel_tool_calls: bool = True
    output_limit: OutputLimit = "either"
    refused: frozenset[str] = frozenset()
    sampling_with_effort_none: frozenset[str] = frozenset()
    efforts: tuple[str, ...] | None = None
    responses_efforts: tuple[str, ...] = ()
    default_effort: str | None = None
    minimal_effort_forbids_parallel_calls: bool = False
    tools_with_reasoning_over_chat: bool = True
    system_role: SystemRole = "any"
    verbosity: tuple[str, ...] | None = None
    json_object: JsonObject = "yes"
    json_schema: bool = True
    dimensions: int | None = None
    own_dimensions: int | None = None
    most_inputs: int | None = None
    image_formats: tuple[str, ...] | None = None
    most_images: int | None = None
    context: int | None = None
    instead: str = ""
    source: str = ""
    note: str = ""
    watched: frozenset[str] = field(init=False, repr=False, compare=False, default=frozenset())

    def __post_init__(self) -> None:
        object.__setattr__(self, "watched", _watched(self))

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that the models answer."""
        return self.serves or tuple(CHAT if api == "chat" else RESPONSES for api in self.apis)


def _watched(profile: Profile) -> frozenset[str]:
    """The top-level parameters at which a rule of the family could have to act; a body without them is left alone."""
    names = {"max_completion_tokens", "max_output_tokens", "parallel_tool_calls", "reasoning", "text", "include"}
    names |= {"reasoning_effort", "verbosity", *profile.refused}
    if profile.output_limit == "max_completion_tokens":
        names.add("max_tokens")
    if profile.json_object != "yes":
        names.add("response_format")
    return frozenset(names)
