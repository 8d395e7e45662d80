"""The token endpoint over HTTPS: who gets a token, and Entra's own words for who does not."""

from __future__ import annotations

import time
from typing import Any

import httpx
import jwt
import pytest

from azure_connector.emulator.entra import App, EntraID, Federation
from azure_connector.emulator.entra.jose import Signer
from tests.emulator_entra.asking import SCOPE, ask

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def refused(reply: httpx.Response, code: int, error: str, status: int) -> None:
    body = reply.json()
    assert (reply.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert (
        f"Trace ID: {body['trace_id']} Correlation ID: {body['correlation_id']} Timestamp: "
        in body["error_description"]
    )
    assert body["error_uri"].endswith(f"/error?code={code}")


def test_a_good_secret_gets_a_signed_token(entra: EntraID) -> None:
    app = entra.register_app(secret="s3cret", roles=["Reader"])
    reply = ask(entra, app, client_secret="s3cret")
    body = reply.json()
    assert reply.status_code == 200
    assert (body["token_type"], body["expires_in"], body["ext_expires_in"]) == ("Bearer", 3600, 3600)
    with httpx.Client(verify=entra.client_context(), trust_env=False) as client:
        configuration = client.get(
            f"{entra.authority_host}/{app.tenant_id}/v2.0/.well-known/openid-configuration"
        ).json()
        keys = jwt.PyJWKSet.from_dict(client.get(configuration["jwks_uri"]).json())
    key = keys[jwt.get_unverified_header(body["access_token"])["kid"]]
    claims = jwt.decode(body["access_token"], key, audience="https://cognitiveservices.azure.com")
    assert claims["iss"] == f"https://sts.windows.net/{app.tenant_id}/"
    assert (claims["tid"], claims["appid"], claims["oid"]) == (app.tenant_id, app.client_id, app.object_id)
    assert claims["roles"] == ["Reader"]
    assert claims["exp"] - claims["iat"] == 3600


def test_short_lifetimes_keep_their_fraction(entra: EntraID) -> None:
    entra.token_lifetime = 1.5
    app = entra.register_app(secret="s3cret")
    before = time.time()
    body = ask(entra, app, client_secret="s3cret").json()
    claims: dict[str, Any] = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert body["expires_in"] == 1
    assert before + 1.5 <= claims["exp"] + 0.001 <= time.time() + 1.502


def test_long_lifetimes_recommend_a_refresh(entra: EntraID) -> None:
    app = entra.register_app(secret="s3cret")
    assert "refresh_in" not in ask(entra, app, client_secret="s3cret").json()
    entra.token_lifetime = 86400
    assert ask(entra, app, client_secret="s3cret").json()["refresh_in"] == 43200


@pytest.mark.parametrize(
    ("form", "code", "error", "status"),
    [
        ({"client_secret": "wrong"}, 7000215, "invalid_client", 401),
        ({"client_secret": "old"}, 7000222, "invalid_client", 401),
        ({}, 7000218, "invalid_client", 401),
        ({"client_secret": "s3cret", "client_id": "nobody"}, 700016, "unauthorized_client", 400),
        ({"client_secret": "s3cret", "grant_type": "password"}, 70003, "unsupported_grant_type", 400),
        ({"client_secret": "s3cret", "grant_type": ""}, 900144, "invalid_request", 400),
        ({"client_secret": "s3cret", "scope": f"{SCOPE} {SCOPE}"}, 70011, "invalid_scope", 400),
        ({"client_secret": "s3cret", "scope": "https://ai.azure.com"}, 1002012, "invalid_scope", 400),
        ({"client_secret": "s3cret", "scope": "https://unknown.example/.default"}, 500011, "invalid_resource", 400),
        ({"client_assertion": "x.y", "client_assertion_type": ASSERTION_TYPE}, 50027, "invalid_client", 401),
        ({"client_assertion": "x.y"}, 900144, "invalid_request", 400),
    ],
)
def test_refusals(entra: EntraID, form: dict[str, str], code: int, error: str, status: int) -> None:
    app = entra.register_app(secret="s3cret", expired_secret="old")
    refused(ask(entra, app, **form), code, error, status)


def test_an_unknown_tenant(entra: EntraID) -> None:
    elsewhere = App("client", "11111111-0000-0000-0000-000000000000", "object")
    refused(ask(entra, elsewhere, client_secret="x"), 90002, "invalid_request", 400)
    with httpx.Client(verify=entra.client_context(), trust_env=False) as client:
        discovery = client.get(f"{entra.authority_host}/{elsewhere.tenant_id}/v2.0/.well-known/openid-configuration")
    refused(discovery, 90002, "invalid_tenant", 400)


def test_an_app_of_another_tenant_is_unknown_here(entra: EntraID) -> None:
    app = entra.register_app(secret="s3cret", tenant_id="22222222-0000-0000-0000-000000000000")
    assert ask(entra, app, client_secret="s3cret").status_code == 200
    here = App(app.client_id, entra.tenant_id, app.object_id)
    refused(ask(entra, here, client_secret="s3cret"), 700016, "unauthorized_client", 400)


SUBJECT = "system:serviceaccount:default:workload"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"subject": "system:serviceaccount:default:other"}, 700213),
        ({"issuer": "https://other-cluster.example/"}, 700211),
        ({"audience": "api://somebody-else"}, 700212),
        ({"lifetime": -60}, 700024),
        ({"signer": Signer()}, 50013),
    ],
)
def test_federated_tokens_that_do_not_match(entra: EntraID, options: dict[str, Any], code: int) -> None:
    app = entra.register_app(federated=SUBJECT)
    good = entra.federated_token(SUBJECT)
    assert ask(entra, app, client_assertion=good, client_assertion_type=ASSERTION_TYPE).status_code == 200
    bad = entra.federated_token(**({"subject": SUBJECT} | options))
    refused(ask(entra, app, client_assertion=bad, client_assertion_type=ASSERTION_TYPE), code, "invalid_client", 401)


