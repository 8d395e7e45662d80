from __future__ import annotations

import httpx
import openai
from hypothesis import given
from hypothesis import strategies as st

from azure_connector import errors
from azure_connector.errors import Attempt
from azure_connector.errors import _classify as classify
from azure_connector.errors._classify import (
    connection_error,
    error_class,
    error_from_reply,
    error_message,
    parse_envelope,
    status_error,
)
from azure_connector.errors._envelope import ErrorFacts
from azure_connector.errors._hint_context import HintContext
from azure_connector.errors._hints import hint_for
from azure_connector.settings._hosts import SCOPES
from tests.support.bodies import envelope
from tests.support.tables import each_row

REQUEST = httpx.Request("POST", "https://west.openai.azure.com/openai/v1/chat/completions")
CONTEXT = HintContext(
    resource="west",
    endpoint="https://west.openai.azure.com",
    form="v1",
    deployment="my-gpt5",
    model="gpt-5",
    rule="mapping",
    credential="API key",
    credential_origin="AZURE_OPENAI_API_KEY",
    scopes=SCOPES["public"],
)


TABLE = [
    (400, envelope("content_filter", "filtered", param="prompt"), errors.ContentFilteredError),
    (400, envelope(None, "m", innererror={"code": "ResponsibleAIPolicyViolation"}), errors.ContentFilteredError),
    (
        400,
        envelope(None, "m", innererror={"content_filter_result": {"hate": {"filtered": True}}}),
        errors.ContentFilteredError,
    ),
    (400, envelope("context_length_exceeded", "m"), errors.ContextWindowExceededError),
    (
        400,
        envelope("BadRequest", "This model's maximum context length is 8192 tokens."),
        errors.ContextWindowExceededError,
    ),
    (400, envelope("invalid_encrypted_content", "m"), errors.StateBoundToResourceError),
    (
        400,
        envelope("x", "The response was created under a different Azure OpenAI resource."),
        errors.StateBoundToResourceError,
    ),
    (400, envelope("previous_response_not_found", "m"), errors.StateBoundToResourceError),
    (400, envelope("unsupported_parameter", "m", param="max_tokens"), errors.UnsupportedParameterError),
    (400, envelope("unsupported_value", "m", param="temperature"), errors.UnsupportedParameterError),
    (400, envelope("invalid_value", "m", param="n"), errors.UnsupportedParameterError),
    (400, envelope("OperationNotSupported", "m"), errors.UnsupportedParameterError),
    (
        400,
        envelope(None, "Unrecognized request argument supplied: reasoning_effort"),
        errors.UnsupportedParameterError,
    ),
    (
        422,
        {"detail": [{"type": "extra_forbidden", "loc": ["body", "x"], "msg": "Extra inputs are not permitted"}]},
        errors.UnsupportedParameterError,
    ),
    (
        400,
        envelope("BadRequest", "api-version query parameter is not allowed when using /v1 path"),
        errors.WrongApiVersionError,
    ),
    (400, envelope(None, "API version not supported"), errors.WrongApiVersionError),
    (400, envelope("BadRequest", "enabled only for api versions 2024-08-01-preview"), errors.WrongApiVersionError),
    (400, envelope("BadRequest", "who knows"), errors.RequestRefusedError),
    (401, {"statusCode": 401, "message": "Unauthorized."}, errors.AccessTokenError),
    (401, envelope("PermissionDenied", "The principal lacks the required data action"), errors.AccessTokenError),
    (403, envelope("AuthenticationTypeDisabled", "Key based authentication is disabled"), errors.KeysDisabledError),
    (403, envelope("PermissionDenied", "The principal lacks the required data action"), classify.RoleMissingError),
    (403, envelope("AccessDenied", "Access denied due to Virtual Network/Firewall rules."), errors.NetworkBlockedError),
    (403, {"statusCode": 403, "message": "Out of call volume quota."}, errors.QuotaExceededError),
    (404, envelope("DeploymentNotFound", "m"), errors.DeploymentNotFoundError),
    (404, envelope("404", "Resource not found"), errors.ResourceNotFoundError),
    (408, envelope("Timeout", "The operation was timeout."), errors.ServiceUnavailableError),
    (409, envelope("conflict", "m"), errors.ServiceUnavailableError),
    (422, envelope("x", "who knows"), errors.UnprocessableRequestError),
    (
        429,
        envelope("429", "Requests under Azure OpenAI API version 2024-10-21 have exceeded token rate limit"),
        errors.QuotaExceededError,
    ),
    (429, envelope("NoCapacity", "m"), errors.CapacityError),
    (500, envelope(None, "m"), errors.ServiceUnavailableError),
    (503, b"<html><title>no</title></html>", errors.ServiceUnavailableError),
    (418, None, errors.UnexpectedStatusError),
]


