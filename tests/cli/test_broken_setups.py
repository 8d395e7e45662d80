"""Broken set-ups: what is wrong is named, and the remedy, typed as it is printed, mends it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import pytest

import azure_connector as ac
from azure_connector.cli.doctor import Report
from azure_connector.emulator import Emulator
from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.gateway import Gateway

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


WRITTEN: Mapping[str, Mapping[str, str]] = {
    "quotes around the key": {**ENDPOINT, "AZURE_OPENAI_API_KEY": '"{key}"'},
    "single quotes around the key": {**ENDPOINT, "AZURE_OPENAI_API_KEY": "'{key}'"},
    "Bearer before the key": {**ENDPOINT, "AZURE_OPENAI_API_KEY": "Bearer {key}"},
    "quoted Bearer": {**ENDPOINT, "AZURE_OPENAI_API_KEY": '"Bearer {key}"'},
    "blanks around the key": {**ENDPOINT, "AZURE_OPENAI_API_KEY": "  {key} "},
    "quotes around the endpoint": {**KEY, "AZURE_OPENAI_ENDPOINT": '"{endpoint}/"'},
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_only_written_oddly_works(name: str, azure: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(WRITTEN[name], azure, monkeypatch)
    assert outcome(chat_mini) is None


def test_a_model_without_quotes_in_toml_is_taken_whole(
    azure: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_up(BOTH, azure, monkeypatch)
    (tmp_path / "azure_connector.toml").write_text('[deployment_mapping]\nfast = "gpt-4o"\ngpt-4.1 = "gpt-5-mini"\n')
    settings = ac.ConnectorSettings()
    assert settings.deployment_mapping == {"fast": "gpt-4o", "gpt-4.1": "gpt-5-mini"}


def test_http_at_a_port_of_https_and_the_other_way_round(
    azure: Emulator, diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Emulator(tls=True) as secured:
        monkeypatch.setenv("AZURE_CONNECTOR_CA_BUNDLE", str(secured.ca_file))
        for resource, wrong, cause in (
            (secured, secured.endpoint.replace("https://127.0.0.1", "http://localhost"), "no-reply"),
            (azure, azure.endpoint.replace("http://", "https://"), "certificate"),
        ):
            set_up({"AZURE_OPENAI_ENDPOINT": wrong, **KEY}, resource, monkeypatch)
            error, report = outcome(chat_mini), diagnose(only=MINI)
            (action,) = report.actions
            assert action.cause == cause
            assert isinstance(error, ac.EndpointUnreachableError)
            assert commands(error.hint) == commands(action.remedy)
            type_in(action.remedy, monkeypatch)
            assert outcome(chat_mini) is None
            assert diagnose(only=MINI).healthy


def test_a_token_given_as_the_key(diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch) -> None:
    with EntraID() as entra, Emulator(entra=entra) as azure:
        token = entra.issue_token(entra.register_app(secret="s3cret-value-of-the-app"))
        set_up({**ENDPOINT, "AZURE_OPENAI_API_KEY": token}, azure, monkeypatch)
        error, report = outcome(chat_mini), diagnose(only=MINI)
        (action,) = report.actions
        assert action.cause == "wrong-key"
        assert isinstance(error, ac.AccessTokenError)
        assert token not in str(error) + json.dumps(report.to_dict())
        assert commands(error.hint) == commands(action.remedy)
        type_in(action.remedy, monkeypatch)
        assert outcome(chat_mini) is None


def test_a_gateway_that_wants_its_key_beside_a_token(diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch) -> None:
    with EntraID() as entra, Emulator(entra=entra) as azure, Gateway(azure) as gateway:
        app = entra.register_app(secret="s3cret-value-of-the-app")
        signed_in = {
            "AZURE_TENANT_ID": app.tenant_id,
            "AZURE_CLIENT_ID": app.client_id,
            "AZURE_CLIENT_SECRET": "s3cret-value-of-the-app",
            "AZURE_AUTHORITY_HOST": entra.authority_host,
            "AZURE_CONNECTOR_DISABLE_INSTANCE_DISCOVERY": "true",
            "AZURE_CONNECTOR_CA_BUNDLE": str(entra.ca_file),
            "AZURE_OPENAI_ENDPOINT": gateway.endpoint,
        }
        set_up(signed_in, azure, monkeypatch)
        before = len(gateway.requests)
        error = outcome(chat_mini)
        assert isinstance(error, ac.AccessTokenError)
        assert len(gateway.requests) == before + 1, "no new token helps: it is sent once"
        assert "client secret" not in error.hint.partition("other credential")[2]
        (action,) = diagnose(only=MINI).actions
        assert action.cause == "gateway-key"
        assert commands(error.hint) == commands(action.remedy)
        type_in(action.remedy.replace("=KEY`", f"={gateway.subscription_key}`"), monkeypatch)
        assert outcome(chat_mini) is None


MISTAKEN: Mapping[str, tuple[str, str]] = {
    "YOUR-KEY": ("a placeholder", "KEY 1"),
    "<your-api-key>": ("a placeholder", "KEY 1"),
    "xxxxxxxx": ("a placeholder", "KEY 1"),
    "${AZURE_OPENAI_API_KEY}": ("a placeholder", "KEY 1"),
    "sk-proj-abcdefghijklmnopqrstuvwxyz": ("OpenAI's own service", "KEY 1"),
    "https://r.openai.azure.com": ("an address", "interchanged"),
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789": ("GitHub", "KEY 1"),
    "aB1" + "8Q~" + "a" * 34: ("client secret", "AZURE_CLIENT_SECRET"),
    "11111111-2222-3333-4444-555555555555": ("an id", "KEY 1"),
    "api-key: 0123456789abcdef": ("header", "name out"),
}


@pytest.mark.parametrize("key", MISTAKEN)
def test_what_stands_in_place_of_a_key_is_named_and_never_shown(
    key: str, azure: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up({**ENDPOINT, "AZURE_OPENAI_API_KEY": key}, azure, monkeypatch)
    error = outcome(chat_mini)
    assert isinstance(error, ac.AccessTokenError)
    what, remedy = MISTAKEN[key]
    assert what in error.hint
    assert remedy in error.hint
    assert key not in error.hint.replace(f'"${key}"', "")


def test_the_key_in_use_is_seen_in_the_terminal_alone(
    here: Emulator, run: Callable[..., Any], diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "0123456789abcdef0123456789abWXYZ"
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", key)
    shown = run("doctor", "--no-call")
    assert "32 characters, ends in WXYZ" in " ".join(shown.output.split())
    assert key[:-4] not in shown.output
    assert "WXYZ" not in run("doctor", "--no-call", "--json").output
    report = diagnose(only=MINI)
    assert "WXYZ" not in repr(report) + json.dumps(report.to_dict())
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "tooShortWXYZ")
    assert "WXYZ" not in run("doctor", "--no-call").output


def envelope(code: str | None, message: str, **more: str) -> str:
    return json.dumps({"error": {"code": code, "message": message, **more}})


# Replies whose remedy cannot be typed here: what the hint must say, and must not.
SAID: Mapping[str, tuple[int, str, str, str]] = {
    "a disabled subscription": (403, envelope("403", "The subscription 'x' is disabled."), "not active", "Networking"),
    "an inactive subscription": (
        403,
        envelope("SubscriptionNotActive", "Not active."),
        "az account list",
        "Networking",
    ),
    "a role": (
        403,
        envelope("PermissionDenied", "The principal `11111111-2222-3333-4444-555555555555` lacks the data action x."),
        "--assignee 11111111-2222-3333-4444-555555555555",
        "PRINCIPAL-ID",
    ),
    "a firewall": (403, envelope("403", "Access denied due to Virtual Network/Firewall rules."), "Networking", "role"),
    "a retired model": (410, envelope("410", "Gone"), "retired", "portal's"),
    "a deprecated model": (400, envelope("ModelDeprecated", "The model is deprecated"), "retired", "parameter"),
    "another server's 200": (200, '{"hello": "world"}', "answered in its place", "doctor shows it, and"),
    "the newer envelope without a code": (
        404,
        envelope(None, "The model `gpt-5-mini` does not exist or you do not have access to it."),
        "There is no deployment",
        "URL form",
    ),
    "Claude": (400, envelope("api_not_supported", "No such api version"), "Messages API", "api-version"),
    "an unknown model": (400, envelope("unknown_model", "Unknown model: x"), "azure-connector models", "URL form"),
    "too many files": (400, envelope("quotaExceeded", "The file quota is used up"), "files.delete", "max_tokens"),
    "tools": (400, envelope("UnsupportedToolUse", "Unsupported"), "leave out tools", "api-version"),
    "a large body": (413, "<html><h1>413 Request Entity Too Large</h1></html>", "too large", "NO_PROXY"),
    "a container": (400, envelope("400", "Container is expired."), "20 minutes", "api-version"),
    "JSON mode": (400, envelope(None, "'messages' must contain the word 'json' in some form"), "Answer in JSON", "x-"),
    "another operation": (
        400,
        envelope("OperationNotSupported", "The operation does not work with the specified model, made-up-1."),
        '"api": "responses"',
        'gpt-5-pro",',
    ),
    "a token of another audience": (
        401,
        envelope("401", "The access token is missing, invalid, audience is incorrect, or expired."),
        "https://ai.azure.com/.default",
        "graph.microsoft.com/.default or https://graph",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_a_hint_says(name: str, server: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    status, body, said, unsaid = SAID[name]
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server(status, body, {"apim-request-id": "1"}))
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "0123456789abcdef0123456789abcdef")
    error: Any = outcome(chat_mini)
    assert said in error.hint
    assert unsaid not in error.hint
    assert not error.hint.rstrip().endswith(":")
    assert error.hint in str(error)


def test_a_placeholder_for_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RESOURCE", "your-resource-name", "YOUR_RESOURCE".replace("_", "-"), "my-openai-resource"):
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"https://{name}.openai.azure.com")
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", "0123456789abcdef0123456789abcdef")
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        error: Any = outcome(chat_mini)
        assert f"{name.lower()!r} is a placeholder" in error.hint


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"])
def test_a_proxy_is_named_as_it_is_set(variable: str, diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    scheme = variable.lower().partition("_")[0]
    hosts = {"http": "http://10.0.0.1", "https": "https://10.0.0.1"}
    report = diagnose(azure_endpoint=hosts[scheme], api_key="some-key-1234", allow_insecure_hosts=["10.0.0.1"])
    (action,) = report.actions
    assert action.cause == "proxy"
    assert variable in action.remedy


def test_a_proxy_that_speaks_ntlm(diagnose: Diagnose, server: Callable[..., str]) -> None:
    proxy = server(407, "", {"Proxy-Authenticate": "NTLM"})
    report = diagnose(azure_endpoint="https://r.openai.azure.com", api_key="some-key-1234", proxy=proxy)
    (action,) = report.actions
    assert "NTLM" in action.remedy
    assert "USER:PASSWORD" not in action.remedy


def test_one_name_that_is_not_found_is_no_missing_network(diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch) -> None:
    from azure_connector.cli.doctor import _network as network

    def look_up(host: str) -> tuple[str, ...]:
        if host == "example.com":
            return ("192.0.2.1",)
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr(network, "look_up", look_up)
    report = diagnose(azure_endpoint="https://mispelt.openai.azure.com", api_key="some-key-1234")
    assert [action.cause for action in report.actions] == ["unknown-host"]
