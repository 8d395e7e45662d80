"""Broken set-ups: what is wrong is named, and the remedy, typed as it is printed, mends it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openai
import pytest

import azure_connector as ac
from azure_connector.cli.doctor import Report
from azure_connector.emulator import Emulator

Diagnose = Callable[..., Report]
Call = Callable[[ac.AzureConnector], Any]
_COMMAND = re.compile(r"`((?:export|unset) [^`]+)`")


def chat(client: ac.AzureConnector) -> Any:
    model = client.settings.model_for("/chat/completions")
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": "ping"}])


def chat_mini(client: ac.AzureConnector) -> Any:
    return client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "ping"}])


def embed(client: ac.AzureConnector) -> Any:
    return client.embeddings.create(model="text-embedding-3-small", input="ping")


def commands(text: str) -> list[str]:
    """The commands that a remedy prints."""
    return _COMMAND.findall(text)


def type_in(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Types a remedy's commands as they are printed, as a shell reads them."""
    assert commands(text), f"nothing to type: {text}"
    for command in commands(text):
        verb, *words = shlex.split(command)
        for word in words:
            name, _, value = word.partition("=")
            if verb == "unset":
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, os.path.expandvars(value))


def outcome(call: Call) -> Exception | None:
    """The error of one call with whatever the environment and the directory say; None where it is answered."""
    try:
        with contextlib.closing(ac.AzureConnector(max_retries=0, timeout=10.0)) as client:
            call(client)
    except (openai.OpenAIError, ac.ConfigurationError) as error:
        return error
    return None


@dataclass(frozen=True)
class Setup:
    """A broken set-up.

    Attributes:
        env: its variables; `{endpoint}` and `{key}` are those of the emulator.
        cause: what the doctor calls it.
        words: what the remedy says.
        call: what fails.
        by: who prints the remedy that is typed.
    """

    env: Mapping[str, str]
    cause: str
    words: str
    call: Call = chat_mini
    by: str = "both"
    only: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


ENDPOINT = {"AZURE_OPENAI_ENDPOINT": "{endpoint}"}
KEY = {"AZURE_OPENAI_API_KEY": "{key}"}
BOTH = {**ENDPOINT, **KEY}
MINI = ("gpt-5-mini",)


def mapped(model: str, deployment: str) -> dict[str, str]:
    return {**BOTH, "AZURE_OPENAI_DEPLOYMENT_MAPPING": json.dumps({model: deployment})}


TYPED: Mapping[str, Setup] = {
    **{
        f"the endpoint in {name}": Setup({name: "{endpoint}", **KEY}, "settings", name, only=MINI)
        for name in (
            "AZURE_OPENAI_ENDPONT",
            "AZURE_OPENAI_ENPOINT",
            "AZURE_OPENAI_END_POINT",
            "AZURE_OPEANI_ENDPOINT",
            "AZURE_ENDPOINT",
            "AZURE_AI_ENDPOINT",
            "AZURE_OPENAI_URL",
            "OPENAI_BASE_URL",
            "OPENAI_API_BASE",
        )
    },
    **{
        f"the key in {name}": Setup({name: "{key}", **ENDPOINT}, "credential", name, only=MINI)
        for name in ("AZURE_OPENAI_APIKEY", "AZURE_OPENAI_API_KYE", "AZURE_AI_API_KEY", "OPENAI_API_KEY", "OPENAI_KEY")
    },
    **{
        f"{value} in {name}": Setup({**BOTH, name: value}, "settings", "date", only=MINI)
        for name, value in (
            ("AZURE_OPENAI_API_VERSION", "banana"),
            ("AZURE_OPENAI_API_VERSION", "2024/10/21"),
            ("AZURE_OPENAI_API_VERSION", "21-10-2024"),
        )
    },
    **{
        f"an old api-version in {name}": Setup({**BOTH, name: "2022-12-01"}, "wrong-path", "v1 form", only=MINI)
        for name in ("AZURE_OPENAI_API_VERSION", "AZURE_API_VERSION", "OPENAI_API_VERSION")
    },
    "a mapping to nothing": Setup(mapped("gpt-5-mini", "team-chat"), "deployment-missing", "has:", by="doctor"),
    "a mapping to a misspelt name": Setup(mapped("gpt-5-mini", "gpt-5-mni"), "deployment-missing", ":", by="doctor"),
    "a mapping of another model's name": Setup(
        {**mapped("team", "gpt-4-o"), "AZURE_OPENAI_DEFAULT_MODEL": "team"},
        "deployment-missing",
        "gpt-4o",
        chat,
        "doctor",
    ),
    "embeddings mapped to a chat model": Setup(
        mapped("text-embedding-3-small", "gpt-5-mini"),
        "deployment-missing",
        "text-embedding-3-small",
        embed,
        "doctor",
    ),
    "a chat mapped to an embedding model": Setup(
        mapped("gpt-5-mini", "text-embedding-3-small"),
        "deployment-missing",
        "gpt-5-mini",
        by="doctor",
    ),
    **{
        f"a deployment that is not there in {name}": Setup(
            {**BOTH, name: "team-chat"}, "deployment-missing", "has:", chat, "doctor"
        )
        for name in ("AZURE_OPENAI_DEFAULT_DEPLOYMENT", "AZURE_OPENAI_DEPLOYMENT", "AZURE_OPENAI_CHAT_DEPLOYMENT_NAME")
    },
    "a default model that is not there": Setup(
        {**BOTH, "AZURE_OPENAI_DEFAULT_MODEL": "team-chat"}, "deployment-missing", "has:", chat, "doctor"
    ),
}


def set_up(env: Mapping[str, str], azure: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value.replace("{endpoint}", azure.endpoint).replace("{key}", azure.api_key))


@pytest.fixture(autouse=True)
def empty_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))  # no Azure CLI that would answer, or take its time


@pytest.mark.parametrize("name", TYPED)
def test_what_the_remedy_says_mends_it(
    name: str, azure: Emulator, diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = TYPED[name]
    set_up(setup.env, azure, monkeypatch)
    error = outcome(setup.call)
    assert error is not None
    report = diagnose(only=setup.only)
    assert not report.healthy
    (action, *_) = report.actions
    assert action.cause == setup.cause
    assert setup.words in action.remedy + action.problem + report.findings[0].detail
    if setup.by == "both":
        assert commands(error.hint) == commands(action.remedy), "the library's error says the same"  # type: ignore[attr-defined]
    type_in(action.remedy, monkeypatch)
    assert outcome(setup.call) is None
    assert diagnose(only=setup.only).healthy
