"""`litellm.responses()` and its like through the prefix: natively, with state, streams and errors."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest

from azure_connector.emulator import Deployment, Emulator
from tests.litellm.lite import run
from tests.support.frameworks import late

litellm = late("litellm")
litellm_adapter = late("litellm_adapter")

MODEL = "azure_connector/gpt-5"
HELLO = "Say hello to Oslo"


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def call(request):
    """Calls one of LiteLLM's functions by its sync name, in both ways."""

    def calls(name: str, *args: Any, **kwargs: Any) -> Any:
        if not request.param:
            return getattr(litellm, name)(*args, **kwargs)
        return run(getattr(litellm, f"a{name}")(*args, **kwargs))

    return calls


def test_the_request_goes_to_the_responses_api_as_it_is(registered, call):
    given = {
        "instructions": "Be brief",
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "store": False,
        "max_output_tokens": 200,
        "metadata": {"team": "a"},
        "parallel_tool_calls": False,
        "text": {"format": {"type": "text"}},
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}],
        "tool_choice": "auto",
        "truncation": "auto",
    }
    # LiteLLM writes into the caller's own metadata.
    reply = call("responses", model=MODEL, input=HELLO, **copy.deepcopy(given), extra_headers={"x-a": "1"})
    sent = registered.requests.last
    assert sent.url == "/openai/v1/responses"
    assert {name: sent.body.get(name) for name in given} == given
    assert sent.headers["x-a"] == "1"
    assert reply.usage.total_tokens > 0
    assert reply._hidden_params["response_cost"] > 0
    assert reply._hidden_params["headers"]["x-ms-region"] == "Sweden Central"


def test_the_service_remembers(registered, call):
    first = call("responses", model=MODEL, input="My name is Ada")
    second = call("responses", model=MODEL, input="What is my name?", previous_response_id=first.id)
    assert "Ada" in second.output[-1].content[0].text
    assert call("get_responses", first.id).id == first.id
    assert call("list_input_items", first.id)["data"][0]["content"][0]["text"] == "My name is Ada"
    assert call("delete_responses", first.id).deleted
    with pytest.raises(litellm.NotFoundError):
        call("get_responses", first.id)


def test_in_the_background(registered, call):
    started = call("responses", model=MODEL, input=HELLO, background=True)
    assert started.status == "queued"
    assert call("cancel_responses", started.id).status == "cancelled"


def test_streams_of_both_kinds(registered):
    events = list(litellm.responses(model=MODEL, input=HELLO, stream=True))
    assert [events[0].type, events[-1].type] == ["response.created", "response.completed"]
    assert "Oslo" in "".join(event.delta for event in events if event.type == "response.output_text.delta")

    async def read() -> list[Any]:
        return [event async for event in await litellm.aresponses(model=MODEL, input=HELLO, stream=True)]

    assert [event.type for event in run(read())] == [event.type for event in events]


def test_a_stream_gives_its_connection_back(registered):
    provider = litellm_adapter.register()
    for _ in range(3):
        assert list(litellm.responses(model=MODEL, input=HELLO, stream=True))
    assert registered.requests.connections == 1
    provider.close()


@pytest.mark.parametrize("stream", [False, True])
def test_errors_are_litellm_s_own_and_come_at_the_call(registered, call, stream):
    with pytest.raises(litellm.BadRequestError, match="nope"):
        call("responses", model=MODEL, input=HELLO, tools=[{"type": "nope"}], stream=stream)
    with pytest.raises(litellm.NotFoundError, match="deployment_mapping") as caught:
        call("responses", model="azure_connector/nothing", input=HELLO, stream=stream)
    assert caught.value.llm_provider == "azure_connector"


def test_a_deployment_of_any_name_and_a_router(monkeypatch):
    with Emulator([Deployment("team-a", "gpt-5")]) as azure:
        litellm_adapter.register(
            azure_endpoint=azure.endpoint,
            api_key=azure.api_key,
            deployment_mapping={"mine": {"deployment": "team-a", "model": "gpt-5"}},
        )
        deployment = {"model_name": "g", "litellm_params": {"model": "azure_connector/mine"}}
        router = litellm.Router(model_list=[deployment], optional_pre_call_checks=["responses_api_deployment_check"])

        async def turns() -> Any:
            first = await router.aresponses(model="g", input="My name is Ada")
            return await router.aresponses(model="g", input="What is my name?", previous_response_id=first.id)

        reply = run(turns())
        assert "Ada" in reply.output[-1].content[0].text
        assert azure.requests.last.body["model"] == "team-a"
        assert reply._hidden_params["response_cost"] > 0


def test_an_endpoint_alone_never_receives_the_ambient_key(registered, call):
    with Emulator(["gpt-5"]) as elsewhere:
        with pytest.raises(litellm.AuthenticationError):
            call("responses", model=MODEL, input=HELLO, api_base=elsewhere.endpoint)
        assert len(elsewhere.requests) == 0
        call("responses", model=MODEL, input=HELLO, api_base=elsewhere.endpoint, api_key=elsewhere.api_key)
        assert len(elsewhere.requests) == 1


def test_chat_by_way_of_the_responses_api(registered):
    reply = litellm.completion(
        model="azure_connector/responses/gpt-5", messages=[{"role": "user", "content": HELLO}], reasoning_effort="low"
    )
    assert "Oslo" in reply.choices[0].message.content
    assert registered.requests.last.url == "/openai/v1/responses"


def test_no_settings(call):
    litellm_adapter.register()
    with pytest.raises(litellm.BadRequestError, match="AZURE_OPENAI_ENDPOINT"):
        call("responses", model=MODEL, input=HELLO)


def test_many_at_once(registered):
    async def calls() -> list[Any]:
        return await asyncio.gather(*(litellm.aresponses(model=MODEL, input=f"Say {n}") for n in range(8)))

    assert len({reply.id for reply in run(calls())}) == 8
