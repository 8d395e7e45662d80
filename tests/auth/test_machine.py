"""Managed identity, both ways and not at all; DefaultAzureCredential reaching each of its links."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from azure_connector import CredentialError
from azure_connector.auth import Authenticator
from azure_connector.auth import _azure_identity as identity_module
from azure_connector.auth import _managed_identity as machine_module
from azure_connector.auth._managed_identity import default_chain_asks_imds, imds_answers, imds_url
from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.entra.environments import cli_environment, environment
from azure_connector.emulator.entra.faults import ScriptedReply
from azure_connector.emulator.entra.identity import ManagedIdentityServer
from azure_connector.transport import TransportOptions

Make = Callable[..., Authenticator]
USER_ASSIGNED = "11111111-2222-4333-8444-555555555555"
# Two seconds are promised. A busy machine adds to them; azure-identity's own patience is half a minute at the least.
PROMISED = 2.0
SLACK = 20.0


@pytest.fixture
def machine(entra: EntraID) -> Iterator[ManagedIdentityServer]:
    with ManagedIdentityServer(entra, user_assigned=[USER_ASSIGNED]) as running:
        yield running


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch, machine: ManagedIdentityServer) -> Callable[[str], None]:
    """Makes this process run "on" a machine of that kind."""

    def move(kind: str) -> None:
        monkeypatch.delenv("AZURE_POD_IDENTITY_AUTHORITY_HOST")
        for name, value in machine.environment(kind).items():  # type: ignore[arg-type]  # a literal in the tests
            monkeypatch.setenv(name, value)

    return move


@pytest.mark.parametrize("kind", ["imds", "app_service"])
@pytest.mark.parametrize("client_id", [None, USER_ASSIGNED])
async def test_a_managed_identity(
    kind: str,
    client_id: str | None,
    on: Callable[[str], None],
    machine: ManagedIdentityServer,
    entra: EntraID,
    make: Make,
) -> None:
    on(kind)
    authenticator = make(use_managed_identity=True, managed_identity_client_id=client_id)
    token = (await authenticator.aheaders())["Authorization"].removeprefix("Bearer ")
    assert entra.verifier()(token) is None
    assert authenticator.headers()["Authorization"] == f"Bearer {token}"
    assert machine.requests[-1].query.get("client_id") == client_id
    asked = [seen for seen in machine.requests if seen.headers.get("metadata")]
    assert len(asked) == 1


def test_a_client_id_alone_pins_the_identity(
    on: Callable[[str], None], machine: ManagedIdentityServer, make: Make
) -> None:
    on("imds")
    make(use_managed_identity=True, client_id=USER_ASSIGNED).headers()
    assert machine.requests[-1].query["client_id"] == USER_ASSIGNED
    # With a tenant it is an application's.
    make(use_managed_identity=True, client_id=USER_ASSIGNED, tenant_id="t").headers()
    assert "client_id" not in machine.requests[-1].query


def test_a_refused_token_is_replaced(
    on: Callable[[str], None], machine: ManagedIdentityServer, entra: EntraID, make: Make
) -> None:
    on("app_service")
    authenticator = make(use_managed_identity=True)
    sent = authenticator.headers()
    entra.revoke_tokens()
    assert authenticator.refused(401, None, "", sent)
    assert entra.verifier()(authenticator.headers()["Authorization"].removeprefix("Bearer ")) is None
    assert len(machine.requests) == 2


def test_a_metadata_service_that_is_not_ready_yet_is_asked_again(
    on: Callable[[str], None], machine: ManagedIdentityServer, make: Make
) -> None:
    on("imds")
    machine.script(200, 500)  # the probe; then a failure that passes
    assert make(use_managed_identity=True).headers()["Authorization"]


def test_no_proxy_is_asked_for_a_link_local_address(
    on: Callable[[str], None], make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    on("imds")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    transport = TransportOptions(proxy="http://127.0.0.1:9")
    assert make(use_managed_identity=True, transport=transport).headers()["Authorization"]


class TestNoIdentityHere:
    """Off Azure the answer comes within two seconds."""

    # A service that the platform names and that then stays silent is given its time.
    @pytest.mark.parametrize(
        ("service", "where"),
        [
            ("imds", "refused"),
            ("imds", "black_hole"),
            ("imds", "full_backlog"),
            ("app_service", "refused"),
            ("app_service", "full_backlog"),
        ],
    )
    def test_ours_answers_in_time(
        self, where: str, service: str, make: Make, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
    ) -> None:
        url = "http://127.0.0.1:9" if where == "refused" else request.getfixturevalue(where)
        if service == "imds":
            monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", url)
        else:
            monkeypatch.setenv("IDENTITY_ENDPOINT", f"{url}/msi/token")
            monkeypatch.setenv("IDENTITY_HEADER", "header")
        authenticator = make(use_managed_identity=True)
        import azure.identity  # the import is not what is timed

        assert azure.identity
        started = time.monotonic()
        with pytest.raises(CredentialError) as caught:
            authenticator.headers()
        assert time.monotonic() - started < PROMISED + SLACK
        message = str(caught.value)
        assert "the managed identity failed" in message
        assert "az vm identity assign" in message
        assert "AZURE_USE_MANAGED_IDENTITY" in message

    def test_another_clouds_metadata_service(
        self, on: Callable[[str], None], machine: ManagedIdentityServer, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(identity_module._MACHINE_TIMES, "retry_backoff_factor", 0)
        on("imds")
        machine.script(*[ScriptedReply(404, "<html>not found</html>")] * 8)
        started = time.monotonic()
        with pytest.raises(CredentialError, match="the managed identity failed"):
            make(use_managed_identity=True).headers()
        assert time.monotonic() - started < PROMISED + SLACK
        # The probe, and one question that is repeated as azure-identity repeats it: an identity may be on its way.
        assert len(machine.requests) == 7

    def test_an_identity_that_is_not_assigned(self, on: Callable[[str], None], make: Make) -> None:
        on("imds")
        with pytest.raises(CredentialError) as caught:
            make(use_managed_identity=True, managed_identity_client_id="00000000-0000-4000-8000-000000000000").headers()
        assert "Identity not found" in str(caught.value)
        assert "No identity with the client id 00000000-0000-4000-8000-000000000000" in str(caught.value)

    @pytest.mark.parametrize("where", ["refused", "black_hole", "full_backlog"])
    def test_the_default_credential_is_not_held_up_either(
        self, where: str, make: Make, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
    ) -> None:
        if where != "refused":
            monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", request.getfixturevalue(where))
        import azure.identity  # the import is not what is timed

        assert azure.identity
        started = time.monotonic()
        with pytest.raises(CredentialError) as caught:
            make().headers()
        assert time.monotonic() - started < PROMISED + SLACK
        message = str(caught.value)
        assert "nothing is configured, so DefaultAzureCredential was tried" in message
        assert "az login" in message
        assert "AzureCliCredential: Azure CLI not found on path" in message
        assert "api-key (AZURE_OPENAI_API_KEY)" in message


class TestDefaultCredential:
    """DefaultAzureCredential through the chain, reaching each of its links."""

    @pytest.mark.parametrize("kind", ["client_secret", "certificate", "workload_identity", "cli"])
    async def test_by_environment(
        self, kind: str, entra: EntraID, via_entra: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in environment(entra, kind).items():  # type: ignore[arg-type]  # a literal above
            monkeypatch.setenv(name, value)
        authenticator = via_entra(use_default_credential=True)
        token = (await authenticator.aheaders())["Authorization"].removeprefix("Bearer ")
        assert entra.verifier()(token) is None
        assert authenticator.headers()["Authorization"] == f"Bearer {token}"

    @pytest.mark.parametrize("kind", ["imds", "app_service"])
    def test_a_managed_identity(self, kind: str, on: Callable[[str], None], entra: EntraID, via_entra: Make) -> None:
        on(kind)
        token = via_entra().headers()["Authorization"].removeprefix("Bearer ")
        assert entra.verifier()(token) is None

    def test_the_cli_after_a_metadata_service_that_does_not_answer(
        self, entra: EntraID, via_entra: Make, monkeypatch: pytest.MonkeyPatch, black_hole: str
    ) -> None:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", black_hole)
        monkeypatch.setenv("PATH", cli_environment(entra)["PATH"])
        token = via_entra().headers()["Authorization"].removeprefix("Bearer ")
        assert entra.verifier()(token) is None

    def test_a_login_that_has_expired(self, entra: EntraID, via_entra: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", cli_environment(entra, state="logged_out")["PATH"])
        with pytest.raises(CredentialError, match=r"AzureCliCredential: Please run 'az login'"):
            via_entra().headers()

    def test_a_chain_that_is_pinned_to_the_managed_identity(
        self, entra: EntraID, via_entra: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
        with pytest.raises(CredentialError, match="ManagedIdentityCredential"):
            via_entra().headers()


SERVICE_PRINCIPAL = {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"}


@pytest.mark.parametrize(
    ("environ", "url", "asked"),
    [
        ({}, "http://169.254.169.254", True),
        ({"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:1/"}, "http://127.0.0.1:1", True),
        ({"IDENTITY_ENDPOINT": "http://x"}, None, False),
        ({"MSI_ENDPOINT": "http://x"}, None, False),
        ({"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_FEDERATED_TOKEN_FILE": "f"}, None, False),
        (SERVICE_PRINCIPAL, "http://169.254.169.254", False),
        ({"AZURE_TOKEN_CREDENTIALS": "prod"}, "http://169.254.169.254", True),
        ({"AZURE_TOKEN_CREDENTIALS": "dev"}, "http://169.254.169.254", False),
        ({"AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential"}, "http://169.254.169.254", False),
    ],
)
def test_where_the_identity_would_come_from(environ: dict[str, str], url: str | None, asked: bool) -> None:
    assert imds_url(environ) == url
    assert default_chain_asks_imds(environ) is asked


def test_an_arc_machine_is_not_probed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    agent = tmp_path / "himds"
    monkeypatch.setattr(machine_module, "_ARC_AGENTS", (str(agent),))
    assert imds_url({}) is not None
    agent.touch()
    assert imds_url({}) is None


def test_the_probe(machine: ManagedIdentityServer, black_hole: str) -> None:
    assert imds_answers(machine.url)
    assert not imds_answers("http://127.0.0.1:9")
    assert not imds_answers(black_hole)
    assert not imds_answers("nonsense")
