"""The page's application on a loopback port, and a resource behind it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp

from azure_connector.emulator import Deployment, Emulator
from azure_connector.emulator.models import DEFAULT_MODELS
from samples.web.app import create_app
from tests.support.waiting import PATIENCE

from .browser import chromium
from .page import Page

KEYS = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "MISTRAL_API_KEY")
CHOICES = (
    "DEFAULT_PROVIDER",
    "DEFAULT_MODEL",
    "OPENAI_MODELS",
    "OPENAI_BASE_URL",
    "OPENAI_API_BASE",
    "GEMINI_MODELS",
    "GEMINI_API_BASE",
    "ALLOWED_ORIGINS",
)


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serves an application in a thread; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="page")
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive()


@pytest.fixture(scope="module")
def resource() -> Iterator[Emulator]:
    """A resource whose deployment `busy` the tests may fill up, with one that shows its thoughts."""
    with Emulator([*DEFAULT_MODELS, Deployment("busy", "gpt-4.1"), Deployment("thinker", "deepseek-r1")]) as azure:
        yield azure


@pytest.fixture
def serve(resource: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Starts the page with further variables; without AZURE_OPENAI_ENDPOINT among them it has the resource's."""
    resource.clear()
    for name in (*KEYS, *CHOICES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", resource.endpoint)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", resource.api_key)
    monkeypatch.setenv("AZURE_OPENAI_DEPLOYMENT_MAPPING", '{"gpt-4.1": ["busy", "gpt-4.1"]}')
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    with ExitStack() as running:

        def start(**variables: str) -> str:
            for name, value in variables.items():
                monkeypatch.setenv(name, value)
            return running.enter_context(serving(create_app()))

        yield start


@pytest.fixture(scope="session")
def started() -> Iterator[Any]:
    """One Chromium for all tests: to start it takes longer than most of them."""
    with chromium() as driver:
        yield driver


@pytest.fixture
def browser(started: Any) -> Iterator[Any]:
    """It, which shows nothing before and after; each test's page has an address, and so a storage, of its own."""
    yield started
    started.get("about:blank")
    started.get_log("browser")


@pytest.fixture
def page(serve: Callable[..., str], browser: Any) -> Iterator[Page]:
    opened = Page(browser, serve())
    yield opened
    said = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert not [line for line in said if "409" not in line], "the browser's console is clean"
