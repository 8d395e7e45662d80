"""Load over many lifetimes of two-second tokens: no call may be lost.

    python tests/soak/soak_tokens.py --seconds 120

Every kind of credential that the connector builds, and both clients, run side by side against an emulated resource
that verifies each token. Ends with 1 if a call failed, or if tokens were fetched more often than they had to be.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import openai

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import Emulator
from azure_connector.emulator.entra import EntraID

SUBJECT = "system:serviceaccount:default:soak"
ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}


@dataclass
class Tally:
    """What happened; shared by all threads."""

    calls: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, failure: BaseException | None) -> None:
        with self.lock:
            self.calls += 1
            if failure is not None:
                self.failures[f"{type(failure).__name__}: {str(failure)[:200]}"] += 1


def principals(entra: EntraID) -> dict[str, dict[str, Any]]:
    """One application per kind of credential."""
    secret = entra.register_app(secret="s3cret-value")
    written = entra.write_certificate()
    certificate = entra.register_app(certificate=written)
    workload = entra.register_app(federated=SUBJECT)
    return {
        "client secret": {"client_id": secret.client_id, "client_secret": "s3cret-value"},
        "client certificate": {"client_id": certificate.client_id, "client_certificate_path": str(written.path)},
        "workload identity": {
            "client_id": workload.client_id,
            "federated_token_file": str(entra.write_federated_token(SUBJECT)),
        },
    }


def run_threads(client: AzureConnector, count: int, end: float, pause: float, tally: Tally) -> list[threading.Thread]:
    def work() -> None:
        while time.monotonic() < end:
            try:
                client.chat.completions.create(**ASK)
            except openai.OpenAIError as error:
                tally.note(error)
            else:
                tally.note(None)
            time.sleep(pause)

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


async def run_tasks(client: AsyncAzureConnector, count: int, end: float, pause: float, tally: Tally) -> None:
    async def work() -> None:
        while time.monotonic() < end:
            try:
                await client.chat.completions.create(**ASK)
            except openai.OpenAIError as error:
                tally.note(error)
            else:
                tally.note(None)
            await asyncio.sleep(pause)

    await asyncio.gather(*(work() for _ in range(count)))


def soak(seconds: float, lifetime: float, threads: int, tasks: int, pause: float) -> int:
    tally = Tally()
    with EntraID(token_lifetime=lifetime) as entra, Emulator(entra=entra) as azure:
        common = {
            "azure_endpoint": azure.endpoint,
            "authority_host": entra.authority_host,
            "disable_instance_discovery": True,
            "ca_bundle": str(entra.ca_file),
            "tenant_id": entra.tenant_id,
            "max_attempts": 1,
        }
        settings = [common | principal for principal in principals(entra).values()]
        end = time.monotonic() + seconds
        clients = [AzureConnector(**options) for options in settings]
        running = [thread for client in clients for thread in run_threads(client, threads, end, pause, tally)]

        async def both() -> None:
            connectors = [AsyncAzureConnector(**options) for options in settings]
            await asyncio.gather(*(run_tasks(client, tasks, end, pause, tally) for client in connectors))
            for connector in connectors:
                await connector.close()

        asyncio.run(both())
        for thread in running:
            thread.join()
        for client in clients:
            client.close()
        fetched, users = len(entra.token_requests), 2 * len(settings)
    return report(tally, fetched, users, seconds, lifetime)


def report(tally: Tally, fetched: int, users: int, seconds: float, lifetime: float) -> int:
    # A token is fetched anew after 80% of its life, which azure-identity rounds down to whole seconds.
    most = users * (seconds / (0.8 * max(lifetime - 1, 0.5)) + 2)
    print(f"calls           {tally.calls}")
    print(f"calls lost      {sum(tally.failures.values())}")
    print(f"lifetimes       {seconds / lifetime:.0f}")
    print(f"token requests  {fetched} by {users} connectors (at most {most:.0f} are due)")
    for failure, count in tally.failures.most_common(5):
        print(f"  {count} x {failure}")
    return 1 if tally.failures or fetched > most or not tally.calls else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--lifetime", type=float, default=2.0, help="of a token, in seconds")
    parser.add_argument("--threads", type=int, default=4, help="for each kind of credential")
    parser.add_argument("--tasks", type=int, default=8, help="for each kind of credential")
    parser.add_argument("--pause", type=float, default=0.02, help="between the calls of one thread or task, in seconds")
    options = parser.parse_args()
    logging.getLogger("azure.identity").setLevel(logging.ERROR)
    return soak(options.seconds, options.lifetime, options.threads, options.tasks, options.pause)


if __name__ == "__main__":
    sys.exit(main())
