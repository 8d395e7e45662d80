"""What each model family accepts, as data. `docs/models.md` is generated from it.

Rules belong to the base model, never to the deployment's name. Where sources differ, the family passes the parameter
through: the service's refusal is then learnt from (`azure_connector.learning`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ._target import Api

__all__ = ["EFFORTS", "FAMILIES", "NEUTRAL", "ROUTER", "Profile"]

OutputLimit = Literal["max_tokens", "max_completion_tokens", "either"]
SystemRole = Literal["system", "developer", "user", "any"]
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
        kind: what the models produce. Only `text` has rules about parameters.
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
        json_object: whether `response_format: json_object` gives an answer.
        source: where the facts are from.
        note: what a reader should know beside the fields.
    """

    family: str
    models: tuple[str, ...] = ()
    kind: Literal["text", "embedding", "image", "audio"] = "text"
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
    source: str = ""
    note: str = ""
    watched: frozenset[str] = field(init=False, repr=False, compare=False, default=frozenset())

    def __post_init__(self) -> None:
        object.__setattr__(self, "watched", _watched(self))


def _watched(profile: Profile) -> frozenset[str]:
    """The top-level parameters at which a rule of the family could have to act; a body without them is left alone."""
    names = {"max_completion_tokens", "max_output_tokens", "parallel_tool_calls", "reasoning", "text", "include"}
    names |= {"reasoning_effort", "verbosity", *profile.refused}
    if profile.output_limit == "max_completion_tokens":
        names.add("max_tokens")
    if profile.json_object != "yes":
        names.add("response_format")
    return frozenset(names)


ROUTER = "model-router"
ROUTER_DOCS = "Microsoft Learn: model router"
DOCS = "Microsoft Learn: reasoning models"
REPORTS = "issue reports that quote Azure's replies"
MODEL_DOCS = "Microsoft Learn: models sold by Azure"
OPENAI = "OpenAI: models"

SAMPLING = frozenset(
    {"temperature", "top_p", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "logit_bias"}
)
SAMPLING_AND_STOP = SAMPLING | {"stop"}
# OpenAI names these three for efforts of `none`; penalties and logit_bias stay refused.
WITHOUT_REASONING = frozenset({"temperature", "top_p", "logprobs", "top_logprobs"})

LOW_TO_HIGH = ("low", "medium", "high")
LOW_TO_XHIGH = ("low", "medium", "high", "xhigh")
VERBOSITIES = ("low", "medium", "high")


# A family of before the reasoning models: sampling is free, there is no effort.
CLASSIC = Profile(family="classic", efforts=(), verbosity=(), system_role="system", source=MODEL_DOCS)

# A reasoning model of OpenAI.
REASONING = Profile(
    family="reasoning",
    reasoning=True,
    output_limit="max_completion_tokens",
    refused=SAMPLING,
    efforts=LOW_TO_HIGH,
    default_effort="medium",
    system_role="developer",
    source=DOCS,
)

# One tool call at a time, no verbosity.
O_SERIES = replace(REASONING, parallel_tool_calls=False, verbosity=())

# From gpt-5.1 on, sampling returns while the effort is none.
SWITCHABLE = replace(
    REASONING,
    sampling_with_effort_none=WITHOUT_REASONING,
    efforts=("none", *LOW_TO_XHIGH),
    verbosity=VERBOSITIES,
)


def _of(base: Profile, family: str, *models: str, **fields: Any) -> Profile:
    """A family that follows a base but for some fields; without models it covers the one of its own name."""
    return replace(base, family=family, models=models or (family,), **fields)


def _other(kind: Literal["embedding", "image", "audio"], family: str, *models: str) -> Profile:
    """A model that neither chat nor Responses serves: its requests pass as they are."""
    return Profile(family=family, models=models, kind=kind, apis=(), source=MODEL_DOCS)


GPT_4 = (
    _of(CLASSIC, "gpt-4o", "gpt-4o*", note="some old deployments refuse max_completion_tokens: learnt"),
    _of(CLASSIC, "gpt-4.1", "gpt-4.1*", "gpt-4.5*"),
    _of(CLASSIC, "gpt-4", "gpt-4", "gpt-4-*", "gpt-35-turbo*", "gpt-3.5-turbo*", apis=("chat",)),
)