@each_row(("status", "body", "expected"), TABLE)
def test_each_reply_has_its_class(status, body, expected):
    facts = parse_envelope(status, body)
    cls = error_class(status, facts)
    assert cls is expected
    assert issubclass(cls, errors.AzureErrorDetails)
    assert issubclass(cls, openai.APIStatusError)


@each_row(("status", "body", "expected"), TABLE)
def test_each_error_is_made_with_the_sdk_s_attributes_and_ours(status, body, expected):
    attempts = (Attempt("west", "my-gpt5", status, "x", 0.0, 0.2),)
    response = httpx.Response(status, headers={"apim-request-id": "r-1"}, request=REQUEST)
    error = error_from_reply(response, body, CONTEXT, attempts=attempts, retry_after=7.0)
    assert isinstance(error, expected)
    assert isinstance(error, errors.AzureErrorDetails)
    assert (error.status_code, error.response, error.request) == (status, response, REQUEST)
    assert (error.attempts, error.azure_request_id) == (attempts, "r-1")
    assert error.hint in str(error)
    assert "my-gpt5@west" in str(error)
    if isinstance(error, errors.QuotaExceededError | errors.CapacityError):
        assert error.retry_after == 7.0


@given(st.integers(400, 599), st.text(), st.none() | st.text(), st.booleans())
def test_every_reply_has_some_class_and_hint(status, message, code, html):
    facts = ErrorFacts(message, code, html=html)
    cls = error_class(status, facts)
    assert issubclass(cls, openai.APIStatusError)
    hint_for(cls, facts, CONTEXT)
    hint_for(cls, facts, HintContext())


def test_the_sdk_s_fields_come_from_the_body_or_from_what_was_read():
    body = {"error": {"code": 400, "message": '{"message": "no", "code": "unsupported_value", "param": "p"}'}}
    error = error_from_reply(httpx.Response(400, request=REQUEST), body, CONTEXT)
    assert (error.code, error.param) == ("unsupported_value", "p")
    assert error.body == body["error"]
    assert error.message.startswith("no\n")


def test_a_filtered_prompt_carries_its_categories():
    verdicts = {"hate": {"filtered": True, "severity": "high"}, "violence": {"filtered": False, "severity": "safe"}}
    body = envelope("content_filter", "refused", innererror={"content_filter_result": verdicts})
    error = error_from_reply(httpx.Response(400, request=REQUEST), body, CONTEXT)
    assert isinstance(error, errors.ContentFilteredError)
    assert [category.name for category in error.categories] == ["hate", "violence"]
    assert "hate (high)" in error.hint
    assert "violence" not in error.hint


def test_the_message_is_azure_s_then_the_hint_then_the_attempts():
    attempts = [
        Attempt("west", "a", 429, "429", 0.0, 0.1),
        Attempt("east", "b", None, "ConnectError", 1.5, 2.0),
    ]
    assert error_message("Too many.", "Wait.", attempts).splitlines() == [
        "Too many.",
        "Wait.",
        "Tried:",
        "  a@west: 429 in 0.10 s",
        "  b@east: ConnectError in 2.00 s, after waiting 1.5 s",
    ]
    assert error_message("Too many.") == "Too many."


@each_row("cls", [errors.EndpointUnreachableError, errors.StreamInterruptedError, errors.DeadlineExceededError])
def test_errors_without_a_reply(cls):
    attempts = [Attempt("west", "a")]
    error = connection_error(cls, "Nothing came.", REQUEST, hint="Look.", attempts=attempts, request_id="r")
    assert type(error) is cls
    assert str(error) == error.message == "Nothing came.\nLook.\nTried:\n  a@west: no reply in 0.00 s"
    assert (error.hint, error.attempts, error.azure_request_id, error.request) == (
        "Look.",
        tuple(attempts),
        "r",
        REQUEST,
    )


def test_the_sdk_s_own_classes_can_be_made_too():
    error = status_error(openai.ConflictError, "m", httpx.Response(409, request=REQUEST), {"error": {"code": "c"}})
    assert (type(error), error.code) == (openai.ConflictError, "c")


def hint(status, body, context=CONTEXT):
    facts = parse_envelope(status, body)
    return hint_for(error_class(status, facts), facts, context)


