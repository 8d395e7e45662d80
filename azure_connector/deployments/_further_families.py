"""The families that are none of OpenAI's text models, and where the facts of all of them are from.

Each source bears the month of the page or of the newest report that was read.
"""

from __future__ import annotations

from typing import Any

from ._operations import EMBEDDINGS, REALTIME
from ._profile import Kind, Profile

ROUTER = "model-router"
ROUTER_DOCS = "Microsoft Learn: model router (2026-03)"
DOCS = "Microsoft Learn: reasoning models (2026-03)"
REPORTS = "issue reports that quote Azure's replies (to 2026-09)"
EMBEDDING_DOCS = "Azure OpenAI REST reference: embeddings (2026-03)"
IMAGE_DOCS = "Microsoft Learn: image generation (2026-03)"
VIDEO_DOCS = "Microsoft Learn: video generation (2026-03)"
MODEL_DOCS = "Microsoft Learn: models sold by Azure (2026-06)"
PARTNER_DOCS = "Microsoft Learn: Foundry models from partners (2026-06)"
STRUCTURED_DOCS = "Microsoft Learn: structured outputs (2026-03)"
OPENAI = "OpenAI: models (2026-06)"


_SERVES: dict[Kind, tuple[str, ...]] = {
    "embedding": (EMBEDDINGS,),
    "image": ("/images/generations", "/images/edits"),
    "video": ("/videos",),
}


def _other(kind: Kind, family: str, *models: str, source: str = MODEL_DOCS, **fields: Any) -> Profile:
    """A model that neither chat nor Responses serves."""
    serves = fields.pop("serves", _SERVES.get(kind, ()))
    return Profile(
        family=family, models=models or (family,), kind=kind, serves=serves, apis=(), source=source, **fields
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
        family="grok, not reasoning",
        models=("grok*",),
        source=PARTNER_DOCS,
        note="no rules are published: everything passes, and refusals are learnt",
    ),
    Profile(
        family="grok",
        models=("grok-3-mini*", "grok-4", "grok-4-0*", "grok-4-fast-reasoning", "grok-4-1-fast-reasoning"),
        refused=frozenset({"stop"}),
        source=REPORTS,
        note="only those that always reason refuse stop; what else they refuse is learnt",
    ),
    Profile(
        family="gpt-oss",
        models=("gpt-oss*",),
        reasoning=True,
        source=MODEL_DOCS,
        note="everything passes; tool_choice required is refused by some deployments (UnsupportedToolUse)",
    ),
    Profile(
        family="llama",
        models=("*llama-*", "mai-ds-*"),
        source=PARTNER_DOCS,
        note="no rules are published: everything passes, and refusals are learnt",
    ),
    Profile(
        family="partners",
        models=("phi-*", "*kimi-*", "qwen*", "*cohere-command*", "command-*", "jamba*", "*jais*"),
        apis=("chat",),
        source=PARTNER_DOCS,
        note="no rules are published: everything passes, and refusals are learnt",
    ),
    Profile(
        family="claude",
        models=("claude-*", "*anthropic-claude*"),
        kind="other",
        apis=(),
        source=PARTNER_DOCS,
        note="speaks Anthropic's Messages API alone: a chat is refused before it is sent",
        instead=(
            "Claude on Foundry speaks Anthropic's Messages API alone. Use Anthropic's client (AnthropicFoundry) with "
            "base_url=https://RESOURCE.services.ai.azure.com/anthropic and the same key or identity. Where a gateway "
            'translates, say so: deployment_mapping={"MODEL": {"deployment": "NAME", "api": "chat"}}.'
        ),
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
    _other(
        "embedding",
        "text-embedding-ada-002",
        dimensions=0,
        own_dimensions=1536,
        most_inputs=2048,
        source=EMBEDDING_DOCS,
    ),
    _other(
        "embedding",
        "text-embedding-3-small",
        dimensions=1536,
        own_dimensions=1536,
        most_inputs=2048,
        source=EMBEDDING_DOCS,
    ),
    _other(
        "embedding",
        "text-embedding-3-large",
        dimensions=3072,
        own_dimensions=3072,
        most_inputs=2048,
        source=EMBEDDING_DOCS,
    ),
    _other("embedding", "embeddings", "text-embedding-*", "*embed-v*", "*embed-*"),
    _other("image", "dall-e-2", most_images=10, source=IMAGE_DOCS),
    _other("image", "dall-e-3", most_images=1, source=IMAGE_DOCS),
    _other("image", "gpt-image", "gpt-image-*", image_formats=(), most_images=10, source=IMAGE_DOCS),
    _other("image", "images", "dall-e-*", "flux*", "*stable-diffusion*", "stable-image*", note="everything passes"),
    _other("video", "sora", "sora*", source=VIDEO_DOCS, note="seconds 4, 8, 12; size 720x1280, 1280x720"),
    _other("audio", "transcription", "whisper*", "gpt-4o*-transcribe*", serves=("/audio/transcriptions",)),
    _other("audio", "speech", "tts*", "gpt-4o*-tts*", serves=("/audio/speech",)),
    _other(
        "audio",
        "realtime",
        "gpt-4o*realtime*",
        "gpt-realtime*",
        "gpt-live*",
        serves=(REALTIME,),
        note="WebSocket, WebRTC and SIP",
    ),
)
