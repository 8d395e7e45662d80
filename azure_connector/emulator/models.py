"""Deployments, and what the emulator knows of base models: data only.

The sources of the rules are Microsoft's and OpenAI's model pages and refusals that users report. A base model that no
row matches is served without any rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, cast

__all__ = ["DEFAULT_MODELS", "UNKNOWN", "Deployment", "Family", "as_deployments", "family_of"]

DEFAULT_MODELS = ("gpt-4o", "gpt-4.1", "gpt-5", "gpt-5-mini", "o4-mini", "text-embedding-3-small")

Kind = Literal["chat", "embeddings", "images", "transcription", "speech", "realtime", "videos"]
Sampling = Literal["free", "default-only", "without-effort"]


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment of the emulated resource.

    Attributes:
        name: the deployment's name.
        model: its base model; empty means that the name is the model's.
        version: the base model's version; empty means the catalogue's.
        capacity: thousands of tokens per minute. Given, the quota is enforced; None advertises 250 and never refuses.
        requests_per_minute: the request quota that goes with `capacity`; None means one per thousand tokens.
        quota_slice: seconds over which requests are checked as well: Azure says one or ten.
        sku: `GlobalStandard`, `ProvisionedManaged`, …
        spillover: the deployment that answers when this one's quota is used up, as provisioned deployments may have.
        retires: when its model retires, seconds since the epoch, for the listing of models; None where that is not set.
    """

    name: str
    model: str = ""
    version: str = ""
    capacity: int | None = None
    requests_per_minute: int | None = None
    quota_slice: float = 10.0
    sku: str = "GlobalStandard"
    spillover: str | None = None
    retires: float | None = None

    @property
    def base_model(self) -> str:
        """The base model's name."""
        return self.model or self.name

    @property
    def served_model(self) -> str:
        """What a reply says in `model`: the base model with its version."""
        version = self.version or VERSIONS.get(self.base_model, "")
        return f"{self.base_model}-{version}" if version else self.base_model

    @property
    def family(self) -> Family:
        """The rules of its base model."""
        return family_of(self.base_model)


@dataclass(frozen=True, slots=True)
class Family:
    """What the base models of one family take.

    Attributes:
        pattern: a regular expression over the whole base model's name.
        kind: what the model is for.
        chat, responses: which of the two APIs it speaks.
        reasoning: it thinks, and counts reasoning tokens.
        efforts: the values of `reasoning_effort`; empty means that the parameter is refused.
        default_effort: the effort when none is given.
        sampling: `free`; `default-only` refuses every value but the default; `without-effort` is free while the effort
            is `none`.
        max_tokens: it takes the old `max_tokens`.
        max_completion_tokens: it takes the new name.
        parallel: it makes parallel tool calls, and takes the parameter.
        parallel_with_minimal: it does so with effort `minimal`, too.
        streaming: it streams.
        tools: it takes tools.
        system: it takes system and developer messages.
        chat_tools_with_effort: over Chat Completions it takes function tools beside an effort.
        stop: it takes `stop`.
        audio: it hears and speaks over Chat Completions.
        completions: it speaks the legacy completions.
        schemas: it takes `json_schema` as an output's format.
        routes: of a model router, the models that answer in its place.
        forced_tools: it takes `tool_choice` `required`.
        dialect: whose service answers: Azure OpenAI, or a partner's model on Foundry with habits of its own.
        context: the context window in tokens.
        max_output: the longest reply in tokens.
    """

    pattern: str
    kind: Kind = "chat"
    chat: bool = True
    responses: bool = True
    reasoning: bool = False
    efforts: tuple[str, ...] = ()
    default_effort: str = "none"
    sampling: Sampling = "free"
    max_tokens: bool = True
    max_completion_tokens: bool = True
    parallel: bool = True
    parallel_with_minimal: bool = True
    streaming: bool = True
    tools: bool = True
    system: bool = True
    chat_tools_with_effort: bool = True
    stop: bool = True
    audio: bool = False
    completions: bool = False
    schemas: bool = True
    routes: tuple[str, ...] = ()
    forced_tools: bool = True
    dialect: Literal["openai", "mistral", "deepseek", "anthropic", "partner"] = "openai"
    context: int = 128_000
    max_output: int = 16_384

    def parallel_at(self, effort: str) -> bool:
        """Whether it makes parallel tool calls with this effort."""
        return self.parallel and (self.parallel_with_minimal or effort != "minimal")


