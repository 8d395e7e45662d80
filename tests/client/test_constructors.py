"""Constructors, copies and files take what the SDK's classes and the frameworks take, under their names."""

from __future__ import annotations

import base64
import hashlib
import hmac
import inspect
import json
import time
from collections.abc import Iterator

import openai
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector, ConfigurationError
from azure_connector.emulator import Emulator
from azure_connector.transport import http_library
from tests.support import asking

CLIENTS = [AzureConnector, AsyncAzureConnector]
PAIRS = [
    (AzureConnector, openai.OpenAI),
    (AzureConnector, openai.AzureOpenAI),
    (AsyncAzureConnector, openai.AsyncOpenAI),
    (AsyncAzureConnector, openai.AsyncAzureOpenAI),
]
ENDPOINT = "https://r.openai.azure.com"
# Private to the SDK, or a platform's of its own that Azure has nothing of.
NOT_TAKEN = {"provider", "_strict_response_validation", "_enforce_credentials"}


@pytest.fixture
def voices() -> Iterator[Emulator]:
    with Emulator({"gpt-realtime": "gpt-realtime"}) as emulator:
        yield emulator


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_every_argument_of_the_sdks_constructors_is_one(ours: type, theirs: type) -> None:
    asked = set(inspect.signature(theirs).parameters) - NOT_TAKEN
    assert asked <= set(inspect.signature(ours).parameters)


@pytest.mark.parametrize("kind", CLIENTS)
def test_the_sdks_own_arguments_are_where_readers_look(kind: type) -> None:
    told = {"organization": "org-1", "project": "proj-1", "webhook_secret": "whsec_c2VjcmV0"}
    client = kind(azure_endpoint=ENDPOINT, api_key="k", admin_api_key=None, workload_identity=None, **told)
    for one in (client, client.with_options(timeout=3), client.copy(max_tokens=5)):
        assert {name: getattr(one, name) for name in told} == told
    assert client.copy(organization="org-2").organization == "org-2"


