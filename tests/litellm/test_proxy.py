"""LiteLLM's Proxy as a process of its own, in an environment of its own, with the emulator behind."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest

from azure_connector.emulator import Emulator, Reply
from tests.litellm.test_media import PNG
from tests.support.asking import HELLO
from tests.support.waiting import PATIENCE, until

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-proxy" / "bin" / "python"
KEY = "sk-0123456789abcdef0123456789abcdef"
STARTS_IN = 300.0

pytestmark = [
    pytest.mark.skipif(not PYTHON.exists(), reason="no environment for LiteLLM's Proxy: make proxy-env"),
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("proxy"),
]


@pytest.fixture(scope="module")
def azure() -> Iterator[Emulator]:
    with Emulator(["gpt-5", "gpt-4o", "text-embedding-3-small", "gpt-image-1"]) as emulator:
        yield emulator


# What the Proxy counts its spend from, a line each: its own table of it is in a database.
SPEND = """
import json
from pathlib import Path

from litellm.integrations.custom_logger import CustomLogger

LOG = Path(__file__).with_name("spend.jsonl")


class Spend(CustomLogger):
    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        told = kwargs["standard_logging_object"]
        line = {name: told[name] for name in ("call_type", "model_group", "response_cost", "total_tokens", "stream")}
        with LOG.open("a") as log:
            log.write(json.dumps({**line, "key": told["metadata"]["user_api_key_hash"]}) + "\\n")


callback = Spend()
"""


@pytest.fixture(scope="module")
def spend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample's configuration and a callback that writes the spend."""
    folder = tmp_path_factory.mktemp("configured")
    text = (ROOT / "samples" / "litellm" / "proxy_config.yaml").read_text(encoding="utf-8")
    settings = "litellm_settings:\n"
    assert text.count(settings) == 1
    (folder / "config.yaml").write_text(text.replace(settings, f"{settings}  callbacks: spend.callback\n"))
    (folder / "spend.py").write_text(SPEND)
    return folder


