"""The same behaviours through LiteLLM's `azure/` and through our prefix: replies field by field, errors by class.

Every difference must be one of `DIFFERENCES`, each of which docs/litellm.md lists under its name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import litellm
import pytest

import litellm_adapter
from tests.litellm.behaviours import BEHAVIOURS, Behaviour, plain_value
from tests.litellm.lite import settle
from tests.support.asking import HELLO, WAYS

DOCS = Path(__file__).parents[2] / "docs" / "litellm.md"
HEADERS = ("retry-after", "retry-after-ms", "x-ratelimit-remaining-requests", "apim-request-id")

LITELLM_ERRORS = tuple(litellm.exceptions.LITELLM_EXCEPTION_TYPES)
Found = tuple[str, str, str, Any, Any]  # behaviour, way, path, azure/'s, ours

SERVED = "gpt-4o-2024-11-20"


def _more_chunks(found: Found) -> bool:
    """Ours has chunks that `azure/` drops: refusals, and verdicts that come late."""
    if found[2] != "chunks" or len(found[4]) <= len(found[3]):
        return False
    kept = [chunk for chunk in found[4] if not _dropped_by_azure(chunk)]
    return len(kept) == len(found[3])


def _dropped_by_azure(chunk: Any) -> bool:
    choice = chunk["choices"][0] if chunk["choices"] else {}
    return "content_filter_offsets" in choice or "refusal" in choice.get("delta", {})


DIFFERENCES = {
    "`llm_provider`": lambda f: f[2] == "error.llm_provider",
    "`PermissionDeniedError` for 403": lambda f: f[2:] == ("error.class", "APIError", "PermissionDeniedError"),
    "`InternalServerError` for 500": lambda f: f[2:] == ("error.class", "APIError", "InternalServerError"),
    "`BadRequestError` for 413": lambda f: f[2:] == ("error.class", "APIError", "BadRequestError"),
    "headers of an error": lambda f: f[2].startswith("error.headers.") and f[3] == "absent",
    "`content_filter_result`": lambda f: f[2] == "error.fields.content_filter_result" and f[3] == "absent",
    "empty arguments in a stream": lambda f: f[2].endswith("function.arguments") and f[3:] == ("{}", "{ }"),
    "`prompt_filter_results` of a stream": lambda f: f[2].endswith(".prompt_filter_results") and f[3] == "absent",
    "fingerprint of a rebuilt reply": lambda f: f[2:4] == ("rebuilt.system_fingerprint", "absent"),
    "served model in every chunk": lambda f: f[2].endswith("].model") and f[3:] == ("gpt-4o", SERVED),
    "refusal of a rebuilt reply": lambda f: (
        f[2].startswith("rebuilt.") and f[2].endswith(".refusal") and f[3] == "absent"
    ),
    "finish of every choice": lambda f: f[0] == "two choices" and f[2] == "chunks" and len(f[4]) == len(f[3]) + 1,
    "refusals and late verdicts of a stream": _more_chunks,
}


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.name)
def test_differences_are_known_and_documented(registered, behaviour):
    found = list(_differences(registered, behaviour))
    unknown = [one for one in found if not any(is_it(one) for is_it in DIFFERENCES.values())]
    assert not unknown


def test_every_difference_is_documented():
    text = DOCS.read_text(encoding="utf-8")
    assert [name for name in DIFFERENCES if name not in text] == []


def _differences(azure: Any, behaviour: Behaviour) -> Iterator[Found]:
    seen: dict[tuple[str, str], Any] = {}
    for provider in ("azure", "azure_connector"):
        for way in WAYS[:2]:
            _script(azure, behaviour, way)
            seen[provider, way] = _sync(provider, way, azure, behaviour)
        seen |= asyncio.run(_both_async(provider, azure, behaviour))
    for way in WAYS:
        for path, theirs, ours in _compare("", seen["azure", way], seen["azure_connector", way]):
            yield behaviour.name, way, path, theirs, ours


def _script(azure: Any, behaviour: Behaviour, way: str) -> None:
    azure.clear()
    litellm_adapter.handler.close()  # or a deployment that is left alone after a 429 would be waited for
    azure.script(*(behaviour.stream if way.endswith("stream") else behaviour.plain))


def _arguments(provider: str, way: str, azure: Any, behaviour: Behaviour) -> dict[str, Any]:
    stream = {"stream": True, "stream_options": {"include_usage": True}} if way.endswith("stream") else {}
    where = {"api_base": azure.endpoint, "api_key": azure.api_key, "api_version": "2024-10-21", "max_retries": 0}
    return {"model": f"{provider}/gpt-4o", "messages": HELLO, **where, **stream, **behaviour.call}


def _sync(provider: str, way: str, azure: Any, behaviour: Behaviour) -> Any:
    try:
        reply = litellm.completion(**_arguments(provider, way, azure, behaviour))
        return _told(list(reply) if way.endswith("stream") else reply)
    except LITELLM_ERRORS as error:
        return {"error": _error(error)}


async def _both_async(provider: str, azure: Any, behaviour: Behaviour) -> dict[tuple[str, str], Any]:
    seen: dict[tuple[str, str], Any] = {}
    for way in WAYS[2:]:
        _script(azure, behaviour, way)
        try:
            reply = await litellm.acompletion(**_arguments(provider, way, azure, behaviour))
            seen[provider, way] = _told([one async for one in reply] if way.endswith("stream") else reply)
        except LITELLM_ERRORS as error:
            seen[provider, way] = {"error": _error(error)}
    await settle()
    return seen


def _told(reply: Any) -> dict[str, Any]:
    if not isinstance(reply, list):
        return {"reply": plain_value(reply.model_dump())}
    # Chunks without choices and usage tell nothing that a reader of LiteLLM's chunks could use.
    chunks = [plain_value(one.model_dump()) for one in reply if one.choices or getattr(one, "usage", None)]
    made = min(chunk.pop("created") for chunk in chunks)
    assert made
    rebuilt = plain_value(litellm.stream_chunk_builder(reply).model_dump(), lambda key: key == "created")
    return {"chunks": chunks, "rebuilt": rebuilt}


def _error(error: Any) -> dict[str, Any]:
    headers = {**dict(getattr(error, "litellm_response_headers", None) or {}), **_response_headers(error)}
    return {
        "class": type(error).__name__,
        "status": getattr(error, "status_code", None),
        "llm_provider": error.llm_provider,
        "fields": plain_value(getattr(error, "provider_specific_fields", None) or {}),
        "headers": {name: headers[name] for name in HEADERS[:-1] if name in headers},
        "has request id": HEADERS[-1] in headers,
    }


def _response_headers(error: Any) -> dict[str, str]:
    return dict(getattr(getattr(error, "response", None), "headers", None) or {})


def _compare(path: str, theirs: Any, ours: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in {**theirs, **ours}:
            name = f"{path}.{key}" if path else str(key)
            yield from _compare(name, theirs.get(key, "absent"), ours.get(key, "absent"))
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for position, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            yield from _compare(f"{path}[{position}]", one, other)
    elif theirs != ours:
        yield path, theirs, ours
