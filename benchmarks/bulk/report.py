"""The table and the picture of what was measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

__all__ = ["picture", "table"]

PACING = {
    "pacing_10s": "requests bind, checked over 10 s",
    "pacing_1s": "requests bind, checked each second",
    "pacing_tokens": "tokens bind",
    "pacing_halved": "the limit is halved midway",
}


def table(results: Mapping[str, Any]) -> str:
    """Markdown, of the cases that there are."""
    rows: list[tuple[str, str]] = []
    for name, label in PACING.items():
        if (found := results.get(name)) is not None:
            rows.append((f"quota used · 429s, {label}", f"{found['used']:.0%} · {found['refused']:.1%}"))
    if (found := results.get("throughput")) is not None:
        for name, label in (
            ("bare", "bare client and `gather`"),
            ("bulk", "`run`, journal and files"),
            ("embed", "`run`, embeddings"),
        ):
            one = found[name]
            rows.append(
                (
                    f"20 ms server, {label}",
                    f"{one['rows_per_second']:,.0f} rows/s · {one['cpu_us_per_row']:,.0f} µs CPU a row",
                )
            )
    if (found := results.get("overlap")) is not None:
        told = " · ".join(f"{size}: {rate:,.0f}" for size, rate in found.items())
        rows.append(("log-normal latency, 64 at once, rows/s by batch size", told))
    for name, label in (("memory_100k", "100,000"), ("memory_1m", "1,000,000")):
        if (found := results.get(name)) is not None:
            rows.append((f"memory, {label} rows", f"{found['rss_mb']:,.0f} MB"))
    if (found := results.get("kills")) is not None:
        rows.append(
            (f"{found['killed']:.0f} times `kill -9`", f"{found['distinct']:,} of {found['rows']:,} rows, once each")
        )
    if (found := results.get("batch")) is not None:
        rows.append(
            (
                "Batch API, lines failing, expiring, one batch cancelled",
                f"{found['rows']:,} rows in {found['batches']} batches",
            )
        )
    lines = ["| what | measured |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    machine = (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, {date.today():%Y-%m-%d}"
    )
    shown = ["", "![Quota used and 429s](images/bulk.svg)"] if any(name in results for name in PACING) else []
    return "\n".join([*lines, "", f"{machine}. Other work ran on the machine; ratios travel, numbers do not.", *shown])


def picture(results: Mapping[str, Any], path: Path) -> None:
    """Quota used and 429s, as bars."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "bulk"
    import matplotlib.pyplot as plt

    found = {label: results[name] for name, label in PACING.items() if name in results}
    if not found:
        return
    figure, axes = plt.subplots(figsize=(7, 0.6 * len(found) + 1))
    places = range(len(found))
    axes.barh(
        [place - 0.2 for place in places], [one["used"] * 100 for one in found.values()], 0.35, label="quota used, %"
    )
    axes.barh(
        [place + 0.2 for place in places],
        [one["refused"] * 100 for one in found.values()],
        0.35,
        label="429s, % of calls",
    )
    axes.set_yticks(list(places), list(found))
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, frameon=False)  # below: it would hide a bar
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
