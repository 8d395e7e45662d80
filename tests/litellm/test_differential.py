"""What an Azure resource does, through LiteLLM's `azure/` and through our prefix: every entry point, sync and async,
plainly and through a Router; replies, prices, rate limits, errors, what was on the wire and what a callback is told.

Every difference must be one of `DIFFERENCES`, each of which docs/litellm.md lists under its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import pytest

from azure_connector.emulator import Emulator
from tests.litellm import entry_rows
from tests.litellm.comparing import Found, Row, Stage
from tests.support.frameworks import late

litellm_adapter = late("litellm_adapter")

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "litellm.md"
PINNED = f"litellm=={version('litellm')}" in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
pytestmark = pytest.mark.skipif(not PINNED, reason="what `azure/` does is told of the pinned LiteLLM")
SERVED = "gpt-4o-2024-11-20"
FAKED = {
    f"{name}{way}"
    for name in ("effort of an older model", "system words to a reasoning model")
    for way in ("", ", streamed")
}
_ANY = re.compile("")


def at(path: str, theirs: object = _ANY, ours: object = _ANY, rows: Sequence[str] = ()) -> Callable[[Found], bool]:
    """A rule: where a difference stands (the end of its path), and what both have there; patterns for texts."""
    where = re.compile(rf"(^|\.){path}$")

    def fits(value: object, wanted: object) -> bool:
        return bool(wanted.search(str(value))) if isinstance(wanted, re.Pattern) else value == wanted

    return lambda found: (
        where.search(found.path) is not None
        and fits(found.theirs, theirs)
        and fits(found.ours, ours)
        and (not rows or found.row in rows)
    )


def either(*rules: Callable[[Found], bool]) -> Callable[[Found], bool]:
    return lambda found: any(rule(found) for rule in rules)


def _more_chunks(found: Found) -> bool:
    """Ours has chunks that `azure/` drops: refusals, verdicts that come late, and what other choices say at last."""
    if not found.path.endswith("].chunks") or len(found.ours) <= len(found.theirs):
        return False
    kept = [chunk for chunk in found.ours if not _dropped_by_azure(chunk)]
    return len(kept) <= len(found.theirs) or found.row.startswith("several choices")


def _dropped_by_azure(chunk: dict) -> bool:
    choice = chunk["choices"][0] if chunk["choices"] else {}
    return bool(
        "content_filter_offsets" in choice
        or "refusal" in choice.get("delta", {})
        or (choice.get("index") and choice.get("finish_reason"))
    )


ERROR = r"(error\.class|log\[\d\]\.error)"
SUBTITLES = ("as text", "as subtitles")
DIFFERENCES: dict[str, Callable[[Found], bool]] = {
    "`llm_provider`": at(r"error\.llm_provider"),
    "`PermissionDeniedError` for 403": at(ERROR, "APIError", "PermissionDeniedError"),
    "`InternalServerError` for 500": at(ERROR, "APIError", "InternalServerError"),
    "`BadRequestError` for 413": at(ERROR, "APIError", "BadRequestError"),
    "`APIConnectionError` for a stream that breaks": at(ERROR, "APIError", "APIConnectionError"),
    "`ContentPolicyViolationError` everywhere": at(ERROR, "BadRequestError", "ContentPolicyViolationError"),
    "headers of an error": either(at(r"error\.headers\..*", "absent"), at(r"error\.request id", False)),
    "`content_filter_result`": at(
        r"error\.fields\.(content_filter_result|innererror|inner_error|azure_error)", "absent"
    ),
    "empty arguments in a stream": at(r"function\.arguments", "{}", "{ }"),
    "`prompt_filter_results` of a stream": at("prompt_filter_results", "absent"),
    "fingerprint of a rebuilt reply": at("system_fingerprint", "absent", re.compile("^fp_")),
    "served model in every chunk": at(
        r"chunks\[\d+\]\.model", re.compile("^(gpt-4o|gpt-5|team-chat)$"), re.compile("-20")
    ),
    "refusal of a rebuilt reply": at(r"(rebuilt|response)\..*\.refusal", "absent"),
    "refusals, late verdicts and other choices' ends of a stream": _more_chunks,
    "`obfuscation` of a stream's end": at("obfuscation", ours="absent"),
    "`stream: false` on the wire": at(r"body\.stream", False, "absent"),
    "rate limits of every reply": at("limits", False, True),
    "parameters in logs": at(r"model_parameters\.\w+", "absent"),
    "mask of an edit in logs": at(r"fields\.mask", ours="absent"),
    "`extra_body` in logs": at(r"fields\.extra_body", True, "absent"),
    "parameters that `azure/` refuses": at("outcome", "UnsupportedParamsError", "answered"),
    "requests that the service refuses": at("outcome", "BadRequestError", "answered"),
    "`additional_drop_params` of forms": at(
        r"(body\.fields.*|fields\.additional_drop_params)", rows=["edited, dropped by name", "heard, dropped by name"]
    ),
    "what is missing in a request": at("wire", [], rows=["spoken without a voice"]),
    "prices that were not found": at(r"response_cost_failure_debug_info(rmation)?", ours="absent"),
    "`metadata` of what is stored": at(r"body\.metadata", "absent"),
    "functions of the old kind": lambda found: found.row.startswith("legacy functions"),
    "system words to a reasoning model": at(r"messages\[0\]\.role", ours="developer"),
    "streams of o-models": lambda found: found.row in FAKED and not found.path.startswith("[0].error"),
    "a call that LiteLLM repeats": lambda found: found.row == "again after a fault" and found.play == "async",
    "model of a mocked answer": at("model", re.compile("^azure/"), re.compile("^azure_connector/")),
    "usage of a stream that does not ask for it": lambda found: (
        found.row in ("text, streamed", "a stream without usage") and ".log[0]." in found.path
    ),
    "model of a streamed text completion": at(r"events\[\d\]\.model", SERVED, "gpt-4o", ["text, streamed"]),
    "usage of images": at(r"usage\.(prompt_tokens|completion_tokens|prompt_tokens_details)", "absent"),
    "extra headers of images": at(r"body\.extra_headers", ours="absent"),
    "quality of dall-e, async": either(
        at(r"(reply|response)\.(output_format|quality|size)", ours="absent", rows=["dall-e", "an address"]),
        at("cost", rows=["an address"]),
    ),
    "price of a transcription": at("cost", rows=SUBTITLES),
    "`max_retries` of audio": at("outcome", "answered", "RateLimitError"),
    "`compact_responses` with any API version": at("outcome", "NotFoundError", "answered", ["compacted"]),
}


@pytest.fixture(scope="module")
def resource() -> Iterator[Emulator]:
    with Emulator(entry_rows.DEPLOYMENTS) as emulator:
        yield emulator


@pytest.fixture
def stage(resource: Emulator, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", resource.endpoint)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", resource.api_key)
    litellm_adapter.register()
    return Stage(resource)


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # of `azure/`, for vectors in base64
@pytest.mark.parametrize("group", entry_rows.GROUPS)
def test_differences_are_known_and_documented(stage, group):
    unknown = [
        one for one in stage.play(entry_rows.GROUPS[group]) if not any(is_it(one) for is_it in DIFFERENCES.values())
    ]
    assert not unknown, "\n".join(map(str, unknown))


def test_every_entry_point_is_compared():
    rows: list[Row] = [row for group in entry_rows.GROUPS.values() for row in group]
    assert len(rows) >= 120
    assert {next(row.steps())[0] for row in rows} >= {
        *("completion", "text_completion", "embedding", "image_generation", "image_edit", "transcription", "speech"),
        *("responses", "compact_responses"),
    }


def test_every_difference_is_documented():
    text = DOCS.read_text(encoding="utf-8")
    table = {line.split("|")[1].strip() for line in text.partition("## Differences")[2].splitlines() if "|" in line}
    assert table - {"what", "---"} == DIFFERENCES.keys()
