"""Replies in the shapes that Azure, gateways before it and servers that imitate it send, and what each of them is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from azure_connector import errors
from tests.replies.service import Answer, events, sse
from tests.responses import wire
from tests.support.bodies import chunk

__all__ = ["GOOD", "ROWS", "Row", "chunk", "completion", "good", "response_events"]

GOOD = "the second one's answer"
ALL = ("chat", "chat stream", "responses", "responses stream", "bridge", "bridge stream")
WHOLE, STREAM = ALL[::2], ALL[1::2]
CHAT, CHAT_STREAM, RESPONSES, RESPONSES_STREAM = ("chat",), ("chat stream",), ("responses", "bridge"), ALL[3::2]
NATIVE_STREAM = ("responses stream",)
BRIDGE_STREAM = ("bridge stream",)

LIMIT = "Your requests to the deployment have exceeded rate limit."
SLOW = {"retry-after": "17"}
FILTERED = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"hate": {"filtered": True}}}


@dataclass(frozen=True)
class Row:
    """One shape.

    Attributes:
        name: what it is.
        answer: what the service sends.
        doors: by which doors it is asked for.
        outcome: the class of the error, or the text of the answer.
        words: what the error's text holds.
        elsewhere: the next deployment is asked.
        text: what was delivered before the error.
        attributes: what the error has, by name.
    """

    name: str
    answer: Answer
    doors: tuple[str, ...]
    outcome: type[Exception] | str
    words: tuple[str, ...] = ()
    elsewhere: bool = False
    text: str = ""
    attributes: Mapping[str, Any] | None = None


def plain(body: object, *, status: int = 200, kind: str = "application/json", **headers: str) -> Answer:
    """A body that is sent in one piece: bytes as they are, anything else as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer((data,), status, {"content-type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}})


def completion(text: Any = "Hello", **choice: Any) -> dict[str, Any]:
    """A whole chat completion."""
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "gpt-4o-2024-11-20",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None, **choice}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
    }


def say(*texts: str) -> list[dict[str, Any]]:
    return [chunk({"role": "assistant", "content": ""}), *(chunk({"content": text}) for text in texts)]


def response_events(text: str = "Hello") -> list[dict[str, Any]]:
    """The events of a whole streamed response."""
    return wire.events(wire.reply(wire.message(text)))


def begun(text: str = "Hello") -> list[dict[str, Any]]:
    """The events of a response up to the end of its text."""
    found = response_events(text)
    last = max(n for n, event in enumerate(found) if event["type"] == "response.output_text.delta")
    return found[: last + 1]


def failed(error: object, number: int = 2) -> dict[str, Any]:
    reply = wire.reply(status="failed", error=error)
    return {"type": "response.failed", "response": reply, "sequence_number": number}


def opening() -> list[dict[str, Any]]:
    return response_events()[:2]


def good(door: str) -> Answer:
    """What a healthy deployment answers at a door."""
    if "stream" not in door:
        return plain(completion(GOOD) if door.startswith("chat") else wire.reply(wire.message(GOOD)))
    if door.startswith("chat"):
        return events(*say(GOOD), chunk({}, "stop"), "[DONE]")
    return events(*response_events(GOOD))


def _rows() -> Iterator[Row]:
    yield from _no_answers()
    yield from _errors_with_status_200()
    yield from _odd_answers()
    yield from _streams_without_an_answer()
    yield from _errors_before_a_stream()
    yield from _errors_within_a_stream()
    yield from _odd_streams()
    yield from _responses()
    yield from _response_streams()
    yield from _statuses()


