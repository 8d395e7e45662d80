"""What API Management's policies do to requests and replies on their way."""

from __future__ import annotations

import json
from typing import Any

import httpx
import openai

from azure_connector.emulator import Emulator
from azure_connector.emulator.gateway import Gateway

HELLO: Any = [{"role": "user", "content": "Hello"}]
BAD: Any = [{"role": "user", "content": "[filter:hate=high]"}]


CHAT = "/openai/v1/chat/completions"


def asked(gateway: Gateway, path: str = CHAT, messages: Any = HELLO, **more: Any) -> httpx.Response:
    headers = {gateway.header: gateway.subscription_key}
    body = {"model": "gpt-4o", "messages": messages, **more}
    return httpx.post(f"{gateway.endpoint}{path}", json=body, headers=headers)


def test_the_upstreams_path_is_kept(azure: Emulator) -> None:
    classic = "/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
    with Gateway(f"{azure.endpoint}/openai", backend_key=azure.api_key, path_prefix="/aoai") as gateway:
        assert asked(gateway, classic).status_code == 200
        assert azure.requests.last.url == f"/openai{classic}"
    with Gateway(azure, upstream_path="/openai", backend_key=azure.api_key, path_prefix="") as gateway:
        assert asked(gateway, classic).status_code == 200
        headers = {gateway.header: gateway.subscription_key}
        client = openai.OpenAI(base_url=f"{gateway.endpoint}/v1/", api_key="unused", default_headers=headers)
        assert client.chat.completions.create(model="gpt-4o", messages=HELLO).choices
        client.close()


def test_paths_are_rewritten_and_headers_stripped(azure: Emulator) -> None:
    with Gateway(
        azure,
        backend_key=azure.api_key,
        rewrite=lambda path: path.replace("/llm", "/openai/v1"),
        strip_request=["X-Secret"],
        strip_response=["x-ms-region", "X-RateLimit-Remaining-Tokens"],
    ) as gateway:
        url = f"{gateway.endpoint}/llm/chat/completions"
        headers = {gateway.header: gateway.subscription_key, "x-secret": "s", "x-kept": "k"}
        reply = httpx.post(url, json={"model": "gpt-4o", "messages": HELLO}, headers=headers)
    assert reply.status_code == 200
    assert not {"x-ms-region", "x-ratelimit-remaining-tokens"} & reply.headers.keys()
    assert "x-ratelimit-remaining-requests" in reply.headers
    seen = azure.requests.last
    assert (seen.path, seen.headers["x-kept"]) == ("/openai/v1/chat/completions", "k")
    assert "x-secret" not in seen.headers


def test_calls_and_tokens_are_limited_for_each_subscription(azure: Emulator) -> None:
    now = [0.0]
    keys = ["first", "second"]
    with Gateway(azure, backend_key=azure.api_key, subscription_key=keys, calls=2, clock=lambda: now[0]) as gateway:
        assert [asked(gateway).status_code for _ in range(2)] == [200, 200]
        refused = asked(gateway)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        assert refused.json() == {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 60 seconds."}
        by_query = f"{gateway.endpoint}/openai/v1/models?subscription-key=second"
        assert httpx.get(by_query).status_code == 200
        now[0] = 61
        assert asked(gateway).status_code == 200
    assert "subscription-key" not in azure.requests.snapshot()[2].query
    with Gateway(azure, backend_key=azure.api_key, tokens=200, clock=lambda: now[0]) as gateway:
        assert asked(gateway, messages=[{"role": "user", "content": "x" * 600}]).status_code == 200
        assert "Token limit is exceeded" in asked(gateway, messages=[{"role": "user", "content": "x" * 600}]).text


def test_errors_in_the_gateways_own_shapes(azure: Emulator) -> None:
    with Gateway(azure, backend_key=azure.api_key, shape="flat") as gateway:
        flat = asked(gateway, messages=BAD).json()
        assert flat["statusCode"] == 400
        assert "content management policy" in flat["message"]
        assert asked(gateway).json()["choices"]
    with Gateway(azure, backend_key=azure.api_key, shape="sse") as gateway:
        reply = asked(gateway, messages=BAD)
        assert (reply.status_code, reply.headers.get("content-type")) == (400, None)
        told = json.loads(reply.text.removeprefix("data: "))["error"]
        assert (told["type"], told["param"], told["code"]) == ("None", "None", "400")
        assert json.loads(told["message"])["error"]["code"] == "content_filter"
    with Gateway(azure, backend_key=azure.api_key, shape="litellm") as gateway:
        told = asked(gateway, messages=BAD).json()["error"]
        assert told["message"].startswith("litellm.ContentPolicyViolationError: ")
        assert told["provider_specific_fields"]["azure_error"]["code"] == "content_filter"
        inner = told["provider_specific_fields"]["innererror"]
        assert inner == told["provider_specific_fields"]["inner_error"]
        assert inner["code"] == "ResponsibleAIPolicyViolation"


def test_its_own_shapes_inside_a_stream(azure: Emulator) -> None:
    with Gateway(azure, backend_key=azure.api_key, doubled=True) as gateway:
        reply = asked(gateway, stream=True)
        assert "content-type" not in reply.headers
        lines = [line for line in reply.text.splitlines() if line]
        assert all(line.startswith("data: data: ") for line in lines)
        assert lines[-1] == "data: data: [DONE]"
    with Gateway(azure, backend_key=azure.api_key, fail_stream_after=3) as gateway:
        events = [line for line in asked(gateway, stream=True).text.splitlines() if line]
        assert len(events) == 4
        assert json.loads(events[-1].removeprefix("data: ")) == {"statusCode": 500, "message": "Internal server error"}