@each_row(
    ("rule", "says"),
    [
        ("mapping", "deployment_mapping names it for the model 'gpt-5'"),
        ("default", "default_deployment was used"),
        ("pass-through", "its own name was used"),
        ("discovered", "listing"),
        ("argument", "the call named it"),
        (None, "'my-gpt5' at https://west.openai.azure.com. "),
    ],
)
def test_a_missing_deployment_names_the_rule_and_the_remedies(rule, says):
    text = hint(404, envelope("DeploymentNotFound"), HintContext("w", "https://west.openai.azure.com",
                deployment="my-gpt5", model="gpt-5", rule=rule))  # fmt: skip
    assert says in text
    assert "azure-connector models" in text
    assert "azure-connector doctor" in text
    assert ("AZURE_CONNECTOR_DISCOVER=true" in text) == (rule in ("pass-through", None))


@each_row(
    ("status", "body", "form", "says"),
    [
        (401, {"statusCode": 401, "message": "audience is incorrect"}, "v1", SCOPES["public"]),
        (401, envelope("PermissionDenied", ""), "v1", ["Cognitive Services OpenAI User", "az role assignment create"]),
        (403, envelope("PermissionDenied", ""), "v1", ["Cognitive Services OpenAI User", "az role assignment create"]),
        (401, envelope("401", "Access denied due to invalid subscription key"), "v1", ["AZURE_OPENAI_API_KEY"]),
        (403, envelope("AuthenticationTypeDisabled"), "v1", ["Entra ID", "leave api_key out", "az login"]),
        (403, envelope("AccessDenied"), "v1", ["Networking", "private endpoint", "azure-connector doctor"]),
        (404, envelope("404"), "v1", ["/openai/v1", "AZURE_OPENAI_API_VERSION=", "azure-connector doctor"]),
        (404, envelope("404"), "classic", ["api-version 2023-05-15", "to use the v1 form: leave api_version out"]),
        (400, envelope("BadRequest", "api-version is not allowed"), "v1", ["takes no api-version"]),
        (400, envelope("BadRequest", "api-version is unknown"), "classic", ["2023-05-15", "leave api_version out"]),
        (429, envelope("429"), "v1", ["quotaincrease", "NAME@RESOURCE", "my-gpt5"]),
        (429, envelope("NoCapacity"), "v1", ["another region"]),
        (400, envelope("context_length_exceeded"), "v1", ["Shorten"]),
        (400, envelope("unsupported_parameter", "", param="top_p"), "v1", ["'top_p'", "azure-connector explain gpt-5"]),
        (400, envelope("OperationNotSupported"), "v1", ['"api": "responses"']),
        (400, envelope("invalid_encrypted_content"), "v1", ["30 days", "previous_response_id"]),
        (400, envelope("content_filter"), "v1", ["content filter refused"]),
        (500, envelope("x"), "v1", ["A second resource in deployment_mapping"]),
        (502, b"<html><title>proxy</title></html>", "v1", ["gateway or proxy", "HTTPS_PROXY"]),
    ],
)
def test_each_hint_names_what_to_do(status, body, form, says):
    context = HintContext(
        "west", "https://west.openai.azure.com", form, "2023-05-15" if form == "classic" else None, "my-gpt5", "gpt-5",
        "mapping", "API key", "AZURE_OPENAI_API_KEY", SCOPES["public"],
    )  # fmt: skip
    text = hint(status, body, context)
    assert all(part in text for part in says)


def test_a_refused_token_is_told_the_scopes_of_its_own_cloud():
    body = {"statusCode": 401, "message": "The token's audience is incorrect"}
    text = hint(401, body, HintContext(scopes=SCOPES["usgov"]))
    assert SCOPES["usgov"][0] in text
    assert ".azure.com" not in text
    assert "AZURE_OPENAI_API_KEY" in hint(401, body, HintContext()), "a key has no audience"


def test_what_was_not_repeated_is_told_what_would_allow_it():
    text = hint(503, envelope("x"), HintContext(not_repeated=True))
    assert "AZURE_CONNECTOR_REPEAT_UNSAFE" in text
    assert "every permitted attempt" not in text


def test_connection_errors_have_hints_too():
    assert "DNS" in hint_for(errors.EndpointUnreachableError, ErrorFacts(""), CONTEXT)
    assert "deadline" in hint_for(errors.DeadlineExceededError, ErrorFacts(""), CONTEXT)
    assert hint_for(openai.BadRequestError, ErrorFacts(""), CONTEXT) == ""


@each_row(("status", "body", "expected"), TABLE)
def test_no_secret_of_the_endpoint_s_url_is_shown(status, body, expected):
    context = HintContext(endpoint="https://user:CANARY1@west.example/x?key=CANARY2", deployment="d", model="m")
    assert "CANARY" not in hint(status, body, context)
