"""A stand-in for the Azure CLI: an `az` that answers `az account get-access-token` with tokens of this Entra ID.

`az login`, with any options, signs in whoever was not, or not any more.
"""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING, Literal

from .certificates import write_private

if TYPE_CHECKING:
    from pathlib import Path

CliState = Literal["logged_in", "logged_out", "expired"]

# What the CLI says on stderr, with exit code 1.
LOGGED_OUT = "ERROR: Please run 'az login' to setup account."
EXPIRED = (
    "ERROR: AADSTS700082: The refresh token has expired due to inactivity. The token was inactive for 90 days.\n"
    "Interactive authentication is needed. Please run:\naz login"
)

SCRIPT = """\
import argparse, datetime, json, pathlib, ssl, sys, time, urllib.error, urllib.parse, urllib.request

settings = json.loads(SETTINGS)
signed_in = pathlib.Path(__file__).with_name("signed-in")
if sys.argv[1:2] == ["login"]:
    signed_in.touch()
    print("[]")
    sys.exit()
parser = argparse.ArgumentParser(prog="az")
parser.add_argument("command", nargs=2)
parser.add_argument("--output")
parser.add_argument("--resource", default="https://management.azure.com")
parser.add_argument("--scope")
parser.add_argument("--tenant", default=settings["tenant"])
parser.add_argument("--subscription", default="00000000-0000-0000-0000-000000000000")
arguments = parser.parse_args()
if arguments.command != ["account", "get-access-token"]:
    parser.error("this stand-in only knows: az login, az account get-access-token")
time.sleep(settings["delay"])
if settings["failure"] and not signed_in.exists():
    sys.exit(settings["failure"])
form = {
    "grant_type": "client_credentials",
    "client_id": settings["client_id"],
    "client_secret": settings["client_secret"],
    "scope": arguments.scope or arguments.resource + "/.default",
}
opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({}),
    urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=settings["ca_file"])),
)
url = settings["authority"] + "/" + arguments.tenant + "/oauth2/v2.0/token"
try:
    reply = json.load(opener.open(url, urllib.parse.urlencode(form).encode()))
except urllib.error.HTTPError as error:
    sys.exit("ERROR: " + json.load(error).get("error_description", "unknown error"))
expires_on = int(time.time()) + reply["expires_in"]
json.dump(
    {
        "accessToken": reply["access_token"],
        "expiresOn": datetime.datetime.fromtimestamp(expires_on).strftime("%Y-%m-%d %H:%M:%S.%f"),
        "expires_on": expires_on,
        "subscription": arguments.subscription,
        "tenant": arguments.tenant,
        "tokenType": "Bearer",
    },
    sys.stdout,
)
"""


def write_az(
    directory: Path,
    *,
    authority: str,
    ca_file: Path,
    tenant: str,
    client_id: str,
    client_secret: str,
    state: CliState = "logged_in",
    delay: float = 0.0,
) -> None:
    """Write an executable `az` into a directory, for POSIX systems.

    Args:
        directory: made when it is not there; it goes on `PATH`.
        authority: where the token comes from.
        ca_file: trusted for that.
        tenant: unless the caller asks for another one.
        client_id: who is logged in.
        client_secret: its secret.
        state: `expired` is a login whose refresh token has run out.
        delay: seconds that the command takes, e.g. to meet the credential's `process_timeout`.
    """
    directory.mkdir(exist_ok=True)
    settings = {
        "authority": authority,
        "ca_file": str(ca_file),
        "tenant": tenant,
        "client_id": client_id,
        "client_secret": client_secret,
        "delay": delay,
        "failure": {"logged_in": "", "logged_out": LOGGED_OUT, "expired": EXPIRED}[state],
    }
    program = directory / "az-program.py"
    write_private(program, f"SETTINGS = {json.dumps(settings)!r}\n{SCRIPT}".encode())
    launcher = directory / "az"
    # The shell starts Python because a path may be too long, or hold blanks, for a `#!` line.
    command = shlex.join([sys.executable, "-IS", str(program)])
    write_private(launcher, f'#!/bin/sh\nexec {command} "$@"\n'.encode())
    launcher.chmod(0o700)
