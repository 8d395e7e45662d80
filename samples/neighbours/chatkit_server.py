"""A ChatKit server on the Agents SDK: `uvicorn chatkit_server:app` in this folder, then POST to /chatkit."""

from __future__ import annotations

from agents import Agent, OpenAIResponsesModel, RunConfig, RunContextWrapper, Runner, function_tool
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.widgets import WidgetTemplate
from chatkit_store import MemoryStore
from fastapi import FastAPI, Request, Response, responses

from azure_connector import AsyncAzureConnector

client = AsyncAzureConnector()  # on OpenAI itself: client = openai.AsyncOpenAI()
card, store, app = WidgetTemplate.from_file("weather.widget"), MemoryStore(), FastAPI()


@function_tool
async def weather(ctx: RunContextWrapper[AgentContext], city: str) -> str:
    """Tells the weather in a city, and shows it as a card."""
    await ctx.context.stream_widget(card.build({"city": city, "weather": "21 degrees and sunny"}))
    return f"{city}: 21 degrees and sunny"


class Server(ChatKitServer):
    async def respond(self, thread, input_user_message, context):
        items = await self.store.load_thread_items(thread.id, None, 50, "asc", context)
        agent = Agent("Guide", model=OpenAIResponsesModel("gpt-5", client), tools=[weather])
        talk = AgentContext(thread=thread, store=self.store, request_context=context)
        asked, quiet = await simple_to_agent_input(items.data), RunConfig(tracing_disabled=True)
        async for event in stream_agent_response(
            talk, Runner.run_streamed(agent, asked, context=talk, run_config=quiet)
        ):
            yield event


@app.post("/chatkit")
async def chatkit(request: Request) -> Response:
    result = await Server(store).process(await request.body(), {})
    return responses.StreamingResponse(result) if isinstance(result, StreamingResult) else Response(result.json)
