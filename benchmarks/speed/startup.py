"""What it costs to start: imports in fresh processes, and tokens that are already at hand."""

from __future__ import annotations

import subprocess
import sys
from statistics import median

__all__ = ["import_costs"]

_STATEMENTS = {
    "import openai": "import openai",
    "import azure_connector": "import azure_connector",
    "from azure_connector import AzureConnector": "from azure_connector import AzureConnector",
    "import openai and a client": "import openai; openai.OpenAI(api_key='key')",
    "from azure_connector import AzureConnector and a client": (
        "from azure_connector import AzureConnector\nAzureConnector(azure_endpoint='http://127.0.0.1:9', api_key='key')"
    ),
    "import litellm_adapter": "import litellm_adapter",
    "import sk_azure_plugin": "import sk_azure_plugin",
    "azure-connector --help": (
        "import sys, contextlib, io; sys.argv = ['azure-connector', '--help']\n"
        "from azure_connector.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): main()"
    ),
    "get_bearer_token_provider, cached": (
        "import time\n"
        "from azure.core.credentials import AccessTokenInfo\n"
        "from azure.identity import get_bearer_token_provider\n"
        "class Held:\n"
        "    def get_token_info(self, *s, options=None): return AccessTokenInfo('t', int(time.time()) + 3600)\n"
        "    get_token = get_token_info\n"
        "f = get_bearer_token_provider(Held(), 'https://ai.azure.com/.default'); n = 20000\n"
    ),
    "the connector's headers, cached": (
        "import time\n"
        "from azure_connector import AzureConnector\n"
        "class Held:\n"
        "    def get_token_info(self, *s, options=None):\n"
        "        from azure.core.credentials import AccessTokenInfo\n"
        "        return AccessTokenInfo('t', int(time.time()) + 3600)\n"
        "    def get_token(self, *s, **k):\n"
        "        from azure.core.credentials import AccessToken\n"
        "        return AccessToken('t', int(time.time()) + 3600)\n"
        "c = AzureConnector(azure_endpoint='http://127.0.0.1:9', credential=Held())\n"
        "f = c._state.authenticators.of('default').headers; n = 20000\n"
    ),
}
_ONCE = "import time; t = time.process_time()\n{}\nprint(time.process_time() - t)"
_LOOP = "{}\nf(); t = time.process_time()\nfor _ in range(n): f()\nprint((time.process_time() - t) / n)"


def import_costs(rounds: int) -> dict[str, float]:
    """CPU seconds by what was done; medians of fresh processes, interleaved."""
    found: dict[str, list[float]] = {name: [] for name in _STATEMENTS}
    for _ in range(rounds):
        for name, code in _STATEMENTS.items():
            script = (_LOOP if "n = 20000" in code else _ONCE).format(code)
            run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
            if run.returncode == 0:
                found[name].append(float(run.stdout.split()[-1]))
    return {name: median(values) for name, values in found.items() if values}
