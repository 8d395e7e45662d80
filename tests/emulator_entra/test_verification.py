"""What the API side does with a token: every cause of refusal, with Azure's own reply."""

from __future__ import annotations

import base64
import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.entra.claims import access_token_claims
from azure_connector.emulator.entra.jose import MalformedTokenError, Signer, parse_token, process_signer
from tests.support.examples import examples

AUDIENCE = "https://cognitiveservices.azure.com"
FLAT = {
    "statusCode": 401,
    "message": "Unauthorized. Access token is missing, invalid, audience is incorrect "
    "(https://cognitiveservices.azure.com), or have expired.",
}


@pytest.mark.parametrize("audience", ["https://cognitiveservices.azure.com", "https://ai.azure.com"])
def test_a_good_token_passes(entra: EntraID, audience: str) -> None:
    app = entra.register_app(secret="s3cret")
    assert entra.verifier()(entra.issue_token(app, audience=audience)) is None


def test_refusals_share_one_flat_message(entra: EntraID) -> None:
    app = entra.register_app(secret="s3cret")
    elsewhere = entra.register_app(secret="s3cret")
    elsewhere.tenant_id = "33333333-0000-0000-0000-000000000000"
    good = entra.issue_token(app)
    head, body, signature = good.split(".")
    spoilt = {
        "audience": entra.issue_token(app, audience="https://management.azure.com"),
        "expired": entra.issue_token(app, lifetime=-1),
        "other key": entra.issue_token(app, signer=Signer()),
        "changed": f"{head}.{body[:-2]}AA.{signature}",
        "unsigned": f"{head}.{body}.",
        "not yet": entra.signer.sign(
            access_token_claims(app, audience=AUDIENCE, lifetime=60, now=time.time()) | {"nbf": time.time() + 30}
        ),
        "other tenant": entra.issue_token(elsewhere),
        "no token": "not-a-token",
        "empty": "",
    }
    verify = entra.verifier()
    for cause, token in spoilt.items():
        refusal = verify(token)
        assert refusal is not None, cause
        assert (refusal.status, refusal.body) == (401, FLAT), cause


def test_an_audience_of_its_own_is_named_in_the_refusal(entra: EntraID) -> None:
    app = entra.register_app(secret="s3cret")
    verify = entra.verifier(audience="https://ai.azure.com")
    assert verify(entra.issue_token(app, audience="https://ai.azure.com")) is None
    refusal = verify(entra.issue_token(app))
    assert refusal is not None
    assert "audience is incorrect (https://ai.azure.com)" in refusal.body["message"]


def test_a_missing_role_is_told_apart(entra: EntraID) -> None:
    reader = entra.register_app(secret="s3cret", roles=["Reader"])
    user = entra.register_app(secret="s3cret", roles=["Reader", "Cognitive Services OpenAI User"])
    verify = entra.verifier(required_role="Cognitive Services OpenAI User")
    assert verify(entra.issue_token(user)) is None
    refusal = verify(entra.issue_token(reader))
    assert refusal is not None
    assert refusal.status == 401
    assert refusal.body["error"]["code"] == "PermissionDenied"
    assert (
        f"The principal `{reader.object_id}` lacks the required data action `Microsoft.CognitiveServices/"
        in (refusal.body["error"]["message"])
    )


def test_revoked_tokens_stop_working_at_once(entra: EntraID) -> None:
    app = entra.register_app(secret="s3cret")
    verify = entra.verifier()
    old = entra.issue_token(app)
    entra.revoke_tokens()
    assert verify(old) is not None
    assert verify(entra.issue_token(app)) is None


@given(st.text())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(MalformedTokenError):
        parse_token(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
NAMES = st.sampled_from(["alg", "kid", "x5t", "aud", "iss", "exp", "nbf", "roles", "uti", "tid"])


@examples(40)
@given(header=JSON | st.dictionaries(NAMES, JSON), claims=JSON | st.dictionaries(NAMES, JSON), signature=st.binary())
def test_no_forged_token_passes_or_breaks_the_verifier(header: Any, claims: Any, signature: bytes) -> None:
    from azure_connector.emulator.entra.verification import TokenVerifier

    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    token = ".".join(base64.urlsafe_b64encode(part).decode() for part in parts)
    assert TokenVerifier(process_signer(), tenants={"t"})(token) is not None


def test_nesting_without_end_is_no_token() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 100_000).decode()
    with pytest.raises(MalformedTokenError):
        parse_token(f"{deep}.{deep}.")
