"""The three doors, each as functions that make one call and tell how it ended."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from azure_connector import AsyncAzureConnector, Attempt, AzureConnector, azure_info

if TYPE_CHECKING:
    from semantic_kernel.contents import ChatHistory

__all__ = ["Doors", "Outcome", "Way", "ways"]

CHAT, REASONER, EMBEDDER = "gpt-4o", "gpt-5", "text-embedding-3-small"


@dataclass(frozen=True)
class Way:
    """One way to call.

    Attributes:
        door: `client`, `semantic kernel` or `litellm`.
        mode: `sync` or `async`.
        shape: what is called.
        stream: whether the caller reads a stream.
        repeatable: whether the call may be sent twice.
        run: makes the call: takes the prompt and the outcome to fill.
    """

    door: str
    mode: str
    shape: str
    run: Callable[[str, Outcome], Any]
    stream: bool = False
    repeatable: bool = True

    @property
    def name(self) -> str:
        return f"{self.door}, {self.mode}, {self.shape}"


@dataclass
class Outcome:
    """How a call ended.

    Attributes:
        identity: the call's id.
        expected: the words that the answer must be.
        delivered: the pieces that the caller got, in order.
        error: what it raised.
        attempts: the attempts that it reports, where this door tells them.
        seconds: how long it took.
    """

    identity: str
    expected: str
    way: Way
    delivered: list[str] = field(default_factory=list)
    error: BaseException | None = None
    attempts: tuple[Attempt, ...] | None = None
    seconds: float = 0.0


class Doors:
    """The clients of all doors over the same settings.

    Args:
        options: the connector's settings.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        import litellm

        import litellm_adapter
        from sk_azure_plugin import AzureConnectorChatCompletion

        self.sync = AzureConnector(**options)
        self.later = AsyncAzureConnector(**options)
        self.service = AzureConnectorChatCompletion(model=CHAT, connector=self.later)
        litellm.suppress_debug_info = True
        litellm_adapter.register("chaos", **options)

    async def close(self) -> None:
        import litellm_adapter

        self.sync.close()
        await self.later.close()
        litellm_adapter.unregister("chaos")

    # The client

    def chat(self, prompt: str, outcome: Outcome) -> None:
        reply = self.sync.chat.completions.create(model=CHAT, messages=messages(prompt))
        outcome.delivered.append(reply.choices[0].message.content)
        outcome.attempts = azure_info(reply).attempts

    def chat_raw(self, prompt: str, outcome: Outcome) -> None:
        raw = self.sync.chat.completions.with_raw_response.create(model=CHAT, messages=messages(prompt))
        outcome.delivered.append(raw.parse().choices[0].message.content)

    def chat_stream(self, prompt: str, outcome: Outcome) -> None:
        with self.sync.chat.completions.create(model=CHAT, messages=messages(prompt), stream=True) as stream:
            outcome.attempts = azure_info(stream).attempts
            for chunk in stream:
                outcome.delivered += pieces(chunk)

    def embeddings(self, prompt: str, outcome: Outcome) -> None:
        reply = self.sync.embeddings.create(model=EMBEDDER, input=prompt)
        assert len(reply.data[0].embedding) == 1536
        outcome.delivered.append(outcome.expected)
        outcome.attempts = azure_info(reply).attempts

    def stored(self, prompt: str, outcome: Outcome) -> None:
        reply = self.sync.responses.create(model=REASONER, input=prompt)
        outcome.delivered.append(reply.output_text)
        outcome.attempts = azure_info(reply).attempts

    async def achat(self, prompt: str, outcome: Outcome) -> None:
        reply = await self.later.chat.completions.create(model=CHAT, messages=messages(prompt))
        outcome.delivered.append(reply.choices[0].message.content)
        outcome.attempts = azure_info(reply).attempts

    async def achat_stream(self, prompt: str, outcome: Outcome) -> None:
        async with await self.later.chat.completions.create(
            model=CHAT, messages=messages(prompt), stream=True
        ) as stream:
            outcome.attempts = azure_info(stream).attempts
            async for chunk in stream:
                outcome.delivered += pieces(chunk)

    async def aresponse(self, prompt: str, outcome: Outcome) -> None:
        reply = await self.later.responses.create(model=REASONER, input=prompt, store=False)
        outcome.delivered.append(reply.output_text)
        outcome.attempts = azure_info(reply).attempts

    async def aresponse_stream(self, prompt: str, outcome: Outcome) -> None:
        async with await self.later.responses.create(model=REASONER, input=prompt, store=False, stream=True) as stream:
            outcome.attempts = azure_info(stream).attempts
            async for event in stream:
                if event.type == "response.output_text.delta":
                    outcome.delivered.append(event.delta)

    async def astored(self, prompt: str, outcome: Outcome) -> None:
        reply = await self.later.responses.create(model=REASONER, input=prompt)
        outcome.delivered.append(reply.output_text)
        outcome.attempts = azure_info(reply).attempts

    # Semantic Kernel

    async def kernel(self, prompt: str, outcome: Outcome) -> None:
        from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings

        found = await self.service.get_chat_message_content(history(prompt), AzureChatPromptExecutionSettings())
        outcome.delivered.append(str(found))

    async def kernel_stream(self, prompt: str, outcome: Outcome) -> None:
        from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings

        settings = AzureChatPromptExecutionSettings()
        async for message in self.service.get_streaming_chat_message_content(history(prompt), settings):
            outcome.delivered.append(str(message or ""))

    # LiteLLM

    def lite(self, prompt: str, outcome: Outcome) -> None:
        import litellm

        reply: Any = litellm.completion(model=f"chaos/{CHAT}", messages=messages(prompt))
        outcome.delivered.append(reply.choices[0].message.content)

    def lite_stream(self, prompt: str, outcome: Outcome) -> None:
        import litellm

        stream: Any = litellm.completion(model=f"chaos/{CHAT}", messages=messages(prompt), stream=True)
        for chunk in stream:
            outcome.delivered += pieces(chunk)

    async def alite(self, prompt: str, outcome: Outcome) -> None:
        import litellm

        reply: Any = await litellm.acompletion(model=f"chaos/{CHAT}", messages=messages(prompt))
        outcome.delivered.append(reply.choices[0].message.content)

    async def alite_stream(self, prompt: str, outcome: Outcome) -> None:
        import litellm

        stream: Any = await litellm.acompletion(model=f"chaos/{CHAT}", messages=messages(prompt), stream=True)
        async for chunk in stream:
            outcome.delivered += pieces(chunk)


