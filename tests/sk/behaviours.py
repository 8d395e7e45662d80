"""Things that a server may do, and what each service makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from semantic_kernel import Kernel
from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings

from azure_connector.emulator import Emulator, Reply
from tests.sk.saying import (
    FRAME,
    USAGE,
    call,
    call_delta,
    chunk,
    completion,
    history,
    stream,
    streamed_call,
    usage_chunk,
    whole,
)

OSLO = '{"city": "Oslo"}'
SOON = {"retry-after-ms": "1"}
DONE = completion(content="done")
DONE_STREAM = stream(chunk(role="assistant", content="done"), chunk("stop"))
FIRST = {"id": "", "created": 0, "model": "", "object": "", "choices": [], "prompt_filter_results": []}


@dataclass(frozen=True)
class Behaviour:
    """One behaviour.

    Attributes:
        name: what the server does.
        replies: what it answers, in order.
        better: how our service differs from SK's own; None where both do the same.
        streamed: whether the answer is asked for as a stream.
        tools: whether a plugin may be called.
    """

    name: str
    replies: tuple[Reply, ...]
    better: str | None = None
    streamed: bool = False
    tools: bool = False


def refused(status: int, code: str | None = None, **more: Any) -> Reply:
    error = {"message": "no", "type": None, "param": None, "code": code} | more
    return Reply(status, body={"error": error}, headers=SOON)


def filtered(results: Any, **inner: Any) -> Reply:
    error = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": results} | inner
    return refused(400, "content_filter", param="prompt", innererror=error)


def without_answer(choices: Any) -> Reply:
    return Reply(body={**FRAME, "object": "chat.completion", "choices": choices, "usage": USAGE})


def calls(*made: dict[str, Any], finish: str = "tool_calls", **message: Any) -> Reply:
    return completion(finish, tool_calls=list(made), **message)


def without_delta(finish: str | None) -> dict[str, Any]:
    late = chunk(finish, choice={"content_filter_results": {"hate": {"filtered": bool(finish), "severity": "high"}}})
    del late["choices"][0]["delta"]
    return late | {"id": "", "model": "", "created": 0}


HINT = "the message says what to do, and the cause is a typed error"
FOUND = "the function is found and called"
NEVER_CRASHES = "the content filter exception holds every verdict, instead of crashing"
KNOWN = "the unknown word becomes the known one, instead of a raw ValueError"
AS_SK = "the break is SK's exception, with what had arrived in its cause"
STOCK_KEYS = {"id", "created", "system_fingerprint", "usage", "logprobs"}
WRITTEN = "the next request is one that Azure takes, with what the model wrote under _raw_arguments"
WRITTEN_FROM_KEY = f"{WRITTEN}; a key that is passed on before that is known has its quotes"
NO_ANSWER = "SK's exception says that there was no answer, instead of a TypeError, an IndexError or None"

BEHAVIOURS = (
    Behaviour("text", (completion(content="Hello"),)),
    Behaviour("empty text", (completion(content=""),)),
    Behaviour("no usage", (completion(content="Hello", usage=None),)),
    Behaviour("length reached", (completion("length", content="Hel"),)),
    Behaviour("refusal", (completion(refusal="I cannot"),)),
    Behaviour("JSON text", (completion(content='{"city": "Oslo"}'),)),
    Behaviour("role null", (completion(content="Hello", role=None),), "the role is the assistant's, no ValueError"),
    Behaviour("unknown finish reason", (completion("end_turn", content="Hello"),), KNOWN),
    Behaviour("reasoning", (completion(content="Hi", reasoning_content="Hm."),), "a ReasoningContent comes first"),
    Behaviour("filtered answer", (completion("content_filter"),)),
    Behaviour("one call", (calls(call(OSLO)), DONE), tools=True),
    Behaviour("parallel calls", (calls(call(OSLO), call('{"city": "Rome"}', identity="call_2")), DONE), tools=True),
    Behaviour("calls with finish reason stop", (calls(call(OSLO), finish="stop"), DONE), tools=True),
    Behaviour("call of p.fn", (calls(call(OSLO, name="weather.get_weather")), DONE), FOUND, tools=True),
    Behaviour("call of p_fn", (calls(call(OSLO, name="weather_get_weather")), DONE), FOUND, tools=True),
    Behaviour("call of an unknown function", (calls(call("{}", name="no-such")), DONE), tools=True),
    Behaviour(
        "arguments in a fence", (calls(call(f"```json\n{OSLO}\n```")), DONE), "the arguments are read", tools=True
    ),
    Behaviour(
        "arguments with a trailing comma",
        (calls(call('{"city": "Oslo",}')), DONE),
        "the arguments are read",
        tools=True,
    ),
    Behaviour(
        "text beside a call",
        (calls(call(OSLO), content="Let me look."), DONE),
        "the text is in the next request",
        tools=True,
    ),
    Behaviour(
        "the same id twice",
        (calls(call(OSLO), call('{"city": "Rome"}')), DONE),
        "each call has an id of its own, so that Azure takes the next request",
        tools=True,
    ),
    Behaviour("arguments that are no JSON", (calls(call("Oslo, please")), DONE), WRITTEN, tools=True),
    Behaviour("arguments that are cut off", (calls(call('{"city": "Os'), finish="length"), DONE), WRITTEN, tools=True),
    Behaviour("arguments that are a list", (calls(call('["Oslo"]')), DONE), WRITTEN, tools=True),
    Behaviour(
        "custom tool call",
        (calls({"id": "c", "type": "custom", "custom": {"name": "shell", "input": "ls"}}),),
        "a FunctionCallContent, instead of a raw AttributeError",
    ),
    Behaviour("prompt filtered", (filtered({"hate": {"filtered": True, "severity": "high"}}),), HINT),
    Behaviour(
        "blocklists as a list", (filtered({"custom_blocklists": [{"id": "b", "filtered": True}]}),), NEVER_CRASHES
    ),
    Behaviour("unknown severity", (filtered({"hate": {"filtered": True, "severity": "extreme"}}),), NEVER_CRASHES),
    Behaviour("unknown filter code", (filtered({}, code="ANewPolicy"),), NEVER_CRASHES),
    Behaviour("no deployment", (refused(404, "DeploymentNotFound"),) * 9, HINT),
    Behaviour("wrong key", (refused(401, "401"),) * 3, HINT),
    Behaviour("too long", (refused(400, "context_length_exceeded", param="messages"),), HINT),
    Behaviour("no choices", (without_answer([]),) * 9, NO_ANSWER),
    Behaviour("no choices for tools", (without_answer([]),) * 9, NO_ANSWER, tools=True),
    Behaviour("choices null", (without_answer(None),) * 9, NO_ANSWER),
    Behaviour("an error with status 200", (Reply(body={"error": {"message": "no"}}),) * 9, NO_ANSWER),
    Behaviour("busy once", (refused(429, "429"), DONE)),
    Behaviour("broken once", (refused(500), DONE)),
    Behaviour(
        "streamed text",
        (stream(FIRST, chunk(role="assistant", content=""), chunk(content="Hi"), chunk("stop")),),
        streamed=True,
    ),
    Behaviour("streamed role null", (stream(chunk(role=None, content="Hi"), chunk("stop")),), streamed=True),
    Behaviour("streamed unknown finish reason", (stream(chunk(content="Hi"), chunk("eos")),), KNOWN, streamed=True),
    Behaviour("streamed call", (streamed_call(OSLO), DONE_STREAM), streamed=True, tools=True),
    Behaviour(
        "streamed arguments that are no JSON", (streamed_call("Oslo"), DONE_STREAM), WRITTEN, streamed=True, tools=True
    ),
    Behaviour(
        "streamed arguments that begin like an object",
        (streamed_call("{city: Oslo"), DONE_STREAM),
        WRITTEN_FROM_KEY,
        streamed=True,
        tools=True,
    ),
    Behaviour(
        "two streamed calls",
        (*[streamed_call(OSLO, identity=f"c{n}") for n in range(2)], DONE_STREAM),
        streamed=True,
        tools=True,
    ),
    Behaviour(
        "streamed {} fragment",
        (
            stream(
                chunk(role="assistant", tool_calls=[call_delta("", name="weather-get_weather", identity="c")]),
                *[chunk(tool_calls=[call_delta(piece)]) for piece in ('{"city": "Oslo", "x": ', "{}", "}")],
                chunk("tool_calls"),
            ),
            DONE_STREAM,
        ),
        "no fragment is lost: the arguments are read",
        streamed=True,
        tools=True,
    ),
    Behaviour(
        "streamed calls for ever",
        (*[streamed_call(OSLO, identity=f"c{number}") for number in range(5)], DONE_STREAM),
        "a last request without tools gives an answer",
        streamed=True,
        tools=True,
    ),
    Behaviour(
        "streamed reasoning",
        (stream(chunk(reasoning_content="Hm."), chunk(content="Hi"), chunk("stop")),),
        "a StreamingReasoningContent comes first",
        streamed=True,
    ),
    Behaviour(
        "late filter",
        (Reply(events=[chunk(content="Hi"), chunk("stop"), without_delta(None), usage_chunk()]),),
        streamed=True,
    ),
    Behaviour(
        "filter after the usage",
        (Reply(events=[chunk(content="Hi"), chunk("stop"), usage_chunk(), without_delta(None)]),),
        "the usage comes last, so that the messages' sum keeps it",
        streamed=True,
    ),
    Behaviour(
        "error in a stream",
        (stream(chunk(content="Hi"), {"error": {"message": "x"}}, usage=False),),
        AS_SK,
        streamed=True,
    ),
    Behaviour("stream cut off", (stream(chunk(content="Hi"), usage=False, done=False),), AS_SK, streamed=True),
)


async def outcome(service: Any, azure: Emulator, behaviour: Behaviour, kernel: Kernel, plugin: Any) -> dict[str, Any]:
    """What an application sees, and what the next request said."""
    azure.clear()
    plugin.asked.clear()
    azure.script(*behaviour.replies)
    settings = AzureChatPromptExecutionSettings()
    if behaviour.tools:
        settings.function_choice_behavior = FunctionChoiceBehavior.Auto()
    seen: dict[str, Any] = {}
    heard: list[Any] = []
    try:
        if behaviour.streamed:
            async for part in service.get_streaming_chat_message_content(history("Hi"), settings, kernel=kernel):
                heard.append(part)
            message: Any = whole(heard)
        else:
            message = await service.get_chat_message_content(history("Hi"), settings, kernel=kernel)
        seen |= {"text": str(message), "role": message.role.value, "finish": str(message.finish_reason)}
        seen["items"] = [(type(item).__name__, str(item)) for item in message.items]
        usage = message.metadata["usage"]
        seen["usage"] = usage and usage.completion_tokens
        parts = [part for part in heard or [message] if part.role == "assistant"]
        seen["keys"] = STOCK_KEYS.intersection(*(part.metadata for part in parts))
        # As Semantic Kernel's own samples count what a stream used.
        told = [part.metadata["usage"] for part in heard if part.metadata.get("usage")]
        seen["counted"] = sum(usage.completion_tokens for usage in told)
    except Exception as error:
        cause = error.__cause__
        seen |= {"error": type(error).__name__, "heard": "".join(map(str, heard))}
        seen |= {
            "hint": bool(getattr(cause, "hint", "")),
            "verdicts": repr(getattr(error, "content_filter_result", None)),
        }
    seen |= {"asked": sorted(plugin.asked), "requests": len(azure.requests)}
    seen["sent"] = azure.requests.last.body["messages"]
    return seen
