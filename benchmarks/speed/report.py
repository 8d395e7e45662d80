"""Tables and pictures from what was measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

__all__ = ["FLOORS", "Plan", "Results", "markdown", "pictures", "table"]

Results = dict[str, dict[str, list[dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How often a case is measured, and for whom.

    Attributes:
        case: its name.
        stacks: who takes part.
        rounds: how many interleaved rounds.
        seconds: how long one measurement lasts at least.
    """

    case: str
    stacks: tuple[str, ...]
    rounds: int
    seconds: float


NAMES = {
    "raw": "raw asyncio (the floor)",
    "aiohttp": "aiohttp",
    "openai": "openai",
    "openai-aiohttp": "openai over its own aiohttp client",
    "create": "**connector, `create()`**",
    "post": "**connector, `post()`**",
    "create-httpx": "connector over httpx",
    "openai-sync": "openai, sync",
    "create-sync": "**connector, sync**",
    "sk": "Semantic Kernel",
    "sk-ours": "**Semantic Kernel on the connector**",
    "sk-floor": "Semantic Kernel without a client (its floor)",
    "litellm": "LiteLLM `azure/`",
    "litellm-ours": "**LiteLLM on the connector**",
    "litellm-floor": "LiteLLM without a provider (its floor)",
    "langchain": "LangChain AzureChatOpenAI",
}
# Ours, whom it is compared with, and the target for each of four cases, where there is one.
TARGETS: dict[tuple[str, str], tuple[float | None, ...]] = {
    ("post", "openai"): (0.45, 0.15, 0.12, 0.33),
    ("create", "openai"): (0.80, 0.25, 0.13, 0.33),
    ("create", "openai-aiohttp"): (None,) * 4,
    ("sk-ours", "sk"): (0.70, 0.20, 0.20, 0.45),
    ("litellm-ours", "litellm"): (0.60, 0.70, 0.28, 0.55),
}
# What no adapter can get below, and what it is compared with.
FLOORS = {"sk-floor": "sk", "litellm-floor": "litellm"}
COMPARED = ("alone", "many", "burst", "paced")
TITLES = {
    "alone": "alone",
    "many": "64 at once",
    "history": "40 messages",
    "burst": "stream, burst (a chunk)",
    "paced": "stream, 1 ms apart (a chunk)",
    "tools": "tool stream (a chunk)",
    "tls_alone": "alone, TLS",
    "tls_streams": "a stream, TLS",
}
# Ours, and what it is compared with.
STARTS = {
    "from azure_connector import AzureConnector": "import openai",
    "from azure_connector import AzureConnector and a client": "import openai and a client",
    "the connector's headers, cached": "get_bearer_token_provider, cached",
}
PACKAGES = ("openai", "httpx", "aiohttp", "semantic-kernel", "litellm", "langchain-openai", "pydantic")


def _value(answers: list[dict[str, Any]], key: str) -> float | None:
    found = [answer[key] for answer in answers if key in answer]
    return median(found) if found else None


def _ratios(results: Results, case: str, ours: str, theirs: str) -> list[float]:
    stacks = results.get(case, {})
    pairs = zip(stacks.get(ours, []), stacks.get(theirs, []), strict=False)
    return sorted(a["cpu"] / b["cpu"] for a, b in pairs if "cpu" in a and b.get("cpu"))


def _spread(ratios: list[float]) -> str:
    return f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})" if ratios else ""


