"""The page's API over real HTTP: what can be chosen, and the events of an answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from azure_connector.emulator import Emulator, Reply, faults
from tests.support.waiting import PATIENCE

from .conftest import serving

Serve = Callable[..., str]


def chat(address: str, text: str, agent: str = "assistant", **body: Any) -> list[tuple[str, dict[str, Any]]]:
    """The events of one answer."""
    asked = {"provider": "azure", "model": "gpt-4o", "messages": [{"role": "user", "content": text}], **body}
    reply = httpx.post(f"{address}/chat/{agent}", json=asked, timeout=PATIENCE)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].startswith("text/event-stream")
    found = []
    for block in reply.text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def said(events: list[tuple[str, dict[str, Any]]]) -> str:
    return "".join(data["text"] for name, data in events if name == "text")


def last(events: list[tuple[str, dict[str, Any]]], name: str) -> dict[str, Any]:
    return [data for kind, data in events if kind == name][-1]


def test_models_of_all_providers_are_listed_and_unavailable_ones_say_why(serve: Serve) -> None:
    body = httpx.get(f"{serve()}/models").json()
    providers = {one["id"]: one for one in body["providers"]}
    assert providers["azure"]["available"]
    assert providers["gemini"] == {
        "id": "gemini",
        "name": "Gemini",
        "available": False,
        "reason": "GEMINI_API_KEY or GOOGLE_API_KEY is not set",
        "note": "",
    }
    assert providers["ollama"]["reason"] == "nothing answers at http://127.0.0.1:9"
    azure = [one["id"] for one in body["models"] if one["provider"] == "azure"]
    assert {"gpt-4o", "gpt-5", "gpt-4.1"} <= {*azure}
    assert "text-embedding-3-small" not in azure, "it does not chat"
    assert all(set(one) == {"id", "name", "size", "available", "provider"} for one in body["models"])
    assert not any(one["available"] for one in body["models"] if one["provider"] == "gemini")
    assert (body["default_provider"], body["default_model"]) == ("azure", azure[0])


def test_the_environment_chooses_the_defaults(serve: Serve) -> None:
    address = serve(DEFAULT_PROVIDER="azure", DEFAULT_MODEL="gpt-5-mini")
    assert httpx.get(f"{address}/models").json()["default_model"] == "gpt-5-mini"
    unavailable = serve(DEFAULT_PROVIDER="gemini", DEFAULT_MODEL="gemini-2.5-pro")
    body = httpx.get(f"{unavailable}/models").json()
    assert body["default_provider"] == "azure"
    assert body["default_model"] in {one["id"] for one in body["models"] if one["provider"] == "azure"}


def test_one_provider_can_be_listed_alone(serve: Serve) -> None:
    address = serve(GEMINI_API_KEY="key")
    body = httpx.get(f"{address}/models/gemini").json()
    assert [one["id"] for one in body["providers"]] == ["gemini"]
    assert body["default_provider"] == "gemini"
    missing = httpx.get(f"{address}/models/nobody")
    assert missing.status_code == 404
    assert "azure, gemini" in missing.json()["error"]["message"]


def test_without_settings_azure_is_unavailable_with_the_reason(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT")
    address = serve()
    azure = httpx.get(f"{address}/models/azure").json()["providers"][0]
    assert not azure["available"]
    assert azure["reason"].startswith("No Azure OpenAI endpoint is configured")
    refused = httpx.post(
        f"{address}/chat/assistant", json={"provider": "azure", "messages": [{"role": "user", "content": "Hi"}]}
    )
    assert refused.status_code == 409
    assert "No Azure OpenAI endpoint" in refused.json()["error"]["message"]


def test_a_wrong_key_makes_azure_unavailable_with_the_reason(serve: Serve) -> None:
    body = httpx.get(f"{serve(AZURE_OPENAI_API_KEY='wrong')}/models/azure").json()
    assert body["providers"][0]["reason"].startswith("Access denied due to invalid subscription key")
    assert body["models"] == []
    assert body["default_provider"] is None


def test_a_gateway_that_lists_nothing_still_answers(serve: Serve, resource: Emulator) -> None:
    resource.script(Reply(status=404, body={"error": {"code": "404", "message": "Resource not found"}}), times=None)
    address = serve(AZURE_OPENAI_MODEL="gpt-4o")
    body = httpx.get(f"{address}/models/azure").json()
    assert body["providers"][0]["available"]
    assert "gpt-4.1" in [one["id"] for one in body["models"]], "the mapping has it"
    resource.clear()
    assert said(chat(address, "Say well", model="gpt-4.1")) == "well"


def test_an_answer_streams_and_tells_its_deployment_and_tokens(serve: Serve, resource: Emulator) -> None:
    events = chat(serve(), "Count to 5")
    assert said(events).startswith("1")
    assert len([name for name, _ in events if name == "text"]) > 3
    route = last(events, "route")
    assert (route["deployment"], route["resource"]) == ("gpt-4o", "default")
    assert route["served_model"].startswith("gpt-4o")
    assert events[-1][0] == "done"
    assert events[-1][1]["tokens"]["output"] > 0
    assert resource.requests.last.body["stream_options"] == {"include_usage": True}


def test_tools_are_called_and_their_results_answered(serve: Serve, resource: Emulator) -> None:
    events = chat(serve(), "How is the weather in Bergen?", agent="travel")
    names = [name for name, _ in events]
    assert names.index("tool_call") < names.index("tool_result") < names.index("text") < names.index("done")
    assert last(events, "tool_call")["name"] == "weather"
    assert json.loads(last(events, "tool_call")["arguments"]) == {"city": "Bergen"}
    assert json.loads(last(events, "tool_result")["result"])["sky"] == "sunny"
    assert resource.requests.last.body["messages"][-1]["role"] == "tool"


def test_a_failover_is_told(serve: Serve, resource: Emulator) -> None:
    resource.script(faults.too_many_requests(30), deployment="busy")
    route = last(chat(serve(), "Hello", model="gpt-4.1"), "route")
    assert route["deployment"] == "gpt-4.1"
    assert len(route["attempts"]) == 2
    assert "429" in route["attempts"][0]


def test_an_error_is_an_event_with_what_to_do(serve: Serve) -> None:
    events = chat(serve(), "Hello", model="gpt-nope")
    assert [name for name, _ in events] == ["error"]
    error = events[0][1]
    assert error["type"] == "DeploymentNotFoundError"
    assert "deployment_mapping" in error["hint"]
    assert error["hint"] not in error["message"]


def test_a_broken_stream_keeps_what_arrived_and_says_so(serve: Serve, resource: Emulator) -> None:
    resource.script(faults.reset("during", after=6), deployment="gpt-4o")
    events = chat(serve(), "Count to 20")
    assert said(events)
    assert events[-1][0] == "error"
    assert events[-1][1]["type"] == "StreamInterruptedError"


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/chat/nobody", {}, 404, "There is no agent"),
        ("/chat/assistant", {"provider": "nobody"}, 404, "There is no provider"),
        ("/chat/assistant", {"provider": ["azure"]}, 404, "There is no provider"),
        ("/chat/assistant", {"provider": "gemini", "messages": []}, 409, "is not set"),
        ("/chat/assistant", [], 400, "JSON object"),
        ("/chat/assistant", {"messages": []}, 400, "at least one"),
        ("/chat/assistant", {"messages": "Hello"}, 400, "must be a list"),
        ("/chat/assistant", {"messages": [{"role": "system", "content": "x"}]}, 400, "messages[0]"),
        ("/chat/assistant", {"messages": [{"role": "user", "content": 3}]}, 400, "messages[0].content"),
        ("/chat/assistant", {"messages": [{"role": "user", "content": "  "}]}, 400, "messages[0].content"),
        ("/chat/assistant", {"messages": [{"role": "assistant", "content": "x"}]}, 400, "the user's"),
        ("/chat/assistant", {"model": 7, "messages": [{"role": "user", "content": "x"}]}, 400, "model"),
    ],
)
def test_bad_requests_are_refused_in_words(serve: Serve, path: str, body: Any, status: int, words: str) -> None:
    reply = httpx.post(serve() + path, json=body)
    assert reply.status_code == status
    assert words in reply.json()["error"]["message"]


def test_other_sites_cannot_spend_money_here(serve: Serve, resource: Emulator) -> None:
    address = serve()
    text = json.dumps({"messages": [{"role": "user", "content": "Hi"}]})
    plain = httpx.post(f"{address}/chat/assistant", content=text, headers={"content-type": "text/plain"})
    assert plain.status_code == 415, "a form of another site can send only such types"
    rebound = httpx.get(f"{address}/models", headers={"host": "evil.example"})
    assert rebound.status_code == 400
    broken = httpx.post(
        f"{address}/chat/assistant", content="{", headers={"content-type": "application/json; charset=utf-8"}
    )
    assert broken.status_code == 400
    huge = httpx.post(f"{address}/chat/assistant", json={"messages": "x" * 1_100_000})
    assert huge.status_code == 413
    assert not list(resource.requests)


def test_other_providers_answer_through_litellm(serve: Serve, resource: Emulator) -> None:
    address = serve(
        OPENAI_API_KEY=resource.api_key, OPENAI_BASE_URL=f"{resource.endpoint}/openai/v1", OPENAI_MODELS="gpt-4o"
    )
    events = chat(address, "How is the weather in Bergen?", agent="travel", provider="openai")
    assert last(events, "tool_call")["arguments"]
    assert said(events)
    assert events[-1][1]["tokens"]["output"] > 0
    assert "route" not in dict(events), "only the connector knows deployments"


def test_ollama_is_found_when_it_runs(serve: Serve, resource: Emulator) -> None:
    async def tags(request: Request) -> Response:
        return JSONResponse({"models": [{"name": "llama3.2:latest", "details": {"parameter_size": "3.2B"}}]})

    async def completions(request: Request) -> Response:
        asked = await request.json()
        parts = [{"role": "assistant", "content": f"I am {asked['model']}"}, {}]
        chunks = [
            {
                "id": "c",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": asked["model"],
                "choices": [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}],
            }
            for delta in parts
        ]
        text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
        return Response(text, media_type="text/event-stream")

    ollama = Starlette(routes=[Route("/api/tags", tags), Route("/v1/chat/completions", completions, methods=["POST"])])
    with serving(ollama) as host:
        address = serve(OLLAMA_HOST=host)
        body = httpx.get(f"{address}/models/ollama").json()
        assert body["models"][0] == {
            "id": "llama3.2:latest",
            "name": "llama3.2:latest",
            "size": "3.2B",
            "available": True,
            "provider": "ollama",
        }
        events = chat(address, "Who are you?", provider="ollama", model="llama3.2:latest")
        assert said(events) == "I am llama3.2:latest"
