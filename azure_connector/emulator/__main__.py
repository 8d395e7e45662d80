"""`python -m azure_connector.emulator`: serve until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .config import read_config
from .emulator import Emulator
from .models import DEFAULT_MODELS, Deployment
from .relay import Relay
from .upstream import Upstream

if TYPE_CHECKING:
    from .entra import EntraID

__all__ = ["main"]

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def parser() -> argparse.ArgumentParser:
    """The command line. What is not given there may stand in a file, and has the emulator's own default else."""
    made = argparse.ArgumentParser(
        prog="python -m azure_connector.emulator",
        description="A local Azure OpenAI resource on a loopback port.",
        argument_default=argparse.SUPPRESS,
    )
    made.add_argument("--config", metavar="FILE", help="a TOML file with settings; the command line goes before it")
    made.add_argument("--host", help="interface to bind (default: loopback only)")
    made.add_argument("--port", type=int, help="port (default: a free one)")
    made.add_argument("--api-key", help="the key that it takes (default: a random one)")
    made.add_argument(
        "--deployment",
        dest="deployments",
        action="append",
        type=deployment,
        metavar="NAME[=MODEL[:CAPACITY]]",
        help="a deployment, its base model and its quota in thousand tokens per minute; may be repeated "
        f"(default: {', '.join(DEFAULT_MODELS)})",
    )
    made.add_argument(
        "--upstream",
        metavar="URL",
        help="answer by forwarding to this OpenAI-compatible server (…/v1), or with --record to an Azure resource",
    )
    made.add_argument("--upstream-key", metavar="KEY", help="the upstream server's key")
    made.add_argument("--record", metavar="FILE", help="write what is asked and answered to this tape, without secrets")
    made.add_argument("--replay", metavar="FILE", help="answer from this tape")
    made.add_argument("--tls", action="store_true", help="serve HTTPS with a certificate of its own")
    made.add_argument(
        "--entra", action="store_true", help="verify tokens of an emulated Entra ID, and print how to log in"
    )
    made.add_argument("--latency", type=float, metavar="SECONDS", help="before every reply")
    made.add_argument("--chunk-latency", type=float, metavar="SECONDS", help="before every streamed event")
    return made


def deployment(text: str) -> Deployment:
    """`name`, `name=model` or `name=model:capacity`.

    Raises:
        argparse.ArgumentTypeError: it is none of them.
    """
    name, _, rest = text.partition("=")
    model, _, capacity = rest.partition(":")
    if not name or (capacity and not capacity.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME, NAME=MODEL or NAME=MODEL:CAPACITY")
    return Deployment(name, model, capacity=int(capacity) if capacity else None)


def banner(azure: Emulator, ca_file: str | None, login: Mapping[str, str] | None = None) -> str:
    """What to copy to reach the emulator.

    Args:
        azure: the emulator, running.
        ca_file: the authority of its certificate, when it serves HTTPS.
        login: the variables by which azure-identity logs in to the emulated Entra ID.
    """
    served = azure.deployments.values()
    names = [one.name if one.base_model == one.name else f"{one.name} ({one.base_model})" for one in served]
    chat = next((one.name for one in served if one.family.chat), next(iter(azure.deployments), ""))
    body = f'{{"model": "{chat}", "messages": [{{"role": "user", "content": "Hello"}}]}}'
    lines = [
        "Azure OpenAI emulator",
        f"  endpoint     {azure.endpoint}",
        f"  api key      {azure.api_key}",
        f"  deployments  {', '.join(names)}",
        "",
        "For this shell:",
        f"  export AZURE_OPENAI_ENDPOINT={azure.endpoint}",
        f"  export AZURE_OPENAI_API_KEY={azure.api_key}",
        *([f"  export SSL_CERT_FILE={ca_file}"] if ca_file else []),
        "",
        *_login_lines(login or {}),
        "Try it:",
        f"  curl {azure.endpoint}/openai/v1/chat/completions \\",
        *([f"    --cacert {ca_file} \\"] if ca_file else []),
        f'    -H "api-key: {azure.api_key}" -H "content-type: application/json" \\',
        f"    -d '{body}'",
        "",
        "Ctrl-C stops it.",
        "",
    ]
    return "\n".join(lines)


def _login_lines(login: Mapping[str, str]) -> list[str]:
    if not login:
        return []
    exports = [f"  export {name}={shlex.quote(value)}" for name, value in login.items()]
    credential = "  DefaultAzureCredential(disable_instance_discovery=True)  # in Python, by azure-identity"
    return ["To log in to its Entra ID, in place of the key:", *exports, credential, ""]


def login_of(entra: EntraID) -> dict[str, str]:
    """What an environment must hold to log in as a fresh app, and to trust the server."""
    return {**entra.environment("client_secret"), **entra.ca_environment()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; returns the exit code."""
    given = vars(parser().parse_args(arguments))
    wants_entra = given.pop("entra", False)
    try:
        settings = settings_of(given)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    with contextlib.ExitStack() as stack:
        try:
            entra = stack.enter_context(_entra()) if wants_entra else None
            return serve(settings, entra)
        except (ImportError, ValueError) as error:
            sys.stderr.write(f"{error}\n")
            return 2


def settings_of(given: dict[str, Any]) -> dict[str, Any]:
    """The emulator's arguments, of the file and before it of the command line.

    Raises:
        ValueError: the file or the upstream's address is none.
    """
    file, key = given.pop("config", None), given.pop("upstream_key", None)
    url: str | None = given.pop("upstream", None)
    settings = (read_config(file) if file else {}) | given
    if url is not None:
        resource = "record" in settings and not urlsplit(url).path.strip("/")
        settings["upstream"] = Relay(url, key) if resource else Upstream(url, key)
    return settings


def _entra() -> EntraID:
    from .entra import EntraID

    return EntraID()


def serve(settings: dict[str, Any], entra: EntraID | None) -> int:
    """Serve until interrupted; returns the exit code.

    Raises:
        ValueError: a setting is none.
    """
    secure = settings.get("tls", False)
    if entra is not None:
        settings = settings | {"entra": entra, "tls": entra.server_context() if secure else False}
    host = settings.get("host", "127.0.0.1")
    try:
        azure = Emulator(**settings)
        azure.start()
    except OSError as error:
        where = f"Cannot serve on {host}:{settings.get('port', 0)}" if error.filename is None else error.filename
        sys.stderr.write(f"{where}: {error.strerror or error}\n")
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as containers are stopped
    try:
        authority = (str(entra.ca_file) if entra else azure.ca_file) if secure else None
        sys.stdout.write(banner(azure, authority, login_of(entra) if entra else None))
        if host not in LOOPBACK:
            sys.stderr.write(f"Warning: {host} is not loopback; whoever reaches this host reaches the emulator.\n")
        sys.stdout.flush()
        threading.Event().wait()
    except KeyboardInterrupt:
        sys.stdout.write("\nStopped.\n")
    finally:
        azure.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
