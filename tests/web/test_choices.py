"""What can be chosen, and that a request gets exactly what was announced."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from azure_connector.emulator import Emulator, Reply
from samples.web.names import display_name

from .conftest import serving
from .stand_ins import Seen, gemini, ollama
from .talking import chat, custom, ended, events_of, post, run, said

Serve = Callable[..., str]
FIELDS = {"id", "name", "size", "available", "provider", "deployment", "version", "is_deployment"}


def listing(address: str, provider: str = "") -> dict[str, Any]:
    return httpx.get(f"{address}/models/{provider}".rstrip("/")).json()


def test_models_of_all_providers_are_listed_and_unavailable_ones_say_why(serve: Serve) -> None:
    body = listing(serve())
    providers = {one["id"]: one for one in body["providers"]}
    assert providers["azure-openai"]["available"]
    assert providers["gemini"] == {
        "id": "gemini",
        "name": "Gemini",
        "available": False,
        "reason": "GEMINI_API_KEY or GOOGLE_API_KEY is not set. Export it and start the page again.",
        "note": "",
    }
    assert "Nothing answers at http://127.0.0.1:9." in providers["ollama"]["reason"]
    assert "ollama serve" in providers["ollama"]["reason"]
    assert {"provider": "gemini", "error": providers["gemini"]["reason"]} in body["errors"]
    azure = [one["id"] for one in body["models"] if one["provider"] == "azure-openai"]
    assert {"gpt-4o", "gpt-5", "gpt-4.1", "busy"} <= {*azure}
    assert "text-embedding-3-small" not in azure, "it does not chat"
    assert len(azure) == len({*azure})
    assert all(set(one) == FIELDS and one["size"] for one in body["models"])
    assert not any(one["available"] for one in body["models"] if one["provider"] == "gemini")
    assert (body["default_provider"], body["default_model"]) == ("azure-openai", azure[0])


def test_azure_models_have_names_and_tell_their_deployment(serve: Serve, resource: Emulator) -> None:
    models = {one["id"]: one for one in listing(serve(), "azure")["models"]}
    mapped, found, named = models["gpt-4.1"], models["busy"], models["gpt-5-mini"]
    assert (mapped["name"], mapped["deployment"], mapped["is_deployment"]) == ("GPT-4.1", "busy", False)
    assert (found["name"], found["deployment"], found["is_deployment"]) == ("busy (GPT-4.1)", "busy", True)
    assert (named["name"], named["deployment"]) == ("GPT-5 mini", "gpt-5-mini")


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-35-turbo", "GPT-3.5 Turbo"),
        ("gpt-4o", "GPT-4o"),
        ("gpt-4.1-nano", "GPT-4.1 nano"),
        ("gpt-oss-120b", "GPT-OSS 120B"),
        ("gpt-4-32k", "GPT-4 32K"),
        ("o4-mini", "o4-mini"),
        ("gemini-2.5-flash", "Gemini 2.5 Flash"),
        ("claude-sonnet-4-5", "Claude Sonnet 4.5"),
        ("mistral-large-latest", "Mistral Large (latest)"),
        ("llama3.2:latest", "llama3.2:latest"),
        ("My-Own", "My-Own"),
        ("gpt-", "gpt-"),
        ("", ""),
    ],
)
def test_names_are_written_as_people_write_them(model: str, name: str) -> None:
    assert display_name(model) == name


@pytest.mark.parametrize("provider", ["azure", "azure-openai"])
def test_azure_goes_by_two_names(serve: Serve, provider: str) -> None:
    address = serve(DEFAULT_PROVIDER=provider, DEFAULT_MODEL="gpt-5-mini")
    body = listing(address)
    assert (body["default_provider"], body["default_model"]) == ("azure-openai", "gpt-5-mini")
    assert [one["id"] for one in listing(address, provider)["providers"]] == ["azure-openai"]
    assert ended(chat(address, "Hello", provider=provider))["usage"][0]["provider"] == "azure-openai"


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("azure-openai", "gpt-5-mini"),
        ("azure-openai", "nonsense"),
        ("gemini", "gemini-2.5-pro"),
        ("gemini", "gpt-5-mini"),
        ("ollama", "odd"),
        ("ollama", "nonsense"),
        ("nobody", ""),
        ("", "gpt-4o"),
        ("", "odd"),
        ("nobody", "odd"),
    ],
)
def test_a_request_that_names_nothing_gets_what_is_announced(serve: Serve, provider: str, model: str) -> None:
    with serving(ollama(Seen())) as host:
        address = serve(DEFAULT_PROVIDER=provider, DEFAULT_MODEL=model, OLLAMA_HOST=host)
        body = listing(address)
        asked: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}]}
        used = ended(events_of(post(address, asked).text))["usage"][0]
        assert (used["provider"], used["model"]) == (body["default_provider"], body["default_model"])
        ollamas = provider == "ollama" or (provider, model) == ("", "odd")
        assert used["provider"] == ("ollama" if ollamas else "azure-openai")
        for one in ("azure", "ollama"):
            used = ended(events_of(post(address, {**asked, "provider": one}).text))["usage"][0]
            alone = listing(address, one)
            assert (used["provider"], used["model"]) == (alone["default_provider"], alone["default_model"])


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"AZURE_OPENAI_DEFAULT_DEPLOYMENT": "gpt-4o"},
        {"AZURE_OPENAI_DEFAULT_DEPLOYMENT": "gpt-4o", "AZURE_OPENAI_MODEL": "my-model"},
        {"AZURE_OPENAI_DEPLOYMENT_MAPPING": '{"gpt-4o": "busy", "fast": "gpt-5-mini", "lost": "nowhere"}'},
    ],
    ids=["plain", "a default deployment", "a default model", "names that are others' names"],
)
def test_every_listed_model_is_reached(serve: Serve, resource: Emulator, variables: dict[str, str]) -> None:
    address = serve(**variables)
    models = listing(address, "azure-openai")["models"]
    assert len(models) > 5
    assert {one["deployment"] for one in models} >= {"gpt-4o", "busy", "gpt-5"}
    for one in models:
        if one["available"]:
            route = custom(chat(address, "Hello", model=one["id"]), "route")
            assert route["deployment"] == one["deployment"], one
        else:
            refused = post(address, {"model": one["id"], "messages": [{"role": "user", "content": "Hi"}]})
            assert (one["id"], refused.status_code) == ("lost", 409)


@pytest.mark.parametrize("provider", ["azure-openai", "gemini", "ollama", None])
def test_a_model_that_is_not_listed_is_refused(serve: Serve, resource: Emulator, provider: str | None) -> None:
    with serving(ollama(Seen())) as host:
        # A default deployment would take any name.
        address = serve(GEMINI_API_KEY="key", OLLAMA_HOST=host, AZURE_OPENAI_DEFAULT_DEPLOYMENT="gpt-4o")
        refused = post(address, {"provider": provider, "model": "gpt-nope", "message": "Hi"})
        assert refused.status_code == 404
        assert "has no model 'gpt-nope'. There are: " in refused.json()["error"]["message"]
        elsewhere = post(address, {"model": "odd", "message": "Hi"})
        assert elsewhere.json()["error"]["message"].endswith('provider="ollama" has it.')
    assert not [seen for seen in resource.requests if "chat" in seen.operation]


def test_one_provider_can_be_listed_alone(serve: Serve) -> None:
    address = serve(GEMINI_API_KEY="key", GEMINI_MODELS="gemini-2.5-flash, gemini-x")
    body = listing(address, "gemini")
    assert [one["id"] for one in body["providers"]] == ["gemini"]
    assert body["default_provider"] == "gemini"
    assert [one["id"] for one in body["models"]] == ["gemini-2.5-flash", "gemini-x"]
    missing = httpx.get(f"{address}/models/nobody")
    assert missing.status_code == 404
    assert "azure-openai, gemini" in missing.json()["error"]["message"]


def test_without_settings_azure_is_unavailable_with_the_remedy(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT")
    address = serve()
    azure = listing(address, "azure")["providers"][0]
    assert not azure["available"]
    assert azure["reason"].startswith("No Azure OpenAI endpoint is configured")
    assert "azure-connector init" in azure["reason"]
    for provider in ("azure", None):
        refused = post(address, {"provider": provider, "message": "Hi"})
        assert refused.status_code == 409
        assert azure["reason"] in refused.json()["error"]["message"]


def test_a_wrong_key_makes_azure_unavailable_with_the_remedy(serve: Serve) -> None:
    body = listing(serve(AZURE_OPENAI_API_KEY="wrong"), "azure")
    reason = body["providers"][0]["reason"]
    assert reason.startswith("Access denied due to invalid subscription key")
    assert "A key belongs to one resource" in reason
    assert "Tried:" not in reason
    assert body["models"] == []
    assert body["default_provider"] is None


def test_a_gateway_that_lists_nothing_still_answers(serve: Serve, resource: Emulator) -> None:
    resource.script(Reply(status=404, body={"error": {"code": "404", "message": "Resource not found"}}), times=None)
    address = serve(AZURE_OPENAI_MODEL="gpt-4o")
    body = listing(address, "azure")
    assert body["providers"][0]["available"]
    assert {"gpt-4.1", "gpt-4o"} <= {one["id"] for one in body["models"]}, "the mapping and the default have them"
    assert body["default_model"] == "gpt-4o"
    resource.clear()
    assert said(chat(address, "Say well", model="gpt-4.1")) == "well"


def test_other_providers_answer_through_litellm(serve: Serve, resource: Emulator) -> None:
    address = serve(
        OPENAI_API_KEY=resource.api_key, OPENAI_BASE_URL=f"{resource.endpoint}/openai/v1", OPENAI_MODELS="gpt-4o"
    )
    events = chat(address, "How is the weather in Bergen?", agent="travel", provider="openai")
    assert "TOOL_CALL_RESULT" in [one["type"] for one in events]
    assert said(events)
    assert ended(events)["usage"][0]["outputTokens"] > 0
    assert not [one for one in events if one["type"] == "CUSTOM"], "only the connector knows deployments"


def test_gemini_answers_in_its_own_protocol(serve: Serve) -> None:
    seen = Seen()
    with serving(gemini(seen)) as base:
        address = serve(GEMINI_API_KEY="the key", GEMINI_API_BASE=base)
        events = chat(address, "Hello", provider="gemini", model="gemini-2.5-flash", temperature=0.25)
        assert said(events) == "Gemini heard: Hello"
        assert ended(events)["usage"][0] == {
            "provider": "gemini",
            "model": "gemini-2.5-flash",
            "inputTokens": 7,
            "outputTokens": 5,
        }
    assert "gemini-2.5-flash" in seen.last["path"]
    assert seen.last["generationConfig"]["temperature"] == 0.25


def test_ollama_is_found_when_it_runs(serve: Serve) -> None:
    with serving(ollama(Seen())) as host:
        address = serve(OLLAMA_HOST=host)
        small, odd = listing(address, "ollama")["models"]
        assert small == {
            "id": "llama3.2:latest",
            "name": "llama3.2:latest",
            "size": "3.2B",
            "available": True,
            "provider": "ollama",
            "deployment": None,
            "version": None,
            "is_deployment": False,
        }
        assert odd["size"] == "4.7 GB"
        events = chat(address, "Who are you?", provider="ollama", model="llama3.2:latest")
        assert said(events) == "I am llama3.2:latest"


@pytest.mark.parametrize(
    ("deltas", "partial", "words"),
    [
        ([{"content": "half"}, {"breaks": True}], "half", "Ollama broke off before the answer was complete."),
        ([{"content": "half"}], "half", "Ollama broke off before the answer was complete."),
        ([], "", "Ollama broke off before the answer was complete."),
    ],
    ids=["reset", "no finish reason", "nothing"],
)
def test_an_answer_that_is_cut_off_never_looks_whole(
    serve: Serve, deltas: list[dict[str, Any]], partial: str, words: str
) -> None:
    with serving(ollama(Seen(), lambda asked: deltas)) as host:
        events = chat(serve(OLLAMA_HOST=host), "Hello", provider="ollama", model="odd")
    assert said(events) == partial
    assert events[-1]["type"] == "RUN_ERROR"
    assert events[-1]["message"].startswith(words)


@pytest.mark.parametrize("deltas", [[{"content": "half"}, {"breaks": True}], [{"content": "half"}], []])
def test_nor_does_one_that_comes_through_litellm(serve: Serve, deltas: list[dict[str, Any]]) -> None:
    with serving(ollama(Seen(), lambda asked: deltas)) as host:
        address = serve(OPENAI_API_KEY="key", OPENAI_BASE_URL=f"{host}/v1", OPENAI_MODELS="gpt-4o")
        events = chat(address, "Hello", provider="openai")
    assert said(events) == "".join(delta.get("content", "") for delta in deltas)
    assert events[-1]["type"] == "RUN_ERROR"
    assert events[-1]["message"].startswith("OpenAI broke off before the answer was complete.")


@pytest.mark.parametrize(
    ("refusal", "words", "hint"),
    [
        ((400, "API key not valid."), "Gemini refused the key. It said: API key not valid.", "Check the key"),
        ((400, "No such thing."), "Gemini refused the request: No such thing.", ""),
        ((401, "No such key."), "Gemini refused the key. It said: No such key.", "Check the key in GEMINI_API_KEY"),
        ((404, "No such model."), "Gemini does not have this model. It said: No such model.", "Choose another model."),
        ((429, "Too many."), "Gemini takes no more requests now. It said: Too many.", "Wait a little"),
        ((503, "Overloaded."), "Gemini has trouble of its own now. It said: Overloaded.", "Try again"),
    ],
    ids=lambda value: str(value[0]) if isinstance(value, tuple) else "",
)
def test_what_gemini_refuses_is_told_in_words(serve: Serve, refusal: tuple[int, str], words: str, hint: str) -> None:
    with serving(gemini(Seen(), refusal)) as base:
        events = chat(serve(GEMINI_API_KEY="key", GEMINI_API_BASE=base), "Hello", provider="gemini", model="")
    error = custom(events, "error")
    assert error["message"].startswith(words)
    assert refusal[1] in error["message"]
    assert error["hint"].startswith(hint)
    assert "litellm" not in events[-1]["message"].lower()


def test_a_conversation_that_began_elsewhere_goes_on_anywhere(serve: Serve, resource: Emulator) -> None:
    """Gemini's calls have ids that OpenAI refuses, in which LiteLLM keeps what Gemini wants back."""
    seen, identity = Seen(), "call_" + "0123456789abcdef" * 2 + "__thought__" + "x" * 300
    call = {"id": identity, "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    history = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "toolCalls": [call]},
        {"role": "tool", "toolCallId": identity, "content": "rain"},
        {"role": "user", "content": "Thanks"},
    ]
    with serving(ollama(seen)) as host:
        address = serve(OLLAMA_HOST=host)
        run(address, history)
        run(address, history, forwardedProps={"provider": "ollama", "model": "odd"})
    for messages in (resource.requests.last.body["messages"], seen.last["messages"]):
        (short,) = {message["tool_calls"][0]["id"] for message in messages if "tool_calls" in message}
        assert len(short) <= 40
        assert [message["tool_call_id"] for message in messages if message["role"] == "tool"] == [short]


