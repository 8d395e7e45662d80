"""Runs of pytest with the plugin."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from tests.support.programs import Launcher

Ran = Callable[..., pytest.RunResult]
OPTIONS = ("-p", "azure_connector.pytest_plugin", "-p", "no:cacheprovider")


@pytest.fixture
def ran(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, great_launcher: Launcher) -> Ran:
    """Runs one file in a process of its own, with the plugin and no other that happens to be installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(source: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(source)
        done = great_launcher.run(*OPTIONS, *options, program="pytest")
        sys.stdout.write(done.stdout + done.stderr)  # for whoever reads of a failure
        return pytest.RunResult(done.returncode, done.stdout.splitlines(), done.stderr.splitlines(), 0)

    return run
