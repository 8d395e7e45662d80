"""OpenAI Agents SDK: both kinds of model on Azure deployments, with a tool and streaming."""

from __future__ import annotations

import asyncio

from agents import Agent, ModelSettings, RunConfig, Runner, function_tool
from agents.models.openai_chatcompletions import OpenAIChatCompletionsModel
from agents.models.openai_responses import OpenAIResponsesModel

from azure_connector import AsyncAzureConnector


@function_tool
def weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: 21 degrees and sunny"


guide = Agent("Guide", instructions="Answer briefly.", tools=[weather])
settings = ModelSettings(max_tokens=800, include_usage=True)


async def main() -> None:
    async with AsyncAzureConnector() as client:
        for kind in (OpenAIChatCompletionsModel, OpenAIResponsesModel):
            model = kind(model="gpt-5", openai_client=client)
            # The SDK's traces would go to OpenAI, not to Azure.
            config = RunConfig(model=model, model_settings=settings, tracing_disabled=True)
            run = Runner.run_streamed(guide, "How is the weather in Oslo?", run_config=config)
            async for event in run.stream_events():
                if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                    print(event.data.delta, end="", flush=True)
            print(f"  [{kind.__name__}, {run.context_wrapper.usage.total_tokens} tokens]")


if __name__ == "__main__":
    asyncio.run(main())
