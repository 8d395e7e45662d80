"""Writes docs/emulator-operations.md from the emulator's own list: `python docs/generate_emulator.py`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from azure_connector.emulator.served import ABSENT, SERVED, Served

PAGE = Path(__file__).with_name("emulator-operations.md")
DISAGREEMENTS = Path(__file__).parents[1] / "tests/emulator/published/disagreements.toml"

HEAD = """\
# What the emulator serves

Generated from `azure_connector/emulator/served.py` by `docs/generate_emulator.py`; a test compares the two.

The list is what the emulator's routes are made of. **v1** is `/openai/v1/…`; **classic** is
`/openai/…?api-version=` ("resource") or `/openai/deployments/{deployment}/…?api-version=` ("deployment"), from the
preview and the stable api-version that are named; an earlier one gets the 404 that Azure gives. **Faithful by** says
what the replies are held to in the tests: the published documents, field by field, the SDK's types, and Azure's pages.
"""

# How far the answers of a family go, by the first segment of the path.
DEPTH = {
    "chat": "shapes and refusals; stored ones with metadata, filters and messages",
    "completions": "shapes, several prompts and choices, echo, logprobs; refusals",
    "embeddings": "shapes and refusals; similar texts lie close",
    "models": "shapes; base models, never deployments",
    "deployments": "shape of the oldest versions",
    "info": "shape",
    "audio": "shapes, formats and refusals; a spoken text can be heard back",
    "images": "shapes and refusals; a small picture of the prompt",
    "videos": "states and refusals; the content is a header, no film",
    "skills": "versions and refusals; nothing in them is run",
    "responses": "shapes, events, states and refusals; `input_tokens` counts as the emulator does",
    "conversations": "shapes and refusals; responses read and extend them",
    "files": "shapes and refusals",
    "uploads": "states, sizes and refusals",
    "batches": "states, codes, limits and results",
    "vector_stores": "states and refusals; search by shared words, not by meaning",
    "containers": "states and refusals; no code runs in them",
    "fine_tuning": "states, events and refusals; nothing is learned",
    "evals": "states and refusals; string checks are computed, other graders pass what has a text",
    "assistants": "shapes and refusals",
    "threads": "states, steps, tool calls, streams and refusals",
    "realtime": "both protocols, in text; keys and calls without sound",
}


def versions(one: Served) -> str:
    """Where the classic form has an operation, and since when."""
    if one.classic == "no":
        return "no"
    place = {"deployed": "deployment", "resource": "resource"}[one.classic]
    if one.until != "9999":
        return f"{place}, up to {one.until}-preview"
    if one.since is None:
        return place
    stable = f", {one.since.stable}" if one.since.stable else ""
    return f"{place}, from {one.since.preview}-preview{stable}"


def row(one: Served) -> str:
    """One line of a table."""
    sdk = f"`{one.sdk}`" if one.sdk else ""
    return f"| `{one.method} {one.path}` | {sdk} | {'yes' if one.v1 else 'no'} | {versions(one)} |"


def page() -> str:
    """The whole page."""
    lines = [HEAD]
    usual = [one for one in SERVED if not one.inference]
    lines.append(f"{len(SERVED)} operations, {sum(bool(one.sdk) for one in usual)} of them methods of the SDK.\n")
    family = {one.key: one.path.split("/")[1] for one in usual}
    ordered = sorted(usual, key=lambda one: list(DEPTH).index(family[one.key]))
    families = {name: list(ones) for name, ones in groupby(ordered, key=lambda one: family[one.key])}
    for name, ones in families.items():
        lines.append(f"## {name}\n\nFaithful by {DEPTH[name]}.\n")
        lines.append("| operation | the SDK's method | v1 | classic |\n|---|---|---|---|")
        lines += [*(row(one) for one in ones), ""]
    lines.append("## The model inference API\n\nBelow `/models`, with any dated `api-version`.\n")
    lines.append("| operation |\n|---|")
    lines += [*(f"| `{one.method} /models{one.path}` |" for one in SERVED if one.inference), ""]
    lines.append(
        "## Not served\n\nA request is answered with 404 and the reason; a served path with another verb, with the "
        "verbs that it takes; any other path with Azure's own 404.\n"
    )
    lines.append("| path | reason |\n|---|---|")
    lines += [f"| `{path}` | {reason} |" for path, reason in ABSENT.items()]
    lines += ["", *disagreements()]
    return "\n".join(lines) + "\n"


def disagreements() -> Iterator[str]:
    """Where the published documents and the service disagree, and why the emulator goes with the service."""
    yield "## Where the published documents and the service disagree\n"
    yield "The emulator does as the service does. From `tests/emulator/published/disagreements.toml`.\n"
    yield "| what | why |\n|---|---|"
    told = tomllib.loads(DISAGREEMENTS.read_text("utf-8"))
    for one in told["newer"]:
        yield f"| `{one['schema']}` also has {', '.join(f'`{word}`' for word in one['words'])} | {one['reason']} |"
    for one in told["request"]:
        yield f"| `{one['schema']}` without {' and '.join(f'`{name}`' for name in one['optional'])} | {one['reason']} |"
    for one in told["accepted"]:
        what = one["what"].replace("|", "\\|")
        yield f"| `{one['operation']}` is taken with `{what}` | {one['reason']} |"
    for one in told["differs"]:
        where = one["where"].replace("|", "\\|")
        operation = one["operation"].strip("^$").replace("|", " or ")
        yield f"| what answers `{operation}` differs at `{where}` | {one['reason']} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
