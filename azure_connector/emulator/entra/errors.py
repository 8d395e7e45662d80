"""Entra ID's own error replies: an OAuth 2 error that carries AADSTS codes."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any


class EntraError(Exception):
    """A refusal of the token endpoint.

    Args:
        code: the number after "AADSTS".
        message: Entra's sentence, without the trace ids, which `body` adds.
        error: OAuth's error name.
        status: the HTTP status.
    """

    def __init__(self, code: int, message: str, *, error: str, status: int) -> None:
        super().__init__(f"AADSTS{code}: {message}")
        self.code = code
        self.error = error
        self.status = status

    def body(self, authority: str, *, correlation_id: str | None = None) -> dict[str, Any]:
        """The JSON body, in the field order that Entra uses."""
        trace_id = str(uuid.uuid4())
        correlation_id = correlation_id or str(uuid.uuid4())
        timestamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        return {
            "error": self.error,
            "error_description": (
                f"{self} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}"
            ),
            "error_codes": [self.code],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
            "error_uri": f"{authority}/error?code={self.code}",
        }


def unknown_tenant(tenant: str, *, discovery: bool = False) -> EntraError:
    message = (
        f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant."
    )
    return EntraError(90002, message, error="invalid_tenant" if discovery else "invalid_request", status=400)


def missing_parameter(name: str) -> EntraError:
    message = f"The request body must contain the following parameter: '{name}'."
    return EntraError(900144, message, error="invalid_request", status=400)


def unsupported_grant(grant_type: str) -> EntraError:
    message = f"The app requested an unsupported grant type '{grant_type}'."
    return EntraError(70003, message, error="unsupported_grant_type", status=400)


def unknown_app(client_id: str, tenant: str) -> EntraError:
    message = (
        f"Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You may have sent your authentication request to the wrong tenant."
    )
    return EntraError(700016, message, error="unauthorized_client", status=400)


def bad_secret(client_id: str) -> EntraError:
    message = (
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
        f"the client secret ID, for a secret added to app '{client_id}'."
    )
    return EntraError(7000215, message, error="invalid_client", status=401)


def expired_secret(client_id: str) -> EntraError:
    message = f"The provided client secret keys for app '{client_id}' are expired."
    return EntraError(7000222, message, error="invalid_client", status=401)


def no_client_credential() -> EntraError:
    message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
    return EntraError(7000218, message, error="invalid_client", status=401)


def bad_scope(scope: str) -> EntraError:
    message = f"The provided request must include a valid 'scope' input parameter. The scope '{scope}' is not valid."
    return EntraError(70011, message, error="invalid_scope", status=400)


def scope_without_default(scope: str) -> EntraError:
    message = (
        f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
        "/.default suffixed to the resource identifier (application ID URI)."
    )
    return EntraError(1002012, message, error="invalid_scope", status=400)


def unknown_resource(resource: str, tenant: str) -> EntraError:
    message = f"The resource principal named {resource} was not found in the tenant named {tenant}."
    return EntraError(500011, message, error="invalid_resource", status=400)


def malformed_assertion(reason: str) -> EntraError:
    return EntraError(50027, f"JWT token is invalid or malformed. {reason}", error="invalid_client", status=401)


def bad_assertion(reason: str, thumbprint: str) -> EntraError:
    message = (
        f"Client assertion contains an invalid signature. [Reason - {reason}, "
        f"Thumbprint of key used by client: '{thumbprint}']"
    )
    return EntraError(700027, message, error="invalid_client", status=401)


def assertion_out_of_time(now: float, start: float, end: float) -> EntraError:
    current, begins, ends = (datetime.fromtimestamp(value, UTC).isoformat() for value in (now, start, end))
    message = (
        f"Client assertion is not within its valid time range. Current time: {current}, assertion valid from {begins}, "
        f"expiry time of assertion {ends}."
    )
    return EntraError(700024, message, error="invalid_client", status=401)


def wrong_assertion_audience(audience: object) -> EntraError:
    message = f"Client assertion audience claim does not match Realm issuer. Audience: '{audience}'."
    return EntraError(700023, message, error="invalid_client", status=401)


def no_federation(client_id: str) -> EntraError:
    message = f"The client '{client_id}' has no configured federated identity credentials."
    return EntraError(70025, message, error="invalid_client", status=401)


def no_matching_federation(field: str, value: object) -> EntraError:
    """`field` is issuer, audience or subject; each has a code of its own."""
    code = {"issuer": 700211, "audience": 700212, "subject": 700213}[field]
    message = (
        f"No matching federated identity record found for presented assertion {field} '{value}'. Check your federated "
        "identity credential Subject, Audience and Issuer against the presented assertion."
    )
    return EntraError(code, message, error="invalid_client", status=401)


def bad_federated_signature() -> EntraError:
    message = "Assertion failed signature validation. [Reason - The key was not found.]"
    return EntraError(50013, message, error="invalid_client", status=401)
