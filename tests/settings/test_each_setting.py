"""Each setting changes something: a row for each, with a change, and what is seen of it on the wire or by the caller.

A setting without a row fails here. Where seeing it takes a set-up of its own, the row names the test that has one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from azure_connector import AzureConnector, ConnectorSettings
from azure_connector.emulator import Emulator, Reply
from azure_connector.emulator.entra import EntraID
from tests.support.bodies import tool_call
from tests.support.catching import Host
from tests.support.machine import forget_azure
from tests.support.named import missing

SAY = [{"role": "user", "content": "Say hello to Oslo"}]
VAULT = "https://vault.vault.azure.net/secrets/key"
AGAIN = {"retry-after-ms": "1"}
BROKEN = Reply(status=500, body={"error": {"code": "InternalServerError", "message": "broken"}}, headers=AGAIN)
LATE = Reply(status=429, body={"error": {"code": "429", "message": "slow down"}}, headers={"retry-after-ms": "40"})
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}


@dataclass
class World:
    """Two resources, and an Entra ID with an application."""

    azure: Emulator
    west: Emulator
    entra: EntraID
    app: Any
    hosts: tuple[Host, Host]

    def keyed(self, **more: Any) -> dict[str, Any]:
        return {"azure_endpoint": self.azure.endpoint, "api_key": self.azure.api_key, **more}

    def signed(self, **more: Any) -> dict[str, Any]:
        """A client that signs in by the application's secret."""
        return {
            "azure_endpoint": self.azure.endpoint,
            "tenant_id": self.app.tenant_id,
            "client_id": self.app.client_id,
            "client_secret": "s3cret-value",
            "authority_host": self.entra.authority_host,
            "disable_instance_discovery": True,
            "ca_bundle": str(self.entra.ca_file),
            "max_attempts": 1,
            **more,
        }

    def both(self, **more: Any) -> dict[str, Any]:
        """Two resources, of which the first fails."""
        self.azure.script(BROKEN, times=None)
        west = {"azure_endpoint": self.west.endpoint, "api_key": self.west.api_key}
        return self.keyed(
            resources={"west": west}, deployment_mapping={"gpt-4o": ["gpt-4o", "gpt-4o@west"]}, max_retry_wait=1, **more
        )