def test_half_a_character_does_not_end_an_answer(serve: Serve) -> None:
    deltas = [{"content": "a\ud83d"}, {"content": "b"}, {"finish_reason": "stop"}]
    with serving(ollama(Seen(), lambda asked: deltas)) as host:
        events = chat(serve(OLLAMA_HOST=host), "Hello", provider="ollama", model="odd")
    assert said(events) == "a?b"
    assert ended(events)


def test_a_reader_who_goes_away_ends_the_models_work(serve: Serve) -> None:
    left = threading.Event()

    async def endless(asked: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        try:
            while True:
                yield {"content": "and "}
                await asyncio.sleep(0.01)
        finally:
            left.set()

    with serving(ollama(Seen(), endless)) as host:
        asked = {"provider": "ollama", "model": "odd", "message": "Hello"}
        with httpx.stream("POST", f"{serve(OLLAMA_HOST=host)}/chat/assistant", json=asked, timeout=20) as reply:
            lines = reply.iter_lines()  # kept: the stream closes with it
            next(line for line in lines if "TEXT_MESSAGE_CONTENT" in line)
            assert not left.is_set()
        assert left.wait(10)


def test_calls_without_ids_or_an_end_are_still_answered(serve: Serve) -> None:
    """Small models on small servers: no id, no index, a tool that is not there, and never an end."""

    def restless(asked: dict[str, Any]) -> list[dict[str, Any]]:
        if asked.get("tool_choice") == "none":
            return [{"content": "Enough."}, {"finish_reason": "stop"}]
        call = {"type": "function", "function": {"name": "nothing", "arguments": "no JSON"}}
        return [{"tool_calls": [call, call]}, {"finish_reason": "tool_calls"}]

    seen = Seen()
    with serving(ollama(seen, restless)) as host:
        events = chat(serve(OLLAMA_HOST=host), "Hello", agent="travel", provider="ollama", model="odd")
    assert said(events) == "Enough."
    results = [one["content"] for one in events if one["type"] == "TOOL_CALL_RESULT"]
    assert len(results) == 10
    assert results[0] == '{"error": "there is no tool \'nothing\'"}'
    calls = [call["id"] for message in seen.last["messages"] for call in message.get("tool_calls", ())]
    assert len({*calls}) == len(calls) == 10


def test_an_answer_of_another_provider_that_fails_is_told_in_words(serve: Serve, resource: Emulator) -> None:
    address = serve(OPENAI_API_KEY="wrong", OPENAI_BASE_URL=f"{resource.endpoint}/openai/v1", OPENAI_MODELS="gpt-4o")
    error = custom(chat(address, "Hello", provider="openai"), "error")
    assert error["message"].startswith("OpenAI refused the key. It said: Unauthorized. Access token")
    assert error["hint"] == "Check the key in OPENAI_API_KEY, and choose models in OPENAI_MODELS."
    assert "litellm" not in error["message"].lower()
