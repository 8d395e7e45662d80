"""Azure's content filter, which the emulator applies where a prompt holds one of these markers.

- `[filter:hate=high]`: the prompt is refused with 400 `content_filter`. The categories are hate, self_harm, sexual and
  violence, with a severity (safe, low, medium, high; the filter acts from medium on), and the detections jailbreak,
  indirect_attack, profanity and custom_blocklists, which need no severity. Several markers may stand together.
- `[filter-output]` or `[filter-output:violence=medium]`: the answer stops with finish_reason `content_filter`.
- `[async-filter]`: a stream carries no annotations; they come late, in chunks without a delta after the `stop`. With
  `[filter-output]` too, the late chunk says `content_filter`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .values import Json
from .wire import Refusal

__all__ = ["Verdict", "completion_results", "harmless", "judge", "unmarked"]

HARMS = ("hate", "self_harm", "sexual", "violence")
_MARKER = re.compile(r"\[(filter|filter-output|async-filter)(?::([\w-]+)(?:=(\w+))?)?\]")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the filter says about a request.

    Attributes:
        prompt: `content_filter_results` of the prompt.
        refused: the prompt is filtered.
        output: `content_filter_results` of the answer.
        stopped: the answer is filtered.
        late: annotations come after the answer.
    """

    prompt: Json
    refused: bool
    output: Json
    stopped: bool
    late: bool

    @property
    def prompt_results(self) -> list[Json]:
        """`prompt_filter_results` of Chat Completions."""
        return [{"prompt_index": 0, "content_filter_results": self.prompt}]

    def refusal(self) -> Refusal:
        """The 400 for a filtered prompt."""
        text = (
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please "
            "modify your prompt and retry. To learn more about our content filtering policies please read our "
            "documentation: https://go.microsoft.com/fwlink/?linkid=2198766"
        )
        inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": self.prompt}
        error: Json = {"message": text, "type": None, "param": "prompt", "code": "content_filter", "status": 400}
        return Refusal(400, {"error": {**error, "innererror": inner}})


def harmless() -> Json:
    """The four harm categories, all safe."""
    return {name: {"filtered": False, "severity": "safe"} for name in HARMS}


def completion_results() -> Json:
    """`content_filter_results` of a harmless answer."""
    clear = {"filtered": False, "detected": False}
    return harmless() | {"protected_material_text": dict(clear), "protected_material_code": dict(clear)}


def unmarked(text: str) -> str:
    """The text without its markers."""
    if "[" not in text or not _MARKER.search(text):
        return text
    parts: list[str] = []
    end = 0
    for match in _MARKER.finditer(text):
        parts.append(text[end : match.start()].rstrip())
        end = match.end()
    return "".join(parts) + text[end:]


def judge(texts: Iterable[str]) -> Verdict:
    """The verdict on a request, by the markers in the users' and the tools' words."""
    prompt: Json = harmless() | {"jailbreak": {"filtered": False, "detected": False}}
    output = completion_results()
    stopped = late = False
    for text in texts:
        for kind, category, severity in _MARKER.findall(text) if "[" in text else ():
            if kind == "async-filter":
                late = True
            elif kind == "filter":
                prompt[category or "hate"] = _found(category or "hate", severity)
            else:
                output[category or "hate"] = _found(category or "hate", severity)
                stopped = stopped or output[category or "hate"]["filtered"]
    refused = any(result["filtered"] for result in prompt.values())
    return Verdict(prompt, refused, output, stopped, late)


def _found(category: str, severity: str) -> Json:
    if category in HARMS:
        severity = severity or "high"
        return {"filtered": severity not in {"safe", "low"}, "severity": severity}
    if category == "custom_blocklists":
        return {"filtered": True, "details": [{"id": "my-blocklist", "filtered": True}]}
    return {"filtered": True, "detected": True}
