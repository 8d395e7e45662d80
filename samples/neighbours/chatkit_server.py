"""A ChatKit server on the Agents SDK: `uvicorn chatkit_server:app` in this folder, then POST to /chatkit."""

from agents import Agent, OpenAIResponsesModel, RunContextWrapper, function_tool
from chatkit.agents import AgentContext
from chatkit.types import NoticeEvent, ThreadItemReplacedEvent
from chatkit.widgets import WidgetTemplate
from chatkit_base import AgentServer
from chatkit_store import MemoryStore
from fastapi import FastAPI

from azure_connector import AsyncAzureConnector

client = AsyncAzureConnector()  # on OpenAI itself: client = openai.AsyncOpenAI()
card, app = WidgetTemplate.from_file("weather.widget"), FastAPI()


@function_tool
async def weather(ctx: RunContextWrapper[AgentContext], city: str) -> str:
    """Tells the weather in a city, and shows it as a card."""
    await ctx.context.stream_widget(card.build({"city": city, "weather": "21 degrees and sunny"}))
    ctx.context.request_context["city"] = city
    return f"{city}: 21 degrees and sunny"


class Guide(AgentServer):
    def get_agent(self):
        return Agent("Guide", model=OpenAIResponsesModel("gpt-5", client), tools=[weather])

    async def action(self, thread, action, sender, context):  # the card's button
        anew = card.build({"city": action.payload["city"], "weather": "22 degrees, still sunny"})
        yield ThreadItemReplacedEvent(item=sender.model_copy(update={"widget": anew}))

    async def post_respond_hook(self, thread, agent_context):
        if city := agent_context.request_context.get("city"):
            thread.title = f"The weather in {city}"  # ChatKit saves it, and tells the page
            yield NoticeEvent(level="info", message="The weather of this sample is made up.")


app.post("/chatkit")(Guide(MemoryStore()).endpoint)
