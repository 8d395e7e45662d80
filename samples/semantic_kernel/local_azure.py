"""The resource that the environment names, or else the local emulator's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

MODEL = os.environ.get("AZURE_OPENAI_MODEL", "gpt-5")


@contextmanager
def azure() -> Iterator[None]:
    """Sets the endpoint and the key of an emulator while no AZURE_OPENAI_ENDPOINT is set."""
    if os.environ.get("AZURE_OPENAI_ENDPOINT"):
        yield
        return
    from azure_connector.emulator import Emulator

    with Emulator() as emulator:
        local = {"AZURE_OPENAI_ENDPOINT": emulator.endpoint, "AZURE_OPENAI_API_KEY": emulator.api_key}
        os.environ.update(local)
        try:
            yield
        finally:
            for name in local:
                del os.environ[name]