ROUTED = (
    "gpt-4.1-mini-2025-04-14",
    "gpt-5-mini-2025-08-07",
    "o4-mini-2025-04-16",
    "gpt-oss-120b",
    "grok-4",
    "DeepSeek-V3.1",
    "Llama-4-Maverick-17B-128E-Instruct-FP8",
)
_LOW_TO_HIGH = ("low", "medium", "high")
_NONE_TO_XHIGH = ("none", "low", "medium", "high", "xhigh")
_THINKER = Family(
    "",
    reasoning=True,
    sampling="default-only",
    max_tokens=False,
    efforts=_LOW_TO_HIGH,
    default_effort="medium",
    context=272_000,
    max_output=128_000,
)
_O = replace(_THINKER, parallel=False, context=200_000, max_output=100_000)
_GPT51 = replace(_THINKER, efforts=_NONE_TO_XHIGH, default_effort="none", sampling="without-effort")
_GPT54 = replace(_GPT51, chat_tools_with_effort=False, context=400_000)


def _rows(rows: Mapping[str, Family]) -> tuple[Family, ...]:
    return tuple(replace(family, pattern=pattern) for pattern, family in rows.items())


# The first row whose pattern matches the whole name counts.
FAMILIES = _rows(
    {
        "o1-(mini|preview)": replace(_O, efforts=(), responses=False, tools=False, system=False, parallel=True),
        "o1": replace(_O, streaming=False),
        "o3-pro": replace(_O, chat=False, streaming=False, stop=False),
        "codex-mini": replace(_O, chat=False, stop=False),
        "o3-mini": _O,
        "o3|o4-mini": replace(_O, stop=False),
        "gpt-5-pro": replace(_THINKER, efforts=("high",), default_effort="high", chat=False, streaming=False),
        r"gpt-5\.\d+-pro": replace(_THINKER, efforts=("medium", "high", "xhigh"), chat=False, parallel=False),
        "gpt-5-codex": replace(_THINKER, chat=False),
        r"gpt-5\.1-codex(-mini)?": replace(_THINKER, efforts=("none", *_LOW_TO_HIGH), chat=False),
        r"gpt-5\.3-codex": replace(_THINKER, efforts=(*_LOW_TO_HIGH, "xhigh"), chat=False),
        r"gpt-5(\.\d+)?-codex(-mini|-max)?": replace(_THINKER, efforts=_NONE_TO_XHIGH, chat=False),
        "gpt-chat": replace(_THINKER, context=128_000, max_output=16_384),
        "gpt-5-chat": Family("", max_tokens=False),
        r"gpt-5\.\d+-chat": replace(_THINKER, efforts=("medium",), context=128_000, max_output=16_384),
        "gpt-5(-mini|-nano)?": replace(
            _THINKER, efforts=("minimal", *_LOW_TO_HIGH), stop=False, parallel_with_minimal=False
        ),
        r"gpt-5\.1": replace(_GPT51, efforts=("none", *_LOW_TO_HIGH), stop=False),
        r"gpt-5\.2": replace(_GPT51, stop=False),
        r"gpt-5\.3": _GPT51,
        r"gpt-5\.4(-mini|-nano)?": replace(_GPT54, stop=False),
        r"gpt-5\.6(-sol|-terra|-luna)?": replace(_GPT54, efforts=(*_NONE_TO_XHIGH, "max"), default_effort="medium"),
        r"gpt-5\.\d+(-mini|-nano)?": replace(_GPT54, default_effort="medium"),
        r"gpt-6(\.\d+)?(-astra|-luna)?": replace(_GPT54, default_effort="medium", stop=False),
        # The router drops what the model that it chooses cannot take.
        "model-router": Family("", efforts=("minimal", *_NONE_TO_XHIGH, "max"), max_output=32_768, routes=ROUTED),
        r"gpt-4\.1(-mini|-nano)?": Family("", context=1_047_576, max_output=32_768),
        "gpt-4o(-mini)?": Family(""),
        "gpt-4o(-mini)?-audio(-preview)?": Family("", responses=False, audio=True, schemas=False),
        r"gpt-audio(-mini|-\d+(\.\d+)?)*": Family("", responses=False, audio=True, schemas=False),
        "gpt-realtime.*|gpt-4o(-mini)?-realtime(-preview)?": Family("", kind="realtime", chat=False, responses=False),
        "gpt-4|gpt-4-32k|gpt-35-turbo(-16k)?|gpt-3.5-turbo": Family(
            "", responses=False, context=16_385, max_output=4_096, schemas=False
        ),
        r"gpt-3\.?5-turbo-instruct|davinci-002|babbage-002": Family(
            "", chat=False, responses=False, completions=True, context=4_096, max_output=4_096
        ),
        "sora.*": Family("", kind="videos", chat=False, responses=False),
        "gpt-4-turbo": Family("", responses=False, max_output=4_096, schemas=False),
        "text-embedding-.*": Family("", kind="embeddings", chat=False, responses=False, context=8_191),
        "dall-e-[23]|gpt-image-.*|FLUX.*": Family("", kind="images", chat=False, responses=False),
        "whisper|gpt-4o(-mini)?-transcribe(-diarize)?": Family("", kind="transcription", chat=False, responses=False),
        "tts(-hd)?|gpt-4o-mini-tts": Family("", kind="speech", chat=False, responses=False),
        "(?i)(mistral|ministral|magistral|codestral|pixtral).*": Family(
            "", dialect="mistral", max_completion_tokens=False
        ),
        "(?i)gpt-oss.*": Family(
            "",
            dialect="partner",
            reasoning=True,
            efforts=_LOW_TO_HIGH,
            default_effort="medium",
            forced_tools=False,
        ),
        "(?i)grok-(3-mini|4).*": Family("", dialect="partner", stop=False),
        "(?i)claude.*": Family("", dialect="anthropic", chat=False, responses=False),
        "(?i)deepseek.*": Family("", dialect="deepseek", reasoning=True, efforts=_LOW_TO_HIGH, default_effort="medium"),
    }
)

