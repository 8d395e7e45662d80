"""The other doors, fuzzed: the WebSocket, Entra ID's endpoints, bearer tokens and the gateway.

`python -m tests.emulator.fuzzing_doors --requests 2000 --seed 1`
"""

from __future__ import annotations

import argparse
import json
import random
import ssl
import string
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from azure_connector.emulator import Emulator
from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.gateway import Gateway

from .fuzzing import MODELS, TEXTS, nasty, nested, schema

SECONDS = 30.0
EVENTS = [
    "session.update",
    "conversation.item.create",
    "conversation.item.retrieve",
    "conversation.item.delete",
    "conversation.item.truncate",
    "response.create",
    "response.cancel",
    "input_audio_buffer.append",
    "transcription_session.update",
    "",
    "x",
]


def frame(rng: random.Random) -> str | bytes:
    """A message to a session."""
    kind = rng.randrange(7)
    if kind == 0:
        return rng.choice(["", "{", "null", "[" * 5_000, '{"type": "\\ud83d"}', '{"type": NaN}', "9" * 5_000, "[]"])
    if kind == 1:
        return rng.randbytes(rng.choice([0, 5, 3_000]))
    event: dict[str, Any] = {"type": rng.choice(EVENTS), "event_id": rng.choice(["e", 5, None, nested(rng)])}
    content = [{"type": rng.choice(["input_text", "input_audio", "text", 5]), "text": rng.choice([*TEXTS, 5, None])}]
    event["item"] = rng.choice(
        [
            {"type": "message", "role": rng.choice(["user", "system", "x", 5]), "content": content},
            {"type": "function_call_output", "call_id": rng.choice(["x", 5, None]), "output": nasty(rng)},
            nasty(rng),
        ]
    )
    tool = {"type": "function", "name": "f", "parameters": schema(rng, 0)}
    for name in ("session", "response"):
        event[name] = rng.choice(
            [
                nasty(rng),
                {"tools": [tool], "tool_choice": nasty(rng), "instructions": rng.choice(["x", 5])},
                {"modalities": nasty(rng), "output_modalities": ["text"], "type": "realtime", "audio": nasty(rng)},
                {"max_output_tokens": nasty(rng), "temperature": nasty(rng), "input": [nasty(rng)]},
            ]
        )
    event["item_id"] = event["audio"] = event["previous_item_id"] = nasty(rng)
    return json.dumps(event)


def sessions(azure: Emulator, rng: random.Random, number: int) -> list[str]:
    """So many messages over WebSockets; what went wrong."""
    wrong: list[str] = []
    sent = 0
    paths = [
        "/openai/v1/realtime?model=gpt-realtime",
        "/openai/realtime?api-version=2025-04-01-preview&deployment=gpt-realtime",
    ]
    while sent < number:
        url = azure.endpoint.replace("http", "ws", 1) + rng.choice(paths)
        with connect(url, additional_headers={"api-key": azure.api_key}, open_timeout=SECONDS) as socket:
            socket.recv(timeout=SECONDS)
            for _ in range(25):
                message = frame(rng)
                sent += 1
                socket.send(message)
                socket.send(
                    json.dumps({"type": "conversation.item.retrieve", "event_id": f"end{sent}", "item_id": "no"})
                )
                wrong += _until(socket, f"end{sent}", message)
    return wrong


def _until(socket: Any, event_id: str, message: str | bytes) -> Iterator[str]:
    """Read what is said until the refusal of the event that ends every turn."""
    while True:
        try:
            said = json.loads(socket.recv(timeout=SECONDS))
        except (TimeoutError, ConnectionClosed) as error:
            yield f"{type(error).__name__}: {message[:300]!r}"
            raise
        error = said.get("error") or {}
        if error.get("type") == "server_error":
            yield f"{error}: {message[:300]!r}"
        if error.get("event_id") == event_id:
            return


def handshakes(azure: Emulator, rng: random.Random, number: int) -> list[str]:
    """Openings of WebSockets that are to be refused; what went wrong."""
    wrong: list[str] = []
    for _ in range(number):
        query = urlencode({rng.choice(["model", "deployment", "x"]): rng.choice([*MODELS, "²", ""])})
        path = rng.choice(["/openai/v1/realtime", "/openai/realtime", "/openai/v1/responses", "/x", "/openai/v1/files"])
        headers = rng.choice([{"api-key": azure.api_key}, {"api-key": "x"}, {}, {"authorization": "Bearer x"}])
        try:
            with connect(f"{azure.endpoint.replace('http', 'ws', 1)}{path}?{query}", additional_headers=headers):
                pass
        except InvalidHandshake as error:
            status = getattr(getattr(error, "response", None), "status_code", 0)
            if not 200 <= status < 500:  # 200: an operation that knows no upgrade
                wrong.append(f"{status} {error!r}: {path}?{query} {headers}")
    return wrong


