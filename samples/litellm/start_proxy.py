"""Starts LiteLLM's Proxy with the connector as its provider, in front of the emulator or of your own resource.

    make proxy-env
    .venv-proxy/bin/python samples/litellm/start_proxy.py --port 4000

The emulator stands behind unless AZURE_OPENAI_ENDPOINT is set. LITELLM_MASTER_KEY is the Proxy's key; unless it is set,
one is made and printed.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

CONFIG = Path(__file__).with_name("proxy_config.yaml")


def main(arguments: list[str]) -> int:
    """Runs until Ctrl-C; `arguments` go to the `litellm` command."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # no download of a price table
    if not os.environ.get("LITELLM_MASTER_KEY"):
        os.environ["LITELLM_MASTER_KEY"] = f"sk-{secrets.token_hex(16)}"
        print(f"The Proxy's key is {os.environ['LITELLM_MASTER_KEY']}", flush=True)
    if os.environ.get("AZURE_OPENAI_ENDPOINT"):
        behind = nullcontext()
    else:
        from azure_connector.emulator import Emulator

        behind = Emulator(["gpt-5", "gpt-4o", "text-embedding-3-small", "gpt-image-1"])
    with behind as azure:
        if azure is not None:
            os.environ |= {"AZURE_OPENAI_ENDPOINT": azure.endpoint, "AZURE_OPENAI_API_KEY": azure.api_key}
            print(f"The emulator answers at {azure.endpoint}", flush=True)
        command = [str(Path(sys.executable).with_name("litellm")), "--config", str(CONFIG), "--host", "127.0.0.1"]
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended from outside, it ends the Proxy, too
        proxy = subprocess.Popen([*command, *arguments])
        try:
            return proxy.wait()
        except KeyboardInterrupt:
            return 130
        finally:
            proxy.terminate()
            proxy.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