UNKNOWN = Family(".*", dialect="partner", completions=True)

VERSIONS: Mapping[str, str] = {
    "gpt-35-turbo": "0125",
    "gpt-4": "0613",
    "gpt-4o": "2024-11-20",
    "gpt-4o-mini": "2024-07-18",
    "gpt-4.1": "2025-04-14",
    "gpt-4.1-mini": "2025-04-14",
    "gpt-4.1-nano": "2025-04-14",
    "gpt-4o-realtime-preview": "2024-12-17",
    "gpt-realtime": "2025-08-28",
    "gpt-realtime-mini": "2025-10-06",
    "gpt-5": "2025-08-07",
    "gpt-5-mini": "2025-08-07",
    "gpt-5-nano": "2025-08-07",
    "gpt-5-chat": "2025-10-03",
    "gpt-5-codex": "2025-09-15",
    "gpt-5-pro": "2025-10-06",
    "gpt-5.1": "2025-11-13",
    "gpt-5.1-chat": "2025-11-13",
    "gpt-5.1-codex": "2025-11-13",
    "gpt-5.2": "2025-12-11",
    "gpt-5.2-chat": "2025-12-11",
    "gpt-5.4": "2026-03-05",
    "o1": "2024-12-17",
    "o1-mini": "2024-09-12",
    "o3": "2025-04-16",
    "o3-mini": "2025-01-31",
    "o3-pro": "2025-06-10",
    "o4-mini": "2025-04-16",
    "codex-mini": "2025-05-15",
}


@lru_cache(maxsize=1024)
def family_of(model: str) -> Family:
    """The rules for a base model; its version at the end of the name does not matter."""
    name = re.sub(r"-(\d{4}-\d{2}-\d{2}|latest)$", "", model)
    return next((family for family in FAMILIES if re.fullmatch(family.pattern, name)), UNKNOWN)


def as_deployments(given: Iterable[Deployment | str] | Mapping[str, str] | None) -> dict[str, Deployment]:
    """The deployments by name, from what a user may pass.

    Args:
        given: `Deployment`s or names, a mapping of names to base models, or None for the default set.
    """
    if given is None:
        given = DEFAULT_MODELS
    if isinstance(given, Mapping):
        pairs = cast("Mapping[str, str]", given)
        return {name: Deployment(name, model) for name, model in pairs.items()}
    made = [Deployment(one) if isinstance(one, str) else one for one in given]
    return {one.name: one for one in made}
