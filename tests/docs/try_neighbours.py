"""Runs the blocks of docs/neighbours.md whose framework is installed: `python -m tests.docs.try_neighbours [NAME…]`.

The development environment has few of these frameworks, since they do not agree with one another. Each is installed
into an environment of its own, with `azure-connector[emulator]` beside it; the tests run those that they find.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
import tempfile

from azure_connector.emulator import Emulator

from .blocks import ROOT, blocks_of, installed

# Nothing is sent to anybody while these are tried.
_QUIET = {
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_DISABLE_TRACKING": "true",
    "DEEPEVAL_TELEMETRY_OPT_OUT": "true",
    "HAYSTACK_TELEMETRY_ENABLED": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "MEM0_TELEMETRY": "False",
    "OTEL_SDK_DISABLED": "true",
    "RAGAS_DO_NOT_TRACK": "true",
}


def main() -> None:
    os.environ.update(_QUIET)
    known = importlib.metadata.packages_distributions()
    with Emulator() as azure, tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        os.environ.update(DSPY_CACHEDIR=place, MEM0_DIR=place)
        os.environ.update(AZURE_OPENAI_ENDPOINT=azure.endpoint, AZURE_OPENAI_API_KEY=azure.api_key)
        for block in blocks_of(ROOT / "docs" / "neighbours.md"):
            needs = block.needs
            if not needs or not installed(block) or (sys.argv[1:] and needs[0] not in sys.argv[1:]):
                continue
            versions = [f"{one} {importlib.metadata.version(one)}" for name in needs for one in set(known[name])]
            print(f"{block}: {', '.join(versions)}", flush=True)
            azure.clear()
            code = compile(block.text, str(block), "exec", dont_inherit=True)
            exec(code, {"__name__": "page"})
            statuses = [seen.status for seen in azure.requests]
            assert statuses, "nothing reached the resource"
            assert set(statuses) == {200}, statuses


if __name__ == "__main__":
    main()
