"""What each model family accepts, as data. `docs/models.md` is generated from it.

Rules belong to the base model, never to the deployment's name. Where sources differ, the family passes the parameter
through: the service's refusal is then learnt from (`requests/_adaptation_from_error`).
"""

from __future__ import annotations

from dataclasses import replace

from ._further_families import DOCS, MODEL_DOCS, NOT_TEXT, OPENAI, PARTNERS, REPORTS, ROUTERS, STRUCTURED_DOCS
from ._profile import Profile

__all__ = ["FAMILIES", "SAMPLING"]


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
    context=400_000,
    source=DOCS,
)

# One tool call at a time, no verbosity.
O_SERIES = replace(REASONING, parallel_tool_calls=False, verbosity=(), context=200_000)

# From gpt-5.1 on, sampling returns while the effort is none.
SWITCHABLE = replace(
    REASONING,
    sampling_with_effort_none=WITHOUT_REASONING,
    efforts=("none", *LOW_TO_XHIGH),
    verbosity=VERBOSITIES,
)


def _of(base: Profile, family: str, *models: str, **fields: object) -> Profile:
    """A family that follows a base but for some fields; without models it covers the one of its own name."""
    return replace(base, family=family, models=models or (family,), **fields)


GPT_4 = (
    _of(
        CLASSIC,
        "gpt-4o",
        "gpt-4o*",
        context=128_000,
        note="some old deployments refuse max_completion_tokens: learnt",
    ),
    _of(
        CLASSIC,
        "audio chat",
        "gpt-4o*-audio*",
        "gpt-audio*",
        apis=("chat",),
        json_schema=False,
        context=128_000,
        source=f"{MODEL_DOCS}; {STRUCTURED_DOCS}",
        note="chat with modalities and audio; no structured output",
    ),
    _of(CLASSIC, "gpt-4.1", "gpt-4.1*", "gpt-4.5*", context=1_047_576),
    _of(CLASSIC, "gpt-4", "gpt-4", "gpt-4-*", apis=("chat",), context=8_192),
    _of(CLASSIC, "gpt-4-32k", "gpt-4-32k*", apis=("chat",), context=32_768),
    _of(CLASSIC, "gpt-4-turbo", "gpt-4-turbo*", apis=("chat",), context=128_000),
    _of(CLASSIC, "gpt-35-turbo", "gpt-35-turbo*", "gpt-3.5-turbo*", apis=("chat",), context=16_385),
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
        json_schema=False,
        context=128_000,
        source=f"{STRUCTURED_DOCS}; {REPORTS}",
        note="does not reason; json_schema becomes json_object, and the schema is said in words",
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
        context=128_000,
        note="reports differ on temperature: it passes, and a refusal is learnt",
    ),
    _of(
        REASONING,
        "gpt-chat",
        "gpt-chat-latest",
        "gpt-chat*",
        efforts=None,
        default_effort=None,
        context=128_000,
        source=MODEL_DOCS,
        note="efforts are not documented: any passes, and a refusal is learnt",
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
        context=128_000,
        source=f"{MODEL_DOCS}; {REPORTS}",
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

FAMILIES: tuple[Profile, ...] = (*GPT_4, *O_FAMILIES, *GPT_5, *GPT_5_1, *GPT_5_2_ON, *ROUTERS, *PARTNERS, *NOT_TEXT)
