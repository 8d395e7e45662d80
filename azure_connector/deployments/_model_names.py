"""Whether a name is that of a base model, rather than one that somebody gave a deployment.

`gpt-4.1` and `Llama-4-Scout-17B-16E-Instruct` are models' names; `prod`, `team-gpt` and `gpt-4o-prod` are not. Only
where that is certain may a name decide that two names mean different models.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ._profiles import base_model

__all__ = ["known_model"]

# What follows the number of one of OpenAI's models: sizes, kinds, and the words of variants.
_VARIANTS = (
    "mini|nano|pro|turbo|chat|codex|max|sol|terra|luna|astra|preview|audio|realtime|transcribe|diarize|tts|search|deep|"
    "research|instruct|vision|16k|32k|spark"
)
_OPENAI = re.compile(
    r"(?:"
    rf"gpt-\d+(?:\.\d+)?o?(?:-(?:{_VARIANTS}))*"
    rf"|o[1-9]\d?(?:-(?:{_VARIANTS}))*"
    rf"|gpt-(?:audio|realtime|image|oss|chat|live)(?:-(?:{_VARIANTS}|\d+(?:\.\d+)?b?))*"
    r"|codex-mini|computer-use-preview|model-router|sora(?:-\d+)?(?:-pro)?|dall-e-\d|whisper(?:-1)?|tts(?:-1)?(?:-hd)?"
    r"|text-embedding-(?:ada-002|3-(?:small|large))|babbage-002|davinci-002"
    r")"
)
# Models of other makers: a line's name, then versions, sizes and the makers' own words.
_PARTNERS = re.compile(
    r"(?:meta-|cohere-)?(?:llama|phi|mistral|ministral|magistral|codestral|devstral|pixtral|deepseek|mai-ds|grok|kimi|"
    r"qwen\d?|claude|command|embed|rerank|jamba|jais|flux|glm|minimax)"
    r"(?:-(?:v?\d[\w.]*|v|r\d?|r\d|a|k\d[\w.]*|[ae]?\d+[ebx][\w.]*|small|medium|large|nemo|mini|max|pro|flash|moe|"
    r"multimodal|vision|text|document|ai|ocr|instruct|chat|coder?|fast|non|reasoning|thinking|opus|sonnet|haiku|"
    r"scout|maverick|fp8|turbo|plus|english|multilingual|kontext|speciale|preview|exp|"
    r"distill|qwen|llama))*(?:\.\d+(?:\.\d+)?)?(?:-(?:pro|dev|flex))?"
)


@lru_cache(maxsize=2048)
def known_model(name: str | None) -> str | None:
    """The base model that a name certainly means, in one spelling; None for any other name.

    Args:
        name: a model's or a deployment's name, with or without a version.
    """
    if not name:
        return None
    plain = base_model(name).removesuffix("-latest")
    plain = re.sub(r"^gpt-?3\.?5", "gpt-35", plain)
    return plain if _OPENAI.fullmatch(plain) or _PARTNERS.fullmatch(plain) else None
