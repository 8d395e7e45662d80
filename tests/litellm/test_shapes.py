"""Odd replies through LiteLLM: each class arrives as LiteLLM's own, and its Router retries what may be retried."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from importlib.metadata import version

import pytest

from azure_connector import errors
from tests.litellm.lite import settle
from tests.replies.service import Service
from tests.replies.shapes import GOOD, ROWS, Row, good
from tests.support.asking import HELLO, text_of
from tests.support.frameworks import late

litellm = late("litellm")
litellm_adapter = late("litellm_adapter")

CLASSES = {
    errors.UnreadableReplyError: "InternalServerError",
    errors.QuotaExceededError: "RateLimitError",
    errors.CapacityError: "RateLimitError",
    errors.ServiceUnavailableError: "InternalServerError",
    errors.StreamInterruptedError: "APIConnectionError",
    errors.AccessTokenError: "AuthenticationError",
    errors.ResourceBlockedError: "PermissionDeniedError",
    errors.DeploymentNotFoundError: "NotFoundError",
    errors.ContentFilteredError: "ContentPolicyViolationError",
    errors.ContextWindowExceededError: "ContextWindowExceededError",
    errors.StateBoundToResourceError: "BadRequestError",
    errors.RequestRefusedError: "BadRequestError",
    errors.UnprocessableRequestError: "BadRequestError",
}
RETRIED = (
    errors.UnreadableReplyError,
    errors.QuotaExceededError,
    errors.CapacityError,
    errors.ServiceUnavailableError,
    errors.StreamInterruptedError,
)
DOORS = ("chat", "chat stream")


def picked(door: str) -> Iterator[Row]:
    """Two shapes of each class that a door meets, with status 200 where there are any."""
    for cls in CLASSES:
        found = [row for row in ROWS if row.outcome is cls and door in row.doors and not row.text]
        yield from [row for row in found if row.answer.status == 200][:2] or found[:2]


def expected(row: Row) -> type[Exception]:
    return getattr(litellm, CLASSES[row.outcome])


CASES = [pytest.param(row, door, id=f"{row.name}-{door}") for door in DOORS for row in picked(door)]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    made = Service()
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", made.endpoint)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "key-0123456789")
    litellm_adapter.register()
    yield made
    made.stop()


def test_every_class_is_asked_for():
    assert {row.outcome for door in DOORS for row in picked(door)} == set(CLASSES)


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize(("row", "door"), CASES)
def test_the_class_is_litellm_s(service, row, door, asynchronous):
    service.says(row.answer)
    call = {"model": "azure_connector/gpt-4o", "messages": HELLO, "max_retries": 0, "stream": "stream" in door}

    async def ask() -> None:
        try:
            await litellm.acompletion(**call)
        finally:
            await settle()

    with pytest.raises(expected(row)) as caught:
        asyncio.run(ask()) if asynchronous else litellm.completion(**call)
    assert type(caught.value) is expected(row)
    assert type(caught.value.__cause__) is row.outcome
    assert [words for words in row.words if words not in str(caught.value)] == []


@pytest.mark.parametrize(("row", "door"), CASES)
def test_the_router_retries_what_may_be_retried(service, row, door, monkeypatch):
    if version("litellm").startswith("1.99.") and expected(row) is litellm.PermissionDeniedError:
        pytest.skip("LiteLLM 1.99's Router repeats what was refused with 403")
    # Newer versions have no such method; the replies name a millisecond in any case.
    monkeypatch.setattr(litellm.Router, "_time_to_sleep_before_retry", lambda *_, **__: 0.01, raising=False)
    service.says(row.answer.soon(), good(door))
    params = {"model": "azure_connector/gpt-4o", "max_retries": 0}
    router = litellm.Router(
        model_list=[{"model_name": "group", "litellm_params": params}],
        num_retries=1,
        retry_after=0,
        disable_cooldowns=True,
    )

    async def ask() -> str:
        try:
            reply = await router.acompletion(model="group", messages=HELLO, stream="stream" in door)
            return text_of([chunk async for chunk in reply] if "stream" in door else reply)
        finally:
            await settle()

    if issubclass(row.outcome, RETRIED):
        assert asyncio.run(ask()) == GOOD
        assert len(service.requests) == 2
    else:
        with pytest.raises(expected(row)):
            asyncio.run(ask())