def test_organization_and_project_travel_as_openai_sends_them(azure: Emulator, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_PROJECT_ID", "from-a-variable-that-is-openais")
    with AzureConnector(**asking.options(azure), organization="org-1") as client:
        client.chat.completions.create(model="gpt-4o", messages=asking.HELLO)
        assert azure.requests.last.headers["openai-organization"] == "org-1"
        assert "openai-project" not in azure.requests.last.headers
        assert client.project is None
        client.copy(project="p", default_headers={"OpenAI-Organization": "org-2"}).embeddings.create(
            model="text-embedding-3-small", input="x"
        )
    assert azure.requests.last.headers["openai-organization"] == "org-2"
    assert azure.requests.last.headers["openai-project"] == "p"


def test_a_webhook_is_verified_with_the_secret() -> None:
    secret, body = base64.b64encode(b"a secret of the webhook").decode(), json.dumps({"type": "response.completed"})
    stamp = str(int(time.time()))
    signed = hmac.new(b"a secret of the webhook", f"id-1.{stamp}.{body}".encode(), hashlib.sha256).digest()
    headers = {
        "webhook-id": "id-1",
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
    with AzureConnector(azure_endpoint=ENDPOINT, api_key="k", webhook_secret=f"whsec_{secret}") as client:
        client.webhooks.verify_signature(body, headers)
        with pytest.raises(openai.InvalidWebhookSignatureError):
            client.webhooks.verify_signature(body + " ", headers)


@pytest.mark.parametrize("scheme", ["ws", "http"])
def test_a_websocket_goes_where_it_is_told(voices: Emulator, scheme: str) -> None:
    azure = voices
    address = azure.endpoint.replace("http", scheme, 1) + "/openai/v1"
    told = {"trusted_hosts": [azure.endpoint.partition("//")[2]]}
    with AzureConnector(azure_endpoint=ENDPOINT, api_key=azure.api_key, websocket_base_url=address, **told) as client:
        assert client.copy(timeout=5).websocket_base_url == client.websocket_base_url
        with client.realtime.connect(model="gpt-realtime") as connection:
            assert connection.recv().type == "session.created"
    assert azure.requests.last.url == "/openai/v1/realtime?model=gpt-realtime"


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("wss://elsewhere.example/openai/v1", "trusted_hosts"),
        ("wss://r.openai.azure.com.evil.example/openai", "looks like"),
        ("ws://r.openai.azure.com/openai/v1", "http"),
        ("ftp://r.openai.azure.com", "wss://"),
        ("r.openai.azure.com", "wss://"),
    ],
)
@pytest.mark.parametrize("kind", CLIENTS)
def test_a_websocket_takes_the_credential_nowhere_else(kind: type, address: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        kind(azure_endpoint=ENDPOINT, api_key="k", websocket_base_url=address)
    client = kind(azure_endpoint=ENDPOINT, api_key="k")
    with pytest.raises(ConfigurationError, match=problem):
        client.with_options(websocket_base_url=address)


def test_a_copy_for_another_resource_leaves_the_websocket_behind() -> None:
    address = "wss://r.openai.azure.com/x"
    with AzureConnector(azure_endpoint=ENDPOINT, api_key="k", websocket_base_url=address) as client:
        other = client.copy(resource_name="other", api_key="other-key-123456")
        assert str(other.websocket_base_url) == "wss://other.openai.azure.com/openai/v1"


@pytest.mark.parametrize(
    ("options", "setting", "value"),
    [
        ({"deployment_name": "d"}, "default_deployment", "d"),
        ({"azure_deployment": "d"}, "default_deployment", "d"),
        (
            {"endpoint": "https://R.openai.azure.com/openai/v1"},
            "azure_endpoint",
            "https://R.openai.azure.com/openai/v1",
        ),
        ({"api_base": ENDPOINT}, "azure_endpoint", ENDPOINT),
        ({"base_url": http_library().URL(ENDPOINT)}, "azure_endpoint", ENDPOINT),
        ({"resource_name": "R"}, "azure_endpoint", ENDPOINT),
        ({"azure_scope": "https://ai.azure.com/.default"}, "scope", "https://ai.azure.com/.default"),
    ],
)
def test_the_frameworks_names_everywhere(options: dict, setting: str, value: str, bare_machine) -> None:
    base = {"azure_endpoint": ENDPOINT} if setting != "azure_endpoint" else {}
    with AzureConnector(**base, **options, api_key="k") as client:
        assert getattr(client.settings, setting) == value
    with AzureConnector(azure_endpoint=ENDPOINT, api_key="k") as client:
        copied = client.with_options(**options, **({"api_key": "k"} if "resource_name" in options else {}))
        assert getattr(copied.settings, setting) == value
    told = {**base, **{name: str(one) for name, one in options.items()}}
    text = "".join(f"{name} = {json.dumps(one)}\n" for name, one in told.items())
    (bare_machine / "azure_connector.toml").write_text(f'api_key = "k"\n{text}', encoding="utf-8")
    with AzureConnector() as client:
        assert getattr(client.settings, setting) == value
    if setting != "default_deployment":
        (bare_machine / "azure_connector.toml").write_text(f'[resources.west]\napi_key = "k"\n{text}', encoding="utf-8")
        with AzureConnector() as client:
            assert getattr(client.settings.resources["west"], setting) == value


def test_a_token_by_its_short_name_in_a_file_is_as_secret_as_by_its_own(bare_machine, monkeypatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_TEAM_TOKEN", "token-of-the-user-1234")
    (bare_machine / "azure_connector.toml").write_text(
        f'endpoint = "{ENDPOINT}"\nad_token = "${{AZURE_OPENAI_TEAM_TOKEN}}"\n'
        '[resources.west]\nresource_name = "west"\nad_token = "${AZURE_OPENAI_TEAM_TOKEN}"\n'
    )
    with AzureConnector() as client:
        assert client.settings.azure_ad_token.get_secret_value() == "token-of-the-user-1234"
        assert client.settings.resources["west"].azure_ad_token.get_secret_value() == "token-of-the-user-1234"
        assert "token-of-the-user" not in repr(client.settings)
    (bare_machine / "azure_connector.toml").write_text(
        'endpoint = "https://gateway.example"\nad_token = "${AZURE_OPENAI_TEAM_TOKEN}"\n'
    )
    with pytest.raises(ConfigurationError, match=r"gateway\.example"):
        AzureConnector()


@pytest.mark.parametrize("cls", CLIENTS)
def test_what_the_sdk_would_stumble_over_is_said_at_once(cls: type) -> None:
    wrong = {
        "timeout": ("30", -1, 0, True, (1, 2), float("nan"), float("inf")),
        "max_retries": ("2", -1, 2.5, True),
        "default_headers": ("a: b", 5, ["a"]),
        "default_query": ("a=b", 5, ["a"]),
        "organization": (5, b"o"),
        "project": (5,),
        "webhook_secret": (5,),
    }
    client = cls(azure_endpoint=ENDPOINT, api_key="k", timeout=openai.Timeout(3), max_retries=0)
    for name, values in wrong.items():
        for value in values:
            for make in (lambda **how: cls(azure_endpoint=ENDPOINT, api_key="k", **how), client.with_options):
                with pytest.raises(ConfigurationError, match=rf"^{name} \(argument\) must be .*, not ") as caught:
                    make(**{name: value})
                if isinstance(value, str):
                    assert value not in str(caught.value)
    client.with_options(timeout=None, max_retries=5, default_query={}, default_headers={})


@pytest.mark.parametrize(
    "pair",
    [
        {"base_url": ENDPOINT, "azure_endpoint": ENDPOINT},
        {"endpoint": ENDPOINT, "api_base": ENDPOINT},
        {"resource_name": "r", "base_url": ENDPOINT},
        {"azure_deployment": "a", "default_deployment": "b"},
        {"azure_deployment": "a", "deployment_name": "b"},
    ],
)
def test_contradictions_raise(pair: dict, bare_machine) -> None:
    missing = {} if set(pair) & {"base_url", "endpoint", "resource_name"} else {"azure_endpoint": ENDPOINT}
    with pytest.raises(ConfigurationError, match="given twice: the arguments ") as caught:
        AzureConnector(**pair, **missing, api_key="k")
    assert all(f" {name} " in str(caught.value) for name in pair)
    with (
        AzureConnector(azure_endpoint=ENDPOINT, api_key="k") as client,
        pytest.raises(ConfigurationError, match="given twice"),
    ):
        client.copy(**pair, api_key="k", timeout=3)
    text = "".join(f'{name} = "{value}"\n' for name, value in {**pair, **missing}.items())
    (bare_machine / "azure_connector.toml").write_text(text)
    with pytest.raises(ConfigurationError, match="given twice"):
        AzureConnector(api_key="k")
    if "azure_deployment" not in pair:
        (bare_machine / "azure_connector.toml").write_text(f"[resources.west]\n{text}")
        with pytest.raises(ConfigurationError, match="one of them"):
            AzureConnector(api_key="k")


@pytest.mark.parametrize("version", [None, "2024-10-21"])
def test_wrappers_copy_a_client_with_its_own_base_url(azure: Emulator, version: str | None) -> None:
    with AzureConnector(**asking.options(azure, api_version=version)) as client:
        client.copy(base_url=client.base_url, timeout=9).chat.completions.create(model="gpt-4o", messages=asking.HELLO)
    assert azure.requests.last.query == ({} if version is None else {"api-version": version})


@pytest.mark.parametrize("name", ["azure_deployment", "deployment_name", "default_deployment"])
def test_a_default_deployment_is_none_for_embeddings(azure: Emulator, name: str) -> None:
    with AzureConnector(**asking.options(azure, **{name: "gpt-4o"})) as client:
        client.chat.completions.create(model="whatever", messages=asking.HELLO)
        assert azure.requests.last.body["model"] == "gpt-4o"
        client.responses.create(model="whatever", input="Hello")
        assert azure.requests.last.body["model"] == "gpt-4o"
        client.embeddings.create(model="text-embedding-3-small", input="x")
    assert azure.requests.last.body["model"] == "text-embedding-3-small"
