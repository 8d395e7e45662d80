"""Broken set-ups: what is wrong is named, and the remedy, typed as it is printed, mends it."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import json
import logging
import pickle
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openai
import pytest

import azure_connector as ac
from azure_connector.cli.doctor import Report
from azure_connector.emulator import Deployment, Emulator
from azure_connector.emulator.entra import EntraID, ManagedIdentityServer
from azure_connector.emulator.gateway import Gateway
from azure_connector.transport import http_library
from tests.cli.remedies import commands, type_in

Diagnose = Callable[..., Report]
Call = Callable[[ac.AzureConnector], Any]


def chat(client: ac.AzureConnector) -> Any:
    model = client.settings.model_for("/chat/completions")
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": "ping"}])


def chat_mini(client: ac.AzureConnector) -> Any:
    return client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "ping"}])


def embed(client: ac.AzureConnector) -> Any:
    return client.embeddings.create(model="text-embedding-3-small", input="ping")


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
        only: the deployments that the doctor calls.
        files: the files of the directory.
        answer: what a command that asks for a secret is given.
        again: a second fault stands behind the first, and has a remedy of its own.
    """

    env: Mapping[str, str]
    cause: str
    words: str
    call: Call = chat_mini
    by: str = "both"
    only: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    answer: str = ""
    again: bool = False


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
    "the endpoint misspelt in .env": Setup(
        {},
        "settings",
        ".env",
        only=MINI,
        files={".env": "AZURE_OPENAI_ENDPONT={endpoint}\nAZURE_OPENAI_API_KEY={key}\n"},
    ),
    "the endpoint misspelt in .env, the key elsewhere": Setup(
        KEY, "settings", ".env", only=MINI, files={".env": "AZURE_OPENAI_ENDPONT={endpoint}\n"}, again=True
    ),
    "the key misspelt in .env": Setup(
        ENDPOINT, "credential", ".env", only=MINI, files={".env": "# mine\nAZURE_OPENAI_APIKEY={key}\n"}
    ),
    **{
        f"{name} in TOML": Setup(
            {},
            "settings",
            "azure_connector.toml",
            only=MINI,
            files={"azure_connector.toml": f'{name} = "{{endpoint}}"\napi_key = "{{key}}"\n'},
        )
        for name in ("azure_endpont", "url", "azure_end_point")
    },
    "an endpoint in TOML over the variable's": Setup(
        BOTH,
        "settings",
        "AZURE_OPENAI_ENDPOINT",
        only=MINI,
        files={"azure_connector.toml": 'azure_endpoint = "http://127.0.0.1:9"\n'},
    ),
    "a key in the environment over the file's": Setup(
        {**ENDPOINT, "AZURE_OPENAI_API_KEY": "0123456789abcdef0123456789abcdef"},
        "wrong-key",
        ".env",
        only=MINI,
        files={".env": "AZURE_OPENAI_API_KEY={key}\n"},
    ),
    "another resource's key": Setup(
        {**ENDPOINT, "AZURE_OPENAI_API_KEY": "0123456789abcdef0123456789abcdef"},
        "wrong-key",
        "one resource",
        only=MINI,
        answer="{key}",
    ),
    "an api-version of the file": Setup(
        BOTH, "settings", "date", only=MINI, files={"azure_connector.toml": 'api_version = "banana"\n'}
    ),
    "an api-version of the file of variables": Setup(
        BOTH, "settings", "date", only=MINI, files={".env": "OPENAI_API_VERSION=2024\n"}
    ),
    "an api-version in the address that is no date": Setup(
        {"AZURE_OPENAI_ENDPOINT": "{endpoint}/openai?api-version=latest1", **KEY}, "settings", "date", only=MINI
    ),
    "an old api-version in the address": Setup(
        {"AZURE_OPENAI_ENDPOINT": "{endpoint}/openai/deployments/gpt-5-mini?api-version=2020-01-01", **KEY},
        "wrong-path",
        "v1 form",
        only=MINI,
    ),
    "a mapping to nothing in TOML": Setup(
        BOTH,
        "deployment-missing",
        "azure_connector.toml",
        by="doctor",
        files={"azure_connector.toml": '[deployment_mapping]\n"gpt-5-mini" = "team"\n'},
    ),
    "a mapping to nothing in .env": Setup(
        BOTH,
        "deployment-missing",
        ".env",
        by="doctor",
        files={".env": """AZURE_OPENAI_DEPLOYMENT_MAPPING='{"gpt-5-mini": "team"}'\n"""},
    ),
    "a default deployment that is not there in .env": Setup(
        BOTH, "deployment-missing", ".env", chat, "doctor", files={".env": "AZURE_OPENAI_DEPLOYMENT=team\n"}
    ),
    "a default deployment that is not there in TOML": Setup(
        BOTH,
        "deployment-missing",
        "azure_connector.toml",
        chat,
        "doctor",
        files={"azure_connector.toml": 'default_deployment = "team"\n'},
    ),
    **{
        f"a dead proxy in {name}": Setup({**BOTH, name: value}, "proxy", name, only=MINI)
        for name, value in (
            ("HTTP_PROXY", "http://127.0.0.1:9"),
            ("http_proxy", "127.0.0.1:9"),
            ("ALL_PROXY", "http://me:pa55word@127.0.0.1:9"),
            ("AZURE_CONNECTOR_PROXY", "http://127.0.0.1:9"),
        )
    },
    "endpoint and key interchanged": Setup(
        {"AZURE_OPENAI_ENDPOINT": "{key}", "AZURE_OPENAI_API_KEY": "{endpoint}"}, "settings", "interchanged", only=MINI
    ),
    "a mapping that is no JSON": Setup(
        {**BOTH, "AZURE_OPENAI_DEPLOYMENT_MAPPING": "gpt-5-mini=gpt-5, fast: gpt-4o"}, "settings", "JSON", only=MINI
    ),
    "a number that is none": Setup({**BOTH, "AZURE_CONNECTOR_TIMEOUT": "banana"}, "settings", "number", only=MINI),
    "a default deployment that does not chat": Setup(
        {**BOTH, "AZURE_OPENAI_DEFAULT_DEPLOYMENT": "text-embedding-3-small"},
        "deployment-missing",
        "embeddings only",
        chat,
        "doctor",
    ),
    "certificates that are not there": Setup(
        {**BOTH, "AZURE_CONNECTOR_CA_BUNDLE": "/nowhere/ca.pem"}, "settings", "/nowhere/ca.pem", only=MINI
    ),
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