def outcome(call: Callable[[], Any]) -> str:
    """How a call ended: `answered`, or its error's class."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return "answered"


def requests(azure: Emulator, *headers: str) -> list[Any]:
    names = {*headers, "api-key", "authorization", "x-stainless-read-timeout"}
    return [
        (
            one.method,
            one.path,
            one.query,
            one.body,
            {name: value for name, value in one.headers.items() if name in names},
        )
        for one in azure.requests.snapshot()
    ]


def chat(world: World, options: Mapping[str, Any], *, model: str = "gpt-4o", times: int = 1, **request: Any) -> Any:
    """What `times` chats sent to both resources, and how they ended."""
    with AzureConnector(**options) as client:
        ended = [
            outcome(lambda: client.chat.completions.create(model=model, messages=SAY, **request)) for _ in range(times)
        ]
    return ended, requests(world.azure, "apim", "ocp-apim-subscription-key", "x-team"), requests(world.west)


def cooled(world: World, options: Mapping[str, Any]) -> Any:
    """A call with a temperature, which not every model takes."""
    return chat(world, options, temperature=0.25)


def counted(world: World, options: Mapping[str, Any]) -> Any:
    """To how many requests at each resource four chats led."""
    ended, here, there = chat(world, options, times=4)
    return ended, len(here), len(there)


def explained(world: World, options: Mapping[str, Any]) -> Any:
    """The credential that would be sent."""
    with AzureConnector(**options) as client:
        return client.explain("gpt-4o").targets[0].credential


def signed_in(world: World, options: Mapping[str, Any]) -> Any:
    """What Entra ID was asked for."""
    ended = chat(world, options)[0]
    return ended, [(one.path, one.form) for one in world.entra.token_requests]


def embedded(world: World, options: Mapping[str, Any]) -> Any:
    with AzureConnector(**options) as client:
        outcome(lambda: client.embeddings.create(model="unknown", input="x"))
    return requests(world.azure)


def without_model(world: World, options: Mapping[str, Any]) -> Any:
    with AzureConnector(**options) as client:
        outcome(lambda: client.responses.create(input="x"))
    return requests(world.azure)


def stored(world: World, options: Mapping[str, Any]) -> Any:
    """How often a request goes out that may have been executed."""
    world.azure.script(BROKEN, times=None)
    with AzureConnector(**options) as client:
        outcome(lambda: client.responses.create(model="gpt-4o", input="x", store=True))
    return len(requests(world.azure))


def arguments(world: World, options: Mapping[str, Any]) -> Any:
    message = {"role": "assistant", "content": None, "tool_calls": [tool_call(arguments="{city: 'Oslo'}")]}
    choice = {"index": 0, "finish_reason": "tool_calls", "message": message}
    world.azure.script(
        Reply(body={"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})
    )
    with AzureConnector(**options) as client:
        reply = client.chat.completions.create(model="gpt-4o", messages=SAY, tools=[TOOL])
    return reply.choices[0].message.tool_calls[0].function.arguments


def listings(world: World, options: Mapping[str, Any]) -> Any:
    with AzureConnector(**options) as client:
        for _ in range(2):
            outcome(lambda: client.chat.completions.create(model="gpt-4o", messages=SAY))
    return [one for one in requests(world.azure) if one[0] == "GET"]


def failing_once(reply: Reply) -> Callable[[World, Mapping[str, Any]], Any]:
    def seen(world: World, options: Mapping[str, Any]) -> Any:
        world.azure.script(reply)
        return chat(world, options)[0]

    return seen


def made(world: World, options: Mapping[str, Any]) -> Any:
    return outcome(lambda: AzureConnector(**options).close())


def proxied(world: World, options: Mapping[str, Any]) -> Any:
    """Which of two proxies had to pass something on."""
    with AzureConnector(**options) as client:
        outcome(lambda: client.chat.completions.create(model="gpt-4o", messages=SAY))
    return [bool(host.seen) for host in world.hosts]


@dataclass
class Change:
    """Two sets of options that differ in the setting, or in it alone from a client with a key; and how to look."""

    after: Any
    before: Any = None
    see: Callable[[World, Mapping[str, Any]], Any] = chat
    base: Callable[[World], dict[str, Any]] = lambda world: world.keyed()
    more: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


def token() -> str:
    return "token-of-a-provider"


CREDENTIAL = SimpleNamespace(get_token=lambda *_, **__: SimpleNamespace(token="token-of-an-object", expires_on=4e9))
KEYLESS: Callable[[World], dict[str, Any]] = lambda world: {"azure_endpoint": world.azure.endpoint}  # noqa: E731
BOTH: Callable[[World], dict[str, Any]] = lambda world: world.both()  # noqa: E731
SIGNED: Callable[[World], dict[str, Any]] = lambda world: world.signed()  # noqa: E731
GATEWAY: Callable[[World], dict[str, Any]] = lambda world: world.keyed(  # noqa: E731
    azure_endpoint="http://gateway.example.com", allow_insecure_hosts=["gateway.example.com"], max_attempts=1
)

ROWS: dict[str, Change | str] = {
    "azure_endpoint": Change(lambda world: world.west.endpoint),
    "api_version": Change("2024-10-21"),
    "api_form": Change("as-is"),
    "resource_id": "discovery/test_management::test_sku_capacity_limits_and_quota",
    "management_endpoint": "discovery/test_management::test_sku_capacity_limits_and_quota",
    "api_key": Change("another-key-0123456789"),
    "key_vault_secret": Change(VAULT, see=explained, base=KEYLESS),
    "azure_ad_token": Change("token-0123456789", base=KEYLESS, before="token-9876543210"),
    "azure_ad_token_provider": Change(token, base=KEYLESS, before=lambda _: lambda: "token-9876543210"),
    "credential": Change(CREDENTIAL, see=explained, base=KEYLESS),
    "tenant_id": Change("22222222-0000-4000-8000-000000000002", see=signed_in, base=SIGNED),
    "additionally_allowed_tenants": "auth/test_tenants::test_further_tenants_from_a_variable",
    "client_id": Change("33333333-0000-4000-8000-000000000003", see=signed_in, base=SIGNED),
    "client_secret": Change("another-secret", see=signed_in, base=SIGNED),
    "client_certificate_path": "auth/test_entra::test_a_sync_client",
    "client_certificate_password": "auth/test_entra::test_a_sync_client",
    "federated_token_file": "auth/test_entra::test_a_sync_client",
    "use_managed_identity": Change(True, see=explained, base=KEYLESS),
    "managed_identity_client_id": "auth/test_machine::test_a_managed_identity",
    "use_default_credential": Change(
        True, see=explained, base=KEYLESS, environment={"AZURE_OPENAI_API_KEY": "key-01234"}
    ),
    "use_interactive_browser": "auth/test_tenants::test_a_browser_opens_only_where_it_was_switched_on",
    "cli_timeout": "auth/test_tenants::test_the_timeout_reaches_it",
    "apim_subscription_key": Change("apim-0123456789"),
    "apim_header": Change("apim", more={"apim_subscription_key": "apim-0123456789"}),
    "scope": Change("https://other.example.com/.default", see=signed_in, base=SIGNED),
    "authority_host": Change("https://127.0.0.1:9", see=signed_in, base=SIGNED),
    "disable_instance_discovery": Change(False, before=True, see=signed_in, base=SIGNED),
    "deployment_mapping": Change({"gpt-4o": "mapped"}),
    "default_deployment": Change("house"),
    "embedding_deployment": Change("vectors", see=embedded),
    "default_model": Change("gpt-4o", see=without_model),
    "discover": Change(True, see=listings),
    "discovery_interval": "discovery/test_discover::test_an_old_listing_is_renewed",
    "profiles": Change({"gpt-4o": {"refused": ["temperature"]}}, more={"temperature": 0.5}),
    "resources": Change(
        lambda world: {"other": {"azure_endpoint": world.west.endpoint, "api_key": world.west.api_key}},
        before=lambda world: {"other": {"azure_endpoint": world.azure.endpoint, "api_key": world.azure.api_key}},
        more={"deployment_mapping": {"gpt-4o": "gpt-4o@other"}},
    ),
    "max_tokens": Change(77),
    "temperature": Change(0.25),
    "strict": Change(
        True, see=cooled, more={"deployment_mapping": {"gpt-4o": {"deployment": "gpt-5", "model": "gpt-5"}}}
    ),
    "drop_state": "reliability/test_state::test_state_is_dropped_where_the_settings_allow_it",
    "repair_tool_arguments": Change(False, see=arguments),
    "default_headers": Change({"x-team": "a"}),
    "timeout": Change(44.0),
    "deadline": Change(0.01, see=failing_once(LATE)),
    "max_attempts": Change(1, see=failing_once(BROKEN)),
    "max_retry_wait": Change(0.001, see=failing_once(LATE)),
    "cooldown": Change(
        0.0, base=BOTH, before=600.0, see=counted, more={"failures_before_cooldown": 1, "probe_interval": 0}
    ),
    "probe_interval": "routing/test_health::test_a_failed_probe_costs_another_interval",
    "failures_before_cooldown": Change(1, before=100, base=BOTH, see=counted, more={"cooldown": 600}),
    "repeat_unsafe": Change(True, see=stored, more={"max_retry_wait": 1}),
    "redis_url": "reliability/test_shared_view::test_a_429_of_one_client_keeps_the_other_away",
    "trusted_hosts": "auth/test_foreign_hosts::test_an_absolute_url_of_a_trusted_host",
    "allow_insecure_hosts": Change(
        ("gateway.example.com",), see=made, more={"azure_endpoint": "http://gateway.example.com"}
    ),
    "ca_bundle": Change(
        lambda world: str(world.entra.ca_file), see=signed_in, base=lambda world: world.signed(ca_bundle=None)
    ),
    "tls_client_certificate": "auth/test_transport::test_the_client_certificate_is_shown",
    "tls_client_key": "auth/test_transport::test_the_client_certificate_is_shown",
    "proxy": Change(
        lambda world: world.hosts[1].url, before=lambda world: world.hosts[0].url, see=proxied, base=GATEWAY
    ),
}


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    deployments = ["gpt-4o", "gpt-5", "house", "mapped", "vectors"]
    with (
        EntraID() as entra,
        Emulator(deployments, entra=entra) as azure,
        Emulator(deployments) as west,
        Host() as one,
        Host() as other,
    ):
        yield World(azure, west, entra, entra.register_app(secret="s3cret-value"), (one, other))


@pytest.fixture
def world(shared: World, monkeypatch: pytest.MonkeyPatch) -> World:
    forget_azure(monkeypatch)
    return shared


def test_every_setting_has_a_row() -> None:
    assert list(ROWS) == list(ConnectorSettings.model_fields), "a row for each setting, in the settings' order"


def test_the_tests_that_rows_name_exist() -> None:
    assert missing(row for row in ROWS.values() if isinstance(row, str)) == []


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if isinstance(row, Change)])
def test_changing_it_changes_something(world: World, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    row = ROWS[name]
    assert isinstance(row, Change)
    for variable, text in row.environment.items():
        monkeypatch.setenv(variable, text)
    seen = []
    for value in (row.before, row.after):
        world.azure.clear()
        world.west.clear()
        world.entra.log.clear()
        for host in world.hosts:
            host.seen.clear()
        options = {**row.base(world), **row.more}
        if value is not None:
            options[name] = value(world) if getattr(value, "__name__", "") == "<lambda>" else value
        seen.append(json.dumps(row.see(world, options), default=str, sort_keys=True))
    assert seen[0] != seen[1], f"{name}: nothing changed"


def test_the_same_settings_show_the_same(world: World) -> None:
    """What differs from call to call would make every row above pass."""
    for see in (chat, counted, explained, embedded, without_model, stored, arguments, listings, made):
        seen = []
        for _ in range(2):
            world.azure.clear()
            world.west.clear()
            seen.append(json.dumps(see(world, world.keyed(max_retry_wait=1)), default=str, sort_keys=True))
        assert seen[0] == seen[1], see.__name__