def _no_answers() -> Iterator[Row]:
    unread = errors.UnreadableReplyError
    page = b"<!doctype html><html><head><title>Sign in to Contoso</title></head><body>Please sign in.</body></html>"

    def row(name: str, answer: Answer, *words: str, doors: tuple[str, ...] = ALL) -> Row:
        return Row(name, answer, doors, unread, ("answered 200", *words), elsewhere=True)

    yield row("a web page", plain(page, kind="text/html"), "Sign in to Contoso")
    yield row("a web page that is called JSON", plain(page), "Sign in to Contoso")
    yield row("a web page that is called a stream", plain(page, kind="text/event-stream"))
    yield row("a sentence", plain(b"upstream connect error", kind="text/plain"), "upstream connect error")
    yield row("no body", Answer())
    yield row("no body, called a stream", Answer(headers={"content-type": "text/event-stream"}))
    yield row("no body, without a type", Answer(headers={"content-type": ""}))
    yield Row("204", Answer(status=204), ALL, unread, elsewhere=True)
    yield row("null", plain(b"null"))
    yield row("a list", plain([]))
    yield row("a list of objects", plain([{"choices": []}]))
    yield row("an empty object", plain({}))
    yield row("a JSON text", plain("all is well"), "all is well")
    yield row("a number", plain(b"42"))
    yield row("true", plain(b"true"))
    yield row("JSON of another kind", plain({"status": "ok"}), '"status"')
    yield row("a gateway's message without a code", plain({"message": "no Route matched"}), "no Route matched")
    yield row("a listing", plain({"object": "list", "data": []}))
    yield row("an embedding", plain({"object": "list", "data": [{"embedding": [0.1], "index": 0}]}))
    yield row("half of a JSON text", plain(b'{"id": "x", "choices": [{"index": 0, "mess'))
    yield row("XML", plain(b'<?xml version="1.0"?><fault>Timeout</fault>', kind="application/xml"))
    yield row("bytes that are no text", plain(bytes(range(128, 256))))
    yield row("JSON nested 10,000 deep", plain(b"[" * 10_000 + b"]" * 10_000))
    yield row("choices nested 10,000 deep", plain(b'{"choices": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"))
    chat = ("chat", "chat stream")
    for name, choices in (
        ("choices: null", None),
        ("choices: []", []),
        ("choices: a text", "abc"),
        ("choices: an object", {"0": {}}),
        ("choices: [null]", [None]),
        ("choices: [a text]", ["abc"]),
        ("choices: [[]]", [[]]),
        ("choices: [{}]", [{}]),
        ("message: null", [{"index": 0, "message": None, "finish_reason": "stop"}]),
        ("message: a text", [{"index": 0, "message": "Hello", "finish_reason": "stop"}]),
        ("message: a list", [{"index": 0, "message": ["Hello"], "finish_reason": "stop"}]),
    ):
        yield row(name, plain({**completion(), "choices": choices}), doors=chat)
    for name, output in (("null", None), ("a text", "Hello"), ("an object", {})):
        yield row(f"output: {name}", plain({**wire.reply(), "output": output}), doors=RESPONSES)


def _errors_with_status_200() -> Iterator[Row]:
    def row(
        name: str, body: object, cls: type[Exception], *words: str, elsewhere: bool = False, **attributes: Any
    ) -> Row:
        return Row(name, plain(body, retry_after="17"), ALL, cls, words, elsewhere, attributes=attributes)

    limited, quota = errors.QuotaExceededError, {"elsewhere": True, "retry_after": 17.0}
    yield row("error 429", {"error": {"code": "429", "message": LIMIT}}, limited, LIMIT, code="429", **quota)
    yield row(
        "error, by its word", {"error": {"code": "rate_limit_exceeded", "message": LIMIT}}, limited, LIMIT, **quota
    )
    yield row("error, by its type", {"error": {"type": "too_many_requests", "message": LIMIT}}, limited, LIMIT, **quota)
    yield row(
        "error, code in a number", {"error": {"code": 429, "message": LIMIT}}, limited, LIMIT, code="429", **quota
    )
    yield row("API Management's 429", {"statusCode": 429, "message": "Try again in 5 seconds."}, limited, **quota)
    yield row("flat, no capacity", {"code": "NoCapacity", "message": "None."}, errors.CapacityError, "None.", **quota)
    yield row(
        "API Management's 401",
        {"statusCode": 401, "message": "Access denied due to missing subscription key."},
        errors.AccessTokenError,
        "missing subscription key",
        elsewhere=True,
    )
    down = errors.ServiceUnavailableError
    yield row("API Management's 500", {"statusCode": 500, "message": "Internal"}, down, "Internal", elsewhere=True)
    yield row("an error in a text", {"error": "model is loading"}, down, "model is loading", elsewhere=True)
    yield row("an error without a code", {"error": {"message": "Oops", "code": None}}, down, "Oops", elsewhere=True)
    overloaded = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    yield row("another maker's error", overloaded, down, "Overloaded", elsewhere=True)
    inner = json.dumps({"error": {"code": "429", "message": LIMIT}})
    yield row("JSON in its message", {"error": {"code": "Error", "message": inner}}, limited, LIMIT, **quota)
    gone = {"error": {"code": "DeploymentNotFound", "message": "The API deployment does not exist."}}
    yield row("no such deployment", gone, errors.DeploymentNotFoundError, "does not exist", elsewhere=True)
    filtered = {"error": {"code": "content_filter", "message": "It was filtered.", "innererror": FILTERED}}
    yield row("a filtered prompt", filtered, errors.ContentFilteredError, "It was filtered.", code="content_filter")
    long = {"error": {"code": "context_length_exceeded", "message": "Too long.", "param": "messages"}}
    yield row("too long", long, errors.ContextWindowExceededError, "Too long.", param="messages")
    served = {"object": "error", "message": "Bad body", "type": "BadRequestError", "param": None, "code": 400}
    yield row("vLLM's error", served, errors.RequestRefusedError, "Bad body")


def _odd_answers() -> Iterator[Row]:
    chat = ("chat", "chat stream")
    yield Row("a plain completion", plain(completion()), chat, "Hello")
    yield Row("a completion, called a stream", plain(completion(), kind="text/event-stream"), chat, "Hello")
    yield Row("a completion, without a type", plain(completion(), kind=""), chat, "Hello")
    yield Row("a completion, called a text", plain(completion(), kind="text/plain; charset=utf-8"), chat, "Hello")
    yield Row("a completion as the one event", events(completion(), "[DONE]"), CHAT_STREAM, "Hello")
    yield Row("a completion over many lines", plain(json.dumps(completion(), indent=2).encode()), chat, "Hello")
    yield Row("a completion behind a mark", plain(b"\xef\xbb\xbf" + json.dumps(completion()).encode()), chat, "Hello")
    numbers = json.dumps(completion()).replace('"logprobs": null', '"logprobs": {"content": [{"logprob": NaN}]}')
    yield Row("NaN among its numbers", plain(numbers.encode()), chat, "Hello")
    numbers = json.dumps(completion()).replace('"total_tokens": 4', '"total_tokens": Infinity')
    yield Row("infinity among its numbers", plain(numbers.encode()), chat, "Hello")
    yield Row("half of a pair", plain(completion("a\ud83d")), chat, "a\ud83d")
    yield Row("role: null", plain(completion(message={"role": None, "content": "Hello"})), chat, "Hello")
    yield Row("error: null beside it", plain({**completion(), "error": None}), chat, "Hello")
    yield Row("without id, model, usage", plain({"choices": completion()["choices"]}), chat, "Hello")


def _streams_without_an_answer() -> Iterator[Row]:
    unread = errors.UnreadableReplyError

    def row(name: str, answer: Answer, doors: tuple[str, ...] = STREAM) -> Row:
        return Row(name, answer, doors, unread, ("answered 200",), elsewhere=True)

    yield row("only [DONE]", events("[DONE]"))
    yield row("only a bare [DONE]", events(b"[DONE]\n\n"))
    yield row("only comments", events(b": keep-alive\n\n", b": keep-alive\n\n"))
    yield row("only empty data", events("", ""))


def _errors_before_a_stream() -> Iterator[Row]:
    def row(name: str, *data: object, cls: type[Exception] = errors.QuotaExceededError, **row: Any) -> Row:
        attributes = {"retry_after": 17.0} if issubclass(cls, errors.QuotaExceededError) else None
        doors = row.pop("doors", STREAM)
        words = row.pop("words", (LIMIT,))
        return Row(name, events(*data, headers=SLOW), doors, cls, words, attributes=attributes, **row)

    away = {"elsewhere": True}
    yield row("an error first", {"error": {"code": "429", "message": LIMIT}}, **away)
    yield row("an error and [DONE]", {"error": {"code": "rate_limit_exceeded", "message": LIMIT}}, "[DONE]", **away)
    yield row("API Management's first", {"statusCode": 429, "message": LIMIT}, **away)
    yield row("flat first", {"code": "too_many_requests", "message": LIMIT}, **away)
    yield row("flat with its type", {"type": "error", "code": "rate_limit_exceeded", "message": LIMIT}, **away)
    nested = {"type": "error", "error": {"type": "too_many_requests", "code": "rate_limit_exceeded", "message": LIMIT}}
    yield row("nested with its type", nested, **away)
    yield row("named error", *sse({"code": "429", "message": LIMIT}, event="error"), **away)
    down = {"cls": errors.ServiceUnavailableError, **away}
    yield row("named error with a text", *sse("upstream reset", event="error"), words=("upstream reset",), **down)
    yield row("named error, data first", b"data: upstream reset\nevent: error\n\n", words=("upstream reset",), **down)
    yield row("a text as the error", {"error": "model is loading"}, words=("model is loading",), **down)
    filtered = {"error": {"code": "content_filter", "message": "It was filtered.", "innererror": FILTERED}}
    yield row("filtered first", filtered, cls=errors.ContentFilteredError, words=("It was filtered.",))
    yield row(
        "after a role",
        chunk({"role": "assistant", "content": ""}),
        {"error": {"code": "429", "message": LIMIT}},
        doors=CHAT_STREAM,
        **away,
    )


def _errors_within_a_stream() -> Iterator[Row]:
    def rows(name: str, *data: object, words: tuple[str, ...] = (LIMIT,)) -> Iterator[Row]:
        broken = errors.StreamInterruptedError
        yield Row(name, events(*say("Hel", "lo"), *data), CHAT_STREAM, broken, words, text="Hello")
        yield Row(name, events(*begun(), *data), RESPONSES_STREAM, broken, words, text="Hello")

    yield from rows("an error after a word", {"error": {"code": "429", "message": LIMIT}}, "[DONE]")
    yield from rows("API Management's after a word", {"statusCode": 500, "message": LIMIT})
    yield from rows("flat after a word", {"code": "server_error", "message": LIMIT})
    yield from rows("a text after a word", {"error": LIMIT})
    yield from rows("named error after a word", *sse("upstream reset", event="error"), words=("upstream reset",))
    yield from rows("named error in JSON after a word", *sse({"message": LIMIT}, event="error"))
    yield from rows("named error without data after a word", b"event: error\n\n", words=())
    yield from rows("no JSON after a word", "<html>502 Bad Gateway</html>", words=("ended early",))
    yield from rows("half an event after a word", b'data: {"choices": [{"index": 0, "del', words=("ended early",))
    yield from rows("10,000 levels after a word", "[" * 10_000, words=("ended early",))
    late = {"error": {"code": "server_error", "message": LIMIT}}
    yield Row(
        "an error after the finish reason",
        events(*say("Hello"), chunk({}, "stop"), late),
        CHAT_STREAM,
        errors.StreamInterruptedError,
        (LIMIT,),
        text="Hello",
    )


def _odd_streams() -> Iterator[Row]:
    broken = errors.StreamInterruptedError

    def whole(name: str, *data: object, kind: str = "text/event-stream", text: str = "Hello") -> Row:
        return Row(name, events(*data, headers={"content-type": kind}), CHAT_STREAM, text)

    done = chunk({}, "stop")
    yield whole("as OpenAI's", *say("Hel", "lo"), done, "[DONE]")
    yield whole("without [DONE]", *say("Hel", "lo"), done)
    yield whole("without a finish reason", *say("Hel", "lo"), "[DONE]")
    yield whole("without a finish reason, bare end", *say("Hel", "lo"), b"[DONE]\n\n")
    yield whole("bare end without an empty line", *say("Hel", "lo"), b"[DONE]")
    yield whole("finish reason within delta", *say("Hel"), chunk({"content": "lo", "finish_reason": "stop"}))
    yield whole("data twice", *(f"data: {json.dumps(one)}" for one in (*say("Hello"), done)), "data: [DONE]", kind="")
    yield whole("data twice, called a text", *(f"data: {json.dumps(one)}" for one in (*say("Hello"), done)))
    yield whole("called JSON", *say("Hello"), done, "[DONE]", kind="application/json")
    yield whole("carriage returns", *(one.replace(b"\n", b"\r\n") for one in sse(*say("Hello"), done, "[DONE]")))
    yield whole("delta: null", *say("Hello"), chunk(None, "stop"), "[DONE]")
    yield whole(
        "no choices first", {**chunk({}), "id": "", "model": "", "created": 0, "choices": []}, *say("Hello"), done
    )
    yield whole("usage last", *say("Hello"), done, {**chunk({}), "choices": [], "usage": {"total_tokens": 4}}, "[DONE]")
    yield whole("choices: null once", *say("Hello"), {**chunk({}), "choices": None}, done, "[DONE]")
    yield whole("halves of a pair", *say("a\ud83d", "\ude00b"), done, text="a\U0001f600b")
    yield whole("half of a pair last", *say("a", "\ud83d"), done, text="a\ud83d")
    yield whole("NaN", *say("Hello"), json.dumps(done).replace('"logprobs": null', '"logprobs": {"x": NaN}'), "[DONE]")
    yield Row("cut after a word", events(*say("Hel", "lo")), CHAT_STREAM, broken, ("finish reason",), text="Hello")
    lost = Answer(sse(*say("Hel", "lo")), headers={"content-type": "text/event-stream"}, cut=True)
    yield Row("connection lost after a word", lost, CHAT_STREAM, broken, ("ended early",), text="Hello")
    yield Row("cut after a role", events(*say()), CHAT_STREAM, broken, (), elsewhere=True)
    for name, odd in (
        ("choices: a text", {**chunk({}), "choices": "abc"}),
        ("choices: [null]", {**chunk({}), "choices": [None]}),
        ("delta: a text", chunk("lo")),
        ("delta: a list", chunk(["lo"])),
        ("index: a list", chunk({"content": "lo"}, index=[0])),
        ("a list as the event", [chunk({"content": "lo"})]),
        ("a number as the event", 7),
        ("null as the event", None),
        ("10,000 levels", "[" * 10_000 + "]" * 10_000),
        ("10,000 levels in a chunk", '{"choices": ' + "[" * 10_000 + "]" * 10_000 + "}"),
    ):
        yield Row(f"{name} first", events(odd, done), CHAT_STREAM, broken, ("Nothing had arrived",), elsewhere=True)
        yield Row(f"{name} after a word", events(*say("Hello"), odd, done), CHAT_STREAM, broken, (), text="Hello")
    for name, odd in (
        ("tool_calls: a text", chunk({"tool_calls": "abc"})),
        ("tool_calls: [null]", chunk({"tool_calls": [None]})),
        ("usage: a list", {**chunk({}), "usage": [1]}),
        ("finish_reason: an object", chunk({}, {})),  # type: ignore[arg-type]
        ("finish_reason: a list", chunk({}, ["stop"])),  # type: ignore[arg-type]
        ("model: an object", {**chunk({}), "model": {}}),
        ("filters: a text", {**chunk({}), "prompt_filter_results": "x"}),
        ("function: a list", chunk({"tool_calls": [{"index": [1], "id": 7, "function": ["f"]}]})),
    ):
        yield Row(f"{name} after a word", events(*say("Hello"), odd, done, "[DONE]"), CHAT_STREAM, "*Hello")


def _responses() -> Iterator[Row]:
    def broken(name: str, error: object, cls: type[Exception], words: str, **row: Any) -> Row:
        answer = plain(wire.reply(status="failed", error=error), retry_after="17")
        return Row(name, answer, RESPONSES, cls, (words,) if words else (), **row)

    limited = {"code": "rate_limit_exceeded", "message": LIMIT}
    quota: dict[str, Any] = {"elsewhere": True, "attributes": {"retry_after": 17.0}}
    yield broken("failed, limited", limited, errors.QuotaExceededError, LIMIT, **quota)
    gone = {"code": "server_error", "message": "It broke."}
    yield broken("failed, broken", gone, errors.ServiceUnavailableError, "It broke.", elsewhere=True)
    yield broken("failed, without a reason", None, errors.ServiceUnavailableError, "failed", elsewhere=True)
    refused = {"code": "invalid_image_url", "message": "No such image."}
    yield broken("failed, the caller's fault", refused, errors.RequestRefusedError, "No such image.")
    half = wire.reply(wire.message("Hel"), status="failed", error=limited)
    yield Row("failed, with half an answer", plain(half), ("responses",), "Hel")
    yield Row("a plain response", plain(wire.reply(wire.message("Hello"))), ALL[2:], "Hello")
    yield Row("called a stream", plain(wire.reply(wire.message("Hello")), kind="text/event-stream"), ALL[2:], "Hello")
    cut = {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}
    yield Row("cut off by the filter", plain(wire.reply(wire.message("Hel"), **cut)), RESPONSES, "Hel")
    yield Row("nothing said", plain(wire.reply()), RESPONSES, "")
    yield Row("half of a pair", plain(wire.reply(wire.message("a\ud83d"))), RESPONSES, "a\ud83d")
    items = [None, "abc", *wire.reply(wire.message("Hello"))["output"]]
    yield Row("items that are none", plain({**wire.reply(), "output": items}), RESPONSES, "Hello")


def _response_streams() -> Iterator[Row]:
    def row(name: str, *data: object, cls: type[Exception] = errors.QuotaExceededError, **row: Any) -> Row:
        words = row.pop("words", (LIMIT,))
        doors = row.pop("doors", RESPONSES_STREAM)
        return Row(name, events(*data, headers=SLOW), doors, cls, words, **row)

    quota: dict[str, Any] = {"elsewhere": True, "attributes": {"retry_after": 17.0}}
    limited = {"code": "rate_limit_exceeded", "message": LIMIT}
    reason = {"type": "error", "sequence_number": 3, "error": {"type": "too_many_requests", **limited, "param": None}}
    yield row("failed with its reason", *opening(), failed(limited), **quota)
    yield row("failed, reason follows", *opening(), failed(None), reason, **quota)
    yield row("failed, reason follows flat", *opening(), failed(None), {"type": "error", **limited}, **quota)
    yield row("failed at once, reason follows", failed(None, 0), reason, **quota)
    yield row("reason, then failed", *opening(), reason, failed(limited), **quota)
    down = errors.ServiceUnavailableError
    yield row("failed without a reason", *opening(), failed(None), cls=down, words=("failed",), elsewhere=True)
    refused = {"code": "invalid_image_url", "message": "No such image."}
    bad = errors.RequestRefusedError
    yield row("the caller's fault", *opening(), failed(refused), cls=bad, words=("No such image.",))
    broken = errors.StreamInterruptedError
    yield row("cut before a word", *opening(), cls=broken, words=(), elsewhere=True)
    yield row("cut after a word", *begun(), cls=broken, words=("ended early",), text="Hello")
    yield row("error after a word", *begun(), reason, cls=broken, words=(LIMIT,), text="Hello")
    yield row("failed after a word", *begun(), failed(limited), doors=BRIDGE_STREAM, cls=broken, text="Hello")
    yield Row("failed after a word", events(*begun(), failed(limited)), NATIVE_STREAM, "Hello")
    yield Row("as OpenAI's", events(*response_events()), RESPONSES_STREAM, "Hello")
    yield Row("with [DONE]", events(*response_events(), "[DONE]"), RESPONSES_STREAM, "Hello")
    for name, odd in (
        ("a list", [1]),
        ("a number", 7),
        ("a text", '"abc"'),
        ("no type", {"x": 1}),
        ("a type that is none", {"type": ["x"]}),
        ("an item that is a text", {"type": "response.output_item.added", "output_index": 5, "item": "abc"}),
        ("a response that is a text", {"type": "response.in_progress", "response": "abc"}),
        (
            "a delta that is a list",
            {"type": "response.function_call_arguments.delta", "output_index": [1], "delta": [1]},
        ),
        ("10,000 levels", '{"type": "x", "a": ' + "[" * 10_000 + "]" * 10_000 + "}"),
    ):
        yield Row(f"{name} amid", events(*begun(), odd, *response_events()[-1:]), RESPONSES_STREAM, "?Hello")


def _statuses() -> Iterator[Row]:
    def row(name: str, status: int, body: object, cls: type[Exception], *words: str, **row: Any) -> Row:
        return Row(name, plain(body, status=status), row.pop("doors", ALL), cls, words, **row)

    def said(message: str, code: object = None, **fields: Any) -> dict[str, Any]:
        return {"error": {"code": code, "message": message, **fields}}

    refused = errors.RequestRefusedError
    inner = json.dumps({"error": {"message": "imagegen must be provided", "param": "tools"}}, indent=1)
    strange = (
        b"data: " + json.dumps({"error": {"message": inner, "type": "None", "param": "None", "code": "400"}}).encode()
    )
    yield row("400 in an event's line", 400, strange + b"\n\n", refused, "imagegen must be provided")
    azure = {"code": "content_filter", "innererror": FILTERED}
    proxied = said("litellm.ContentPolicyViolationError: x", "400", provider_specific_fields={"azure_error": azure})
    yield row("LiteLLM's proxy, filtered", 400, proxied, errors.ContentFilteredError, "litellm.ContentPolicy")
    yield row("the service's validation", 400, said("Validation error at #/name: too long", 1001), refused, "#/name")
    yield row("413 of a gateway", 413, b"<html><title>413 Too Large</title></html>", refused, "413 Too Large")
    free = "The request is well-formed, but its numbers are not."
    yield row("422 in free words", 422, {"detail": free}, errors.UnprocessableRequestError, free)
    bound = errors.StateBoundToResourceError
    yield row("expired container", 400, said("Container cntr_1 is expired."), bound, "cntr_1")
    for words in (
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        "Input tokens exceed the configured limit of 272000 tokens.",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        "prompt is too long: 210000 tokens > 200000 maximum",
    ):
        yield row(f"too long: {words[:20]}", 400, said(words), errors.ContextWindowExceededError, words)
    abuse = (
        "Your account has been temporarily blocked because we detected behavior that may violate our content policy."
    )
    yield row("blocked for abuse", 403, said(abuse, "403"), errors.ResourceBlockedError, abuse, elsewhere=True)
    yield row(
        "moderated", 400, said("Rejected by the safety system.", "moderation_blocked"), errors.ContentFilteredError
    )
    down = errors.ServiceUnavailableError
    yield row("a proxy's page", 502, b"<html><h1>502 Bad Gateway</h1></html>", down, "502 Bad Gateway", elsewhere=True)
    yield row("a proxy's text", 503, b"no healthy upstream", down, "no healthy upstream", elsewhere=True)
    yield row("nothing with it", 504, b"", down, "504", elsewhere=True)
    limited = errors.QuotaExceededError
    yield row("429 in a page", 429, b"<html><title>Slow down</title></html>", limited, "Slow down", elsewhere=True)


ROWS = tuple(_rows())
