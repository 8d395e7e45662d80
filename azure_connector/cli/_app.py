"""The commands and their options; what they do is in a module each, imported when the command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from ._bulk import bulk
from ._commands import Command, Group
from ._emulator_options import (
    ChunkLatency,
    Fault,
    FaultRate,
    Host,
    Key,
    Latency,
    Port,
    Seed,
    Served,
    Tls,
    Upstream,
    UpstreamKey,
)
from ._model_commands import CHAT_EXAMPLES, COMPARE_EXAMPLES, EMBED_EXAMPLES, chat, compare, embed
from ._options import AsJson, Config, Deployments, Endpoint, EnvFile, Verbose, Yes, examples
from ._running import reported, set_up_logging

__all__ = ["app"]

app = typer.Typer(
    name="azure-connector",
    help="Azure OpenAI from the command line: find out why it does not work, see what is deployed, ask a model.",
    epilog="Exit codes: 0 fine, 1 a problem was found or a call failed, 2 the command line or the settings cannot be "
    "used, 130 stopped by Ctrl-C, 141 nobody reads the output any more. Settings come from azure_connector.toml, the "
    "environment and .env. For completion by the Tab key: --install-completion.",
    no_args_is_help=True,
    cls=Group,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from .._version import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Azure OpenAI from the command line."""


@app.command(
    cls=Command,
    epilog=examples(
        "azure-connector doctor",
        "azure-connector doctor --deployment my-gpt-5",
        "azure-connector doctor --json > report.json",
    ),
)
@reported
def doctor(
    deployment: Deployments = None,
    call: Annotated[bool, typer.Option(help="Make one small call to each deployment.")] = True,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="For one call.", min=0.1)] = 30.0,
    config: Config = None,
    _env_file: EnvFile = None,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Find out why a setup does not work, and what to do about it.

    Checks, in the order in which a call meets them: the settings and where each came from, the endpoint, DNS, TCP, the
    proxy, TLS, the first byte, the clock, the auth chain and its token, and one small call per deployment. Secrets
    are never shown, so the output can be pasted into a bug report.
    """
    set_up_logging(verbose)
    from ._doctor import run

    run(config, endpoint, tuple(deployment or ()), call=call, timeout=timeout, as_json=as_json)


@app.command(
    cls=Command,
    epilog=examples("azure-connector models", "azure-connector models --all", "azure-connector models --write --yes"),
)
@reported
def models(
    everything: Annotated[bool, typer.Option("--all", help="Also list the models that could be deployed.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Put a mapping into the TOML file.")] = False,
    yes: Yes = False,
    config: Config = None,
    _env_file: EnvFile = None,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """List the deployments: base models, API, capabilities, and the models that are mapped to them.

    From the resource's own listing or, where resource_id is set, from Azure's management plane with SKU, capacity and
    quota. With --write, what no mapping has yet is added to the TOML file after its change has been shown.
    """
    set_up_logging(verbose)
    from ._models import run

    run(config, endpoint, everything=everything, write=write, yes=yes, as_json=as_json)


@app.command(
    cls=Command,
    epilog=examples("azure-connector explain gpt-5", "azure-connector explain text-embedding-3-small -o /embeddings"),
)
@reported
def explain(
    model: Annotated[str | None, typer.Argument(metavar="MODEL", help="The model as a call would name it.")] = None,
    operation: Annotated[
        str, typer.Option("--operation", "-o", metavar="PATH", help="The SDK's path of the call.")
    ] = "/chat/completions",
    discover: Annotated[bool, typer.Option("--discover", help="List the deployments first.")] = False,
    config: Config = None,
    _env_file: EnvFile = None,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Say which deployment, URL, credential and rules a call would use, and why. Sends nothing."""
    set_up_logging(verbose)
    from ._explain import run

    run(config, endpoint, model, operation, discover=discover, as_json=as_json)


app.command("chat", cls=Command, epilog=CHAT_EXAMPLES)(chat)
app.command("compare", cls=Command, epilog=COMPARE_EXAMPLES)(compare)
app.command("embed", cls=Command, epilog=EMBED_EXAMPLES)(embed)


@app.command(
    cls=Command,
    epilog=examples(
        "azure-connector emulator",
        "azure-connector emulator --deployment chat=gpt-5 --deployment small=gpt-4o:30",
        "azure-connector emulator --fault-rate 0.2 --latency 0.3",
        "azure-connector emulator -d llama3.2 --upstream http://127.0.0.1:11434/v1",
    ),
)
@reported
def emulator(
    deployment: Served = None,
    port: Port = 0,
    host: Host = "127.0.0.1",
    api_key: Key = None,
    tls: Tls = False,
    latency: Latency = 0.0,
    chunk_latency: ChunkLatency = 0.0,
    fault_rate: FaultRate = 0.0,
    fault: Fault = None,
    seed: Seed = 0,
    upstream: Upstream = None,
    upstream_key: UpstreamKey = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Serve a local Azure OpenAI resource until Ctrl-C."""
    set_up_logging(verbose)
    from ._emulator import Faults, run

    run(
        deployment,
        host=host,
        port=port,
        api_key=api_key,
        tls=tls,
        latency=latency,
        chunk_latency=chunk_latency,
        faults=Faults(fault_rate, tuple(fault or ()), seed),
        upstream=upstream,
        upstream_key=upstream_key,
        as_json=as_json,
    )


@app.command(
    cls=Command,
    epilog=examples(
        "azure-connector init",
        "azure-connector init --endpoint https://NAME.openai.azure.com --auth entra --yes",
        "azure-connector init --to .env",
    ),
)
@reported
def init(
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", metavar="URL", help="The endpoint, in any form.")
    ] = None,
    auth: Annotated[
        str | None, typer.Option("--auth", metavar="key|entra|managed-identity", help="How to prove who is calling.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="FILE", help="azure_connector.toml (or another .toml), or .env.")
    ] = None,
    test: Annotated[bool, typer.Option(help="Try the settings before they are written.")] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Ask for endpoint and credential, try them, and write the settings.

    A key goes into .env, which only its owner can read, never into the TOML file.
    """
    set_up_logging(verbose)
    from ._init import run

    run(endpoint, auth=auth, to=to, test=test, force=force, yes=yes, as_json=as_json)


app.add_typer(bulk)