def forms(entra: EntraID, rng: random.Random, number: int) -> list[str]:
    """Token requests and their neighbours; what went wrong."""
    wrong: list[str] = []
    app = entra.register_app(secret="right")
    with httpx.Client(
        base_url=entra.authority_host,
        verify=ssl.create_default_context(cafile=str(entra.ca_file)),
        timeout=SECONDS,
        trust_env=False,
    ) as http:
        for _ in range(number):
            form = {
                "grant_type": rng.choice(["client_credentials", "password", "²", ""]),
                "client_id": rng.choice([app.client_id, "x", "\x00", "é" * 300]),
                "scope": rng.choice(["https://cognitiveservices.azure.com/.default", "x", " ", "a b c", "/.default"]),
                "client_secret": rng.choice(["right", "x", "é"]),
                "client_assertion_type": rng.choice(["urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "x"]),
                "client_assertion": token(rng),
            }
            for name in rng.sample(list(form), rng.randrange(4)):
                del form[name]
            path = rng.choice(["oauth2/v2.0/token"] * 6 + ["v2.0/.well-known/openid-configuration", "x", "%00", "²"])
            raw = rng.choice([urlencode(form).encode()] * 6 + [b"\xff\xfe=%zz&", rng.randbytes(100), b"a" * 300_000])
            kind = rng.choice(
                ["application/x-www-form-urlencoded"] * 6 + ["application/json", "multipart/form-data", ""]
            )
            tenant = rng.choice([entra.tenant_id] * 6 + ["common", "%2e%2e", "²", "x" * 2_000])
            reply = http.request(
                rng.choice(["POST", "POST", "POST", "GET"]),
                f"/{tenant}/{path}",
                content=raw,
                headers={"content-type": kind},
            )
            if reply.status_code >= 500:
                wrong.append(f"{reply.status_code} {reply.text[:200]}: {path} {raw[:300]!r} {kind}")
    return wrong


def token(rng: random.Random) -> str:
    """A JWT, more or less."""
    parts = [
        "eyJhbGciOiJub25lIn0",
        "eyJhbGciOiJSUzI1NiIsIng1dCI6NX0",
        "e30",
        "bnVsbA",
        "W10",
        "",
        "²",
        "%",
        "A" * 5_000,
    ]
    noise = "".join(rng.choices(string.printable, k=30))
    return ".".join(rng.choice([*parts, noise]) for _ in range(rng.choice([3, 3, 3, 1, 5])))


def bearers(azure: Emulator, rng: random.Random, number: int) -> list[str]:
    """Calls with tokens that are none; what went wrong."""
    wrong: list[str] = []
    with httpx.Client(base_url=azure.endpoint, timeout=SECONDS, trust_env=False) as http:
        for _ in range(number):
            shown = token(rng).encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
            value = rng.choice([b"Bearer ", b"bearer ", b"Basic ", b""]) + bytes(
                b for b in shown if b >= 32 and b != 127
            )
            reply = http.get("/openai/v1/models", headers=[(b"authorization", value.strip())])
            if reply.status_code not in {401, 403}:
                wrong.append(f"{reply.status_code} {reply.text[:200]}: {value[:300]!r}")
    return wrong


def through(gateway: Gateway, rng: random.Random, number: int) -> list[str]:
    """Requests to a gateway; what went wrong."""
    wrong: list[str] = []
    with httpx.Client(base_url=gateway.endpoint, timeout=SECONDS, trust_env=False) as http:
        for _ in range(number):
            headers = rng.choice([{}, {gateway.header: "x"}, *[{gateway.header: gateway.subscription_key}] * 4])
            path = rng.choice(
                ["/openai/v1/chat/completions", "/openai/v1/models", "/../../x", "/%2e%2e/x", "/²", "", "//"]
            )
            query = rng.choice(["", "?subscription-key=²", "?a=%zz", "?" + "x" * 3_000])
            raw = rng.choice([b"", b"{", b"\xff", b"[" * 50_000, b'{"model": "gpt-4o", "stream": "yes"}'])
            reply = http.request(
                rng.choice(["GET", "POST", "PUT", "DELETE"]), path + query, content=raw, headers=headers
            )
            if reply.status_code >= 500:
                wrong.append(f"{reply.status_code} {reply.text[:200]}: {path}{query[:50]} {raw[:100]!r}")
    return wrong


def run_doors(number: int, seed: int) -> list[str]:
    """So many messages and requests at every door; what went wrong."""
    rng = random.Random(seed)
    with (
        EntraID() as entra,
        Emulator(MODELS, entra=entra) as azure,
        Gateway(azure, backend_key=azure.api_key) as gateway,
    ):
        return [
            *sessions(azure, rng, number),
            *handshakes(azure, rng, number // 4),
            *forms(entra, rng, number),
            *bearers(azure, rng, number // 2),
            *through(gateway, rng, number),
        ]


def main() -> int:
    """The command line; the exit code says whether all was well."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=2_000)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    wrong = run_doors(given.requests, given.seed)
    for one in wrong[:20]:
        print("FAULT", one)
    print(f"{given.requests} at each door, seed {given.seed}: {len(wrong)} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