O_FAMILIES = (
    _of(O_SERIES, "o1", streaming=False),
    _of(
        O_SERIES,
        "o1-mini",
        "o1-mini",
        "o1-preview",
        apis=("chat",),
        efforts=(),
        default_effort=None,
        system_role="user",
        source=REPORTS,
        note="neither system nor developer role: instructions go into the user's message",
    ),
    _of(O_SERIES, "o1-pro", apis=("responses",), streaming=False, source=OPENAI),
    _of(O_SERIES, "o3", refused=SAMPLING_AND_STOP, source=f"{DOCS}; stop: {REPORTS}"),
    _of(O_SERIES, "o3-mini"),
    _of(O_SERIES, "o3-pro", apis=("responses",), streaming=False),
    _of(O_SERIES, "o4-mini", refused=SAMPLING_AND_STOP, source=f"{DOCS}; stop: {REPORTS}"),
    _of(O_SERIES, "codex-mini", "codex-mini", "codex-mini-latest", apis=("responses",)),
    _of(
        O_SERIES,
        "deep-research",
        "o3-deep-research",
        "o4-mini-deep-research",
        apis=("responses",),
        efforts=None,
        source=OPENAI,
    ),
    _of(O_SERIES, "computer-use", "computer-use-preview", apis=("responses",), efforts=("medium",), source=REPORTS),
)

GPT_5 = (
    _of(
        REASONING,
        "gpt-5",
        "gpt-5",
        "gpt-5-mini",
        "gpt-5-nano",
        refused=SAMPLING_AND_STOP,
        efforts=("minimal", *LOW_TO_HIGH),
        minimal_effort_forbids_parallel_calls=True,
        verbosity=VERBOSITIES,
        source=f"{DOCS}; stop: {REPORTS}",
    ),
    _of(
        REASONING,
        "gpt-5-pro",
        apis=("responses",),
        streaming=False,
        parallel_tool_calls=False,
        efforts=("high",),
        default_effort="high",
        verbosity=VERBOSITIES,
    ),
    _of(REASONING, "gpt-5-codex", apis=("responses",), verbosity=(), source=f"{DOCS}; verbosity: {REPORTS}"),
    _of(
        CLASSIC,
        "gpt-5-chat",
        "gpt-5-chat",
        "gpt-5-chat-latest",
        output_limit="max_completion_tokens",
        source=REPORTS,
        note="does not reason",
    ),
)

GPT_5_1 = (
    _of(
        SWITCHABLE,
        "gpt-5.1",
        refused=SAMPLING_AND_STOP,
        efforts=("none", *LOW_TO_HIGH),
        default_effort="none",
        source=f"{DOCS}; stop: {REPORTS}",
        note="an explicit effort of none was once refused: learnt",
    ),
    _of(
        REASONING,
        "gpt-5.1-chat",
        "gpt-5.1-chat",
        "gpt-5.1-chat-latest",
        refused=frozenset[str](),
        efforts=("medium",),
        source=REPORTS,
        note="reports differ on temperature: it passes, and a refusal is learnt",
    ),
    _of(
        REASONING,
        "gpt-5.1-codex",
        "gpt-5.1-codex",
        "gpt-5.1-codex-mini",
        apis=("responses",),
        efforts=("none", *LOW_TO_HIGH),
        verbosity=(),
        source=f"{DOCS}; verbosity: {REPORTS}",
    ),
    _of(REASONING, "gpt-5.1-codex-max", apis=("responses",), efforts=("none", *LOW_TO_XHIGH)),
)

