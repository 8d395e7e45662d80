"""Secrets taken out of texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from azure_connector.auth import redact
from azure_connector.auth._redaction import MASK
from tests.support.tables import each_row

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl"


@each_row(
    ("text", "secret"),
    [
        (f"got {JWT} back", JWT),
        ("Authorization: Bearer abcdefgh12345678", "abcdefgh12345678"),
        ("client_secret=abc~def.ghi&grant_type=x", "abc~def.ghi"),
        ('{"access_token": "opaque-token-value"}', "opaque-token-value"),
        ("'accessToken': 'opaque-token-value'", "opaque-token-value"),
        ("api-key: 0123456789abcdef", "0123456789abcdef"),
        ("Ocp-Apim-Subscription-Key: 0123456789abcdef", "0123456789abcdef"),
        ("X-IDENTITY-HEADER: 853b9a84-5bfa", "853b9a84-5bfa"),
        ("proxy http://user:pass-word@proxy.example:3128 refused", "pass-word"),
        ("https://x.blob/y?sv=1&sig=abcdef%2Bghi&se=2", "abcdef%2Bghi"),
        ("-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----", "MIIabc"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIabc cut off", "MIIabc"),
    ],
)
def test_what_looks_like_a_secret_goes(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert MASK in redact(text)


@each_row(
    "text",
    [
        "AADSTS7000215: Invalid client secret provided. Trace ID: 4f3c9a3e-0000-4000-8000-000000000000",
        "Set AZURE_CLIENT_SECRET, or run: az ad app credential reset --id 1234",
        "https://login.microsoftonline.com/tenant/v2.0/.well-known/openid-configuration",
        "The key is missing. password is unset",
    ],
)
def test_innocent_texts_stay(text: str) -> None:
    assert redact(text) == text


@given(st.text(min_size=6), st.text(), st.text())
def test_known_secrets_go_wherever_they_stand(secret: str, before: str, after: str) -> None:
    assert secret not in redact(f"{before} {secret} {after}", [SecretStr(secret)]).replace(MASK, "")


def test_short_secrets_do_not_blank_out_words() -> None:
    assert redact("a cat sat", ["a", None, SecretStr("")]) == "a cat sat"