def test_an_app_without_federation(entra: EntraID) -> None:
    app = entra.register_app(secret="s3cret")
    token = entra.federated_token(SUBJECT)
    refused(ask(entra, app, client_assertion=token, client_assertion_type=ASSERTION_TYPE), 70025, "invalid_client", 401)


def test_a_federation_with_an_issuer_of_its_own_key(entra: EntraID) -> None:
    issuer, signer = "https://token.ci.example", Signer()
    entra.directory.trust(issuer, signer)
    app = entra.register_app(federated=Federation("repo:me/it:environment:prod", issuer))
    token = entra.federated_token("repo:me/it:environment:prod", issuer=issuer)
    assert ask(entra, app, client_assertion=token, client_assertion_type=ASSERTION_TYPE).status_code == 200


def certificate_assertion(entra: EntraID, app: App, **changes: Any) -> str:
    """What a client signs; `changes` spoil it."""
    import base64

    from cryptography.hazmat.primitives import hashes, serialization

    written = changes.pop("certificate")
    key = serialization.load_pem_private_key(changes.pop("key", written).path.read_bytes(), None)
    thumbprint = base64.urlsafe_b64encode(written.certificate.fingerprint(hashes.SHA256())).decode().rstrip("=")
    now = int(time.time())
    claims = {
        "aud": f"{entra.authority_host}/{app.tenant_id}/oauth2/v2.0/token",
        "iss": app.client_id,
        "sub": app.client_id,
        "nbf": now,
        "exp": now + 600,
    }
    return jwt.encode(claims | changes, key, algorithm="PS256", headers={"x5t#S256": thumbprint})


def test_certificate_assertions(entra: EntraID) -> None:
    known, unknown, expired = (entra.write_certificate(expired=old) for old in (False, False, True))
    app = entra.register_app(certificate=known)
    app.certificates.append(expired.certificate)
    good = certificate_assertion(entra, app, certificate=known)
    assert ask(entra, app, client_assertion=good, client_assertion_type=ASSERTION_TYPE).status_code == 200
    spoilt = [
        (certificate_assertion(entra, app, certificate=unknown), 700027, "The key was not found."),
        (certificate_assertion(entra, app, certificate=expired), 700027, "The key used is expired."),
        (
            certificate_assertion(entra, app, certificate=known, key=unknown),
            700027,
            "Key was found, but use of the key",
        ),
        (
            certificate_assertion(entra, app, certificate=known, exp=int(time.time()) - 1),
            700024,
            "not within its valid",
        ),
        (
            certificate_assertion(entra, app, certificate=known, nbf=int(time.time()) + 900),
            700024,
            "not within its valid",
        ),
        (certificate_assertion(entra, app, certificate=known, aud="https://elsewhere.example"), 700023, "audience"),
    ]
    for assertion, code, words in spoilt:
        reply = ask(entra, app, client_assertion=assertion, client_assertion_type=ASSERTION_TYPE)
        refused(reply, code, "invalid_client", 401)
        assert words in reply.json()["error_description"]


def test_an_assertion_signed_with_hmac_or_nothing_is_no_proof(entra: EntraID) -> None:
    app = entra.register_app(federated=SUBJECT)
    claims = jwt.decode(entra.federated_token(SUBJECT), options={"verify_signature": False})
    for forged in (jwt.encode(claims, "k" * 32, algorithm="HS256"), jwt.encode(claims, "", algorithm="none")):
        refused(
            ask(entra, app, client_assertion=forged, client_assertion_type=ASSERTION_TYPE), 50013, "invalid_client", 401
        )


def test_instance_discovery_names_this_host(entra: EntraID) -> None:
    with httpx.Client(verify=entra.client_context(), trust_env=False) as client:
        body = client.get(f"{entra.authority_host}/common/discovery/instance").json()
    assert body["tenant_discovery_endpoint"].startswith(entra.authority_host)
    assert body["metadata"][0]["aliases"] == [entra.authority_host.removeprefix("https://")]


def test_without_the_authority_file_tls_fails(entra: EntraID) -> None:
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        client.get(f"{entra.authority_host}/common/discovery/instance")