def filled(text: str, azure: Emulator) -> str:
    return text.replace("{endpoint}", azure.endpoint).replace("{key}", azure.api_key)


def set_up(
    env: Mapping[str, str], azure: Emulator, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str] | None = None
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, filled(value, azure))
    for name, text in (files or {}).items():
        Path(name).write_text(filled(text, azure))


@pytest.fixture(autouse=True)
def empty_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))  # no Azure CLI that would answer, or take its time


@pytest.mark.parametrize("name", TYPED)
def test_what_the_remedy_says_mends_it(
    name: str, azure: Emulator, diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = TYPED[name]
    set_up(setup.env, azure, monkeypatch, setup.files)
    error = outcome(setup.call)
    assert error is not None
    report = diagnose(only=setup.only)
    assert not report.healthy
    (action, *_) = report.actions
    assert action.cause == setup.cause
    assert setup.words in action.remedy + action.problem + "".join(one.detail for one in report.findings)
    assert azure.api_key not in json.dumps(report.to_dict())
    assert azure.api_key not in f"{error!r}"
    if setup.by == "both":
        assert commands(error.hint) == commands(action.remedy), "the library's error says the same"  # type: ignore[attr-defined]
    type_in(action.remedy, monkeypatch, filled(setup.answer, azure))
    if setup.again:
        second: Any = outcome(setup.call)
        assert second.hint != error.hint
        type_in(second.hint, monkeypatch)
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
        set_up(signed_in(entra, AZURE_OPENAI_ENDPOINT=gateway.endpoint), azure, monkeypatch)
        before = len(gateway.requests)
        error = outcome(chat_mini)
        assert isinstance(error, ac.AccessTokenError)
        assert len(gateway.requests) == before + 1, "no new token helps: it is sent once"
        assert "client secret" not in error.hint.partition("other credential")[2]
        (action,) = diagnose(only=MINI).actions
        assert action.cause == "gateway-key"
        assert commands(error.hint) == commands(action.remedy)
        type_in(action.remedy, monkeypatch, gateway.subscription_key)
        assert outcome(chat_mini) is None


@pytest.fixture(scope="module")
def directory() -> Iterator[tuple[EntraID, Emulator]]:
    """An Entra ID, and a resource that takes its tokens."""
    with EntraID() as entra, Emulator(entra=entra) as azure:
        yield entra, azure


Made = Callable[[EntraID, pytest.MonkeyPatch], contextlib.AbstractContextManager[Mapping[str, str]]]


def signed_in(entra: EntraID, **more: str) -> dict[str, str]:
    """An application that may call; with what is wrong."""
    app = entra.register_app(secret="s3cret-value-of-the-app")
    return {
        "AZURE_TENANT_ID": app.tenant_id,
        "AZURE_CLIENT_ID": app.client_id,
        "AZURE_CLIENT_SECRET": "s3cret-value-of-the-app",
        "AZURE_AUTHORITY_HOST": entra.authority_host,
        "AZURE_CONNECTOR_DISABLE_INSTANCE_DISCOVERY": "true",
        "AZURE_CONNECTOR_CA_BUNDLE": str(entra.ca_file),
        **more,
    }


def scoped(scope: str) -> Made:
    return lambda entra, patch: contextlib.nullcontext(signed_in(entra, AZURE_CONNECTOR_SCOPE=scope))


def at_the_cli(state: Any, **more: str) -> Made:
    return lambda entra, patch: contextlib.nullcontext({**entra.cli_environment(state=state), **more})


@contextlib.contextmanager
def wrong_identity(entra: EntraID, patch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    pinned = {"AZURE_MANAGED_IDENTITY_CLIENT_ID": "11111111-2222-3333-4444-555555555555"}
    with ManagedIdentityServer(entra) as identity:
        yield {"AZURE_USE_MANAGED_IDENTITY": "true", **pinned, **identity.environment("imds")}


# name -> what makes it, what the doctor calls it, what the remedy says.
OF_ENTRA: Mapping[str, tuple[Made, str, str]] = {
    "Graph's scope": (scoped("https://graph.microsoft.com/.default"), "credential", "not Azure OpenAI's"),
    "the management plane's scope": (scoped("https://management.azure.com/.default"), "wrong-audience", "AZURE_CONN"),
    "an invented scope": (scoped("https://openai.azure.com/.default"), "credential", "not Azure OpenAI's"),
    "nobody at the Azure CLI": (
        at_the_cli("logged_out", AZURE_USE_DEFAULT_CREDENTIAL="true"),
        "credential",
        "az login",
    ),
    "a sign-in that has run out": (at_the_cli("expired", AZURE_USE_DEFAULT_CREDENTIAL="true"), "credential", "anew"),
    "an identity that the machine has not": (wrong_identity, "credential", "11111111-2222-3333-4444-555555555555"),
    "a managed identity outside Azure": (
        at_the_cli("logged_in", AZURE_USE_MANAGED_IDENTITY="true"),
        "credential",
        "Outside",
    ),
}


@pytest.mark.parametrize("name", OF_ENTRA)
def test_what_the_remedy_says_mends_an_identity(
    name: str, directory: tuple[EntraID, Emulator], diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, cause, words = OF_ENTRA[name]
    entra, azure = directory
    with made(entra, monkeypatch) as env:
        set_up({**ENDPOINT, **env}, azure, monkeypatch)
        error, report = outcome(chat_mini), diagnose(only=MINI)
        assert isinstance(error, ac.AccessTokenError | ac.CredentialError)
        action = next(one for one in report.actions if one.urgent)
        assert action.cause == cause
        assert words in action.remedy
        assert commands(error.hint) == commands(action.remedy)
        type_in(action.remedy, monkeypatch)
        assert outcome(chat_mini) is None
        assert diagnose(only=MINI).healthy


def test_keys_that_are_switched_off(
    directory: tuple[EntraID, Emulator], diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch
) -> None:
    entra, _ = directory
    with Emulator(entra=entra, keys_disabled=True) as azure:
        set_up({**BOTH, **entra.cli_environment(state="logged_out")}, azure, monkeypatch)
        error, report = outcome(chat_mini), diagnose(only=MINI)
        (action,) = report.actions
        assert action.cause == "keys-disabled"
        assert isinstance(error, ac.KeysDisabledError)
        assert commands(error.hint) == commands(action.remedy) == ["`unset AZURE_OPENAI_API_KEY`", "`az login`"]
        type_in(action.remedy, monkeypatch)
        assert outcome(chat_mini) is None


def test_a_model_whose_deployment_has_another_name(diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator({"blue": "gpt-5-mini"}) as azure:
        for remedy in ("error", "doctor"):
            set_up(BOTH, azure, monkeypatch)
            error, report = outcome(chat_mini), diagnose(only=MINI)
            assert isinstance(error, ac.DeploymentNotFoundError)
            (action,) = report.actions
            assert action.cause == "deployment-missing"
            type_in(action.remedy if remedy == "doctor" else error.hint, monkeypatch)
            assert outcome(chat_mini) is None, remedy
            monkeypatch.delenv("AZURE_CONNECTOR_DISCOVER", raising=False)


def test_the_model_of_calls_that_name_none(diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator({"blue": "gpt-4o"}) as azure:
        set_up(BOTH, azure, monkeypatch)
        assert outcome(chat) is not None
        (action,) = diagnose().actions
        assert "azure-connector chat" in diagnose().findings[-7].detail or action.cause == "deployment-missing"
        type_in(action.remedy, monkeypatch)
        assert outcome(chat) is None
        assert not diagnose().actions


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
    if "KEY 1" in remedy or "interchanged" in remedy or "name out" in remedy:
        type_in(error.hint, monkeypatch, azure.api_key)
        assert outcome(chat_mini) is None


def test_the_key_in_use_is_seen_in_the_terminal_alone(
    here: Emulator,
    run: Callable[..., Any],
    diagnose: Diagnose,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    key = "0123456789abcdef0123456789abWXYZ"
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", key)
    shown = run("doctor", "--no-call")
    assert "32 characters, ends in WXYZ" in " ".join(shown.output.split())
    assert key[:-4] not in shown.output
    assert "WXYZ" not in run("doctor", "--no-call", "--json").output
    report = diagnose(only=MINI)
    assert "WXYZ" not in repr(report) + json.dumps(report.to_dict())
    for thing in (copy.deepcopy(report), pickle.loads(pickle.dumps(report.findings))):
        assert "WXYZ" not in repr(thing)
    assert "WXYZ" not in json.dumps([dataclasses.asdict(one) for one in report.findings], default=str)
    caplog.set_level(logging.DEBUG)
    for arguments in (("explain", "gpt-5"), ("explain", "gpt-5", "--json"), ("chat", "Hello")):
        output = run(*arguments).output.replace("32 characters, ends in WXYZ", "")
        assert "WXYZ" not in " ".join(output.split()).replace("32 characters, ends in WXYZ", ""), arguments
    assert "WXYZ" not in caplog.text
    error: Any = outcome(chat_mini)
    assert "WXYZ" not in f"{error!r} {error.hint} {vars(error)}"
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "nineteenLettersWXYZ")
    assert "WXYZ" not in run("doctor", "--no-call").output
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
    "an expired container of the newer envelope": (
        404,
        envelope(None, "Container with id 'cntr_1' not found.", param="container"),
        "client.containers.create",
        "URL form",
    ),
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


def test_few_remedies_are_words_alone() -> None:
    typed = len(TYPED) + len(OF_ENTRA) + len(MISTAKEN)
    assert len(SAID) <= 20
    assert typed >= 60


def test_a_us_government_resource_is_told_its_own_scopes() -> None:
    def refuse(request: Any) -> Any:
        body = {"statusCode": 401, "message": "The access token's audience is incorrect."}
        return httpx.Response(401, json=body, headers={"apim-request-id": "1"})

    httpx = http_library()
    transport = httpx.MockTransport(refuse)
    with (
        ac.AzureConnector(
            azure_endpoint="https://r.openai.azure.us",
            azure_ad_token="a-token-of-another-audience",
            http_client=httpx.Client(transport=transport),
            max_retries=0,
        ) as client,
        pytest.raises(ac.AccessTokenError) as caught,
    ):
        chat_mini(client)
    assert "https://ai.azure.us/.default" in caught.value.hint
    assert "azure.com/" not in caught.value.hint


def test_a_parameter_of_an_audio_model(server: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    words = "response_format 'verbose_json' is not compatible with model 'gpt-4o-transcribe-api-ev3'."
    address = server(400, envelope("unsupported_value", words, param="response_format"), {"apim-request-id": "1"})
    set_up({"AZURE_OPENAI_ENDPOINT": address, "AZURE_OPENAI_API_KEY": "0" * 32}, Emulator(), monkeypatch)

    def transcribe(client: ac.AzureConnector) -> Any:
        file = ("speech.wav", b"RIFF")
        return client.audio.transcriptions.create(model="hear", file=file, response_format="verbose_json")

    error: Any = outcome(transcribe)
    assert "'response_format': leave it out" in error.hint
    assert "deployment_mapping" not in error.hint


def test_an_identity_service_that_is_busy(directory: tuple[EntraID, Emulator], monkeypatch: pytest.MonkeyPatch) -> None:
    entra, azure = directory
    with ManagedIdentityServer(entra) as identity:
        identity.script(*[429] * 30)
        env = {"AZURE_USE_MANAGED_IDENTITY": "true", **identity.environment("app_service")}
        set_up({**ENDPOINT, **env}, azure, monkeypatch)
        error: Any = outcome(chat_mini)
    assert "busy or failing" in error.hint
    assert "Assign" not in error.hint
    assert not commands(error.hint), "nothing need be changed"


@pytest.mark.parametrize("name", ["CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"])
def test_an_authority_that_other_tools_trust(name: str, diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator(tls=True) as azure:
        endpoint = azure.endpoint.replace("127.0.0.1", "localhost")
        for other in ("CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "AWS_CA_BUNDLE"):
            monkeypatch.delenv(other, raising=False)
        set_up({**KEY, "AZURE_OPENAI_ENDPOINT": endpoint, name: str(azure.ca_file)}, azure, monkeypatch)
        error: Any = outcome(chat_mini)
        (action,) = diagnose(only=MINI).actions
        assert action.cause == "tls-interception"
        assert commands(error.hint) == commands(action.remedy)
        type_in(action.remedy, monkeypatch)
        assert outcome(chat_mini) is None


def test_a_token_that_has_run_out(
    directory: tuple[EntraID, Emulator], diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch
) -> None:
    entra, azure = directory
    token = entra.issue_token(entra.register_app(secret="s3cret-value-of-the-app"), lifetime=-60.0)
    env = {"AZURE_AD_TOKEN": token, **entra.cli_environment(state="logged_out")}
    set_up({**ENDPOINT, **env}, azure, monkeypatch)
    error: Any = outcome(chat_mini)
    (action,) = diagnose(only=MINI).actions
    assert action.cause == "expired-token"
    assert commands(error.hint) == commands(action.remedy) == ["`unset AZURE_AD_TOKEN`", "`az login`"]
    type_in(action.remedy, monkeypatch)
    assert outcome(chat_mini) is None


def test_an_api_version_that_is_not_sent(here: Emulator, diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"{here.endpoint}/openai/v1")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-02-01")
    (action,) = diagnose(only=MINI).actions
    assert "is sent" not in action.problem
    type_in(action.remedy, monkeypatch)
    assert not diagnose(only=MINI).actions


def test_a_model_that_retires(diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    served = [
        Deployment("old", "gpt-4o", retires=now + 10 * 86400),
        Deployment("new", "gpt-5", retires=now + 400 * 86400),
    ]
    with Emulator(served) as azure:
        set_up({**BOTH, "AZURE_OPENAI_DEFAULT_DEPLOYMENT": "new"}, azure, monkeypatch)
        report = diagnose()
        (action,) = report.actions
        assert (action.cause, action.urgent, action.subjects) == ("retired", False, ("old@default",))
        assert report.healthy
        (line,) = [one for one in diagnose(only=("new",)).findings if one.check == "model"]
        assert line.status == "ok"
        assert line.facts["retires"] > now


def test_each_check_has_one_line_in_the_order_of_the_way(here: Emulator, diagnose: Diagnose) -> None:
    report = diagnose()
    seen = [one.check for one in report.findings]
    once = ["DNS", "proxy", "TLS", "clock", "credential", "tenant", "role", "quota", "filter", "model"]
    assert [check for check in seen if check in once] == once


def test_a_role_is_granted_to_whom_the_token_is_of(
    directory: tuple[EntraID, Emulator], diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch
) -> None:
    entra, _ = directory
    resource = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"
    with Emulator(entra=entra, required_role="Cognitive Services OpenAI User") as azure:
        app = entra.register_app(secret="s3cret-value-of-the-app", roles=())
        env = {
            "AZURE_TENANT_ID": app.tenant_id,
            "AZURE_CLIENT_ID": app.client_id,
            "AZURE_CONNECTOR_RESOURCE_ID": resource,
        }
        set_up({**ENDPOINT, **signed_in(entra), **env}, azure, monkeypatch)
        error: Any = outcome(chat_mini)
    assert f"--assignee {app.object_id} --scope {resource}`" in error.hint


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
