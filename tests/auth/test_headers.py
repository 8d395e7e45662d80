"""What goes on the wire, and that it is nowhere else."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from azure_connector import AsyncAzureConnector, AzureConnector, ConfigurationError, InvalidRequestError
from azure_connector.auth import Authenticator, AuthHeaders
from azure_connector.auth._headers import check_header
from tests.support.catching import Host
from tests.support.tables import each_row

SUBSCRIPTION = SecretStr("subscription-7654321")


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        ({"api_key": SecretStr("key-1234567")}, {"api-key": "key-1234567"}),
        ({"api_key": lambda: "key-1234567"}, {"api-key": "key-1234567"}),
        ({"azure_ad_token": SecretStr("token-1234567")}, {"Authorization": "Bearer token-1234567"}),
        ({"azure_ad_token_provider": lambda: "token-1234567"}, {"Authorization": "Bearer token-1234567"}),
        (
            {"azure_ad_token": SecretStr("token-1234567"), "apim_subscription_key": SUBSCRIPTION},
            {"Authorization": "Bearer token-1234567", "Ocp-Apim-Subscription-Key": "subscription-7654321"},
        ),
        (
            {"api_key": SecretStr("key-1234567"), "apim_subscription_key": SUBSCRIPTION, "apim_header": "X-Key"},
            {"api-key": "key-1234567", "X-Key": "subscription-7654321"},
        ),
        (
            {"azure_ad_token": SecretStr("t-1234567"), "apim_subscription_key": SUBSCRIPTION, "apim_header": "api-key"},
            {"Authorization": "Bearer t-1234567", "api-key": "subscription-7654321"},
        ),
        ({"apim_subscription_key": SUBSCRIPTION}, {"Ocp-Apim-Subscription-Key": "subscription-7654321"}),
    ],
)
async def test_each_credential_has_its_header(
    auth: dict[str, Any], expected: dict[str, str], make: Callable[..., Authenticator]
) -> None:
    authenticator = make(**auth)
    assert dict(await authenticator.aheaders()) == expected
    assert dict(authenticator.headers()) == expected


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ({"api_key": SecretStr("key-1234567"), "apim_header": "API-Key"}, "api-key"),
        ({"azure_ad_token": SecretStr("token-1234567"), "apim_header": "authorization"}, "Authorization"),
    ],
)
def test_two_credentials_for_one_header(auth: dict[str, Any], header: str, make: Callable[..., Authenticator]) -> None:
    with pytest.raises(ConfigurationError, match=f"would both be sent in the header {header}"):
        make(apim_subscription_key=SUBSCRIPTION, **auth)


@pytest.mark.parametrize("bad", ["key\r\nX-Evil: 1", "key\n", "\tkey", "ke\x00y", "kéy\u2028", "日本", "", "key "])
def test_a_secret_that_would_break_out_of_its_header(bad: str, make: Callable[..., Authenticator]) -> None:
    for auth in (
        {"api_key": SecretStr(bad)},
        {"azure_ad_token": SecretStr(bad)},
        {"apim_subscription_key": SecretStr(bad)},
        {"api_key": SecretStr("key-1234567"), "apim_subscription_key": SecretStr(bad)},
    ):
        with pytest.raises(ConfigurationError, match="cannot be sent in the header") as caught:
            make(**auth)
        assert "X-Evil" not in str(caught.value)
        assert bad not in str(caught.value) or not bad.strip()


async def test_a_provider_whose_token_would_break_out_of_its_header(make: Callable[..., Authenticator]) -> None:
    authenticator = make(azure_ad_token_provider=lambda: "token-1\r\nX-Evil: 1")
    with pytest.raises(ConfigurationError, match="cannot be sent in the header Authorization") as caught:
        authenticator.headers()
    assert "X-Evil" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="cannot be sent in the header Authorization") as caught:
        await authenticator.aheaders()
    assert "X-Evil" not in str(caught.value)


def test_a_header_name_that_is_none(make: Callable[..., Authenticator]) -> None:
    with pytest.raises(ConfigurationError, match="cannot be the name of an HTTP header"):
        make(azure_ad_token=SecretStr("t-1234567"), apim_subscription_key=SUBSCRIPTION, apim_header="X Key")


@given(st.text())
def test_what_passes_the_check_can_be_sent(value: str) -> None:
    try:
        check_header("X-Key", value, "setting")
    except ConfigurationError:
        return
    encoded = value.encode("latin-1")
    assert encoded
    assert encoded == encoded.strip()
    assert not any(byte in encoded for byte in b"\r\n\x00\x7f")


def test_headers_show_and_give_away_nothing() -> None:
    headers = AuthHeaders({"api-key": "canary-123456"})
    for shown in (repr(headers), str(headers), f"{headers}", format([headers])):
        assert "canary" not in shown
        assert "api-key" in shown
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(headers)
    assert copy.copy(headers) is headers
    assert copy.deepcopy({"h": headers})["h"] is headers
    with pytest.raises(TypeError):
        headers["x"] = "y"  # type: ignore[index]  # that it is refused is the test
    target = {"api-key": "old", "accept": "*/*"}
    headers.apply(target)
    assert target == {"api-key": "canary-123456", "accept": "*/*"}


BAD_VALUES = ["c4nary\r\nX-Evil: 1", "c4nary\x00", "c4nary\x7f", "c4nary\u2028", "c4nary\xe9", "c4nary\u4e2d"]
CALLS: dict[str, Any] = {
    "chat": lambda client, **how: client.chat.completions.create(model="gpt-4o", messages=[], **how),
    "list": lambda client, **how: client.models.list(**how),
    "file": lambda client, **how: client.files.create(file=("a.txt", b"x"), purpose="assistants", **how),
}


@each_row("value", BAD_VALUES)
@each_row("call", CALLS.values(), ids=CALLS)
@each_row("kind", ["sync", "async"])
def test_a_header_of_one_call_that_cannot_be_sent(kind: str, call: Any, value: str) -> None:
    """The HTTP libraries would quote it in their errors, or keep it in one."""
    with Host() as host:
        made: dict[str, Any] = {"azure_endpoint": host.url, "api_key": "k", "max_attempts": 1}

        async def main() -> None:
            async with AsyncAzureConnector(**made) as client:
                await call(client, extra_headers={"X-Key": value})

        def main_sync() -> None:
            with AzureConnector(**made) as client:
                call(client, extra_headers={"X-Key": value})

        with pytest.raises(InvalidRequestError, match="X-Key") as caught:
            asyncio.run(main()) if kind == "async" else main_sync()
        assert "c4nary" not in repr(caught.value)
        assert caught.value.__cause__ is caught.value.__context__ is None
        assert host.seen == []
