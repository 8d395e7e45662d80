"""Tenants reach everything that takes one; developer's tools and machines say which of their failures it is."""

from __future__ import annotations

import base64
import json
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import azure.identity
import pytest

from azure_connector import AzureConnector, ConnectorSettings, CredentialError
from azure_connector.auth import Authenticator
from azure_connector.auth import _azure_identity as identity_module
from azure_connector.auth._azure_identity import Builder
from azure_connector.auth._credential_hints import credential_hint
from azure_connector.emulator import Emulator, Reply
from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.entra.environments import cli_environment
from azure_connector.emulator.entra.faults import ScriptedReply
from azure_connector.emulator.entra.identity import ManagedIdentityServer
from azure_connector.errors import AccessTokenError
from azure_connector.settings import SCOPES, AuthSettings, Resource
from azure_connector.settings._endpoint import Endpoint
from azure_connector.transport import TransportOptions
from tests.support import asking

Make = Callable[..., Authenticator]
TENANT = "aaaaaaaa-0000-4000-8000-00000000000a"
OTHER = "bbbbbbbb-0000-4000-8000-00000000000b"
IDENTITIES = ("11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555")


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Puts a program on the PATH that notes its arguments, and prints something; gives the file with the notes."""

    def write(name: str, output: str, status: int = 0) -> Path:
        notes = tmp_path / f"{name}.txt"
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.out").write_text(output)
        program.write_text(f'#!/bin/sh\necho "$@" >> {notes}\ncat {tmp_path}/{name}.out\nexit {status}\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        return notes

    return write


def chain_of(**auth: Any) -> Any:
    """The default chain that the settings describe."""
    resource = Resource("default", Endpoint("https://r.openai.azure.com", kind="azure"), AuthSettings(**auth))
    return Builder(resource, TransportOptions()).default_credential()


@pytest.mark.parametrize("switched_off", [False, True])
@pytest.mark.parametrize("how", ["argument", "environment"])
def test_the_cli_is_asked_for_the_tenant(
    how: str, switched_off: bool, tool: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = {"accessToken": "token-of-the-cli", "expires_on": int(time.time()) + 3600}
    notes = tool("az", json.dumps(token))
    if switched_off:
        monkeypatch.setenv("AZURE_IDENTITY_DISABLE_MULTITENANTAUTH", "true")
    told = {"tenant_id": TENANT} if how == "argument" else {}
    if how == "environment":
        monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    with AzureConnector(azure_endpoint="https://r.openai.azure.com", **told) as client:
        assert client.auth_headers == {"Authorization": "Bearer token-of-the-cli"}
    assert notes.read_text().split()[-2:] == ["--tenant", TENANT]


def test_azd_and_powershell_are_asked_for_it_too(tool: Callable[..., Path]) -> None:
    azd = tool("azd", json.dumps({"token": "token-of-azd", "expiresOn": "2099-01-01T00:00:00Z"}))
    pwsh = tool("pwsh", "azsdk%token-of-powershell%4070908800")
    with chain_of(tenant_id=TENANT) as chain:
        for one in chain.credentials:
            if isinstance(one, azure.identity.AzureDeveloperCliCredential | azure.identity.AzurePowerShellCredential):
                assert one.get_token(SCOPES["public"][0]).token.startswith("token-of-")
    assert f"--tenant-id {TENANT}" in azd.read_text()
    script = base64.b64decode(pwsh.read_text().split()[-1]).decode("utf-16-le")
    assert f'"{TENANT}"' in script or TENANT in script


def test_every_member_that_takes_a_tenant_has_it() -> None:
    with chain_of(tenant_id=TENANT, additionally_allowed_tenants=(OTHER,), use_interactive_browser=True) as chain:
        members = {type(one).__name__: vars(one) for one in chain.credentials}
    for name in ("AzureCliCredential", "AzurePowerShellCredential", "AzureDeveloperCliCredential"):
        held = {key.strip("_").removesuffix("_name"): value for key, value in members[name].items()}
        assert held["tenant_id"] == TENANT, name
        assert held["additionally_allowed_tenants"] == [OTHER], name
    assert members["InteractiveBrowserCredential"]["_tenant_id"] == TENANT
    names = list(members)
    assert (
        names.index("AzureCliCredential")
        < names.index("AzurePowerShellCredential")
        < names.index("InteractiveBrowserCredential")
    )


@pytest.mark.parametrize("switched_on", [False, True])
def test_a_browser_opens_only_where_it_was_switched_on(switched_on: bool) -> None:
    with chain_of(use_interactive_browser=switched_on) as chain:
        assert ("InteractiveBrowserCredential" in {type(one).__name__ for one in chain.credentials}) is switched_on


@pytest.mark.parametrize("text", [f"{TENANT},{OTHER}", f"{TENANT}; {OTHER}", f"{TENANT} {OTHER}"])
def test_further_tenants_from_a_variable(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CONNECTOR_ADDITIONALLY_ALLOWED_TENANTS", text)
    settings = ConnectorSettings(azure_endpoint="https://r.openai.azure.com")
    assert settings.additionally_allowed_tenants == (TENANT, OTHER)
    assert settings.resource_map()["default"].auth.additionally_allowed_tenants == (TENANT, OTHER)


@pytest.mark.parametrize("kind", ["client_secret", "client_certificate", "workload_identity"])
def test_credentials_of_an_application_may_get_tokens_of_further_tenants(kind: str, entra: EntraID) -> None:
    values = entra.environment("certificate" if kind == "client_certificate" else kind)  # type: ignore[arg-type]
    auth = AuthSettings(
        tenant_id=values["AZURE_TENANT_ID"],
        client_id=values["AZURE_CLIENT_ID"],
        client_secret=ConnectorSettings(client_secret=values.get("AZURE_CLIENT_SECRET")).client_secret,
        client_certificate_path=values.get("AZURE_CLIENT_CERTIFICATE_PATH"),
        federated_token_file=values.get("AZURE_FEDERATED_TOKEN_FILE"),
        additionally_allowed_tenants=(OTHER,),
        authority_host=entra.authority_host,
        disable_instance_discovery=True,
    )
    resource = Resource("default", Endpoint("https://r.openai.azure.com", kind="azure"), auth)
    builder = Builder(resource, TransportOptions(ca_bundle=str(entra.ca_file)))
    with getattr(builder, kind)() as credential, pytest.raises(Exception, match=f"90002|/{OTHER}"):
        # It is asked there: a tenant that is not allowed is refused before anything is sent.
        credential.get_token(SCOPES["public"][0], tenant_id=OTHER)


class TestTheCli:
    """Its three failures are three hints."""

    def hint(self, make: Make, **auth: Any) -> str:
        with pytest.raises(CredentialError) as caught:
            make(**auth).headers()
        return caught.value.hint

    def test_not_found(self, make: Make) -> None:
        hint = self.hint(make)
        assert "no Azure CLI on the PATH" in hint
        assert "AZURE_OPENAI_API_KEY" in hint

    @pytest.mark.parametrize("tenant", [None, TENANT])
    def test_not_signed_in(
        self, tenant: str | None, make: Make, entra: EntraID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", cli_environment(entra, state="logged_out")["PATH"])
        hint = self.hint(make, tenant_id=tenant)
        assert "Nobody is signed in to the Azure CLI: `az login" in hint
        assert ("--tenant" in hint) is (tenant is not None)

    def test_too_slow(self, make: Make, entra: EntraID, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", cli_environment(entra, delay=60.0)["PATH"])
        hint = self.hint(make, cli_timeout=0.5)
        assert "no answer within 0.5 s" in hint
        assert "AZURE_CONNECTOR_CLI_TIMEOUT" in hint

    def test_a_sign_in_that_has_run_out(self, make: Make, entra: EntraID, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", cli_environment(entra, state="expired")["PATH"])
        hint = self.hint(make, tenant_id=TENANT)
        assert f"az login --tenant {TENANT} --scope https://cognitiveservices.azure.com/.default" in hint

    def test_the_timeout_reaches_it(self) -> None:
        with chain_of(cli_timeout=42.0) as chain:
            cli = next(one for one in chain.credentials if isinstance(one, azure.identity.AzureCliCredential))
            assert vars(cli)["_process_timeout"] == 42.0


class TestMachines:
    """A managed identity says which of its cases it is."""

    @pytest.fixture
    def several(self, entra: EntraID, monkeypatch: pytest.MonkeyPatch) -> Any:
        with ManagedIdentityServer(entra, system_assigned=False, user_assigned=IDENTITIES) as machine:
            for name, value in machine.environment("imds").items():
                monkeypatch.setenv(name, value)
            yield machine

    def hint(self, make: Make, **auth: Any) -> str:
        with pytest.raises(CredentialError) as caught:
            make(use_managed_identity=True, **auth).headers()
        return caught.value.hint

    def test_several_identities(self, several: ManagedIdentityServer, make: Make) -> None:
        hint = self.hint(make)
        assert "several identities: name one" in hint
        assert "AZURE_MANAGED_IDENTITY_CLIENT_ID" in hint
        make(use_managed_identity=True, managed_identity_client_id=IDENTITIES[0]).headers()

    @pytest.mark.parametrize("setting", ["managed_identity_client_id", "client_id"])
    def test_one_that_is_not_assigned(self, setting: str, several: ManagedIdentityServer, make: Make) -> None:
        hint = self.hint(make, **{setting: OTHER})
        assert f"No identity with the client id {OTHER}" in hint
        assert "the machine's page Identity" in hint

    def test_one_that_is_not_assigned_to_an_app(
        self, several: ManagedIdentityServer, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in several.environment("app_service").items():
            monkeypatch.setenv(name, value)
        hint = self.hint(make, managed_identity_client_id=OTHER)
        assert "the app's page Identity" in hint

    @pytest.mark.parametrize(
        ("environment", "said"),
        [
            ({"MSI_ENDPOINT": "http://127.0.0.1:9/token"}, "Cloud Shell"),
            (
                {
                    "IDENTITY_ENDPOINT": "https://127.0.0.1:9/token",
                    "IDENTITY_HEADER": "x",
                    "IDENTITY_SERVER_THUMBPRINT": "x",
                },
                "On Service Fabric",
            ),
        ],
    )
    def test_platforms_that_take_no_client_id(
        self, environment: dict[str, str], said: str, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        hint = self.hint(make, managed_identity_client_id=OTHER)
        assert said in hint
        assert "leave out managed_identity_client_id" in hint

    @pytest.mark.parametrize(
        "said",
        [
            "[Errno 13] Permission denied: '/var/opt/azcmagent/tokens/1.key'",
            "The key file path is invalid: The file path does not exist: /var/opt/azcmagent/tokens/1.key",
        ],
    )
    def test_arc_needs_its_group(self, said: str) -> None:
        assert "usermod -aG himds" in credential_hint("managed identity", said, None, AuthSettings())

    def test_an_endpoint_that_is_not_there_yet_is_asked_again(
        self, several: ManagedIdentityServer, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(identity_module._MACHINE_TIMES, "retry_backoff_factor", 0)
        # The first is the probe's.
        several.script(ScriptedReply(400, "{}"), ScriptedReply(404, "not yet"), ScriptedReply(404, "not yet"))
        assert make(use_managed_identity=True, managed_identity_client_id=IDENTITIES[0]).headers()
        assert len(several.requests) == 4


class TestAnotherTenantsToken:
    """Azure answers 400, and names the token's tenant alone."""

    BODY: ClassVar = {
        "error": {
            "code": "Tenant provided in token does not match resource token",
            "message": f"Token tenant {TENANT} does not match resource tenant.",
        }
    }

    @pytest.mark.parametrize("way", asking.WAYS)
    def test_it_is_an_authentication_error_that_names_both(self, way: str) -> None:
        with Emulator() as azure:
            azure.script(Reply(400, body=self.BODY))
            with pytest.raises(AccessTokenError) as caught:
                asking.ask(way, azure_endpoint=azure.endpoint, azure_ad_token=azure.bearer_token, tenant_id=OTHER)
            assert len(azure.requests) == 1
        assert caught.value.status_code == 400
        hint = caught.value.hint
        assert f"of the tenant {TENANT} although tenant_id is {OTHER}" in hint
        assert "az login --tenant" in hint
        assert "AZURE_TENANT_ID" in hint

    def test_a_reply_that_names_the_resources_too(self) -> None:
        error = {**self.BODY["error"], "message": f"Token tenant {TENANT} does not match resource tenant {OTHER}."}
        with Emulator() as azure:
            azure.script(Reply(400, body={"error": error}))
            with pytest.raises(AccessTokenError) as caught:
                asking.ask("sync", azure_endpoint=azure.endpoint, azure_ad_token=azure.bearer_token)
        assert f"is in the tenant {OTHER}" in caught.value.hint
        assert f"az login --tenant {OTHER}" in caught.value.hint
