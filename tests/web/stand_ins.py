"""An Ollama-like and a Gemini-like server: as much of them as the page asks for."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

__all__ = ["Seen", "gemini", "ollama"]

Json = dict[str, Any]


class Seen(list[Json]):
    """The bodies of the chats that a server was asked for, the last one last."""

    @property
    def last(self) -> Json:
        return self[-1]


def ollama(seen: Seen, reply: Callable[[Json], list[Json] | AsyncIterator[Json]] | None = None) -> Starlette:
    """Ollama's list of models, and its OpenAI-compatible chat.

    Args:
        seen: where the requests are kept.
        reply: the deltas of a reply; its last one may be a `finish_reason`. By default it says who it is.
    """

    async def tags(request: Request) -> Response:
        small = {"name": "llama3.2:latest", "size": 2_019_393_189, "details": {"parameter_size": "3.2B"}}
        return JSONResponse({"models": [small, {"name": "odd", "size": 4_700_000_000}]})

    async def chat(request: Request) -> Response:
        asked = await request.json()
        seen.append(asked)
        deltas = reply(asked) if reply else [{"content": f"I am {asked['model']}"}, {"finish_reason": "stop"}]
        return StreamingResponse(_chunks(asked["model"], deltas), media_type="text/event-stream")

    return Starlette(routes=[Route("/api/tags", tags), Route("/v1/chat/completions", chat, methods=["POST"])])


async def _each(deltas: list[Json] | AsyncIterator[Json]) -> AsyncIterator[Json]:
    if isinstance(deltas, list):
        for delta in deltas:
            yield delta
        return
    async for delta in deltas:
        yield delta


async def _chunks(model: str, deltas: list[Json] | AsyncIterator[Json]) -> AsyncIterator[str]:
    async for delta in _each(deltas):
        if "breaks" in delta:
            raise ConnectionResetError
        finish = delta.get("finish_reason")
        choice = {"index": 0, "delta": {} if finish else {"role": "assistant", **delta}, "finish_reason": finish}
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]}
        yield f"data: {json.dumps(chunk)}\n\n"
    yield "data: [DONE]\n\n"


def gemini(seen: Seen, refusal: tuple[int, str] | None = None) -> Starlette:
    """Gemini's `streamGenerateContent`, which repeats the last thing that the user said.

    Args:
        seen: where the requests are kept.
        refusal: a status and a message, instead of an answer.
    """

    async def generate(request: Request) -> Response:
        asked = await request.json()
        seen.append({**asked, "path": request.url.path, "key": request.headers.get("x-goog-api-key")})
        if refusal:
            status, message = refusal
            return JSONResponse(
                {"error": {"code": status, "message": message, "status": "REFUSED"}}, status_code=status
            )
        said = asked["contents"][-1]["parts"][-1]["text"]
        usage = {"promptTokenCount": 7, "candidatesTokenCount": 5, "totalTokenCount": 12}
        parts = [{"text": "Gemini heard: "}, {"text": said}]
        chunks = [
            {
                "candidates": [
                    {"content": {"role": "model", "parts": [part]}, "index": 0}
                    | ({"finishReason": "STOP"} if part is parts[-1] else {})
                ],
                "usageMetadata": usage,
                "modelVersion": "gemini-2.5-flash",
            }
            for part in parts
        ]
        text = "".join(f"data: {json.dumps(chunk)}\r\n\r\n" for chunk in chunks)
        return Response(text, media_type="text/event-stream")

    return Starlette(routes=[Route("/{path:path}", generate, methods=["POST"])])
