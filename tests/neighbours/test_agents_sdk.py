"""The OpenAI Agents SDK and ChatKit on Azure deployments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import openai
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from azure_connector import AsyncAzureConnector
from azure_connector.emulator import Emulator, faults
from tests.support.frameworks import needed

frameworks = needed("agents")

Load = Callable[[str], ModuleType]
ANSWER = "Oslo: 21 degrees and sunny"


async def test_both_models_call_the_tool_and_stream(azure: Emulator, sample: Load, capsys: Any) -> None:
    await sample("neighbours/agents_sdk").main()
    shown = capsys.readouterr().out.splitlines()
    assert [ANSWER in line for line in shown] == [True, True]
    assert "OpenAIChatCompletionsModel" in shown[0]
    assert "OpenAIResponsesModel" in shown[1]
    assert not any(" 0 tokens" in line for line in shown)
    assert [seen.operation for seen in azure.requests] == ["/chat/completions"] * 2 + ["/responses"] * 2


async def _limited(client: openai.AsyncOpenAI, model: str) -> str:
    """A run with a limit of output tokens, which the SDK calls `max_tokens`, whatever the model."""
    from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, RunConfig, Runner

    chat = OpenAIChatCompletionsModel(model=model, openai_client=client)
    config = RunConfig(model=chat, model_settings=ModelSettings(max_tokens=800), tracing_disabled=True)
    return (await Runner.run(Agent("Guide"), "Say hello to Oslo", run_config=config)).final_output


async def test_stock_fails_on_a_limit_that_the_connector_renames(azure: Emulator) -> None:
    stock = openai.AsyncAzureOpenAI(azure_endpoint=azure.endpoint, api_key=azure.api_key, api_version="2024-10-21")
    async with stock:
        with pytest.raises(openai.BadRequestError, match="max_tokens"):
            await _limited(stock, "team")
    async with AsyncAzureConnector(deployment_mapping={"gpt-5": "team"}) as connector:
        assert await _limited(connector, "gpt-5") == "hello to Oslo"
    assert azure.requests.last.body["max_completion_tokens"] == 800


@contextmanager
def opened(app: Any, *clients: openai.AsyncOpenAI) -> Iterator[TestClient]:
    """The server as a page would reach it; at the end its clients are closed where they were used."""
    with TestClient(app) as page:
        yield page
        assert page.portal is not None
        for client in clients:
            page.portal.call(client.close)


class Chat:
    """A ChatKit page, as far as the server sees it."""

    def __init__(self, page: TestClient) -> None:
        self.page = page
        self.thread = ""

    def say(self, text: str) -> list[dict[str, Any]]:
        """Sends a message to the thread, which the first one creates; gives the server's events."""
        asked = {"content": [{"type": "input_text", "text": text}], "attachments": [], "inference_options": {}}
        params = {"input": asked, **({"thread_id": self.thread} if self.thread else {})}
        kind = "threads.add_user_message" if self.thread else "threads.create"
        events = self.stream(kind, params)
        self.thread = self.thread or events[0]["thread"]["id"]
        return events

    def stream(self, kind: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        """The events that answer a request; the page's parser goes by their content type."""
        reply = self.page.post("/chatkit", json={"type": kind, "params": params})
        assert reply.headers["content-type"].startswith("text/event-stream")
        return [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: ")]

    def ask(self, kind: str, **params: Any) -> Any:
        """The JSON that answers a request."""
        reply = self.page.post("/chatkit", json={"type": kind, "params": params})
        assert reply.headers["content-type"] == "application/json"
        return reply.json()

    def items(self) -> list[dict[str, Any]]:
        """What the store has of the thread."""
        return self.ask("threads.get_by_id", thread_id=self.thread)["items"]["data"]


def answers(events: list[dict[str, Any]]) -> list[str]:
    done = [event["item"] for event in events if event["type"] == "thread.item.done"]
    return [item["content"][0]["text"] for item in done if item["type"] == "assistant_message"]


def test_chatkit_shows_the_widget_streams_the_answer_and_keeps_the_thread(azure: Emulator, sample: Load) -> None:
    server = sample("neighbours/chatkit_server")
    with opened(server.app, server.client) as page:
        chat = Chat(page)
        events = chat.say("How is the weather in Oslo?")
        cards = [event["item"]["widget"] for event in events if event.get("item", {}).get("type") == "widget"]
        assert [part["value"] for part in cards[0]["children"]] == ["Oslo", "21 degrees and sunny"]
        assert ANSWER in answers(events)[0]
        deltas = [event for event in events if event["type"] == "thread.item.updated" and "delta" in event["update"]]
        assert len(deltas) > 5
        chat.say("My name is Ada")
        assert answers(chat.say("What is my name?")) == ["Your name is Ada."]
        assert {item["type"] for item in chat.items()} >= {"user_message", "widget", "assistant_message"}


def test_chatkit_reacts_to_a_click_in_a_widget(azure: Emulator, sample: Load) -> None:
    server = sample("neighbours/chatkit_server")
    with opened(server.app, server.client) as page:
        chat = Chat(page)
        chat.say("How is the weather in Oslo?")
        card = next(item for item in chat.items() if item["type"] == "widget")
        clicked = {"thread_id": chat.thread, "item_id": card["id"], "action": card["widget"]["confirm"]["action"]}
        events = chat.stream("threads.custom_action", clicked)
        (changed,) = [event["item"] for event in events if event["type"] == "thread.item.replaced"]
        assert changed["id"] == card["id"]
        assert [part["value"] for part in changed["widget"]["children"]] == ["Oslo", "22 degrees, still sunny"]
        assert [item["widget"] for item in chat.items() if item["type"] == "widget"] == [changed["widget"]]
    assert len(azure.requests) == 2, "a click asks no model"


def test_chatkit_hooks_come_after_the_answer(azure: Emulator, sample: Load) -> None:
    server = sample("neighbours/chatkit_server")
    with opened(server.app, server.client) as page:
        chat = Chat(page)
        kinds = [event["type"] for event in chat.say("How is the weather in Oslo?")]
        assert kinds.index("notice") > kinds.index("thread.item.done")
        assert "thread.updated" in kinds
        assert chat.ask("threads.get_by_id", thread_id=chat.thread)["title"] == "The weather in Oslo"
        assert chat.ask("threads.list")["data"][0]["title"] == "The weather in Oslo"
        assert "notice" not in [event["type"] for event in chat.say("Say well")], (
            "each request has a context of its own"
        )


def test_chatkit_answers_again_and_remembers_the_newest_items(
    azure: Emulator, sample: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = sample("neighbours/chatkit_server")
    monkeypatch.setattr(server.AgentServer, "remembered", 4)  # the end of a turn is an item, too
    with opened(server.app, server.client) as page:
        chat = Chat(page)
        for text in ("Say one", "Say two", "Say three"):
            chat.say(text)
        sent = [part["text"] for item in azure.requests.last.body["input"] for part in item["content"]]
        assert sent == ["Say two", "two", "Say three"]
        asked = next(item for item in chat.items() if item["type"] == "user_message")
        events = chat.stream("threads.retry_after_item", {"thread_id": chat.thread, "item_id": asked["id"]})
        assert answers(events) == ["one"]
        kept = [item["type"] for item in chat.items() if item["type"] != "workflow"]
        assert kept == ["user_message", "assistant_message"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"type": "threads.get_by_id", "params": {"thread_id": "none"}}, 404, "There is no none"),
        (
            {"type": "threads.retry_after_item", "params": {"thread_id": "none", "item_id": "x"}},
            404,
            "There is no none",
        ),
        ({"type": "nonsense"}, 400, "That is no ChatKit request"),
        ("no object", 400, "That is no ChatKit request"),
        ({"type": "attachments.delete", "params": {"attachment_id": "x"}}, 400, "AttachmentStore"),
    ],
)
def test_chatkit_refuses_in_json(azure: Emulator, sample: Load, body: Any, status: int, words: str) -> None:
    server = sample("neighbours/chatkit_server")
    with opened(server.app, server.client) as page:
        reply = page.post("/chatkit", json=body)
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/json")
    assert words in reply.json()["error"]["message"]


