"""Requests that no sane client sends, by the thousand: `python -m tests.emulator.fuzzing --requests 5000 --seed 1`.

Every operation gets valid bodies bent at random: other types, huge numbers, missing and unknown fields, deep nesting,
halves of characters, schemas that have no end, patterns that are none, forms and files of noise. The emulator must
answer each within the client's timeout and without a 5xx, each refusal in an envelope with a request id.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil

from azure_connector.emulator import Emulator
from azure_connector.emulator.limits import Limits
from azure_connector.emulator.served import SERVED

from .fuzzed_bodies import BODIES, PREFIXES

_NAMES = (
    "gpt-4o gpt-4.1 gpt-5 gpt-5.1 gpt-5.4 o1 o3-pro gpt-5-codex gpt-audio gpt-35-turbo Mistral-Large-2411 DeepSeek-R1 "
    "grok-4 model-router gpt-oss-120b text-embedding-3-small gpt-image-1 dall-e-3 whisper gpt-4o-transcribe "
    "gpt-4o-mini-tts gpt-realtime sora-2 gpt-35-turbo-instruct"
)
MODELS = _NAMES.split()
CHATTING = MODELS[:5] + MODELS[10:15]
VERSIONS = ["2024-10-21", "2025-04-01-preview", "2023-05-15", "v1", "preview", "banana", ""]
SECONDS = 60.0
KEPT = Limits(records=500, record_bytes=4 * 2**20, stored=500, stored_bytes=8 * 2**20)
"""Stores that are full after the first fifth, so that what grows afterwards is a leak."""

RAW = {
    "@nan": "NaN",
    "@inf": "-Infinity",
    "@huge": "1e999",
    "@long": "9" * 5000,
    "@big": "9" * 40,
    "@half": '"\\ud83d"',
}
PATTERNS = [
    "(",
    "[",
    "(a+)+$",
    "(x+x+)+y",
    "a{99999999}",
    "((((((((((",
    "\\",
    "(?<n>a)\\k<n>",
    "^(?=.*[A-Z]).{8,}$",
    "*",
]
NUMBERS = [0, -1, 1, 2**31, 10**10, 10**18, -(10**18), 1.5, 1e308, -1e308, 5e-324]
TEXTS = [
    "Hi",
    "Say " + " " * 30_000 + "x",
    "[" + " " * 30_000,
    "A. " * 5_000,
    "1" * 5_000 + " + 1",
    "9" * 25 + " * " + "9" * 25,
    "Count to 99999999999999999999",
    "99999999999 words",
    "a-" * 5_000,
    "weather " * 3_000,
    "a;" * 3_000,
    "\x00\x1f\u2028\ufeff🎉é",
    "What is my " + "very " * 500 + "name?",
    "[filter:hate=high]",
    "[filter-output] [async-filter] Say hello",
    "Reply in JSON with keys " + "a, " * 500,
    "{" * 2_000,
    '{"properties": ' * 200,
    "",
]


def nested(rng: random.Random) -> Any:
    """A value of many levels."""
    value: Any = "x"
    for _ in range(rng.choice([3, 40, 200, 900])):
        value = [value] if rng.random() < 0.5 else {"a": value}
    return value


def nasty(rng: random.Random) -> Any:
    """A value that a reader may stumble over."""
    kind = rng.randrange(8)
    if kind == 0:
        return rng.choice([None, True, False, [], {}, [[]], [None], {"": None}, {"type": []}, [{}], {"type": {}}])
    if kind == 1:
        return rng.choice(NUMBERS)
    if kind == 2:
        return rng.choice(TEXTS)
    if kind == 3:
        return rng.choice(list(RAW))
    if kind == 4:
        return nested(rng)
    if kind == 5:
        return schema(rng, 0)
    return rng.choice(["text", "function", "object", "auto", "required", "x" * 200, "²", "resp_x", "file-x", "call_1"])


def schema(rng: random.Random, depth: int) -> Any:
    """A JSON schema, more or less."""
    made: dict[str, Any] = {}
    kind = rng.choice(
        ["string", "integer", "number", "array", "object", "boolean", "null", "text", None, ["string", "null"]]
    )
    if kind is not None:
        made["type"] = kind
    for word in rng.sample(["minLength", "maxLength", "minimum", "maximum", "multipleOf", "minItems", "maxItems"], 2):
        made[word] = rng.choice([*NUMBERS, None, "3", []])
    if rng.random() < 0.2:
        made["pattern"] = rng.choice(PATTERNS)
    if rng.random() < 0.15:
        made["enum"] = rng.choice([[], ["a", 1, None], [{}], ["x" * 100] * 500, "a"])
    if rng.random() < 0.15:
        made["$ref"] = rng.choice(["#", "#/$defs/a", "#/nowhere", "http://x/y", 5, "#/properties/a"])
    if depth < 3:
        names = ["city", "a", "b", "🎉"]
        if rng.random() < 0.7:
            made["properties"] = {name: schema(rng, depth + 1) for name in rng.sample(names, rng.randrange(4))}
            made["required"] = rng.choice([list(made["properties"]), [], ["zz"], "a", None, names])
            made["additionalProperties"] = rng.choice([False, False, True, {}])
        if rng.random() < 0.4:
            made["items"] = rng.choice([schema(rng, depth + 1), [], None, True])
        if rng.random() < 0.25:
            word = rng.choice(["anyOf", "allOf", "oneOf", "prefixItems", "not"])
            made[word] = [schema(rng, depth + 1), {"$ref": "#"}]
        if rng.random() < 0.2:
            made["$defs"] = {"a": schema(rng, depth + 1)}
    return made


@dataclass
class Shot:
    """One request."""

    method: str
    url: str
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Fuzzer:
    """Makes requests; the same seed makes the same ones.

    Args:
        seed: of the chance.
    """

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self.ids: list[str] = ["resp_0", "file-0", "batch_0", "x", "%00", "a%2Fb", "²"]
        self._makers: list[Callable[[], Shot]] = [
            *[self.chat] * 6,
            *[self.responses] * 5,
            self.embeddings,
            self.images,
            self.speech,
            self.form,
            self.batch,
            *[self.resource] * 2,
            *[self.further] * 5,
            self.noise,
        ]

    def shots(self) -> Iterator[Shot]:
        """Requests without an end."""
        while True:
            yield self._rng.choice(self._makers)()

    def _model(self) -> str:
        return self._rng.choice(CHATTING if self._rng.random() < 0.8 else MODELS)

    def _tool(self) -> dict[str, Any]:
        return {
            "type": "function",
            "function": {"name": "get_weather", "strict": self._rng.random() < 0.3, "parameters": self._parameters()},
        }

    def _parameters(self) -> Any:
        made = schema(self._rng, 0)
        if self._rng.random() < 0.8:
            made |= {"type": "object", "properties": {"a": schema(self._rng, 1), "b": schema(self._rng, 1)}}
            made["required"] = ["a", "b"]
        return made

    def chat(self) -> Shot:
        """Chat Completions."""
        rng = self._rng
        call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'}}
        messages: list[Any] = [{"role": "user", "content": rng.choice(TEXTS)}]
        if rng.random() < 0.3:
            messages += [{"role": "assistant", "content": None, "tool_calls": [call]}]
            messages += [{"role": "tool", "tool_call_id": "call_1", "content": rng.choice(TEXTS)}]
        body: dict[str, Any] = {"model": self._model(), "messages": messages, "stream": rng.random() < 0.3}
        if rng.random() < 0.5:
            body["tools"] = [self._tool() for _ in range(rng.randrange(1, 4))]
            body["tool_choice"] = rng.choice(["auto", "required", "none"])
        if rng.random() < 0.4:
            wanted = {"name": "x", "schema": schema(rng, 0), "strict": rng.random() < 0.3}
            body["response_format"] = rng.choice(
                [{"type": "json_object"}, {"type": "json_schema", "json_schema": wanted}]
            )
        for name, value in (("n", 128), ("logprobs", True), ("top_logprobs", 20), ("stop", ["a"]), ("max_tokens", 50)):
            if rng.random() < 0.1:
                body[name] = value
        return self._sent("/chat/completions", body, deployed=True)

    def responses(self) -> Shot:
        """Responses."""
        rng = self._rng
        call = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}", "id": "fc_1"}
        items: list[Any] = [{"role": "user", "content": rng.choice(TEXTS)}]
        if rng.random() < 0.3:
            items += [call, {"type": "function_call_output", "call_id": "call_1", "output": rng.choice(TEXTS)}]
        if rng.random() < 0.2:
            items.insert(0, {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAx"})
        body: dict[str, Any] = {"model": self._model(), "input": items, "stream": rng.random() < 0.3}
        if rng.random() < 0.4:
            tool = self._tool()["function"]
            body["tools"] = [{"type": "function", **tool}, {"type": "file_search", "vector_store_ids": ["vs_1"]}]
        if rng.random() < 0.3:
            body["text"] = {"format": {"type": "json_schema", "name": "x", "schema": schema(rng, 0)}}
        if rng.random() < 0.3:
            body["previous_response_id"] = rng.choice(self.ids)
        for name, value in (("background", True), ("store", False), ("include", ["reasoning.encrypted_content"])):
            if rng.random() < 0.15:
                body[name] = value
        return self._sent("/responses", body)

    def embeddings(self) -> Shot:
        """Embeddings."""
        given = self._rng.choice(["x", ["x", "y"], [1, 2, 3], [[1, 2], [3]], ["a" * 30_000], [], [[]]])
        body = {"model": self._rng.choice(["text-embedding-3-small", "gpt-4o"]), "input": given, "dimensions": 8}
        return self._sent("/embeddings", body, deployed=True)

    def images(self) -> Shot:
        """Images from a prompt."""
        body = {"model": self._rng.choice(["gpt-image-1", "dall-e-3"]), "prompt": "a cat", "n": 1, "size": "1024x1024"}
        return self._sent("/images/generations", body, deployed=True)

    def speech(self) -> Shot:
        """Speech from a text."""
        shape = self._rng.choice(["mp3", "wav", "pcm", "opus", "x"])
        body = {"model": "gpt-4o-mini-tts", "input": "hello", "voice": "alloy", "response_format": shape, "speed": 1}
        return self._sent("/audio/speech", body, deployed=True)

    def batch(self) -> Shot:
        """A batch of a file that may be none."""
        body = {
            "input_file_id": self._rng.choice(self.ids),
            "endpoint": "/chat/completions",
            "completion_window": "24h",
        }
        return self._sent("/batches", body)

    def form(self) -> Shot:
        """A form, whole or torn."""
        rng = self._rng
        path = rng.choice(["/files", "/files", "/audio/transcriptions", "/audio/translations", "/images/edits"])
        noise = rng.randbytes(rng.choice([0, 10, 3000]))
        content = rng.choice(
            [noise, b'{"body": {}}\n', b"\xff\xfe", b"RIFFICMT\xff\xff\xff\xff", b"ID3\x03\x00\x00" * 5]
        )
        fields = {"purpose": rng.choice(["batch", "x", "²"]), "model": self._model(), "n": rng.choice(["1", "²", "-1"])}
        fields |= {
            "response_format": rng.choice(["json", "srt", "x"]),
            "prompt": "x",
            "stream": rng.choice(["true", "y"]),
        }
        parts = [
            f'--B\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()
        ]
        name = rng.choice(["file", "image", "image[]", "other"])
        head = f'--B\r\nContent-Disposition: form-data; name="{name}"; filename="a.jsonl"\r\n\r\n'
        raw = b"".join([*rng.sample(parts, rng.randrange(len(parts) + 1)), head.encode(), content, b"\r\n--B--\r\n"])
        raw = raw[: rng.randrange(len(raw))] if rng.random() < 0.2 else raw
        kind = rng.choice(["multipart/form-data; boundary=B"] * 8 + ["multipart/form-data", "text/plain"])
        return Shot("POST", self._url(path), raw, {"content-type": kind})

    def resource(self) -> Shot:
        """Something by its id, or a list."""
        rng = self._rng
        kind = rng.choice(["responses", "files", "batches", "models"])
        below = rng.choice(["", "", "/cancel", "/input_items", "/content", "/nothing"])
        path = f"/{kind}/{rng.choice(self.ids)}{below}" if rng.random() < 0.8 else f"/{kind}"
        query = rng.choice(
            ["", "", "limit=²", "limit=99999999999999999999", "after=x", "order=5", "stream=true&starting_after=²"]
        )
        return Shot(rng.choice(["GET", "GET", "POST", "DELETE", "PUT"]), self._url(path, query))

    def further(self) -> Shot:
        """Whatever else is served: its path with ids that are or were, its body bent."""
        rng = self._rng
        served = rng.choice(SERVED)
        path = re.sub(r"\{\w+\}", lambda found: self._like(found.group(), served.path), served.path)
        root = rng.choice([one for _, one in served.roots]).replace("{deployment}", self._model())
        query = {"/openai/v1": "", "/models": "?api-version=2024-05-01-preview"}.get(root)
        query = f"?api-version={rng.choice(VERSIONS[:3])}" if query is None else query
        if served.method != "POST":
            return Shot(served.method, f"{root}{path}{query}")
        fitting = [body for where, body in BODIES if where == served.path and rng.random() < 0.9]
        body = copy.deepcopy(rng.choice(fitting or [body for _, body in BODIES]))
        for name in body:
            if name.endswith("_id") or name == "training_file":
                body[name] = self._like(name, name)
            elif name in {"file_ids", "part_ids"}:
                body[name] = [self._like(name, name)]
        straight = json.dumps(body).encode()
        shot = self._sent(path, body)
        content = straight if rng.random() < 0.5 else shot.content
        return Shot("POST", f"{root}{path}{query}", content, shot.headers)

    def _like(self, name: str, path: str) -> str:
        """An id, mostly of the kind that stands there."""
        place = path.rsplit("/", maxsplit=1)[-1] if name.startswith("{") and name != "{id}" else path
        first = next((prefix for word, prefix in PREFIXES.items() if word in f"{name} {place}"), "")
        fitting = [one for one in self.ids if one.startswith(first)]
        return self._rng.choice(fitting if fitting and self._rng.random() < 0.9 else self.ids)

    def noise(self) -> Shot:
        """A body that is no JSON."""
        rng = self._rng
        raws = [
            b"{",
            b"\xff\xfe",
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b"null",
            b'"x"',
            rng.randbytes(200),
            b'{"model": NaN}',
        ]
        path = rng.choice(["/chat/completions", "/responses", "/embeddings", "/batches", "/nothing", "/realtime"])
        return Shot(rng.choice(["POST", "GET"]), self._url(path), rng.choice(raws))

    def _sent(self, operation: str, body: dict[str, Any], *, deployed: bool = False) -> Shot:
        for _ in range(self._rng.choice([0, 0, 0, 0, 1, 1, 2])):
            self._bend(body)
        raw = json.dumps(body)
        for mark, value in RAW.items():
            raw = raw.replace(f'"{mark}"', value)
        classic = self._rng.random() < 0.15
        url = self._url(operation)
        if classic:
            prefix = f"/openai/deployments/{self._model()}" if deployed else "/openai"
            url = f"{prefix}{operation}?api-version={self._rng.choice(VERSIONS)}"
        return Shot("POST", url, raw.encode(), {"content-type": "application/json"})

    def _url(self, path: str, query: str = "") -> str:
        if self._rng.random() < 0.05:
            query = f"api-version={self._rng.choice(VERSIONS)}"
        return f"/openai/v1{path}?{query}" if query else f"/openai/v1{path}"

    def _bend(self, value: Any) -> None:
        """Change a value somewhere inside, in place."""
        rng = self._rng
        while True:
            keys = list(value) if isinstance(value, dict) else list(range(len(value)))
            if not keys:
                return
            key = rng.choice(keys)
            inside = value[key]
            if isinstance(inside, dict | list) and inside and rng.random() < 0.7:
                value = inside
                continue
            how = rng.randrange(5)
            if how == 0 and isinstance(value, dict):
                del value[key]
            elif how == 1 and isinstance(value, list):
                value.append(inside)
            elif how == 2 and isinstance(value, dict):
                value[rng.choice(["type", "content", "stop", "metadata", "logit_bias", "audio", "zz"])] = nasty(rng)
            else:
                value[key] = nasty(rng)
            return


@dataclass
class Report:
    """What came of it."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0
    slowest_shot: str = ""
    seconds: float = 0.0
    grown: float = 0.0
    """MiB that the process grew between the first fifth and the end."""


