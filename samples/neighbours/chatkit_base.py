"""A ChatKit server for an agent of the Agents SDK, to copy whole: derive from it and give it an agent.

What is Azure's stands only in the agent's model (see `chatkit_server.py`), so this class serves OpenAI just as well.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from agents import Agent, RunConfig, Runner
from chatkit.actions import Action
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer, StreamingResult, stream_widget
from chatkit.store import NotFoundError
from chatkit.types import NoticeEvent, ThreadMetadata, ThreadStreamEvent, UserMessageItem, WidgetItem
from chatkit.widgets import WidgetRoot
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

Events = AsyncIterator[ThreadStreamEvent]


class AgentServer(ChatKitServer[dict[str, Any]]):
    """Runs `get_agent()` on each message of a thread, and shows what it says and does.

    Attributes:
        remembered: how many of the thread's last items the agent is given.
        run_config: how runs are made; tracing would upload to OpenAI, with an OpenAI key.
    """

    remembered = 50
    run_config = RunConfig(tracing_disabled=True)

    @abstractmethod
    def get_agent(self) -> Agent[AgentContext[dict[str, Any]]]:
        """The agent that answers: its instructions, its tools, and a model that has its client."""

    async def action(
        self, thread: ThreadMetadata, action: Action[str, Any], sender: WidgetItem | None, context: dict[str, Any]
    ) -> Events:
        """What a click in a widget does (`threads.custom_action`); yields events, such as the changed widget.

        Args:
            action: its `type` and `payload`, as the widget's template has them.
            sender: the widget.
            context: the request's, as for tools.
        """
        yield NoticeEvent(level="warning", message=f"Nothing is to be done on {action.type!r} here.")

    async def post_respond_hook(
        self, thread: ThreadMetadata, agent_context: AgentContext[dict[str, Any]]
    ) -> AsyncIterator[ThreadStreamEvent]:
        """What comes after each answer: further events, or a change of the thread, which ChatKit saves and tells.

        Args:
            agent_context: the one that tools had; what they left in its `request_context` is there.
        """
        for event in ():
            yield event

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: dict[str, Any]
    ) -> Events:
        """Answers the thread as it now stands. A retry and a client's tool come here, too, without a new message."""
        latest = await self.store.load_thread_items(thread.id, None, self.remembered, "desc", context)
        talk = AgentContext(thread=thread, store=self.store, request_context=context)
        asked = await simple_to_agent_input(latest.data[::-1])
        run = Runner.run_streamed(self.get_agent(), asked, context=talk, run_config=self.run_config)
        async for event in stream_agent_response(talk, run):
            yield event
        async for event in self.post_respond_hook(thread, talk):
            yield event

    async def stream_widget_to_client(self, thread: ThreadMetadata, widget: WidgetRoot) -> Events:
        """The events of a widget, for `action` and `post_respond_hook`; a tool has `ctx.context.stream_widget`."""
        async for event in stream_widget(thread, widget):
            yield event

    async def endpoint(self, request: Request) -> Response:
        """ChatKit's one endpoint: `app.post("/chatkit")(server.endpoint)`."""
        return await self.answer(await request.body(), self.context_of(request))

    def context_of(self, request: Request) -> dict[str, Any]:
        """What the store, tools and actions are told of a request, such as who asks. Each request has its own."""
        return {}

    async def answer(self, body: bytes, context: dict[str, Any]) -> Response:
        """Answers one request: with events as they come, or with JSON.

        Args:
            body: the request's, as ChatKit's page sends it.
        """
        try:
            result = await self.process(body, context)
            if not isinstance(result, StreamingResult):
                return Response(result.json, media_type="application/json")
            # What is wrong before the first event still has a status; afterwards ChatKit tells it as an event.
            events = aiter(result)
            first = await anext(events, b"")
        except ValidationError as error:
            return _refused(400, f"That is no ChatKit request: {error.errors(include_input=False)[0]['msg']}")
        except NotFoundError as error:
            return _refused(404, f"There is no {error}")
        except (NotImplementedError, RuntimeError, ValueError) as error:
            return _refused(400, str(error))
        return StreamingResponse(_all(first, events), media_type="text/event-stream", headers=UNBUFFERED)


# Proxies that collect a reply before they pass it on would show the answer only when it is whole.
UNBUFFERED = {"cache-control": "no-cache", "x-accel-buffering": "no"}


async def _all(first: bytes, events: Any) -> AsyncIterator[bytes]:
    async with aclosing(events):
        yield first
        async for event in events:
            yield event


def _refused(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": {"message": message}}, status_code=status)
