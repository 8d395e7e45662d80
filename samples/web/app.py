"""The web application: the page, `GET /models`, `GET /models/{provider}`, `GET /agents` and `POST /chat/{agent_id}`."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from .agents import AGENTS, answer
from .listing import merged
from .providers import Provider, all_providers

__all__ = ["create_app"]

STATIC = Path(__file__).with_name("static")
LONGEST = 1_000_000
# Nothing is loaded from elsewhere, and nobody may frame the page.
POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def create_app(*, azure_name: str = "Azure OpenAI") -> Starlette:
    """The application. It reads the environment when it is made.

    Args:
        azure_name: how the page calls the Azure resource.
    """
    providers = all_providers(azure_name)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await asyncio.gather(*(provider.close() for provider in providers.values()))

    async def models(request: Request) -> Response:
        wanted = request.path_params.get("provider")
        chosen = list(providers.values()) if wanted is None else [_known(providers, wanted, "provider")]
        listings = await asyncio.gather(*(provider.listing() for provider in chosen))
        return JSONResponse(merged(list(listings), os.environ.get("DEFAULT_PROVIDER"), os.environ.get("DEFAULT_MODEL")))

    async def agents(request: Request) -> Response:
        return JSONResponse([{"id": one.id, "name": one.name, "hint": one.hint} for one in AGENTS.values()])

    async def chat(request: Request) -> Response:
        agent = _known(AGENTS, request.path_params["agent_id"], "agent")
        body = await _body(request)
        provider: Provider = _known(providers, body.get("provider") or os.environ.get("DEFAULT_PROVIDER", "azure"))
        listing = await provider.listing()
        if listing.reason:
            raise HTTPException(409, f"{listing.name} is not available: {listing.reason}")
        model = body.get("model") or (listing.models[0].id if listing.models else "")
        events = answer(agent, provider, _text(model, "model"), _messages(body.get("messages")))
        headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
        return StreamingResponse(_encoded(events), media_type="text/event-stream", headers=headers)

    async def page(request: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers={"content-security-policy": POLICY})

    return Starlette(
        routes=[
            Route("/", page),
            Route("/models", models),
            Route("/models/{provider}", models),
            Route("/agents", agents),
            Route("/chat/{agent_id}", chat, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        # The page spends money: a site that points its own name at this machine is not let in.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        exception_handlers={HTTPException: _refusal},
        lifespan=lifespan,
    )


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": {"message": error.detail}}, status_code=error.status_code)


def _known(table: dict[str, Any], name: object, kind: str = "provider") -> Any:
    if not isinstance(name, str) or name not in table:
        raise HTTPException(404, f"There is no {kind} {name!r}. There are: {', '.join(table)}.")
    return table[name]


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object of a request. Demanding its type also keeps other sites' plain forms out."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "Send JSON (content-type: application/json).")
    received = b""
    async for part in request.stream():
        received += part
        if len(received) > LONGEST:
            raise HTTPException(413, f"More than {LONGEST:,} bytes.")
    try:
        body = json.loads(received)
    except ValueError as error:
        raise HTTPException(400, f"That is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise HTTPException(400, "Send a JSON object with provider, model and messages.")
    return body


def _messages(value: object) -> list[dict[str, Any]]:
    """The conversation, reduced to what a page may say: texts of the user and of the assistant."""
    if not isinstance(value, list) or not value:
        raise HTTPException(400, "messages must be a list with at least one message.")
    for position, message in enumerate(value):
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
            raise HTTPException(400, f"messages[{position}] must have the role user or assistant.")
        _text(message.get("content"), f"messages[{position}].content")
    if value[-1]["role"] != "user":
        raise HTTPException(400, "The last message must be the user's.")
    return [{"role": message["role"], "content": message["content"]} for message in value]


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise HTTPException(400, f"{name} must be text.")
    return value


async def _encoded(events: AsyncIterator[tuple[str, dict[str, Any]]]) -> AsyncIterator[str]:
    async for name, data in events:
        yield f"event: {name}\ndata: {json.dumps(data)}\n\n"
