"""Addresses of Azure's other products, on the very hosts that serve Azure OpenAI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import ConfigurationError

__all__ = ["refuse_other_product"]

_SDK = "use its own client ({package})"
# The first word of a path -> the product, and what to use for it. Source: the products' REST references.
_PRODUCTS: Mapping[str, tuple[str, str]] = {
    "anthropic": ("Anthropic's Messages API, which serves Claude alone", "use Anthropic's client (AnthropicFoundry)"),
    "speechtotext": ("Azure Speech", _SDK.format(package="azure-cognitiveservices-speech")),
    "tts": ("Azure Speech", _SDK.format(package="azure-cognitiveservices-speech")),
    "voice-live": ("the Voice Live API", _SDK.format(package="azure-ai-voicelive")),
    "contentsafety": ("Azure AI Content Safety", _SDK.format(package="azure-ai-contentsafety")),
    "language": ("Azure AI Language", _SDK.format(package="azure-ai-textanalytics")),
    "text": ("Azure AI Language", _SDK.format(package="azure-ai-textanalytics")),
    "translator": ("Azure AI Translator", _SDK.format(package="azure-ai-translation-text")),
    "formrecognizer": ("Azure AI Document Intelligence", _SDK.format(package="azure-ai-documentintelligence")),
    "documentintelligence": ("Azure AI Document Intelligence", _SDK.format(package="azure-ai-documentintelligence")),
    "contentunderstanding": ("Azure AI Content Understanding", _SDK.format(package="azure-ai-contentunderstanding")),
    "computervision": ("Azure AI Vision", _SDK.format(package="azure-ai-vision-imageanalysis")),
    "vision": ("Azure AI Vision", _SDK.format(package="azure-ai-vision-imageanalysis")),
    "face": ("Azure AI Face", _SDK.format(package="azure-ai-vision-face")),
    "providers": ("a model maker's own API (Black Forest Labs and others)", "call it with an HTTP client"),
    "mistral": ("Mistral's own API", "call it with Mistral's client, or the model by /openai/v1"),
}


def refuse_other_product(words: Sequence[str], path: str) -> None:
    """Refuse the address of another product, by its name.

    Args:
        words: the path's segments, in lower case.
        path: the same as pasted.

    Raises:
        ConfigurationError: it is one of them.
    """
    found = _PRODUCTS.get(words[0])
    if found is None:
        return
    product, instead = found
    raise ConfigurationError(
        f"The endpoint's path '/{path}' leads to {product}; this client speaks OpenAI's protocol.",
        hint=f"For OpenAI's operations give the resource alone, without that path. For this one {instead}. "
        "Nothing was sent.",
    )
