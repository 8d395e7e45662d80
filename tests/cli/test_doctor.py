"""Twelve broken setups: each is named, and the remedy says what to change."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from azure_connector.cli.doctor import Report
from azure_connector.emulator import Emulator, faults
from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.gateway import Gateway

Diagnose = Callable[..., Report]
PAGE = "<html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>"
SECRET = "s3cret-value-of-the-app"


def causes(report: Report) -> list[str]:
    return [action.cause for action in report.actions]


def statuses(report: Report) -> dict[str, str]:
    return {finding.check: finding.status for finding in report.findings}


def remedies(report: Report) -> str:
    return "\n".join(action.remedy for action in report.actions)


def test_a_setup_that_works(diagnose: Diagnose, azure: Emulator) -> None:
    report = diagnose(azure_endpoint=azure.endpoint, api_key=azure.api_key, deployment_mapping={"fast": "gpt-5-mini"})
    assert report.healthy
    assert not report.actions
    assert [finding.check for finding in report.findings if finding.check != "call"] == [
        "settings",
        "endpoint",
        "DNS",
        "TCP",
        "proxy",
        "TLS",
        "HTTP",
        "clock",
        "credential",
        "deployments",
        "tenant",
        "role",
        "quota",
        "filter",
        "model",
    ]
    calls = [finding for finding in report.findings if finding.check == "call"]
    assert {finding.subject for finding in calls} == {f"{name}@default" for name in azure.deployments}
    assert all(finding.facts["remaining_tokens"] for finding in calls)
    assert azure.api_key not in json.dumps(report.to_dict())


def test_a_wrong_key(diagnose: Diagnose, azure: Emulator) -> None:
    report = diagnose(azure_endpoint=azure.endpoint, api_key="another-resources-key")
    assert causes(report) == ["wrong-key"]
    assert "AZURE_OPENAI_API_KEY" in remedies(report)
    assert "azure-connector doctor" not in remedies(report)
    assert "another-resources-key" not in json.dumps(report.to_dict())


def test_a_wrong_host(diagnose: Diagnose, server: Callable[..., str]) -> None:
    address = server(404, PAGE, {"content-type": "text/html", "server": "nginx"})
    report = diagnose(azure_endpoint=address, api_key="some-key-1234")
    assert causes(report) == ["wrong-host"]
    assert "AZURE_OPENAI_ENDPOINT" in remedies(report)
    assert statuses(report)["credential"] == "skipped"


def test_an_unknown_host(diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch) -> None:
    from azure_connector.cli.doctor import _network as network

    def look_up(host: str) -> tuple[str, ...]:
        if host == "login.microsoftonline.com":
            return ("20.190.151.1",)
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr(network, "look_up", look_up)
    report = diagnose(azure_endpoint="https://mispelt.openai.azure.com", api_key="some-key-1234")
    assert causes(report) == ["unknown-host"]


def test_an_api_version_on_v1_in_the_settings(diagnose: Diagnose, azure: Emulator) -> None:
    report = diagnose(azure_endpoint=f"{azure.endpoint}/openai/v1", api_version="2024-10-21", api_key=azure.api_key)
    assert causes(report) == ["api-version"]
    assert not report.healthy
    assert not azure.requests


def test_an_api_version_on_v1_on_the_wire(diagnose: Diagnose, server: Callable[..., str]) -> None:
    error = {
        "error": {"code": "BadRequest", "message": "api-version query parameter is not allowed when using /v1 path"}
    }
    headers = {"content-type": "application/json", "apim-request-id": "1"}
    report = diagnose(azure_endpoint=server(400, json.dumps(error), headers), api_key="some-key-1234")
    assert causes(report) == ["api-version"]


def test_an_api_version_that_lies_around_is_pointed_out(
    diagnose: Diagnose, azure: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-02-01")
    report = diagnose(azure_endpoint=f"{azure.endpoint}/openai/v1", api_key=azure.api_key)
    assert report.healthy
    assert causes(report) == ["api-version"]


def test_an_expired_token(diagnose: Diagnose, entra: EntraID) -> None:
    app = entra.register_app(secret=SECRET)
    with Emulator(entra=entra) as azure:
        token = entra.issue_token(app, lifetime=-60.0)
        report = diagnose(azure_endpoint=azure.endpoint, azure_ad_token=token)
    assert causes(report) == ["expired-token"]
    (found,) = [finding for finding in report.findings if finding.check == "credential"]
    assert found.facts["audience"] == "https://cognitiveservices.azure.com"
    assert "expired at" in found.detail
    assert token not in json.dumps(report.to_dict())


def test_a_missing_role(diagnose: Diagnose, entra: EntraID) -> None:
    app = entra.register_app(secret=SECRET, roles=())
    with Emulator(entra=entra, required_role="Cognitive Services OpenAI User") as azure:
        report = diagnose(
            azure_endpoint=azure.endpoint,
            tenant_id=app.tenant_id,
            client_id=app.client_id,
            client_secret=SECRET,
            authority_host=entra.authority_host,
            disable_instance_discovery=True,
            ca_bundle=str(entra.ca_file),
        )
    assert causes(report) == ["missing-role"]
    assert "az role assignment" in remedies(report)
    assert statuses(report)["credential"] == "ok"


def test_a_wrong_secret(diagnose: Diagnose, entra: EntraID, azure: Emulator) -> None:
    app = entra.register_app(secret=SECRET)
    report = diagnose(
        azure_endpoint=azure.endpoint,
        tenant_id=app.tenant_id,
        client_id=app.client_id,
        client_secret="not-it",
        authority_host=entra.authority_host,
        disable_instance_discovery=True,
        ca_bundle=str(entra.ca_file),
    )
    assert causes(report) == ["credential"]
    assert "az ad app credential reset" in remedies(report)


def test_a_missing_deployment(diagnose: Diagnose, azure: Emulator) -> None:
    mapping = {"gpt-5": "gpt-5-prod", "gpt-4o": "gpt-4o"}
    report = diagnose(azure_endpoint=azure.endpoint, api_key=azure.api_key, deployment_mapping=mapping)
    assert causes(report) == ["deployment-missing"]
    (action,) = report.actions
    assert action.subjects == ("gpt-5-prod@default",)
    assert "text-embedding-3-small" in action.remedy


def test_a_quota_that_is_used_up(diagnose: Diagnose, azure: Emulator) -> None:
    azure.script(faults.too_many_requests(30.0), deployment="gpt-4o", times=None)
    report = diagnose(only=("gpt-4o",), azure_endpoint=azure.endpoint, api_key=azure.api_key)
    assert causes(report) == ["quota"]
    assert [finding.subject for finding in report.findings if finding.status == "failed"] == ["gpt-4o@default"]


def test_tls_that_is_intercepted(diagnose: Diagnose) -> None:
    with Emulator(tls=True) as azure:
        endpoint = azure.endpoint.replace("127.0.0.1", "localhost")
        report = diagnose(azure_endpoint=endpoint, api_key=azure.api_key)
        assert causes(report) == ["tls-interception"]
        assert "AZURE_CONNECTOR_CA_BUNDLE" in remedies(report)
        assert "O=azure-connector emulator" in next(found.detail for found in report.findings if found.check == "TLS")
        assert not azure.requests
        assert diagnose(azure_endpoint=endpoint, api_key=azure.api_key, ca_bundle=azure.ca_file).healthy


@pytest.mark.parametrize(
    ("status", "word"), [(407, "USER:PASSWORD"), (403, "Leave proxy out")], ids=["wants a password", "refuses"]
)
def test_a_proxy(diagnose: Diagnose, server: Callable[..., str], status: int, word: str) -> None:
    proxy = server(status, "")
    endpoint = "https://resource.openai.azure.com"
    report = diagnose(azure_endpoint=endpoint, api_key="some-key-1234", proxy=proxy.replace("//", "//me:pa55word@"))
    assert causes(report) == ["proxy"]
    assert word in remedies(report)
    assert "pa55word" not in json.dumps(report.to_dict())


def test_a_proxy_that_is_not_there(diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    report = diagnose(azure_endpoint="https://resource.openai.azure.com", api_key="some-key-1234")
    assert causes(report) == ["proxy"]
    assert "HTTPS_PROXY" in remedies(report)


def test_clock_skew(diagnose: Diagnose, server: Callable[..., str]) -> None:
    error = {
        "error": {"code": "401", "message": "Access denied due to invalid subscription key or wrong API endpoint."}
    }
    headers = {"content-type": "application/json", "apim-request-id": "1"}
    address = server(401, json.dumps(error), headers, date=lambda: formatdate(time.time() + 7300, usegmt=True))
    report = diagnose(azure_endpoint=address, api_key="some-key-1234")
    # What the skew may have led to stands behind it.
    assert causes(report) == ["clock-skew", "wrong-key"]
    assert "2.0 h behind" in next(found.detail for found in report.findings if found.check == "clock")


def test_a_gateway_that_wants_a_key(diagnose: Diagnose, azure: Emulator) -> None:
    with Gateway(azure, backend_key=azure.api_key) as gateway:
        report = diagnose(azure_endpoint=gateway.endpoint, api_key="not-for-the-gateway")
        assert causes(report) == ["gateway-key"]
        assert "AZURE_APIM_SUBSCRIPTION_KEY" in remedies(report)
        assert diagnose(azure_endpoint=gateway.endpoint, apim_subscription_key=gateway.subscription_key).healthy


def test_a_gateway_that_answers_instead(diagnose: Diagnose, server: Callable[..., str]) -> None:
    headers = {"content-type": "text/html", "server": "Microsoft-Azure-Application-Gateway/v2"}
    report = diagnose(azure_endpoint=server(502, PAGE, headers), api_key="some-key-1234")
    assert causes(report) == ["gateway"]


def test_no_network(diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def nothing(*_: object, **__: object) -> Any:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    report = diagnose(azure_endpoint="https://x.invalid", api_key="some-key-1234")
    assert causes(report) == ["no-network"]
    assert statuses(report)["credential"] == "skipped"


def test_a_port_that_nobody_listens_at(diagnose: Diagnose) -> None:
    report = diagnose(azure_endpoint="http://127.0.0.1:9", api_key="some-key-1234")
    assert causes(report) == ["unreachable"]


def test_keys_that_are_switched_off(diagnose: Diagnose) -> None:
    with Emulator(keys_disabled=True) as azure:
        report = diagnose(only=("gpt-5",), azure_endpoint=azure.endpoint, api_key=azure.api_key)
    assert causes(report) == ["keys-disabled"]


@pytest.mark.parametrize("text", ["azure_endpoint = ", "[[providers]\n", "azure_endpiont = 'https://x'\n"])
def test_a_broken_file(diagnose: Diagnose, tmp_path: Path, text: str) -> None:
    (tmp_path / "azure_connector.toml").write_text(text)
    report = diagnose()
    assert causes(report) == ["settings"]
    assert "azure_connector.toml" in report.findings[0].detail


def test_no_settings_at_all(diagnose: Diagnose) -> None:
    report = diagnose()
    assert causes(report) == ["settings"]
    assert "azure-connector init" in remedies(report)


def test_one_resource_of_two(diagnose: Diagnose, azure: Emulator) -> None:
    resources = {"west": {"azure_endpoint": "http://127.0.0.1:9", "api_key": "some-key-1234"}}
    report = diagnose(azure_endpoint=azure.endpoint, api_key=azure.api_key, resources=resources, only=("gpt-5",))
    assert causes(report) == ["unreachable"]
    assert [found.status for found in report.findings if found.check == "call"] == ["ok"]
