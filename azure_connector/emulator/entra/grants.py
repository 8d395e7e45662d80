"""The token endpoint's decision, without any I/O: a form comes in, a client and an audience come out, or an error."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from azure_connector.emulator.values import items_of

from . import errors
from .jose import MalformedTokenError, ParsedToken, parse_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa

    from .apps import App, Directory

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CERTIFICATE_ALGORITHMS = ("RS256", "PS256")


@dataclass(frozen=True, slots=True)
class Grant:
    """A token may be issued: to whom, for what, and how the client proved itself."""

    app: App
    audience: str
    method: str


def client_credentials(
    form: Mapping[str, str], *, tenant: str, directory: Directory, token_url: str, now: float
) -> Grant:
    """Decide on a client credentials request (RFC 6749, section 4.4).

    Args:
        form: the request's body.
        tenant: from the URL's path.
        directory: the apps and issuers that are known.
        token_url: this endpoint's own address, which a certificate assertion must be meant for.
        now: seconds since the epoch.

    Raises: EntraError with Entra's code.
    """
    if tenant not in directory.tenants:
        raise errors.unknown_tenant(tenant)
    for name in ("grant_type", "client_id", "scope"):
        if not form.get(name):
            raise errors.missing_parameter(name)
    if form["grant_type"] != "client_credentials":
        raise errors.unsupported_grant(form["grant_type"])
    app = directory.app(tenant, form["client_id"])
    if app is None:
        raise errors.unknown_app(form["client_id"], tenant)
    method = _authenticate(form, app=app, directory=directory, token_url=token_url, now=now)
    return Grant(app, _audience(form["scope"], tenant, directory), method)


def _authenticate(form: Mapping[str, str], *, app: App, directory: Directory, token_url: str, now: float) -> str:
    if "client_assertion" in form:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise errors.missing_parameter("client_assertion_type")
        try:
            token = parse_token(form["client_assertion"])
        except MalformedTokenError as error:
            raise errors.malformed_assertion(str(error)) from error
        # A client that signs for itself uses its certificate; any other issuer is a federation.
        if token.claims.get("iss") == form["client_id"]:
            _check_certificate_assertion(token, app=app, token_url=token_url, now=now)
            return "certificate"
        _check_federated_assertion(token, app=app, directory=directory, now=now)
        return "federated"
    if "client_secret" not in form:
        raise errors.no_client_credential()
    _check_secret(form["client_secret"], app)
    return "secret"


def _check_secret(secret: str, app: App) -> None:
    if any(secrets.compare_digest(secret.encode(), known.encode()) for known in app.secrets):
        return
    if secret in app.expired_secrets:
        raise errors.expired_secret(app.client_id)
    raise errors.bad_secret(app.client_id)


def _check_certificate_assertion(token: ParsedToken, *, app: App, token_url: str, now: float) -> None:
    thumbprint = str(token.header.get("x5t") or token.header.get("x5t#S256") or "")
    certificate = app.certificate(thumbprint)
    if certificate is None:
        raise errors.bad_assertion("The key was not found.", thumbprint)
    if certificate.not_valid_after_utc < datetime.fromtimestamp(now, UTC):
        raise errors.bad_assertion(f"The key used is expired., {_found_key(certificate)}", thumbprint)
    key: rsa.RSAPublicKey = certificate.public_key()  # pyright: ignore[reportAssignmentType]  # only RSA is registered
    if not token.signed_by(key, CERTIFICATE_ALGORITHMS):
        raise errors.bad_assertion("Key was found, but use of the key to verify the signature failed.", thumbprint)
    if token.claims.get("aud") != token_url:
        raise errors.wrong_assertion_audience(token.claims.get("aud"))
    _check_time(token, now)


def _check_federated_assertion(token: ParsedToken, *, app: App, directory: Directory, now: float) -> None:
    if not app.federations:
        raise errors.no_federation(app.client_id)
    candidates = app.federations
    for field, claim in (("issuer", "iss"), ("subject", "sub"), ("audience", "aud")):
        value = token.claims.get(claim)
        presented = items_of(value) or [value]
        candidates = [record for record in candidates if getattr(record, field) in presented]
        if not candidates:
            raise errors.no_matching_federation(field, value)
    signer = directory.issuers.get(candidates[0].issuer)
    if signer is None or not token.signed_by(signer.public_key):
        raise errors.bad_federated_signature()
    _check_time(token, now)


def _check_time(token: ParsedToken, now: float) -> None:
    start, end = token.number("nbf", 0.0), token.number("exp", 0.0)
    # Five minutes of clock difference are accepted at the start, as Entra does; none at the end.
    if end <= now or start > now + 300:
        raise errors.assertion_out_of_time(now, start, end)


def _found_key(certificate: x509.Certificate) -> str:
    form = "%m/%d/%Y %H:%M:%S"
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return f"Found key 'Start={start.strftime(form)}, End={end.strftime(form)}'"


def _audience(scope: str, tenant: str, directory: Directory) -> str:
    """`https://cognitiveservices.azure.com/.default` -> `https://cognitiveservices.azure.com`."""
    if len(scope.split()) != 1:
        raise errors.bad_scope(scope)
    if not scope.endswith("/.default"):
        raise errors.scope_without_default(scope)
    resource = scope.removesuffix("/.default").rstrip("/")
    if resource not in directory.resources:
        raise errors.unknown_resource(resource, tenant)
    return resource