@pytest.fixture(scope="module")
def proxy(azure: Emulator, spend: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample's command, with this test's emulator; gives the base URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("proxy") / "log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE", "OPENAI"))}
    environment |= {
        "AZURE_OPENAI_ENDPOINT": azure.endpoint,
        "AZURE_OPENAI_API_KEY": azure.api_key,
        "LITELLM_MASTER_KEY": KEY,
    }
    command = [PYTHON, ROOT / "samples" / "litellm" / "start_proxy.py", "--port", str(port)]
    command += ["--config", str(spend / "config.yaml")]
    with log.open("w") as output:
        process = subprocess.Popen(command, env=environment, cwd=log.parent, stdout=output, stderr=output)
        try:
            _wait(f"http://127.0.0.1:{port}/health/liveliness", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(PATIENCE)
    # The Proxy went with the command that started it.
    with socket.socket() as gone:
        assert gone.connect_ex(("127.0.0.1", port)) != 0


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    def serves() -> bool:
        if process.poll() is not None:
            pytest.fail(f"the Proxy ended: {log.read_text()[-2000:]}")
        try:
            return httpx.get(url, timeout=STARTS_IN).status_code == 200
        except httpx.TransportError:
            return False

    until(serves, seconds=STARTS_IN)


@pytest.fixture
def client(proxy: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{proxy}/v1", api_key=KEY, max_retries=0) as made:
        yield made


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def test_chat_and_its_cost(client):
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=HELLO)
    assert "Oslo" in raw.parse().choices[0].message.content
    assert float(raw.headers["x-litellm-response-cost"]) > 0


def test_what_litellm_withholds_arrives_with_the_first_call(client, azure):
    client.chat.completions.create(model="gpt-5", messages=HELLO, reasoning_effort="low")
    assert azure.requests.last.body["reasoning_effort"] == "low"


def test_a_stream(client):
    stream = client.chat.completions.create(
        model="gpt-4o", messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert "Oslo" in "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert chunks[-1].usage.total_tokens > 0


def test_tools(client):
    messages = [{"role": "user", "content": "How is the weather in Bergen?"}]
    reply = client.chat.completions.create(model="gpt-4o", messages=messages, tools=[WEATHER])
    assert json.loads(reply.choices[0].message.tool_calls[0].function.arguments) == {"city": "Bergen"}


def test_embeddings(client):
    reply = client.embeddings.create(model="text-embedding-3-small", input="Oslo", dimensions=8)
    assert len(reply.data[0].embedding) == 8


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_comes_with_its_status(client, azure, stream):
    limited = Reply(status=429, body={"error": {"code": "429", "message": "Slow"}}, headers={"retry-after-ms": "100"})
    azure.script(limited, times=None)
    try:
        with pytest.raises(openai.RateLimitError):
            client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=stream)
    finally:
        azure.clear()
        until(lambda: _answers(client))  # the Proxy leaves the deployment alone for a while


def _answers(client: openai.OpenAI) -> bool:
    try:
        client.chat.completions.create(model="gpt-4o", messages=HELLO)
    except openai.RateLimitError:
        return False
    return True


def test_the_models(client, proxy):
    assert {model.id for model in client.models.list()} == {"gpt-5", "gpt-4o", "text-embedding-3-small", "gpt-image-1"}
    info = httpx.get(f"{proxy}/model/info", headers={"authorization": f"Bearer {KEY}"}, timeout=20).json()
    known = {entry["model_name"]: entry["model_info"] for entry in info["data"]}
    assert known["gpt-5"]["max_input_tokens"] > 100_000
    assert known["gpt-4o"]["input_cost_per_token"] > 0


def test_curl(proxy):
    body = json.dumps({"model": "gpt-4o", "messages": HELLO})
    command = ["curl", "--silent", "--show-error", "--max-time", "30", f"{proxy}/v1/chat/completions"]
    command += ["-H", f"authorization: Bearer {KEY}", "-H", "content-type: application/json", "-d", body]
    reply = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    assert "Oslo" in reply["choices"][0]["message"]["content"]


def test_responses_with_state(client, azure):
    first = client.responses.with_raw_response.create(model="gpt-5", input="My name is Ada")
    assert float(first.headers["x-litellm-response-cost"]) > 0
    second = client.responses.create(model="gpt-5", input="What is my name?", previous_response_id=first.parse().id)
    assert "Ada" in second.output_text
    assert azure.requests.last.url == "/openai/v1/responses"
    events = list(client.responses.create(model="gpt-5", input="Say hello to Oslo", stream=True))
    assert events[-1].type == "response.completed"
    assert "Ada" in client.responses.retrieve(second.id).output_text


def test_images_and_their_edits(client, azure):
    made = client.images.with_raw_response.generate(
        model="gpt-image-1", prompt="A cat", size="1024x1024", quality="low"
    )
    assert made.parse().data[0].b64_json
    assert float(made.headers["x-litellm-response-cost"]) > 0
    assert azure.requests.last.body["quality"] == "low"
    edited = client.images.edit(model="gpt-image-1", image=("a.png", PNG, "image/png"), prompt="A hat")
    assert edited.data[0].b64_json
    assert azure.requests.last.operation == "/images/edits"


def test_the_spend_of_every_kind_is_logged(client, spend):
    log = spend / "spend.jsonl"
    log.unlink(missing_ok=True)
    client.chat.completions.create(model="gpt-4o", messages=HELLO)
    list(client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True))
    client.embeddings.create(model="text-embedding-3-small", input="Oslo")
    client.images.generate(model="gpt-image-1", prompt="A cat")
    client.images.edit(model="gpt-image-1", image=("a.png", PNG, "image/png"), prompt="A hat")
    client.responses.create(model="gpt-5", input="Hello")

    def lines() -> list[dict]:
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    kinds = {"acompletion", "aembedding", "aimage_generation", "aimage_edit", "aresponses"}
    until(lambda: len(lines()) >= 6 and kinds <= {line["call_type"] for line in lines()})
    assert all(line["response_cost"] > 0 and line["total_tokens"] > 0 and line["key"] for line in lines())
    # LiteLLM's Proxy names no group for some kinds of calls, whatever the provider.
    groups = {line["model_group"] for line in lines()}
    assert groups >= {"gpt-4o", "text-embedding-3-small"}