def _rows(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def _ratio_table(results: Results) -> str:
    rows: list[list[str]] = []
    for (ours, theirs), targets in TARGETS.items():
        cells = [
            f"{spread}, target {target:.2f}" if spread and target else spread
            for case, target in zip(COMPARED, targets, strict=True)
            for spread in [_spread(_ratios(results, case, ours, theirs))]
        ]
        rows.append([f"{NAMES[ours]} : {NAMES[theirs]}", *cells])
    for floor, theirs in FLOORS.items():
        cells = [_spread(_ratios(results, case, floor, theirs)) for case in COMPARED]
        if any(cells):
            rows.append([f"{NAMES[floor]} : {NAMES[theirs]}", *cells])
    return _rows(["CPU ratio", *(TITLES[case] for case in COMPARED)], rows)


def _micro(value: float | None) -> str:
    return "" if value is None else f"{value * 1e6:.0f}" if value >= 1e-4 else f"{value * 1e6:.1f}"


def _time_table(results: Results, key: str, head: str, cases: Iterable[str]) -> str:
    shown = [case for case in cases if case in results]
    rows = [
        [NAMES[name], *(_micro(_value(results[case].get(name, []), key)) for case in shown)]
        for name in NAMES
        if any(name in results[case] for case in shown)
    ]
    return _rows([head, *(TITLES[case] for case in shown)], rows) if rows else ""


def _cpu_table(results: Results) -> str:
    return _time_table(results, "cpu", "CPU, µs", TITLES)


def _wall_table(results: Results) -> str:
    # A paced stream takes as long as its server wants.
    return _time_table(results, "wall", "wall clock, µs", (case for case in TITLES if case != "paced"))


def _other_table(results: Results) -> str:
    def cell(case: str, key: str, shown: Callable[[float], str]) -> Callable[[str], str]:
        def of(name: str) -> str:
            value = _value(results.get(case, {}).get(name, []), key)
            return "" if value is None else shown(value)

        return of

    columns = {
        "first chunk, ms": cell("first", "wall", lambda v: f"{v * 1e3:.1f}"),
        "calls a second, 20 ms each, 64 at once": cell("load", "per_second", lambda v: f"{v:.0f}"),
        "kB an open stream": cell("memory", "kilobytes", lambda v: f"{v:.0f}"),
        "connections for ten streams": cell("ten_streams", "connections", lambda v: f"{v:.0f}"),
        "the same, TLS": cell("tls_streams", "connections", lambda v: f"{v:.0f}"),
        "construction, ms": cell("alone", "construction", lambda v: f"{v * 1e3:.1f}"),
    }
    shown = [name for name in NAMES if name not in FLOORS]  # a floor has no client
    rows = [[NAMES[name], *(of(name) for of in columns.values())] for name in shown]
    return _rows(["", *columns], [row for row in rows if any(row[1:])])


def _import_table(imports: Mapping[str, float]) -> str:
    def compared(name: str, value: float) -> str:
        other = imports.get(STARTS.get(name, ""))
        return f"{value / other:.2f}" if other else ""

    rows = [
        [f"`{name}`", f"{value:.2f} s" if value > 0.001 else f"{value * 1e6:.1f} µs", compared(name, value)]
        for name, value in imports.items()
    ]
    return _rows(["", "CPU", "to openai's"], rows) if rows else ""


def _failures(results: Results) -> str:
    errors = {
        f"{case}, {name}: {answer['error']}"
        for case, stacks in results.items()
        for name, answers in stacks.items()
        for answer in answers
        if "error" in answer
    }
    return "".join(f"- {error}\n" for error in sorted(errors))


def table(results: Results, imports: Mapping[str, float]) -> str:
    """For the terminal."""
    return "\n".join(
        part
        for part in (
            _ratio_table(results),
            _cpu_table(results),
            _wall_table(results),
            _other_table(results),
            _import_table(imports),
            _failures(results),
        )
        if part
    ).replace("**", "")


def _versions() -> str:
    found: list[str] = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def markdown(results: Results, imports: Mapping[str, float]) -> str:
    """For the documentation."""
    machine = f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, Python {platform.python_version()}"
    parts = [
        f"\nMeasured on {date.today().isoformat()}: {machine}; {_versions()}.\n",
        "### Compared\n",
        "Median of paired rounds, with the lowest and the highest.\n",
        _ratio_table(results),
        "![CPU of one call](images/performance-calls.svg)\n",
        "![CPU of one chunk](images/performance-chunks.svg)\n",
        "### CPU\n",
        "Per call or per chunk, user and system, all threads of the client.\n",
        _cpu_table(results),
        "### Wall clock\n",
        "Per call or per chunk, the server's time included; of 64 at once, the time until the next one is done.\n",
        _wall_table(results),
        "### Everything else\n",
        _other_table(results),
        "### Start\n",
        _import_table(imports),
    ]
    return "\n".join(parts)


def pictures(results: Results, folder: Path) -> None:
    """Bars of CPU by stack, where matplotlib is installed."""
    try:
        import matplotlib as mpl

        mpl.use("svg")
        import matplotlib.pyplot as plt
    except ImportError:
        return
    mpl.rcParams["svg.hashsalt"] = "performance"
    for stem, title, cases in (
        ("calls", "CPU of one call, µs", ("alone", "many")),
        ("chunks", "CPU of one streamed chunk, µs", ("burst", "paced")),
    ):
        shown = [case for case in cases if case in results]
        names = [name for name in NAMES if any(results[case].get(name) for case in shown)]
        figure, axes = plt.subplots(figsize=(8, 0.42 * len(names) + 1.2), layout="constrained")
        height = 0.8 / max(len(shown), 1)
        for number, case in enumerate(shown):
            values = [(_value(results[case].get(name, []), "cpu") or 0) * 1e6 for name in names]
            bars = axes.barh([at + number * height for at in range(len(names))], values, height, label=TITLES[case])
            axes.bar_label(bars, [f"{value:.0f}" if value else "" for value in values], padding=2, fontsize=8)
        axes.set_yticks(
            [at + 0.2 for at in range(len(names))], [NAMES[n].replace("*", "").replace("`", "") for n in names]
        )
        axes.invert_yaxis()
        axes.set_title(title)
        axes.legend()
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(folder / f"performance-{stem}.svg", metadata={"Date": None})
        plt.close(figure)