GPT_5_2_ON = (
    _of(SWITCHABLE, "gpt-5.2", refused=SAMPLING_AND_STOP, default_effort="none", source=f"{DOCS}; stop: {REPORTS}"),
    _of(
        REASONING,
        "gpt-5.2-chat",
        "gpt-5.2-chat",
        "gpt-5.2-chat-latest",
        "gpt-5.3-chat",
        "gpt-5.3-chat-latest",
        efforts=("medium",),
        source=REPORTS,
    ),
    _of(REASONING, "gpt-5.2-codex", "gpt-5.2-codex", "gpt-5.3-codex", apis=("responses",), efforts=LOW_TO_XHIGH),
    _of(
        REASONING,
        "codex",
        "*-codex",
        "*-codex-mini",
        "*-codex-max",
        apis=("responses",),
        efforts=None,
        default_effort=None,
        note="whichever codex model has no line of its own",
    ),
    _of(
        REASONING,
        "gpt-5.x-pro",
        "gpt-5.*-pro",
        apis=("responses",),
        parallel_tool_calls=False,
        efforts=("medium", "high", "xhigh"),
        verbosity=VERBOSITIES,
        note="gpt-5.2-pro, gpt-5.4-pro and later ones",
    ),
    _of(
        SWITCHABLE,
        "gpt-5.4",
        "gpt-5.4",
        "gpt-5.4-mini",
        "gpt-5.4-nano",
        refused=SAMPLING_AND_STOP,
        default_effort="none",
        tools_with_reasoning_over_chat=False,
        source=f"{DOCS}; tools, stop: {REPORTS}",
    ),
    _of(SWITCHABLE, "gpt-5.5", tools_with_reasoning_over_chat=False, source=REPORTS),
    _of(
        SWITCHABLE,
        "gpt-5.6",
        "gpt-5.6",
        "gpt-5.6-sol",
        "gpt-5.6-terra",
        "gpt-5.6-luna",
        responses_efforts=("max",),
        tools_with_reasoning_over_chat=False,
        source=REPORTS,
    ),
    _of(
        SWITCHABLE,
        "gpt-6",
        "gpt-6*",
        responses_efforts=("max",),
        tools_with_reasoning_over_chat=False,
        verbosity=None,
        source=REPORTS,
        note="reports differ on effort none",
    ),
)

ROUTERS = (
    Profile(
        family=ROUTER,
        models=(ROUTER, "*model-router*"),
        source=ROUTER_DOCS,
        note="everything passes: the router drops what its chosen model cannot take; a refusal teaches one request",
    ),
)

PARTNERS = (
    Profile(
        family="mistral",
        models=("*mistral*", "*ministral*", "*magistral*", "*codestral*", "*devstral*", "*pixtral*"),
        apis=("chat",),
        output_limit="max_tokens",
        system_role="system",
        source=REPORTS,
        note="any parameter that it does not know is a 422: learnt",
    ),
    Profile(
        family="deepseek",
        models=("*deepseek*",),
        apis=("chat",),
        system_role="system",
        json_object="not while thinking",
        source=REPORTS,
        note="response_format json_object is left out while it is asked to think: the answer would be empty",
    ),
    Profile(
        family="grok",
        models=("grok-3-mini*", "grok-4", "grok-4-0*", "grok-4-fast-reasoning", "grok-4-1-fast-reasoning"),
        refused=frozenset({"stop"}),
        source=REPORTS,
        note="only those that always reason refuse stop; what else they refuse is learnt",
    ),
    Profile(
        family="deepseek-r1",
        models=("*deepseek-r1*",),
        apis=("chat",),
        reasoning=True,
        system_role="system",
        json_object="no",
        source=REPORTS,
        note="always thinks: response_format json_object is left out, the answer would be empty",
    ),
)

NOT_TEXT = (
    _other("embedding", "embeddings", "text-embedding-*"),
    _other("image", "images", "dall-e-*", "gpt-image-*"),
    _other(
        "audio", "audio", "whisper*", "tts*", "gpt-4o*-transcribe*", "gpt-4o*-tts*", "gpt-4o*realtime*", "gpt-realtime*"
    ),
)

FAMILIES: tuple[Profile, ...] = (*GPT_4, *O_FAMILIES, *GPT_5, *GPT_5_1, *GPT_5_2_ON, *ROUTERS, *PARTNERS, *NOT_TEXT)