def run(requests: int, seed: int) -> Report:
    """Fire so many requests at an emulator of its own."""
    report = Report()
    fuzzer = Fuzzer(seed)
    process = psutil.Process()
    began = time.perf_counter()
    base = 0
    with (
        Emulator(MODELS, limits=KEPT) as azure,
        httpx.Client(base_url=azure.endpoint, timeout=SECONDS, trust_env=False) as http,
    ):
        for number, shot in zip(range(requests), fuzzer.shots(), strict=False):
            if number == requests // 5:
                base = process.memory_info().rss
            fire(http, azure.api_key, shot, fuzzer, report)
    report.seconds = time.perf_counter() - began
    report.grown = (process.memory_info().rss - base) / 2**20
    return report


def fire(http: httpx.Client, key: str, shot: Shot, fuzzer: Fuzzer, report: Report) -> None:
    """One request, and a look at its answer."""
    about = f"{shot.method} {shot.url} {shot.content[:400]!r}"
    began = time.perf_counter()
    try:
        reply = http.request(shot.method, shot.url, content=shot.content, headers={"api-key": key, **shot.headers})
    except httpx.HTTPError as error:
        report.faults.append(f"{type(error).__name__}: {about}")
        return
    took = time.perf_counter() - began
    if took > report.slowest:
        report.slowest, report.slowest_shot = took, about
    report.statuses[reply.status_code] += 1
    if reply.status_code >= 500 or "The emulator failed" in reply.text:
        report.faults.append(f"{reply.status_code} {reply.text[:200]}: {about}")
    if "apim-request-id" not in reply.headers:
        report.faults.append(f"no request id: {about}")
    if reply.headers.get("content-type", "").startswith("application/json"):
        body = reply.json()
        if reply.status_code >= 400 and not ({"error", "statusCode", "object"} & body.keys()):
            report.faults.append(f"no envelope {body}: {about}")
        if isinstance(body.get("id"), str) and reply.status_code < 300:
            fuzzer.ids = [*fuzzer.ids[-80:], body["id"]]


def main() -> int:
    """The command line; the exit code says whether all was well."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=5_000)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    report = run(given.requests, given.seed)
    print(f"{given.requests} requests, seed {given.seed}: {report.seconds:.1f} s, slowest {report.slowest:.2f} s")
    print(f"statuses {dict(sorted(report.statuses.items()))}, memory +{report.grown:.0f} MiB since the first fifth")
    print(f"slowest: {report.slowest_shot[:300]}")
    for fault in report.faults[:20]:
        print("FAULT", fault)
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
