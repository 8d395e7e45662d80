"""Which method is used: the order, what is passed over, what is incomplete. Nothing is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from azure_connector import ConfigurationError
from azure_connector.auth import Authenticator
from azure_connector.auth._chain import METHODS, choose, links_of
from azure_connector.settings import ENVIRONMENT, AuthSettings
from azure_connector.settings._endpoint import Endpoint
from tests.support.tables import each_row

PRINCIPAL = {"tenant_id": "tenant", "client_id": "client"}


class Credential:
    def get_token(self, *scopes: str) -> None:
        """Never asked here."""


# Each method with the least that configures it, in the chain's order.
EVERY: list[tuple[str, dict[str, Any]]] = [
    ("api-key", {"api_key": SecretStr("key-1234567")}),
    ("key vault", {"key_vault_secret": "https://v.vault.azure.net/secrets/name"}),
    ("static token", {"azure_ad_token": SecretStr("token-1234567")}),
    ("token provider", {"azure_ad_token_provider": lambda: "token"}),
    ("credential object", {"credential": Credential()}),
    ("client secret", {"client_secret": SecretStr("secret-1234567"), **PRINCIPAL}),
    ("client certificate", {"client_certificate_path": "c.pem", **PRINCIPAL}),
    ("workload identity", {"federated_token_file": "token", **PRINCIPAL}),
    ("managed identity", {"use_managed_identity": True}),
    ("default credential", {"use_default_credential": True}),
    ("subscription key", {"apim_subscription_key": SecretStr("key-1234567")}),
]


def test_the_table_is_the_chain() -> None:
    assert tuple(method for method, _ in EVERY) == METHODS


@each_row("index", range(len(EVERY)))
def test_the_first_configured_method_wins(index: int) -> None:
    settings: dict[str, Any] = {}
    for _, needed in EVERY[index:]:
        settings |= needed
    chosen = choose(links_of(AuthSettings(**settings)))
    assert chosen is not None
    assert chosen.method == EVERY[index][0]


@pytest.mark.parametrize(("method", "needed"), EVERY, ids=[method for method, _ in EVERY])
def test_each_method_alone(method: str, needed: dict[str, Any], make: Callable[..., Authenticator]) -> None:
    authenticator = make(**needed)
    assert authenticator.kind == method
    states = {line.name: line.state for line in authenticator.describe()}
    assert states.pop(method) == "chosen"
    assert set(states.values()) == {"not configured"}


def test_an_object_that_is_no_credential(make: Callable[..., Authenticator]) -> None:
    with pytest.raises(ConfigurationError, match=r"(?s)a str, which has neither get_token.*azure_ad_token_provider"):
        make(credential="token")


def test_nothing_configured_means_the_default_credential(make: Callable[..., Authenticator]) -> None:
    authenticator = make()
    assert authenticator.kind == "default credential"
    assert "nothing else is configured" in str(authenticator.describe())


def test_a_flag_that_is_false_configures_nothing() -> None:
    links = links_of(AuthSettings(use_managed_identity=False, origins={"use_managed_identity": "environment X"}))
    assert choose(links) == links[METHODS.index("default credential")]
    assert choose(links).implied  # type: ignore[union-attr]  # just compared


@each_row(
    ("settings", "missing"),
    [
        (
            {"client_secret": SecretStr("secret-1234567")},
            ["client_id (AZURE_CLIENT_ID)", "tenant_id (AZURE_TENANT_ID)"],
        ),
        ({"client_secret": SecretStr("secret-1234567"), "client_id": "c"}, ["tenant_id (AZURE_TENANT_ID)"]),
        ({"client_certificate_path": "c.pem", "tenant_id": "t"}, ["client_id (AZURE_CLIENT_ID)"]),
        ({"federated_token_file": "f", "tenant_id": "t"}, ["client_id (AZURE_CLIENT_ID)"]),
    ],
)
def test_half_a_method_and_nothing_else_is_an_error(settings: dict[str, Any], missing: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        links_of(AuthSettings(**settings))
    for part in missing:
        assert part in str(caught.value)
    assert "secret-1234567" not in str(caught.value)


def test_half_a_method_beside_a_whole_one_is_reported(make: Callable[..., Authenticator]) -> None:
    authenticator = make(
        client_secret=SecretStr("secret-1234567"),
        use_managed_identity=True,
        origins={"client_secret": "environment AZURE_CLIENT_SECRET", "use_managed_identity": "argument"},
    )
    lines = {line.name: line for line in authenticator.describe()}
    assert authenticator.kind == "managed identity"
    assert lines["client secret"].state == "incomplete"
    assert "tenant_id (AZURE_TENANT_ID)" in lines["client secret"].detail
    assert lines["client secret"].origin == "environment AZURE_CLIENT_SECRET"


def test_what_is_passed_over_says_where_it_came_from(make: Callable[..., Authenticator]) -> None:
    authenticator = make(
        azure_ad_token=SecretStr("token-1234567"),
        use_managed_identity=True,
        origins={
            "azure_ad_token": "argument",
            "use_managed_identity": "azure_connector.toml",
            "api_key": "environment AZURE_OPENAI_API_KEY: left out, since the argument azure_ad_token was passed",
        },
    )
    lines = {line.name: line for line in authenticator.describe()}
    assert lines["managed identity"].state == "passed over"
    assert lines["managed identity"].origin == "azure_connector.toml"
    assert lines["api-key"].state == "passed over"
    assert "left out" in lines["api-key"].origin


def test_the_variables_that_errors_name_are_read() -> None:
    known = {name for names in ENVIRONMENT.values() for name in names}
    for link in links_of(AuthSettings()):
        for variable in link.variables:
            assert variable.partition("=")[0] in known or variable.startswith("the argument"), variable


@pytest.mark.parametrize(
    ("endpoint", "scope"),
    [
        (Endpoint("https://r.openai.azure.com", kind="azure"), "https://cognitiveservices.azure.com/.default"),
        (Endpoint("https://r.services.ai.azure.com", kind="foundry"), "https://ai.azure.com/.default"),
        (
            Endpoint("https://r.openai.azure.us", kind="azure", cloud="usgov"),
            "https://cognitiveservices.azure.us/.default",
        ),
        (
            Endpoint("https://r.openai.azure.cn", kind="azure", cloud="china"),
            "https://cognitiveservices.azure.cn/.default",
        ),
    ],
)
def test_the_scope_follows_host_and_cloud(endpoint: Endpoint, scope: str, make: Callable[..., Authenticator]) -> None:
    assert make(endpoint).scope == scope
    assert make(endpoint, scope="https://other.example/.default").scope == "https://other.example/.default"
