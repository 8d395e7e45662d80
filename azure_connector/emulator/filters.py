"""Content filter results, as Azure attaches them to prompts and completions."""

from __future__ import annotations

from .values import Json

__all__ = ["completion_results", "prompt_results"]


def categories() -> Json:
    """The four harm categories, all safe."""
    return {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}


def prompt_results() -> list[Json]:
    """`prompt_filter_results` of a harmless prompt."""
    results = categories() | {"jailbreak": {"filtered": False, "detected": False}}
    return [{"prompt_index": 0, "content_filter_results": results}]


def completion_results() -> Json:
    """`content_filter_results` of a harmless answer."""
    clear = {"filtered": False, "detected": False}
    return categories() | {"protected_material_text": dict(clear), "protected_material_code": dict(clear)}
