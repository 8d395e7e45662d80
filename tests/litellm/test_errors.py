"""Errors through LiteLLM: the right class at the call, with status, provider and headers; and what a Router does."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import httpx
import openai
import pytest

import azure_connector as ac
from azure_connector.emulator import Emulator, Reply
from tests.litellm.behaviours import FILTERED
from tests.litellm.lite import ask, settle
from tests.support.asking import HELLO, WAYS, text_of
from tests.support.frameworks import late

litellm = late("litellm")


def error(status, code, message="No.", headers=None, **more):
    return Reply(status=status, body={"error": {"code": code, "message": message, **more}}, headers=headers or {})


CONTEXT = error(400, "context_length_exceeded", "This model's maximum context length is 128000 tokens.")
TABLE = [
    ("wrong key", error(401, "401"), "AuthenticationError", 401),
    ("keys disabled", error(403, "AuthenticationTypeDisabled"), "PermissionDeniedError", 403),
    ("no deployment", error(404, "DeploymentNotFound"), "NotFoundError", 404),
    ("rate limit", error(429, "429", headers={"retry-after": "40"}), "RateLimitError", 429),
    ("filter", Reply(status=400, body={"error": FILTERED}), "ContentPolicyViolationError", 400),
    ("context", CONTEXT, "ContextWindowExceededError", 400),
    ("bad request", error(400, "BadRequest"), "BadRequestError", 400),
    ("timeout", error(408, "Timeout"), "Timeout", 408),
    ("server error", error(500, "InternalServerError"), "InternalServerError", 500),
    ("unavailable", error(503, "ServiceUnavailable"), "ServiceUnavailableError", 503),
]
ROWS = pytest.mark.parametrize(("reply", "cls", "status"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])


@ROWS
@pytest.mark.parametrize("way", WAYS)
def test_the_class_comes_at_the_call(registered, way, reply, cls, status):
    registered.script(reply)
    caught = asyncio.run(_raised(way)) if way.startswith("async") else _raised_sync(way)
    assert type(caught) is getattr(litellm, cls)
    assert caught.status_code == status
    assert caught.llm_provider == "azure_connector"
    assert isinstance(caught.__cause__, openai.APIStatusError)
    if status == 429:
        assert caught.response.headers["retry-after"] == "40"
        assert caught.litellm_response_headers["retry-after"] == "40"


def _raised_sync(way):
    with pytest.raises(openai.OpenAIError) as caught:
        # Never iterated: an error at the first chunk would not be seen here.
        litellm.completion(model="azure_connector/gpt-4o", messages=HELLO, max_retries=0, stream="stream" in way)
    return caught.value


async def _raised(way):
    call = {"model": "azure_connector/gpt-4o", "messages": HELLO, "max_retries": 0}
    with pytest.raises(openai.OpenAIError) as caught:
        await litellm.acompletion(**call, stream="stream" in way)
    await settle()
    return caught.value


@pytest.mark.parametrize("way", WAYS)
def test_a_content_filter_names_the_categories(registered, way):
    registered.script(Reply(status=400, body={"error": FILTERED}))
    with pytest.raises(litellm.ContentPolicyViolationError) as caught:
        ask(way)
    fields = caught.value.provider_specific_fields
    assert fields["content_filter_result"]["hate"] == {"filtered": True, "severity": "high"}
    assert fields["innererror"]["code"] == "ResponsibleAIPolicyViolation"


@pytest.mark.parametrize("way", WAYS)
def test_an_unreachable_host(monkeypatch, way):
    import litellm_adapter

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        litellm_adapter.register(azure_endpoint=endpoint, api_key="k" * 32)
        with pytest.raises(litellm.APIConnectionError) as caught:
            ask(way, max_retries=0)
    assert endpoint.removeprefix("http://") in str(caught.value)
    assert caught.value.llm_provider == "azure_connector"


@pytest.mark.parametrize("way", ["sync stream", "async stream"])
def test_a_stream_that_breaks_in_the_middle(registered, way):
    from tests.litellm.behaviours import BROKEN, FIRST, ROLE, says

    registered.script(Reply(events=[FIRST, ROLE, says("Hello"), BROKEN], done=False))
    with pytest.raises(litellm.exceptions.MidStreamFallbackError) as caught:
        ask(way)
    assert caught.value.generated_content == "Hello"
    assert caught.value.llm_provider == "azure_connector"
    assert isinstance(caught.value.original_exception, litellm.APIConnectionError)
    assert isinstance(caught.value.original_exception.__cause__, ac.StreamInterruptedError)


def test_no_secret_in_an_error(registered):
    registered.script(error(401, "401"))
    with pytest.raises(litellm.AuthenticationError) as caught:
        ask("sync", api_key="canary-0123456789-0123456789")
    assert "canary" not in str(caught.value)


@pytest.fixture
def router(azure):
    """Two deployments of one group; the first answers what a test scripts, the second is well."""
    import litellm_adapter

    with Emulator(["gpt-4o"]) as well:
        litellm_adapter.register()

        def deployment(resource, name, group="group"):
            where = {"api_base": resource.endpoint, "api_key": resource.api_key}
            params = {"model": "azure_connector/gpt-4o", **where}
            return {"model_name": group, "litellm_params": params, "model_info": {"id": name}}

        def make(*, fallback=False, **settings):
            groups = ("group", "other") if fallback else ("group", "group")
            models = [deployment(azure, "ill", groups[0]), deployment(well, "well", groups[1])]
            return litellm.Router(model_list=models, **{"num_retries": 0, **settings})

        yield make, azure, well


async def _routed(router, **call):
    try:
        reply = await router.acompletion(model="group", messages=HELLO, **call)
        return text_of([chunk async for chunk in reply] if call.get("stream") else reply)
    finally:
        await settle()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("row", [row for row in TABLE if row[3] in (401, 408, 429, 500, 503)], ids=lambda r: r[0])
def test_a_router_retries_on_the_sibling(router, row, stream):
    make, ill, well = router
    ill.script(row[1], times=None)
    made = make(num_retries=12, retry_after=0)
    asyncio.run(_until_seen(made, ill, well, stream))


async def _until_seen(made, ill, well, stream):
    """The Router chooses at random: calls until the ill deployment was tried; each call must be answered."""
    for _ in range(20):
        reply = await made.acompletion(model="group", messages=HELLO, stream=stream)
        assert "Oslo" in text_of([chunk async for chunk in reply] if stream else reply)
        if ill.requests:
            break
    assert ill.requests
    assert well.requests
    await settle()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [401, 404, 429])
def test_a_router_cools_down_the_one_that_fails(router, stream, status):
    make, ill, _ = router
    code = {401: "401", 404: "DeploymentNotFound", 429: "429"}[status]
    ill.script(error(status, code, headers={"retry-after": "30"} if status == 429 else {}), times=None)
    made = make(cooldown_time=30, allowed_fails=0)

    async def call():
        reply = await made.acompletion(model="group", messages=HELLO, stream=stream)
        async for _ in reply if stream else _nothing():
            pass

    async def calls():
        for _ in range(20):
            with contextlib.suppress(openai.APIStatusError):
                await call()
            if ill.requests:
                break
        await asyncio.sleep(0)
        asked = len(ill.requests)
        for _ in range(10):
            await call()
        await settle()
        return asked, len(ill.requests)

    asked, later = asyncio.run(calls())
    assert asked == later > 0


async def _nothing():
    return
    yield


@pytest.mark.parametrize("stream", [False, True])
def test_a_router_falls_back_to_another_group(router, stream):
    make, ill, well = router
    ill.script(error(429, "429", headers={"retry-after": "30"}), times=None)
    made = make(fallback=True, fallbacks=[{"group": ["other"]}])
    assert "Oslo" in asyncio.run(_routed(made, stream=stream))
    assert (len(ill.requests), len(well.requests)) == (1, 1)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("reply", "setting"),
    [
        (Reply(status=400, body={"error": FILTERED}), "content_policy_fallbacks"),
        (CONTEXT, "context_window_fallbacks"),
    ],
)
def test_a_router_falls_back_by_reason(router, reply, setting, stream):
    make, ill, well = router
    ill.script(reply, times=None)
    made = make(fallback=True, **{setting: [{"group": ["other"]}]})
    assert "Oslo" in asyncio.run(_routed(made, stream=stream))
    assert (len(ill.requests), len(well.requests)) == (1, 1)


def test_a_bad_request_is_not_retried(router):
    make, ill, well = router
    ill.script(error(400, "BadRequest"), times=None)
    well.script(error(400, "BadRequest"), times=None)
    made = make(num_retries=3)
    with pytest.raises(litellm.BadRequestError):
        asyncio.run(_routed(made))
    assert len(ill.requests) + len(well.requests) == 1


def test_a_sync_router(router):
    make, ill, _ = router
    ill.script(error(503, "ServiceUnavailable"), times=None)
    made = make(num_retries=12, retry_after=0)
    for _ in range(20):
        assert "Oslo" in text_of(made.completion(model="group", messages=HELLO))
        assert "Oslo" in text_of(list(made.completion(model="group", messages=HELLO, stream=True)))
        if ill.requests:
            break
    assert ill.requests


def test_a_router_s_embeddings(router):
    _, azure, _ = router
    params = {
        "model": "azure_connector/text-embedding-3-small",
        "api_base": azure.endpoint,
        "api_key": azure.api_key,
        "api_version": "2024-10-21",
    }
    made = litellm.Router(model_list=[{"model_name": "e", "litellm_params": params}])

    async def call():
        reply = await made.aembedding(model="e", input=["x"], dimensions=8)
        await settle()
        return reply

    assert len(asyncio.run(call()).data[0]["embedding"]) == 8
    assert azure.requests.last.query == {"api-version": "2024-10-21"}


def test_a_connection_that_takes_too_long_is_a_timeout():
    """What went wrong beneath decides: the connector says both times that the endpoint was not reached."""
    from litellm_adapter.errors import translated

    for beneath, wanted in (
        (openai.APITimeoutError, litellm.Timeout),
        (openai.APIConnectionError, litellm.APIConnectionError),
    ):
        error = ac.errors.EndpointUnreachableError(
            message="No connection.", request=httpx.Request("POST", "http://127.0.0.1")
        )
        error.__cause__ = beneath(request=error.request)
        with pytest.raises(openai.OpenAIError) as caught, translated("azure_connector", "gpt-4o"):
            raise error
        assert type(caught.value) is wanted
