"""What the pages promise and no other test holds; claims.toml says which sentence each of these is about."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator

import openai
import pytest
from pydantic import BaseModel

from azure_connector import (
    AccessTokenError,
    AzureConnector,
    ConnectorSettings,
    InvalidRequestError,
    ServiceUnavailableError,
    errors,
)
from azure_connector.emulator import Emulator, faults
from azure_connector.emulator.models import DEFAULT_MODELS
from azure_connector.settings import ConnectorFields

from .blocks import ROOT

HELLO = [{"role": "user", "content": "A secret of mine"}]


@pytest.fixture(scope="module")
def resource() -> Iterator[Emulator]:
    with Emulator([*DEFAULT_MODELS, "gpt-image-1", "gpt-4o-mini-tts", "whisper", "text-embedding-ada-002"]) as azure:
        yield azure


@pytest.fixture
def client(resource: Emulator) -> Iterator[AzureConnector]:
    resource.clear()
    with AzureConnector(azure_endpoint=resource.endpoint, api_key=resource.api_key) as made:
        yield made


ASKED_AGAIN: dict[str, Callable[[AzureConnector], object]] = {
    "chat": lambda client: client.chat.completions.create(model="gpt-4o", messages=HELLO),
    "speech": lambda client: client.audio.speech.create(model="gpt-4o-mini-tts", voice="alloy", input="x"),
    "image": lambda client: client.images.generate(model="gpt-image-1", prompt="x"),
    "transcription": lambda client: client.audio.transcriptions.create(model="whisper", file=("a.mp3", b"ID3x")),
}
NOT_ASKED_AGAIN: dict[str, Callable[[AzureConnector], object]] = {
    "stored chat": lambda client: client.chat.completions.create(model="gpt-4o", messages=HELLO, store=True),
    "conversation": lambda client: client.conversations.create(),
    "vector store": lambda client: client.vector_stores.create(),
}


def test_what_costs_and_changes_nothing_is_sent_again(client: AzureConnector, resource: Emulator) -> None:
    for name, ask in ASKED_AGAIN.items():
        resource.clear()
        resource.script(faults.failure(500, headers={"retry-after-ms": "1"}))
        ask(client)
        assert [seen.status for seen in resource.requests] == [500, 200], name


def test_what_writes_is_not_sent_again(client: AzureConnector, resource: Emulator) -> None:
    for name, ask in NOT_ASKED_AGAIN.items():
        resource.clear()
        resource.script(faults.failure(500))
        with pytest.raises(ServiceUnavailableError):
            ask(client)
        assert [seen.status for seen in resource.requests] == [500], name


def test_a_key_that_is_refused_is_not_sent_twice(client: AzureConnector, resource: Emulator) -> None:
    with pytest.raises(AccessTokenError):
        client.with_options(api_key="0" * 32).models.list()
    assert [seen.status for seen in resource.requests] == [401]


def test_our_log_has_no_prompt_and_no_key_where_the_sdks_has_prompts(
    client: AzureConnector, resource: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("azure_connector", "openai", "httpx"):
        caplog.set_level(logging.DEBUG, name)
    reply = client.chat.completions.create(model="gpt-5", messages=HELLO, temperature=0.2)
    told = dict.fromkeys(("azure_connector", "openai", "httpx"), "")
    for record in caplog.records:
        told[record.name.partition(".")[0]] += record.getMessage() + "\n"
    assert all(told.values())
    assert all(resource.api_key not in text for text in told.values())
    assert "A secret of mine" in told["openai"]
    assert "A secret of mine" not in told["azure_connector"] + told["httpx"]
    assert str(reply.choices[0].message.content) not in told["azure_connector"]


def test_without_any_setup_only_warnings_are_for_the_log(
    client: AzureConnector, caplog: pytest.LogCaptureFixture
) -> None:
    client.chat.completions.create(model="gpt-5", messages=HELLO)
    assert caplog.records == []
    client.chat.completions.create(model="gpt-5", messages=HELLO, temperature=0.2)
    client.chat.completions.create(model="gpt-5", messages=HELLO, temperature=0.3)
    assert [record.levelname for record in caplog.records] == ["WARNING"], "once for each deployment and parameter"


def test_an_image_model_is_not_asked_for_an_address(client: AzureConnector, resource: Emulator) -> None:
    with pytest.raises(InvalidRequestError, match="base64 only"):
        client.images.generate(model="gpt-image-1", prompt="x", response_format="url")
    with pytest.raises(InvalidRequestError, match="1536 dimensions"):
        client.embeddings.create(model="text-embedding-ada-002", input="x", dimensions=256)
    assert list(resource.requests) == []


def test_a_schema_with_free_keys_is_refused_before_it_is_sent(client: AzureConnector, resource: Emulator) -> None:
    class Free(BaseModel):
        anything: dict[str, str]

    with pytest.raises(InvalidRequestError, match="free-form keys"):
        client.chat.completions.parse(model="gpt-4o", messages=HELLO, response_format=Free)
    assert list(resource.requests) == []


def test_a_text_that_is_too_long_for_a_vector(client: AzureConnector) -> None:
    with pytest.raises(errors.ContextWindowExceededError, match="8192"):
        client.embeddings.create(model="text-embedding-3-small", input="word " * 9000)


def test_the_numbers_on_the_pages_are_the_defaults() -> None:
    settings = ConnectorSettings(azure_endpoint="https://RESOURCE.openai.azure.com")
    named = {"timeout": 600, "max_attempts": 6, "max_retry_wait": 60, "discovery_interval": 300, "cli_timeout": 10}
    assert {name: getattr(settings, name) for name in named} == named
    assert settings.deadline is None
    assert settings.api_version is None
    assert settings.max_tokens is None
    assert settings.temperature is None
    assert settings.require_endpoint().form == "v1"
    assert set(named) <= set(ConnectorFields.model_fields)


def test_every_error_is_the_sdks_and_carries_what_to_do() -> None:
    made = [getattr(errors, name) for name in errors.__all__ if name.endswith("Error")]
    assert all(issubclass(one, openai.OpenAIError) for one in made)
    assert all(issubclass(one, errors.AzureErrorDetails) for one in made)
    of_replies = [one for one in made if one not in (errors.ConfigurationError, errors.InvalidRequestError)]
    assert all(issubclass(one, openai.APIError) for one in of_replies)
    assert errors.ConfigurationError("x").attempts == ()


def test_the_readmes_figures_are_those_of_the_tables() -> None:
    """Ratios of CPU, to one decimal; the tables are what `make bench` measured."""
    readme, tables = (
        " ".join((ROOT / page).read_text("utf-8").split()) for page in ("README.md", "docs/performance.md")
    )

    def ratios(row: str) -> list[float]:
        cells = tables.partition(f"| {row} |")[2].split("|")[:4]
        return [float(cell.split()[0]) for cell in cells]

    alone, many, chunk, _ = ratios("**connector, `create()`** : openai")
    kernel = ratios("**Semantic Kernel on the connector** : Semantic Kernel")[0]
    lite = ratios("**LiteLLM on the connector** : LiteLLM `azure/`")[0]
    said = f"about {alone:.1f} of openai's own client alone and under 0.1 with 64 at once, a streamed chunk {chunk:.1f}"
    assert said in readme
    assert f"a Semantic Kernel call {kernel:.1f}, a LiteLLM call {lite:.1f}" in readme
    assert many < 0.1
    peer = ratios("**connector, `create()`** : openai over its own aiohttp client")
    alone, many, chunk = (f"{ratio:.1f}" for ratio in peer[:3])
    said = f"client over its own aiohttp transport these are about {alone}, {many} and {chunk}"
    assert said in readme


def test_the_readmes_commands_are_those_that_there_are() -> None:
    import typer

    from azure_connector.cli._app import app

    (told,) = re.findall(r"`azure-connector`: ([a-z, ]+) \|", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert {*told.split(", "), "emulator"} == set(typer.main.get_command(app).commands)
