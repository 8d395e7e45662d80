"""Every code block that a reader may copy runs: Python against the emulator, commands, settings files."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from azure_connector import ConnectorSettings
from azure_connector.emulator import Deployment, Emulator

from .blocks import ROOT, Block, blocks_of, compare, installed, pages
from .placeholders import Placeholders
from .shell import run_shell

# What the pages call their deployments, beside those of a fresh emulator.
NAMES = {"team-chat": "gpt-5", "provisioned": "gpt-4o", "spare": "gpt-4o", "embed": "text-embedding-3-small"}
# Models that a fresh emulator does not have.
NAMES |= {name: name for name in ("gpt-image-1", "whisper", "gpt-4o-mini-tts", "gpt-realtime")}
# Pages whose Python blocks need servers of their own have a test of their own.
OWN_TESTS = {
    "docs/authentication.md": "tests/auth/test_docs.py",
    "docs/coming-from/ai-sdk.md": "tests/helpers/test_ai_sdk_page.py",
    "docs/coming-from/agent-sdk.md": "tests/neighbours/test_agent_sdk_page.py",
    "docs/tasks/entra-laptop.md": "tests/auth/test_docs.py",
    "docs/tasks/entra-container.md": "tests/auth/test_docs.py",
    "docs/tasks/entra-ci.md": "tests/auth/test_docs.py",
    "docs/tasks/api-management.md": "tests/auth/test_docs.py",
    "docs/emulator.md": "tests/emulator/test_docs.py",
    "docs/emulator-other-languages.md": "tests/testing/test_page.py",
    "docs/testing-your-app.md": "tests/testing/test_page.py",
}
SKIPPED_AT_MOST = 12
PAGES = [page for page in pages() if blocks_of(page)]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def resource() -> Iterator[Emulator]:
    """One resource for all pages."""
    from azure_connector.emulator.models import DEFAULT_MODELS

    with Emulator([*DEFAULT_MODELS, *(Deployment(name, model) for name, model in NAMES.items())]) as azure:
        yield azure


@pytest.fixture
def placeholders(resource: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Placeholders]:
    """The environment of somebody who has set the endpoint and the key."""
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", resource.endpoint)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", resource.api_key)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    resource.clear()
    filler = Placeholders(resource, monkeypatch)
    with logging_kept():
        yield filler
    filler.close()
    _forget_litellm()


@contextmanager
def logging_kept() -> Iterator[None]:
    """A page may show how to log; afterwards handlers and levels are as they were."""
    root = logging.getLogger()
    handlers, levels = list(root.handlers), _levels()
    try:
        yield
    finally:
        root.handlers[:] = handlers
        for name in _levels():  # a page may be the first to name a logger
            logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))


def _levels() -> dict[str, int]:
    ours = [name for name in logging.Logger.manager.loggerDict if name.startswith("azure_connector")]
    return {name: logging.getLogger(name).level for name in ours}


def _forget_litellm() -> None:
    import sys

    if "litellm" in sys.modules:
        import litellm

        import litellm_adapter

        for entry in list(litellm.custom_provider_map):
            litellm_adapter.unregister(entry["provider"])


@pytest.mark.parametrize("page", PAGES, ids=map(name_of, PAGES))
def test_every_block_of_a_page_runs(
    page: Path, placeholders: Placeholders, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    loop = asyncio.new_event_loop()
    try:
        for block in blocks_of(page):
            elsewhere = block.language == "python" and name_of(page) in OWN_TESTS
            if "not run" not in block.directives and not elsewhere and installed(block):
                output = run(block, placeholders.fill(block.text), names, loop, monkeypatch, capsys)
                compare(block, output)
    finally:
        loop.close()


def run(
    block: Block,
    text: str,
    names: dict[str, Any],
    loop: asyncio.AbstractEventLoop,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> str:
    """Runs one block by its language; returns what it wrote.

    Args:
        text: the block's, with its placeholders filled in.
    """
    if block.language == "python":
        run_python(block, text, names, loop)
    elif block.language in ("bash", "sh"):
        return run_shell(block, monkeypatch, lambda _: _written(capsys))
    elif block.language == "toml" and name_of(block.page) not in OWN_TESTS:
        Path("azure_connector.toml").write_text(text, encoding="utf-8")
        settings = ConnectorSettings()
        assert any(origin.startswith("azure_connector.toml") for origin in settings.origins.values()), block
        Path("azure_connector.toml").unlink()
    elif block.language == "json":
        json.loads(text)
    elif block.language in ("yaml", "yml"):
        import yaml

        assert yaml.safe_load(text), block
    else:
        passive = ("", "text", "http", "diff", "ini", "console", "js", "csharp")
        own = block.language == "toml"
        assert own or block.language in passive, f"{block}: no test runs {block.language}"
    return _written(capsys)


def _written(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    return captured.out + captured.err


def run_python(block: Block, text: str, names: dict[str, Any], loop: asyncio.AbstractEventLoop) -> None:
    """Runs a block in the page's namespace; `await` at the top level works, as in a notebook."""
    code = compile(text, str(block), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    expected = block.directives.get("raises")
    try:
        result = eval(code, names)
        if inspect.iscoroutine(result):
            loop.run_until_complete(result)
    except Exception as error:  # the block says what it shall be
        if expected is None or type(error).__name__ != expected:
            raise AssertionError(f"{block} raised {type(error).__name__}: {error}") from error
        print(error)
    else:
        assert expected is None, f"{block} raised nothing, not {expected}"


def test_what_is_not_run_is_rare_and_has_a_reason() -> None:
    skipped = [block for page in PAGES for block in blocks_of(page) if "not run" in block.directives]
    assert all(len(block.directives["not run"]) > 10 for block in skipped)
    assert len(skipped) <= SKIPPED_AT_MOST, [str(block) for block in skipped]


def test_a_page_with_blocks_of_its_own_kind_has_a_test_of_its_own() -> None:
    for page, test in OWN_TESTS.items():
        assert Path(page).name in (ROOT / test).read_text(encoding="utf-8")
