"""Python's other clients, each with a table of features, against the emulator: no shim and no adapter of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest

from azure_connector.emulator import Emulator

VERSION = "2025-04-01-preview"
QUESTION = "What is 6 * 7?"
ANSWER = "6 * 7 = 42"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CITY: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.fixture(scope="module")
def azure() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def refused(call: Callable[[], Any]) -> Exception:
    with pytest.raises(Exception, match=r"temperature|max_tokens") as caught:
        call()
    return caught.value


@pytest.fixture
def langchain(azure: Emulator) -> Callable[..., Any]:
    module = pytest.importorskip("langchain_openai")

    def make(kind: str, model: str = "gpt-4o", **more: Any) -> Any:
        named = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, "api_version": VERSION}
        return getattr(module, kind)(azure_deployment=model, **named, **more)

    return make


def test_langchain(langchain: Callable[..., Any]) -> None:
    chat = langchain("AzureChatOpenAI")
    assert chat.invoke(QUESTION).content == ANSWER
    assert "".join(chunk.content for chunk in chat.stream(QUESTION)) == ANSWER

    async def ask() -> str:
        answer = await chat.ainvoke(QUESTION)
        await chat.root_async_client.close()  # its sockets would be found by whichever test comes later
        return answer.content

    assert asyncio.run(ask()) == ANSWER
    called = chat.bind_tools([WEATHER]).invoke("What's the weather in Oslo?").tool_calls
    assert [(call["name"], call["args"]) for call in called] == [("get_weather", {"city": "Oslo"})]
    wanted = {"title": "city", **CITY, "additionalProperties": False}
    assert "city" in chat.with_structured_output(wanted, method="json_schema").invoke("Oslo")
    responses = langchain("AzureChatOpenAI", use_responses_api=True)
    assert responses.invoke(QUESTION).text == ANSWER
    thinker = langchain("AzureChatOpenAI", "gpt-5", temperature=0.2)
    assert isinstance(refused(lambda: thinker.invoke("x")), openai.BadRequestError)
    # Without counting: tiktoken would fetch its tables.
    embedder = langchain("AzureOpenAIEmbeddings", "text-embedding-3-small", check_embedding_ctx_length=False)
    vectors = embedder.embed_documents(["a", "b"])
    assert [len(vector) for vector in vectors] == [1536, 1536]


def test_litellm(azure: Emulator) -> None:
    litellm = pytest.importorskip("litellm")
    named = {"api_base": azure.endpoint, "api_key": azure.api_key, "api_version": VERSION, "num_retries": 0}
    ask = {"model": "azure/gpt-4o", "messages": [{"role": "user", "content": QUESTION}], **named}
    assert litellm.completion(**ask).choices[0].message.content == ANSWER
    streamed = litellm.completion(**ask, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed) == ANSWER
    weather = [{"role": "user", "content": "What's the weather in Oslo?"}]
    called = litellm.completion(**{**ask, "messages": weather}, tools=[WEATHER]).choices[0].message.tool_calls
    assert called[0].function.arguments == '{"city":"Oslo"}'
    assert (
        len(litellm.embedding(model="azure/text-embedding-3-small", input=["x"], **named).data[0]["embedding"]) == 1536
    )
    refused(lambda: litellm.completion(**{**ask, "model": "azure/gpt-5"}, temperature=0.2))


def test_pydantic_ai(azure: Emulator) -> None:
    pytest.importorskip("pydantic_ai")
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    async def ask() -> tuple[str, str, str]:
        async with openai.AsyncAzureOpenAI(
            azure_endpoint=azure.endpoint, api_key=azure.api_key, api_version=VERSION
        ) as client:
            provider = OpenAIProvider(openai_client=client)
            agent = Agent(OpenAIChatModel("gpt-4o", provider=provider))
            weather = Agent(OpenAIChatModel("gpt-4o", provider=provider))

            @weather.tool_plain
            def get_weather(city: str) -> str:
                """Get the weather."""
                return f"sunny in {city}"

            first = await agent.run(QUESTION)
            second = await weather.run("What's the weather in Oslo?")
            third = await Agent(OpenAIResponsesModel("gpt-4o", provider=provider)).run(QUESTION)
            return str(first.output), str(second.output), str(third.output)

    plain, tooled, by_responses = asyncio.run(ask())
    assert (plain, by_responses) == (ANSWER, ANSWER)
    assert "sunny in Oslo" in tooled


def test_instructor(azure: Emulator) -> None:
    instructor = pytest.importorskip("instructor")
    from pydantic import BaseModel

    class City(BaseModel):
        city: str

    with openai.OpenAI(base_url=f"{azure.endpoint}/openai/v1/", api_key=azure.api_key) as client:
        for mode in (instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA):
            patched = instructor.from_openai(client, mode=mode)
            ask = [{"role": "user", "content": "The city is Oslo, as JSON"}]
            assert patched.chat.completions.create(model="gpt-4o", messages=ask, response_model=City).city == "Oslo"


def test_openai_agents(azure: Emulator) -> None:
    agents = pytest.importorskip("agents")

    async def ask() -> tuple[str, str]:
        async with openai.AsyncOpenAI(base_url=f"{azure.endpoint}/openai/v1/", api_key=azure.api_key) as client:
            told: list[str] = []
            for kind in (agents.OpenAIChatCompletionsModel, agents.OpenAIResponsesModel):
                model = kind(model="gpt-4o", openai_client=client)
                agent = agents.Agent(name="a", instructions="Answer.", model=model)
                run = await agents.Runner.run(agent, QUESTION, run_config=agents.RunConfig(tracing_disabled=True))
                told.append(str(run.final_output))
            return told[0], told[1]

    assert asyncio.run(ask()) == (ANSWER, ANSWER)


def test_azure_ai_inference(azure: Emulator) -> None:
    inference = pytest.importorskip("azure.ai.inference")
    from azure.core.credentials import AzureKeyCredential
    from azure.core.exceptions import HttpResponseError

    key = AzureKeyCredential(azure.api_key)
    with inference.ChatCompletionsClient(f"{azure.endpoint}/models", key, model="gpt-4o") as client:
        assert client.complete(messages=[{"role": "user", "content": QUESTION}]).choices[0].message.content == ANSWER
        with client.complete(messages=[{"role": "user", "content": QUESTION}], stream=True) as chunks:
            assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == ANSWER
        assert client.get_model_info()["model_name"] == "gpt-4o"
        with pytest.raises(HttpResponseError):
            client.complete(messages=[{"role": "user", "content": "x"}], model="nope")
    with inference.EmbeddingsClient(f"{azure.endpoint}/models", key, model="text-embedding-3-small") as client:
        assert len(client.embed(input=["x"]).data) == 1


def test_the_model_inference_apis_own_requests(azure: Emulator) -> None:
    """What azure-ai-inference sends, by its source: for runs where it is not installed."""
    headers = {"api-key": azure.api_key, "authorization": f"Bearer {azure.api_key}", "extra-parameters": "pass-through"}
    with httpx.Client(base_url=f"{azure.endpoint}/models", headers=headers) as http:
        body = {"messages": [{"role": "user", "content": QUESTION}], "model": "gpt-4o", "stream": False, "own": 1}
        reply = http.post("/chat/completions", params={"api-version": "2024-05-01-preview"}, json=body)
        assert reply.json()["choices"][0]["message"]["content"] == ANSWER
