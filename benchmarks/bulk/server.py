"""A server whose work costs next to nothing: chat after 20 ms or after log-normal times, embeddings at once.

It runs in its own process, prints its ports as JSON, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import struct
import sys

DELAY = 0.020
_VECTOR = base64.b64encode(struct.pack("1536f", *[0.01] * 1536)).decode()


def _reply(body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        "x-ratelimit-limit-requests: 60000000\r\nx-ratelimit-remaining-requests: 59999999\r\n"
        "x-ratelimit-limit-tokens: 6000000000\r\nx-ratelimit-remaining-tokens: 5999990000\r\n\r\n"
    )
    return head.encode() + body


_CHAT = _reply(
    json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-4o-mini",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "logprobs": None,
                    "message": {"role": "assistant", "content": "good " * 8},
                }
            ],
            "usage": {"prompt_tokens": 30, "completion_tokens": 9, "total_tokens": 39},
        }
    ).encode()
)
_EMBEDDINGS: dict[int, bytes] = {}


def _embeddings(request: bytes) -> bytes:
    number = len(json.loads(request)["input"])
    if number not in _EMBEDDINGS:
        data = [{"object": "embedding", "index": index, "embedding": _VECTOR} for index in range(number)]
        usage = {"prompt_tokens": 9 * number, "total_tokens": 9 * number}
        body = {"object": "list", "model": "text-embedding-3-small", "data": data, "usage": usage}
        _EMBEDDINGS[number] = _reply(json.dumps(body).encode())
    return _EMBEDDINGS[number]


class _Answering(asyncio.Protocol):
    def __init__(self, spread: bool) -> None:
        self._spread = spread
        self._received = bytearray()

    answered = 0  # in all, by GET /count: a run that is killed cannot say how often it asked

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._received[:end]).lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._received) < end + 4 + length:
                return
            body = bytes(self._received[end + 4 : end + 4 + length])
            del self._received[: end + 4 + length]
            if head.startswith(b"get /count"):
                self._write(_reply(str(_Answering.answered).encode()))
                continue
            _Answering.answered += 1
            delay = random.lognormvariate(-3.0, 1.0) if self._spread else DELAY
            reply = _embeddings(body) if b"/embeddings" in head[:200] else _CHAT
            self._loop.call_later(delay, self._write, reply)

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)


async def main() -> None:
    loop = asyncio.get_running_loop()
    ports: dict[str, int] = {}
    for name, spread in (("even", False), ("spread", True)):
        server = await loop.create_server(lambda spread=spread: _Answering(spread), "127.0.0.1", 0, backlog=1024)
        ports[name] = server.sockets[0].getsockname()[1]
    print(json.dumps(ports), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
