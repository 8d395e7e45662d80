"""The emulated resource really checks the tokens: each refusal as the OpenAI SDK meets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest
from azure.identity import ClientSecretCredential, get_bearer_token_provider

from azure_connector.emulator import Emulator
from azure_connector.emulator.entra import App, EntraID

SCOPE = "https://cognitiveservices.azure.com/.default"
ROLE = "Cognitive Services OpenAI User"
HELLO: Any = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def azure(entra: EntraID) -> Iterator[Emulator]:
    with Emulator(entra=entra, required_role=ROLE) as running:
        yield running


def say_hello(azure: Emulator, **credentials: Any) -> Any:
    with openai.AzureOpenAI(
        azure_endpoint=azure.endpoint, api_version="2024-10-21", max_retries=0, **credentials
    ) as client:
        return client.chat.completions.create(model="gpt-4o", messages=HELLO)


def test_a_real_token_from_azure_identity_opens_the_door(entra: EntraID, azure: Emulator) -> None:
    app = entra.register_app(secret="s3cret")
    arguments = (app.tenant_id, app.client_id, "s3cret")
    with ClientSecretCredential(*arguments, **entra.credential_options()) as credential:
        reply = say_hello(azure, azure_ad_token_provider=get_bearer_token_provider(credential, SCOPE))
    assert reply.choices[0].message.content
    assert "api-key" not in azure.requests.last.headers


FLAT = "Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com)"


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (lambda entra, app: entra.issue_token(app, audience="https://management.azure.com"), FLAT),
        (lambda entra, app: entra.issue_token(app, lifetime=-1), FLAT),
        (lambda entra, app: entra.issue_token(app)[:-4] + "AAAA", FLAT),
        (lambda entra, app: "not-a-token", FLAT),
        (lambda entra, app: entra.issue_token(entra.register_app(roles=["Reader"])), "lacks the required data action"),
    ],
    ids=["audience", "expired", "signature", "garbage", "role"],
)
def test_refusals(entra: EntraID, azure: Emulator, token: Callable[[EntraID, App], str], words: str) -> None:
    with pytest.raises(openai.AuthenticationError) as caught:
        say_hello(azure, azure_ad_token=token(entra, entra.register_app()))
    assert words in caught.value.message
    body: Any = caught.value.response.json()
    if words == FLAT:
        assert body["statusCode"] == 401
    else:
        assert body["error"]["code"] == "PermissionDenied"


def test_keys_switched_off(entra: EntraID) -> None:
    with Emulator(entra=entra, keys_disabled=True) as azure:
        with pytest.raises(openai.PermissionDeniedError) as caught:
            say_hello(azure, api_key=azure.api_key)
        assert caught.value.code == "AuthenticationTypeDisabled"
        assert say_hello(azure, azure_ad_token=entra.issue_token(entra.register_app())).choices


def test_the_resource_over_tls_under_the_same_authority(entra: EntraID) -> None:
    with Emulator(entra=entra, tls=entra.server_context()) as azure:
        assert azure.endpoint.startswith("https://127.0.0.1:")
        http_client = httpx.Client(verify=entra.client_context(), trust_env=False)
        token = entra.issue_token(entra.register_app())
        assert say_hello(azure, azure_ad_token=token, http_client=http_client).choices
