"""Several resources: order, weights, failover, and each one's own credential on the wire."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace

import httpx
import openai
import pytest

import azure_connector as ac
from azure_connector import AzureConnector
from azure_connector.client import _call as call_module
from azure_connector.emulator import Emulator, Reply, faults
from tests.reliability.asking import HELLO, WAYS, ask, text_of, tried


def test_resources_and_ranks_of_a_file(cloud, bare_machine: Path):
    (bare_machine / "azure_connector.toml").write_text(
        f"""
azure_endpoint = "{cloud.east.endpoint}"
api_key = "{cloud.east.api_key}"

[deployment_mapping]
gpt-5 = ["gpt-5", ["gpt-5@west", {{ deployment = "gpt-5-mini", resource = "north", weight = 3 }}]]

[resources.west]
azure_endpoint = "{cloud.west.endpoint}"
api_key = "{cloud.west.api_key}"

[resources.north]
azure_endpoint = "{cloud.north.endpoint}/openai/deployments/x/chat/completions?api-version=2025-04-01-preview"
api_key = "{cloud.north.api_key}"
"""
    )
    with AzureConnector() as client:
        client.chat.completions.create(model="gpt-5", messages=HELLO)
        assert cloud.counts() == (1, 0, 0), "the first rank serves while it can"
        with cloud.east.outage("unavailable"):
            for _ in range(40):
                client.chat.completions.create(model="gpt-5", messages=HELLO)
    west, north = len(cloud.west.requests), len(cloud.north.requests)
    assert west + north == 40
    assert north > west > 0, "three to one by weight"
    assert {request.deployment for request in cloud.north.requests} == {"gpt-5-mini"}
    assert {request.form for request in cloud.north.requests} == {"classic"}, "each resource in its own form"
    assert {request.form for request in cloud.west.requests} == {"v1"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "fault",
    [
        faults.failure(500),
        faults.failure(503),
        faults.failure(408),
        faults.too_many_requests(30),
        faults.no_capacity(),
        faults.gateway_page(),
        faults.reset("before"),
        Reply(404, {"error": {"code": "DeploymentNotFound", "message": "The API deployment does not exist."}}),
        Reply(401, {"statusCode": 401, "message": "Unauthorized"}),
        Reply(403, {"error": {"code": "AccessDenied", "message": "Access denied due to Virtual Network rules."}}),
    ],
    ids=lambda fault: str(getattr(fault, "status", None) or getattr(fault, "name", fault)),
)
def test_failover_with_each_resources_own_credential(cloud, way, fault):
    cloud.east.script(fault, times=None)
    reply = ask(way, cloud.options())
    assert text_of(reply)
    attempts = tried(reply)
    assert attempts[0][0] == "default"
    assert attempts[-1] == ("west", 200)
    assert {request.headers["api-key"] for request in cloud.east.requests} == {cloud.east.api_key}
    assert {request.headers["api-key"] for request in cloud.west.requests} == {cloud.west.api_key}
    for azure, others in ((cloud.east, (cloud.west, cloud.north)), (cloud.west, (cloud.east, cloud.north))):
        seen = " ".join(f"{request.headers}{request.url}" for request in azure.requests)
        assert not any(other.api_key in seen for other in others)


@pytest.mark.parametrize("way", WAYS)
def test_a_host_that_is_gone(cloud, way):
    with Emulator() as gone:
        endpoint = gone.endpoint
    reply = ask(way, cloud.options(azure_endpoint=endpoint, api_key="k" * 32))
    assert tried(reply) == [("default", None), ("west", 200)]


def test_a_key_and_a_token_side_by_side(cloud):
    options = cloud.options()
    options["resources"]["west"] = {"azure_endpoint": cloud.west.endpoint, "azure_ad_token": cloud.west.bearer_token}
    cloud.east.script(faults.failure(503))
    ask("sync", options)
    assert "authorization" not in cloud.east.requests.last.headers
    assert cloud.west.requests.last.headers["authorization"] == f"Bearer {cloud.west.bearer_token}"
    assert "api-key" not in cloud.west.requests.last.headers


def test_a_named_resource_never_gets_the_default_ones_key(cloud):
    options = cloud.options(max_attempts=2)
    options["resources"]["west"] = {"azure_endpoint": cloud.west.endpoint}
    options["deployment_mapping"] = {"gpt-4o": ["gpt-4o", "gpt-4o@west"]}
    cloud.east.script(faults.failure(503), times=None)
    with pytest.raises(openai.APIError) as caught:
        ask("sync", options)
    seen = json.dumps([request.headers for request in cloud.west.requests])
    assert cloud.east.api_key not in seen
    assert tried(caught.value)[0] == ("default", 503)


@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after-ms": "300"},
        {"retry-after": "0.3"},
        {"x-ratelimit-reset-requests": "300ms", "x-ratelimit-remaining-requests": "0"},
    ],
)
def test_azures_hints_are_obeyed_where_there_is_no_other_target(cloud, headers):
    cloud.east.script(Reply(429, {"error": {"code": "429", "message": "slow down"}}, headers=headers))
    began = time.monotonic()
    reply = ask("sync", cloud.options(deployment_mapping={}))
    assert time.monotonic() - began >= 0.3
    assert 0.3 <= ac.azure_info(reply).attempts[1].waited < 1


def test_a_hint_longer_than_anyone_may_wait_ends_the_call_at_once(cloud):
    cloud.east.script(faults.too_many_requests(3000))
    with pytest.raises(ac.QuotaExceededError) as caught:
        ask("sync", cloud.options(deployment_mapping={}, max_retry_wait=5))
    assert caught.value.retry_after == pytest.approx(3000, abs=1)
    assert len(caught.value.attempts) == 1


def test_a_cooling_target_is_left_alone_by_the_next_call(cloud):
    cloud.east.script(faults.too_many_requests(30))
    with AzureConnector(**cloud.options()) as client:
        for _ in range(5):
            client.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert cloud.counts() == (1, 5, 0)


@pytest.mark.parametrize("way", WAYS)
def test_the_deadline_holds_over_all_attempts(cloud, way, monkeypatch):
    """The third attempt, which would hang for ever, is given what the first two have left."""
    for azure in (cloud.east, cloud.west):
        azure.script(faults.failure(503), times=None)
    cloud.north.script(faults.hang(), times=None)
    began = time.monotonic()
    frozen = SimpleNamespace(monotonic=lambda: time.monotonic() if cloud.north.requests else began)
    monkeypatch.setattr(call_module, "time", frozen)  # the first two take no time, however busy the machine is
    with pytest.raises(ac.DeadlineExceededError) as caught:
        ask(way, cloud.options(deadline=1.0))
    assert time.monotonic() - began >= 0.9
    assert isinstance(caught.value, openai.APITimeoutError)
    assert [resource for resource, _ in tried(caught.value)] == ["default", "west", "north"]
    assert "default" in str(caught.value)


@pytest.mark.parametrize("way", WAYS)
def test_a_timeout_is_for_one_attempt(cloud, way):
    cloud.east.script(faults.hang(), times=None)
    reply = ask(way, cloud.options(timeout=1.0))
    assert text_of(reply)
    assert tried(reply) == [("default", None), ("west", 200)]


def test_max_retries_counts_further_attempts_as_in_the_sdk(cloud):
    for azure in cloud:
        azure.script(faults.failure(503), times=None)
    with AzureConnector(**cloud.options()) as client:
        for retries in (0, 1, 2):
            for azure in cloud:
                azure.requests.clear()
            with pytest.raises(ac.ServiceUnavailableError) as caught:
                client.with_options(max_retries=retries).chat.completions.create(model="gpt-4o", messages=HELLO)
            assert sum(cloud.counts()) == len(caught.value.attempts) == retries + 1


def test_the_callers_fault_is_never_repeated(cloud):
    cloud.east.script(Reply(400, {"error": {"code": "invalid_request_error", "message": "no"}}), times=None)
    with pytest.raises(ac.RequestRefusedError):
        ask("sync", cloud.options())
    assert cloud.counts() == (1, 0, 0)


def test_a_provisioned_deployment_that_spills_over(cloud):
    spilled = {"x-ms-spillover-from-deployment": "gpt-4o", "x-ms-deployment-name": "gpt-4o-paygo"}
    body = ask("sync", cloud.options()).model_dump(mode="json")
    cloud.east.script(Reply(200, body, headers=spilled))
    with AzureConnector(**cloud.options()) as client:
        info = ac.azure_info(client.chat.completions.create(model="gpt-4o", messages=HELLO))
    assert (info.deployment, info.spilled_over_from) == ("gpt-4o-paygo", "gpt-4o")
    assert len(info.attempts) == 1, "a call that spilled over has succeeded"


def test_a_target_near_its_limit_is_preferred_less(cloud):
    body = ask("sync", cloud.options()).model_dump(mode="json")
    low = {"x-ratelimit-remaining-requests": "1", "x-ratelimit-limit-requests": "1000"}
    cloud.east.clear()
    cloud.east.script(Reply(200, body, headers=low), times=None)
    with AzureConnector(**cloud.options(deployment_mapping={"gpt-4o": [["gpt-4o", "gpt-4o@west"]]})) as client:
        while not len(cloud.east.requests):
            client.chat.completions.create(model="gpt-4o", messages=HELLO)
        before = cloud.counts()
        for _ in range(40):
            client.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert cloud.counts()[0] - before[0] < 12, "a twentieth of its weight, where half would be twenty"


def test_a_redirect_holds_for_its_own_target_only(cloud):
    """Another call finds the target limited before this one has followed its redirect: it goes on elsewhere."""
    settings = cloud.options(deployment_mapping={"gpt-4o": ["gpt-4o", "gpt-4o@west"], "alone": ["gpt-4o"]})
    path = "/openai/v1/chat/completions"
    cloud.east.script(Reply(307, headers={"location": f"{path}?followed=1"}), faults.too_many_requests(30))

    def another_call_is_limited(response: httpx.Response) -> None:
        if response.status_code == 307:
            with pytest.raises(openai.RateLimitError):
                client.with_options(max_retries=0).chat.completions.create(model="alone", messages=HELLO)

    hooks = {"response": [another_call_is_limited]}
    with AzureConnector(**settings) as client, httpx.Client(event_hooks=hooks) as http:
        hooked = client.with_options(http_client=http)
        reply = hooked.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert tried(reply) == [("default", 307), ("west", 200)]
    assert [(request.path, request.query) for request in cloud.west.requests] == [(path, {})]
    assert cloud.counts() == (2, 1, 0)


def test_an_operation_that_a_deployment_lacks_says_nothing_of_its_others(cloud):
    missing = Reply(404, {"error": {"code": "404", "message": "Resource not found"}})
    cloud.east.script(missing, path="/responses", times=None)
    with AzureConnector(**cloud.options()) as client:
        for _ in range(3):
            client.responses.create(model="gpt-4o", input="Hi", store=False)
            client.chat.completions.create(model="gpt-4o", messages=HELLO)
    asked = [request.path.rpartition("/")[2] for request in cloud.east.requests]
    assert asked.count("responses") == 1, "once is enough for a while"
    assert asked.count("completions") == 3
