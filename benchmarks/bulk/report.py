"""The table and the picture of what was measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

__all__ = ["picture", "table"]

Results = Mapping[str, Any]

PACING = {
    "pacing_10s": "requests bind, checked over 10 s",
    "pacing_1s": "requests bind, checked each second",
    "pacing_tokens": "tokens bind",
    "pacing_halved": "the limit is halved midway",
}
SPEED = {"bare": "bare client and `gather`", "bulk": "`run`, journal and files", "embed": "`run`, embeddings"}
ON_RAY = {"processor": "Ray's own HTTP processor", "apply": "our job on Ray", "run": "`run`"}


def table(results: Results) -> str:
    """Markdown, of the cases that there are."""
    rows = [*_pace(results), *_speed(results), *_safety(results)]
    lines = ["| what | measured |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    machine = (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, {date.today():%Y-%m-%d}"
    )
    loads = [one["load"] for one in results.values() if "load" in one]
    told = f"{machine}. {_quiet(max(loads)) if len(loads) == len(results) else _BUSY}"
    return "\n".join([*lines, "", told, "", "![Pace, speed and memory](images/bulk.svg)"])


_BUSY = "Other work ran on the machine: ratios of one run travel, rows a second do not."


def _quiet(load: float) -> str:
    if load > 0.5 * (os.cpu_count() or 1):
        return _BUSY
    return f"Nothing else ran: the machine's load before each measurement was {load:.1f} at most."


def _pace(results: Results) -> Iterator[tuple[str, str]]:
    for name, label in PACING.items():
        if (found := results.get(name)) is not None:
            yield f"quota used · 429s, {label}", f"{found['used']:.0%} · {found['refused']:.1%}"


def _speed(results: Results) -> Iterator[tuple[str, str]]:
    if (found := results.get("throughput")) is not None:
        for name, label in SPEED.items():
            one = found[name]
            ratio = one["rows_per_second"] / found["bare"]["rows_per_second"]
            beside = "" if name != "bulk" else f" · {ratio:.2f} of the bare client's rate"
            cost = f"{one['cpu_us_per_row']:,.0f} µs CPU a row"
            yield f"20 ms server, {label}", f"{one['rows_per_second']:,.0f} rows/s · {cost}{beside}"
    if (found := results.get("ray")) is not None:
        for name, label in ON_RAY.items():
            one = found[name]
            cost = f"{one['cpu_us_per_row']:,.0f} µs CPU a row"
            yield (
                f"20 ms server, in the middle of {found['rows']:,} rows, {label}",
                f"{one['rows_per_second']:,.0f} rows/s · {cost}",
            )
    if (found := results.get("overlap")) is not None:
        told = " · ".join(f"{int(size):,}: {rate:,.0f}" for size, rate in found.items() if size.isdecimal())
        ratio = f"{found['100'] / found['2000']:.2f} of batches of 2,000"
        yield "log-normal latency, 64 at once, rows/s by batch size", f"{told} · {ratio}"


def _safety(results: Results) -> Iterator[tuple[str, str]]:
    small, large = results.get("memory_small"), results.get("memory_large")
    if small and large:
        more = f"{large['rss_mb']:,.0f} MB, {large['rss_mb'] - small['rss_mb']:+,.0f}"
        yield f"memory, {small['rows']:,} and {large['rows']:,} rows", f"{small['rss_mb']:,.0f} MB and {more}"
    if (found := results.get("kills")) is not None:
        again = f"{found['repeated']:,} calls repeated, {found['repeated'] / found['killed']:.0f} a kill"
        yield (
            f"{found['killed']:.0f} times `kill -9`, 64 at once",
            f"{found['distinct']:,} of {found['rows']:,} rows, once each · {again}",
        )
    if (found := results.get("batch")) is not None:
        errors = {name.removeprefix("error_"): number for name, number in found.items() if name.startswith("error_")}
        told = " and ".join(f"{number:,} {code}" for code, number in errors.items())
        yield (
            "Batch API, lines failing, expiring, one batch cancelled",
            f"{found['rows']:,} rows in {found['batches']} batches, {found['seconds']:,.0f} s · error rows: {told}",
        )


def picture(results: Results, path: Path) -> None:
    """Pace, speed and memory, as bars."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "bulk"
    import matplotlib.pyplot as plt

    panels = [panel for panel in (_pace_bars(results), _speed_bars(results), _memory_bars(results)) if panel[1]]
    if not panels:
        return
    heights = [len(bars) + 1 for _, bars in panels]
    figure, drawn = plt.subplots(
        len(panels), figsize=(7, 0.5 * sum(heights)), height_ratios=heights, squeeze=False, layout="constrained"
    )
    for axes, (title, bars) in zip(drawn[:, 0], panels, strict=True):
        axes.set_title(title, loc="left", fontsize="medium")
        made = axes.barh(list(bars), [value for value, _ in bars.values()])
        axes.bar_label(made, [label for _, label in bars.values()], padding=3)
        axes.invert_yaxis()
        axes.set_xmargin(0.35)
        axes.xaxis.set_visible(False)
        axes.spines[["top", "right", "bottom"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


_Bars = tuple[str, dict[str, tuple[float, str]]]


def _pace_bars(results: Results) -> _Bars:
    found = {label: results[name] for name, label in PACING.items() if name in results}
    bars = {label: (one["used"], f"{one['used']:.0%} · 429s {one['refused']:.1%}") for label, one in found.items()}
    return "Quota used", bars


def _speed_bars(results: Results) -> _Bars:
    rates: dict[str, float] = {}
    if (found := results.get("throughput")) is not None:
        rates |= {SPEED[name].replace("`", ""): found[name]["rows_per_second"] for name in ("bare", "bulk")}
    return "Rows a second, 20 ms server", {label: (rate, f"{rate:,.0f}") for label, rate in rates.items()}


def _memory_bars(results: Results) -> _Bars:
    found = [results[name] for name in ("memory_small", "memory_large") if name in results]
    return "Memory", {f"{one['rows']:,} rows": (one["rss_mb"], f"{one['rss_mb']:,.0f} MB") for one in found}