def test_chatkit_says_what_it_does_not_know(azure: Emulator, sample: Load) -> None:
    """The class alone, with an agent and nothing else."""
    from agents import Agent

    base, server = sample("neighbours/chatkit_base"), sample("neighbours/chatkit_server")

    class Plain(base.AgentServer):
        def get_agent(self) -> Agent[Any]:
            return server.Guide(self.store).get_agent()

    app = Starlette(routes=[Route("/chatkit", Plain(server.MemoryStore()).endpoint, methods=["POST"])])
    with opened(app, server.client) as page:
        chat = Chat(page)
        assert answers(chat.say("Say well")) == ["well"]
        clicked = {"thread_id": chat.thread, "action": {"type": "odd"}}
        told = [event for event in chat.stream("threads.custom_action", clicked) if event["type"] == "notice"]
        assert told[0]["message"] == "Nothing is to be done on 'odd' here."


def test_chatkit_runs_on_openai_itself_after_changing_one_line(
    azure: Emulator, sample: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = sample("neighbours/chatkit_server")
    line = "client = AsyncAzureConnector()  # on OpenAI itself: client = openai.AsyncOpenAI()"
    source = Path(str(server.__file__)).read_text(encoding="utf-8")
    assert source.count(line) == 1
    # OpenAI's place is taken by the emulator: the same form, as long as Azure's own rules are not touched.
    monkeypatch.setenv("OPENAI_BASE_URL", f"{azure.endpoint}/openai/v1/")
    monkeypatch.setenv("OPENAI_API_KEY", azure.api_key)
    changed: dict[str, Any] = {"__name__": "changed", "__file__": server.__file__, "openai": openai}
    exec(compile(source.replace(line, line.rpartition(": ")[2]), server.__file__, "exec"), changed)
    assert type(changed["client"]) is openai.AsyncOpenAI
    with opened(changed["app"], changed["client"]) as page:
        assert answers(Chat(page).say("Say hello to Oslo")) == ["hello to Oslo"]
    assert azure.requests.last.headers["authorization"].startswith("Bearer ")


def test_chatkit_stock_fails_after_a_tool_call_on_what_the_connector_leaves_out(
    azure: Emulator, sample: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = sample("neighbours/chatkit_server")
    connector = server.client
    stock = openai.AsyncOpenAI(base_url=f"{azure.endpoint}/openai/v1/", api_key=azure.api_key)
    with opened(server.app, stock, connector) as page:
        monkeypatch.setattr(server, "client", stock)
        events = Chat(page).say("How is the weather in Oslo?")
        assert [event["code"] for event in events if event["type"] == "error"] == ["stream.error"]
        refused = azure.requests.last
        assert (refused.status, any("status" in item for item in refused.body["input"])) == (400, True)
        monkeypatch.setattr(server, "client", connector)
        assert ANSWER in answers(Chat(page).say("How is the weather in Oslo?"))[0]
    assert not any("status" in item for item in azure.requests.last.body["input"])


async def test_a_used_up_quota_does_not_end_the_run(azure: Emulator) -> None:
    azure.script(faults.too_many_requests(3600), deployment="gpt-5", times=None)
    async with AsyncAzureConnector(deployment_mapping={"gpt-5": ["gpt-5", "team"]}) as connector:
        assert await _limited(connector, "gpt-5") == "hello to Oslo"
    assert azure.requests.last.deployment == "team"
