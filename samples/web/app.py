"""The web application: the page, `GET /models`, `GET /models/{provider}`, `GET /agents` and `POST /chat/{agent_id}`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from .agents import AGENTS
from .answering import answer
from .asking import named, received, understood
from .listing import ALIASES, Choice, Listing, default_choice, merged
from .protocol import encoded
from .providers import Provider, all_providers

__all__ = ["create_app"]

STATIC = Path(__file__).with_name("static")
# Nothing is loaded from elsewhere, and nobody may frame the page.
POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
Known = TypeVar("Known")


def create_app(*, azure_name: str = "Azure OpenAI") -> Starlette:
    """The application. It reads the environment when it is made.

    Args:
        azure_name: how the page calls the Azure resource.
    """
    answers = _Answers(all_providers(azure_name))
    friends = tuple(name.strip() for name in os.environ.get("ALLOWED_ORIGINS", "").split(",") if name.strip())
    return Starlette(
        routes=[
            Route("/", answers.page),
            Route("/models", answers.models),
            Route("/models/{provider}", answers.models),
            Route("/agents", answers.agents),
            Route("/chat/{agent_id}", answers.chat, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        # The page spends money: a site that points its own name at this machine is not let in, nor one that asks
        # from a browser in which the page happens to run.
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"]),
            Middleware(OwnOrigin, friends=friends),
            Middleware(CORSMiddleware, allow_origins=friends, allow_headers=["content-type"], allow_methods=["*"]),
        ],
        exception_handlers={HTTPException: _refusal},
        lifespan=answers.lifespan,
    )


class _Answers:
    """What the routes answer.

    Args:
        providers: by id.
    """

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = providers

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        yield
        await asyncio.gather(*(provider.close() for provider in self._providers.values()))

    async def page(self, request: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers={"content-security-policy": POLICY})

    async def agents(self, request: Request) -> Response:
        return JSONResponse([{"id": one.id, "name": one.name, "hint": one.hint} for one in AGENTS.values()])

    async def models(self, request: Request) -> Response:
        listings = await _listings(self._providers, request.path_params.get("provider"))
        return JSONResponse(merged(listings, _default(listings)))

    async def chat(self, request: Request) -> Response:
        agent = _known(AGENTS, request.path_params["agent_id"], "agent")
        body = await received(request)
        provider, model = named(body)
        choice = _chosen(await _listings(self._providers, provider), model)
        assert choice.provider is not None
        assert choice.model is not None
        asked = understood(body)
        happenings = answer(agent, self._providers[choice.provider.id], choice.model, asked)
        headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
        stream = encoded(happenings, asked.thread_id, asked.run_id)
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


class OwnOrigin:
    """Refuses requests that a browser sends for another site.

    Args:
        friends: further origins that may ask, such as a front end of one's own.
    """

    def __init__(self, app: ASGIApp, friends: tuple[str, ...]) -> None:
        self.app, self.friends = app, friends

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        origin = headers.get("origin")
        if origin is None or origin in self.friends or urlsplit(origin).netloc == headers.get("host"):
            await self.app(scope, receive, send)
            return
        refused = f"The origin {origin} may not ask here. For a front end of your own: export ALLOWED_ORIGINS={origin}"
        await JSONResponse({"error": {"message": refused}}, status_code=403)(scope, receive, send)


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": {"message": error.detail}}, status_code=error.status_code)


async def _listings(providers: Mapping[str, Provider], wanted: object) -> list[Listing]:
    """The listing of one provider, or of all where none is named."""
    alias = ALIASES.get(wanted, wanted) if isinstance(wanted, str) else wanted
    chosen = [*providers.values()] if wanted in (None, "") else [_known(providers, alias, "provider")]
    return list(await asyncio.gather(*(provider.listing() for provider in chosen)))


def _default(listings: list[Listing]) -> Choice:
    return default_choice(listings, os.environ.get("DEFAULT_PROVIDER"), os.environ.get("DEFAULT_MODEL"))


def _chosen(listings: list[Listing], wanted: object) -> Choice:
    """The model that a request names, or the one that `GET /models` announces."""
    default = _default(listings)
    if default.provider is None:
        none = "none of its models can be reached."
        reasons = "\n".join(f"{one.name} is not available: {one.reason or none}" for one in listings)
        raise HTTPException(409, reasons)
    if wanted is None or wanted == "":
        return default
    if not isinstance(wanted, str):
        raise HTTPException(400, "model must be text.")
    model = default.provider.model(wanted)
    if model is None:
        known = ", ".join(one.id for one in default.provider.models)
        elsewhere = next((f' provider="{one.id}" has it.' for one in listings if one.model(wanted)), "")
        raise HTTPException(404, f"{default.provider.name} has no model {wanted!r}. There are: {known}.{elsewhere}")
    if not model.available:
        raise HTTPException(409, f"{model.name} is not available: {default.provider.name} has no deployment of it.")
    return Choice(default.provider, model)


def _known(table: Mapping[str, Known], name: object, kind: str) -> Known:
    if not isinstance(name, str) or name not in table:
        raise HTTPException(404, f"There is no {kind} {name!r}. There are: {', '.join(table)}.")
    return table[name]