def ways(doors: Doors) -> list[Way]:
    """Every way to call."""
    d = doors
    return [
        Way("client", "sync", "chat", d.chat),
        Way("client", "sync", "chat, raw", d.chat_raw),
        Way("client", "sync", "chat, stream", d.chat_stream, stream=True),
        Way("client", "sync", "embeddings", d.embeddings),
        Way("client", "sync", "stored response", d.stored, repeatable=False),
        Way("client", "async", "chat", d.achat),
        Way("client", "async", "chat, stream", d.achat_stream, stream=True),
        Way("client", "async", "response", d.aresponse),
        Way("client", "async", "response, stream", d.aresponse_stream, stream=True),
        Way("client", "async", "stored response", d.astored, repeatable=False),
        Way("semantic kernel", "async", "chat", d.kernel),
        Way("semantic kernel", "async", "chat, stream", d.kernel_stream, stream=True),
        Way("litellm", "sync", "chat", d.lite),
        Way("litellm", "sync", "chat, stream", d.lite_stream, stream=True),
        Way("litellm", "async", "chat", d.alite),
        Way("litellm", "async", "chat, stream", d.alite_stream, stream=True),
    ]


def messages(prompt: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": prompt}]


def history(prompt: str) -> ChatHistory:
    from semantic_kernel.contents import ChatHistory

    made = ChatHistory()
    made.add_user_message(prompt)
    return made


def pieces(chunk: Any) -> list[str]:
    return [choice.delta.content for choice in chunk.choices if choice.delta.content]


def draw(doors: Doors, number: int, seed: int) -> list[Way]:
    """The ways of a run's calls: each as often as any other, in an order that the seed decides."""
    found = ways(doors)
    order = [found[index % len(found)] for index in range(number)]
    random.Random(seed).shuffle(order)
    return order
