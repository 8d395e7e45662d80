"""What LiteLLM's own suite asks of every chat provider, of our prefix and of `azure/` alike.

Written anew: LiteLLM's test classes are no part of its package. Each behaviour runs once for each provider, sync and
async.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pydantic
import pytest

from azure_connector.emulator import Emulator
from tests.litellm.lite import VERSION, ask
from tests.support.frameworks import late

litellm = late("litellm")
litellm_adapter = late("litellm_adapter")

TEXT = {"type": "text", "text": "Say hello to Oslo"}
PARTS = [{"role": "user", "content": [TEXT]}]
ASKED = [{"role": "user", "content": "Say hello to Oslo"}]
PICTURE = "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()
PDF = "data:application/pdf;base64," + base64.b64encode(b"%PDF-1.4").decode()


class Place(pydantic.BaseModel):
    city: str
    country: str


class Trip(pydantic.BaseModel):
    name: str
    stops: list[Place]


def function(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "description": name, "parameters": parameters}}


WEATHER = function(
    "get_weather",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
        "required": ["city"],
    },
)
ODD_TOOLS = {
    "a union of types": {
        "type": "object",
        "properties": {"shoe": {"type": ["string", "number"]}},
        "required": ["shoe"],
        "additionalProperties": False,
        "$schema": "http://json-schema.org/draft-07/schema#",
    },
    "an empty value": {
        "type": "object",
        "properties": {"mode": {"default": "", "enum": ["", "new"], "type": "string"}},
    },
    "no arguments": {"type": "object", "properties": {}},
}


@pytest.fixture(scope="module")
def resource() -> Iterator[Emulator]:
    with Emulator(["gpt-4o", "gpt-5"]) as emulator:
        yield emulator


class ChatProvider:
    """The behaviours; a subclass names the provider."""

    provider = ""

    @pytest.fixture(params=["sync", "async"], autouse=True)
    def _provided(self, request: pytest.FixtureRequest, resource: Emulator) -> None:
        self.way = request.param
        self.azure = resource
        self.where = {"api_base": resource.endpoint, "api_key": resource.api_key, "api_version": "2024-10-21"}
        resource.clear()
        litellm_adapter.register(azure_endpoint=resource.endpoint, api_key=resource.api_key)

    def ask(self, messages: Any = ASKED, model: str = "gpt-4o", **call: Any) -> Any:
        way = f"{self.way} stream" if call.pop("stream", False) else self.way
        return ask(way, f"{self.provider}/{model}", messages, **self.where, **call)

    def says(self, messages: Any = ASKED, **call: Any) -> str:
        reply = self.ask(messages, **call)
        assert isinstance(reply, litellm.ModelResponse)
        return reply.choices[0].message.content

    def test_a_developer_s_words(self):
        assert "Oslo" in self.says([{"role": "developer", "content": "Be kind"}, *PARTS])

    def test_content_in_parts(self):
        assert "Oslo" in self.says(PARTS)

    def test_messages_that_are_litellm_s_objects(self):
        assert "Oslo" in self.says([litellm.Message(role="user", content="Say hello to Oslo")])

    def test_a_name_in_a_message(self):
        assert self.says([{"role": "user", "content": "Hello", "name": "ada"}])

    def test_other_languages(self):
        assert self.says([{"role": "user", "content": "你好世界, Grüße, Ærø 🌍"}])
        assert self.azure.requests.last.body["messages"][0]["content"].endswith("🌍")

    @pytest.mark.parametrize("kind", ["text", "json_object"])
    def test_response_formats(self, kind):
        said = self.says([{"role": "user", "content": "Answer in JSON"}], response_format={"type": kind})
        assert said
        if kind == "json_object":
            json.loads(said)

    @pytest.mark.parametrize("model", [Place, Trip])
    def test_a_pydantic_model_as_format(self, model):
        model.model_validate_json(self.says(response_format=model))
        sent = self.azure.requests.last.body["response_format"]
        assert sent["json_schema"]["strict"] is True

    def test_json_in_a_stream(self):
        chunks = self.ask([{"role": "user", "content": "JSON"}], response_format={"type": "json_object"}, stream=True)
        json.loads("".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices))

    @pytest.mark.parametrize("usage", [None, {"include_usage": True}])
    def test_a_stream(self, usage):
        chunks = self.ask(PARTS, stream=True, stream_options=usage)
        assert len({chunk.created for chunk in chunks}) == 1
        rebuilt = litellm.stream_chunk_builder(chunks, messages=PARTS)
        assert "Oslo" in rebuilt.choices[0].message.content
        assert rebuilt.choices[0].finish_reason == "stop"
        assert rebuilt.usage.total_tokens == rebuilt.usage.prompt_tokens + rebuilt.usage.completion_tokens
        assert rebuilt.usage.total_tokens > 0 or usage is None

    def test_a_tool_s_round(self):
        asked = [{"role": "user", "content": "How is the weather in Boston?"}]
        reply = self.ask(asked, tools=[WEATHER])
        assert reply.choices[0].finish_reason == "tool_calls"
        message = reply.choices[0].message
        call = message.tool_calls[0]
        assert json.loads(call.function.arguments)["city"] == "Boston"
        result = {"role": "tool", "tool_call_id": call.id, "name": call.function.name, "content": '{"temperature": 72}'}
        for history in (message, message.model_dump()):
            assert self.says([*asked, history, result], tools=[WEATHER])

    @pytest.mark.parametrize("kind", ODD_TOOLS)
    def test_odd_tools(self, kind):
        assert self.ask(tools=[function("look_up", ODD_TOOLS[kind])]).choices
        assert self.azure.requests.last.body["tools"][0]["function"]["name"] == "look_up"

    def test_a_call_without_arguments_in_the_history(self):
        calls = [{"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}]
        history = [
            *ASKED,
            {"role": "assistant", "content": "", "tool_calls": calls},
            {"role": "tool", "tool_call_id": "call_1", "content": "found"},
        ]
        assert self.says(history, tools=[function("look_up", ODD_TOOLS["no arguments"])])
        assert self.azure.requests.last.body["messages"][1]["tool_calls"][0]["function"]["arguments"] == "{}"

    @pytest.mark.parametrize("choice", ["auto", "none", "required"])
    def test_the_choice_of_a_tool(self, choice):
        reply = self.ask(tools=[WEATHER], tool_choice=choice)
        assert bool(reply.choices[0].message.tool_calls) is (choice == "required")

    def test_no_tools(self):
        assert self.says(tools=[])

    @pytest.mark.parametrize(
        "image", [{"url": PICTURE, "format": "image/png"}, {"url": PICTURE, "detail": "low"}, PICTURE]
    )
    def test_pictures(self, image):
        part = {"type": "image_url", "image_url": image}
        assert self.says([{"role": "user", "content": [TEXT, part]}])
        sent = self.azure.requests.last.body["messages"][0]["content"][1]["image_url"]
        assert sent["url"] == PICTURE
        assert "format" not in sent or (self.provider == "azure" and VERSION < (1, 105))

    def test_a_file(self):
        part = {"type": "file", "file": {"file_data": PDF, "filename": "a.pdf"}}
        assert self.says([{"role": "user", "content": [TEXT, part]}])
        assert self.azure.requests.last.body["messages"][0]["content"][1]["file"]["file_data"] == PDF

    def test_cached_prompts_cost_less(self):
        long = [{"role": "system", "content": "Here is the text of an agreement. " * 300}, *ASKED]
        first, second = (self.ask(long, max_tokens=10) for _ in range(2))
        assert second.usage.prompt_tokens_details.cached_tokens > 0
        assert second._hidden_params["response_cost"] <= first._hidden_params["response_cost"]

    def test_effort(self):
        reply = self.ask(model="gpt-5", reasoning_effort="low")
        assert self.azure.requests.last.body["reasoning_effort"] == "low"
        assert reply.usage.completion_tokens_details.reasoning_tokens > 0

    def test_the_price(self):
        reply = self.ask()
        entry = litellm.get_model_info(f"azure/{reply.model}")  # some of LiteLLM's lists price the served one otherwise
        price = reply.usage.prompt_tokens * entry["input_cost_per_token"]
        price += reply.usage.completion_tokens * entry["output_cost_per_token"]
        assert reply._hidden_params["response_cost"] == pytest.approx(price)
        assert litellm.completion_cost(reply, model=f"{self.provider}/gpt-4o") == pytest.approx(price)

    def test_what_it_says_of_itself(self):
        model = f"{self.provider}/gpt-4o"
        assert {"tools", "response_format", "stream"} <= set(
            litellm.get_supported_openai_params("gpt-4o", self.provider)
        )
        assert litellm.supports_function_calling(model)
        assert litellm.supports_vision(model)
        assert litellm.token_counter(model, text="Hello, how are you?") > 0

    def test_a_message_without_content(self):
        with pytest.raises(litellm.BadRequestError):
            self.ask([])


class TestOurPrefix(ChatProvider):
    provider = "azure_connector"


class TestAzure(ChatProvider):
    provider = "azure"

    def test_no_tools(self):
        """It sends the empty list, which the service refuses."""
        with pytest.raises(litellm.BadRequestError):
            self.says(tools=[])
