"""`python -m samples.web`: the page, on this machine only. Without AZURE_OPENAI_ENDPOINT it starts the emulator."""

from __future__ import annotations

import argparse
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn

from .app import create_app


@contextmanager
def resource() -> Iterator[str]:
    """The resource that the settings name, or the emulator's; yields what to call it."""
    from azure_connector import ConnectorSettings

    if ConnectorSettings().resource_map():
        yield "Azure OpenAI"
        return
    from azure_connector.emulator import Deployment, Emulator
    from azure_connector.emulator.models import DEFAULT_MODELS

    # The first choice for gpt-4.1 is soon used up, so that a failover can be seen.
    with Emulator([*DEFAULT_MODELS, Deployment("gpt-4.1-small", "gpt-4.1", capacity=1)], chunk_latency=0.02) as azure:
        os.environ |= {
            "AZURE_OPENAI_ENDPOINT": azure.endpoint,
            "AZURE_OPENAI_API_KEY": azure.api_key,
            "AZURE_OPENAI_DEPLOYMENT_MAPPING": '{"gpt-4.1": ["gpt-4.1-small", "gpt-4.1"]}',
        }
        yield "Azure OpenAI (emulator)"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m samples.web", description="A page to try the models on.")
    parser.add_argument("--port", type=int, default=8000, help="default: 8000; 0 for one that is free")
    options = parser.parse_args()
    # Taken before the address is shown: whoever opens it at once waits, and is not refused.
    with (
        suppress(KeyboardInterrupt),
        socket.create_server(("127.0.0.1", options.port)) as listener,
        resource() as name,
    ):
        config = uvicorn.Config(create_app(azure_name=name), log_level="warning")
        print(f"{name}: open http://127.0.0.1:{listener.getsockname()[1]}/ (Ctrl-C stops it)", flush=True)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
