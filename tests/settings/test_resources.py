"""Several resources: their own addresses and credentials, and what they take over from the default one."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from azure_connector.client._options import retry_policy
from azure_connector.errors import ConfigurationError
from azure_connector.settings import AuthSettings, ConnectorSettings, Resource, ResourceSettings
from tests.support.tables import each_row

WEST: dict[str, Any] = {"azure_endpoint": "https://west.openai.azure.com"}
EAST = "https://east.openai.azure.com"

IDENTITY = SimpleNamespace(get_token=str)  # a credential object, as far as settings look at it


def west(own: dict[str, Any] | None = None, **flat: Any) -> AuthSettings:
    settings = ConnectorSettings(azure_endpoint=EAST, resources={"west": {**WEST, **(own or {})}}, **flat)
    return settings.resource_map()["west"].auth


def plain(secret: Any) -> Any:
    return secret.get_secret_value() if secret is not None else None


def test_resources_of_a_file(bare_machine: Path) -> None:
    (bare_machine / "azure_connector.toml").write_text(
        f"""
azure_endpoint = "{EAST}"
api_key = "east-key"

[resources.west]
azure_endpoint = "https://west.openai.azure.com/openai/deployments/x?api-version=2024-06-01"
api_key = "west-key"

[resources.gov]
azure_endpoint = "https://gov.openai.azure.us"
api_version = 2024-06-01
use_managed_identity = true
"""
    )

    found = ConnectorSettings().resource_map()

    assert list(found) == ["default", "west", "gov"]
    assert found["default"].endpoint.form == "v1"
    assert (found["west"].endpoint.form, found["west"].endpoint.base) == ("classic", "https://west.openai.azure.com")
    assert (found["gov"].endpoint.api_version, found["gov"].endpoint.cloud) == ("2024-06-01", "usgov")
    assert plain(found["west"].auth.api_key) == "west-key"
    assert found["west"].auth.origins["api_key"] == "azure_connector.toml [resources.west]"
    assert found["default"].auth.origins["api_key"] == "azure_connector.toml"


@each_row("key", ["api_key", "key_vault_secret", "apim_subscription_key"])
def test_a_key_belongs_to_one_resource(key: str) -> None:
    value = "https://v.vault.azure.net/secrets/k" if key == "key_vault_secret" else "secret"

    auth = west(**{key: value})

    assert getattr(auth, key) is None
    assert key not in auth.origins


@each_row(
    ("setting", "value"),
    [
        ("azure_ad_token", "token"),
        ("azure_ad_token_provider", lambda: "token"),
        ("credential", IDENTITY),
        ("use_managed_identity", True),
        ("use_default_credential", True),
        ("federated_token_file", "/var/token"),
        ("client_certificate_path", "/etc/cert.pem"),
        ("scope", "api://x/.default"),
        ("authority_host", "https://login.example"),
        ("tenant_id", "t"),
        ("disable_instance_discovery", True),
        ("apim_header", "x-key"),
    ],
)
def test_an_identity_serves_every_resource(setting: str, value: Any) -> None:
    auth = west(**{setting: value})

    found = getattr(auth, setting)
    assert (plain(found) if setting == "azure_ad_token" else found) == value
    assert auth.origins[setting] == "argument"


def test_an_identity_behind_the_resources_own_key_stays_to_fall_back_to() -> None:
    auth = west({"api_key": "own"}, credential=IDENTITY)

    assert (plain(auth.api_key), auth.credential) == ("own", IDENTITY)


def test_a_method_that_would_go_before_the_resources_own_is_not_taken_over() -> None:
    auth = west({"use_managed_identity": True}, credential=IDENTITY)

    assert auth.credential is None
    assert auth.use_managed_identity


def test_an_explicit_no_is_not_overruled() -> None:
    assert west({"use_managed_identity": False}, use_managed_identity=True).use_managed_identity is False


def test_a_secret_goes_with_its_application() -> None:
    shared: dict[str, Any] = {"tenant_id": "t", "client_id": "a", "client_secret": "s"}

    assert plain(west(**shared).client_secret) == "s"
    other = west({"client_id": "b"}, **shared)
    assert (other.client_id, other.client_secret, other.tenant_id) == ("b", None, "t")


def test_a_certificates_password_goes_with_its_file() -> None:
    shared: dict[str, Any] = {"client_certificate_path": "/a.pem", "client_certificate_password": "p"}

    assert plain(west(**shared).client_certificate_password) == "p"
    assert west({"client_certificate_path": "/b.pem"}, **shared).client_certificate_password is None


def test_without_a_default_the_first_resource_is_it() -> None:
    settings = ConnectorSettings(resources={"west": WEST, "north": {"azure_endpoint": "https://n.openai.azure.com"}})

    assert settings.default_resource == "west"
    assert settings.require_endpoint().base == "https://west.openai.azure.com"
    assert list(settings.resource_map()) == ["west", "north"]


def test_default_may_be_a_named_resource_but_not_both() -> None:
    assert ConnectorSettings(resources={"default": WEST}).default_resource == "default"
    with pytest.raises(ConfigurationError, match="'default'"):
        ConnectorSettings(azure_endpoint=EAST, resources={"default": WEST})


def test_a_resources_bad_address_names_its_table() -> None:
    with pytest.raises(ConfigurationError, match=r"argument \[resources\.west\].*http"):
        ConnectorSettings(resources={"west": {"azure_endpoint": "http://w.example"}})


# Two credentials.


def test_two_credential_arguments_contradict_each_other() -> None:
    with pytest.raises(ConfigurationError, match="api_key and credential"):
        ConnectorSettings(api_key="k", credential=IDENTITY)


def test_a_flag_that_is_off_is_no_credential() -> None:
    assert ConnectorSettings(api_key="k", use_managed_identity=False).api_key is not None


def test_across_file_and_environment_the_chains_order_decides(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bare_machine / "azure_connector.toml").write_text("use_managed_identity = true\n")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k")

    settings = ConnectorSettings(azure_endpoint=EAST)
    auth = settings.resource_map()["default"].auth

    assert plain(auth.api_key) == "k"
    assert auth.use_managed_identity
    assert settings.set_aside == {}


def test_a_credential_argument_goes_before_what_lies_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k")
    monkeypatch.setenv("AZURE_USE_DEFAULT_CREDENTIAL", "true")
    credential = IDENTITY

    settings = ConnectorSettings(azure_endpoint=EAST, credential=credential)
    auth = settings.resource_map()["default"].auth

    assert auth.credential is credential
    assert auth.api_key is None
    assert settings.api_key is None
    assert settings.origins["api_key"] == "default"
    assert auth.use_default_credential  # behind it in the chain: kept to fall back to
    assert list(auth.set_aside) == ["api_key"]
    assert "environment AZURE_OPENAI_API_KEY" in settings.set_aside["api_key"]


# Values that are objects.


def test_a_key_may_be_a_callable() -> None:
    settings = ConnectorSettings(azure_endpoint=EAST, api_key=lambda: "fresh")

    key = settings.resource_map()["default"].auth.api_key
    assert callable(key)
    assert key() == "fresh"


@each_row("text", ["  key\n", "Bearer key"])
def test_keys_are_trimmed(text: str) -> None:
    assert plain(ConnectorSettings(azure_ad_token=text).azure_ad_token) == "key"


@each_row("setting", ["api_key", "azure_ad_token", "apim_subscription_key"])
@each_row("bad", ["hunter2\r\nX-Evil: 1", "hunter2\x00", "hunter2…", "hunter2\x7f"])
def test_a_key_that_would_break_out_of_its_header(setting: str, bad: str) -> None:
    with pytest.raises(ConfigurationError, match=setting) as caught:
        ConnectorSettings(**{setting: bad})  # type: ignore[arg-type]

    assert "hunter2" not in str(caught.value)


def test_ready_resource_settings_are_checked_too() -> None:
    ready = ResourceSettings(**WEST, api_key=" key ")  # type: ignore[arg-type]

    assert plain(ConnectorSettings(resources={"west": ready}).resource_map()["west"].auth.api_key) == "key"  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="api_key") as caught:
        ResourceSettings(**WEST, api_key="hunter2\n!")  # type: ignore[arg-type]
    assert "hunter2" not in str(caught.value)


# Copies and changes.


def test_settings_are_shared_not_copied_and_never_pickled() -> None:
    settings = ConnectorSettings(azure_endpoint=EAST, api_key="hunter2")
    resource = settings.resource_map()["default"]

    for thing in (settings, resource, resource.auth):
        assert copy.copy(thing) is thing
        assert copy.deepcopy(thing) is thing
        with pytest.raises(TypeError, match="secrets"):
            pickle.dumps(thing)


def test_another_credential_replaces_the_former_one() -> None:
    settings = ConnectorSettings(azure_endpoint=EAST, api_key="old", default_model="m")

    changed = settings.derived(azure_ad_token="token")

    assert (changed.api_key, plain(changed.azure_ad_token)) == (None, "token")
    assert changed.default_model == "m"
    assert plain(settings.api_key) == "old"


def test_derived_settings_are_checked_like_all_others() -> None:
    settings = ConnectorSettings(azure_endpoint=EAST)

    with pytest.raises(ConfigurationError, match="Did you mean 'timeout'"):
        settings.derived(timout=3)
    with pytest.raises(ConfigurationError, match=r"timeout \(argument\)"):
        settings.model_copy(update={"timeout": -3})
    assert settings.model_copy(update={"timeout": 3}).timeout == 3


def test_files_are_not_read_again(bare_machine: Path) -> None:
    path = bare_machine / ".env"
    path.write_text("AZURE_OPENAI_DEPLOYMENT=first\n")
    settings = ConnectorSettings()
    path.write_text("AZURE_OPENAI_DEPLOYMENT=second\n")

    assert settings.derived(timeout=3).default_deployment == "first"


@pytest.mark.parametrize("elsewhere", ["https://gw.azure-api.net", "https://other.openai.azure.com"])
def test_another_host_must_bring_its_own_credential(elsewhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "hunter2")
    monkeypatch.setenv("AZURE_APIM_SUBSCRIPTION_KEY", "hunter2")
    settings = ConnectorSettings(azure_endpoint=EAST, use_managed_identity=True, default_headers={"x-key": "hunter2"})

    with pytest.raises(ConfigurationError, match="azure_endpoint"):
        settings.derived(azure_endpoint=elsewhere)

    auth = settings.derived(azure_endpoint=elsewhere, azure_ad_token="own").resource_map()["default"].auth
    assert (auth.api_key, auth.apim_subscription_key, auth.use_managed_identity) == (None, None, False)
    assert plain(auth.azure_ad_token) == "own"
    assert not settings.derived(azure_endpoint=elsewhere, azure_ad_token="own").default_headers


def test_the_same_host_in_another_form_keeps_the_credential() -> None:
    settings = ConnectorSettings(azure_endpoint=EAST, api_version="2024-06-01", api_key="k")

    changed = settings.derived(azure_endpoint=f"{EAST}:443/openai/v1")

    assert changed.require_endpoint().form == "v1"
    assert plain(changed.api_key) == "k"


def test_trusted_hosts_may_have_it() -> None:
    settings = ConnectorSettings(azure_endpoint=EAST, api_key="k", trusted_hosts=["gw.azure-api.net"])

    assert plain(settings.derived(azure_endpoint="https://gw.azure-api.net/x").api_key) == "k"
    with pytest.raises(ConfigurationError):
        settings.derived(azure_endpoint="http://gw.azure-api.net/x")


def test_a_resources_own_host_is_another_host() -> None:
    settings = ConnectorSettings(azure_endpoint=EAST, api_key="k", resources={"west": {**WEST, "api_key": "w"}})

    with pytest.raises(ConfigurationError):
        settings.derived(azure_endpoint=WEST["azure_endpoint"])


def test_the_limits_of_routing() -> None:
    settings = ConnectorSettings(max_attempts=2, max_retry_wait=3, deadline=9, cooldown=1, repeat_unsafe=True)
    policy = retry_policy(settings)

    assert (policy.max_attempts, policy.max_wait, policy.deadline, policy.cooldown) == (2, 3.0, 9.0, 1.0)
    assert policy.repeat_unsafe


def test_resource_is_a_plain_value() -> None:
    settings = ConnectorSettings(azure_endpoint=EAST, api_key="k")

    assert settings.resource_map()["default"] == Resource(
        "default", settings.require_endpoint(), AuthSettings(api_key=settings.api_key)
    )
