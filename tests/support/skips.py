"""Why a test may be skipped: with `-p tests.support.skips` a run fails where a reason is none of these."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import pytest

__all__ = ["KNOWN", "MATRIX", "summary", "unknown"]

# A reason, from its beginning, and where such a test runs instead.
KNOWN: Mapping[str, str] = {
    r"ray is not installed": "make test-engines",
    r"pyspark or Java 17 is not installed": "make test-engines",
    r"no environment for LiteLLM's Proxy: make proxy-env": "make proxy-env, then make test",
    r"`make node-clients` installs them": "make node-clients, then make test",
    r"node is not installed|no node: ": "with node",
    r"no @ag-ui/client: |no axe-core: ": "npm ci --prefix tests/web/npm, then make test",
    r"no chromium|no chromedriver": "with Chromium and chromedriver",
    r"Live came with openai 3": "make test-matrix",
    r"could not import 'azure\.ai\.inference'": "nowhere: its package was given up",
    r"LiteLLM's way to say effort and summary": "one row of a table that has no meaning through another door",
    r"LiteLLM's Router has no \w+": "nowhere: there is nothing to ask",
    r"needs fork|no fork here|this system does not fork|counts descriptors in /proc": "on Linux",
    r"Python 3\.\d+ is not installed": "where it is",
    r"Semantic Kernel 1\.45's agents do not run on Python 3\.14": "with Python 3.11 to 3.13",
    r"no coreutils: \.ci/run is for Linux": "on Linux",
    r"the stand-in is a shell script": "not on Windows",
    r"Model does not |Model override|model_override_value|VCR not|Not implemented": "nowhere: LangChain asks for more",
}
# Other versions run a part of the tests in environments that hold a part of the packages.
MATRIX: Mapping[str, str] = {
    r"could not import '": "make test",
    r"LiteLLM gives its hooks no arguments|LiteLLM's logging worker stays behind": "with a LiteLLM that mended it",
    r"what `azure/` does is told of the pinned LiteLLM": "make test",
    r"LiteLLM 1\.99's Router repeats what was refused with 403": "make test",
    r"(pyright|mypy) or a framework is not installed": "make test",
}


def unknown(reasons: Iterable[str], *, matrix: bool = False) -> list[str]:
    """Those reasons that are not known.

    Args:
        reasons: without pytest's `Skipped: `.
        matrix: whether this is an environment of another version.
    """
    known = [*KNOWN, *(MATRIX if matrix else ())]
    return sorted({reason for reason in reasons if not any(re.match(pattern, reason) for pattern in known)})


def summary(reasons: Iterable[str]) -> list[str]:
    """A line for each reason: how often, and where such tests run instead."""
    everywhere = {**KNOWN, **MATRIX}
    lines: list[str] = []
    for reason, count in sorted(Counter(reasons).items()):
        where = next((told for pattern, told in everywhere.items() if re.match(pattern, reason)), "NOT KNOWN")
        lines.append(f"{count} skipped: {reason} [{where}]")
    return lines


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--matrix`: this is an environment of another version, without some of the packages."""
    parser.addoption("--matrix", action="store_true", help="packages may be missing here: tests that need them skip")


def _reasons(config: pytest.Config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    told = {(one.nodeid, str(one.longrepr[-1]).removeprefix("Skipped: ")) for one in skipped}
    return [reason for _, reason in sorted(told)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says what was skipped, why, and where it runs instead."""
    terminalreporter.section("skips")
    for line in summary(_reasons(config)) or ["nothing was skipped"]:
        terminalreporter.line(line)


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> object:
    """Makes the run fail where nobody knows a reason."""
    result = yield
    if unknown(_reasons(session.config), matrix=session.config.getoption("matrix")) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    return result
