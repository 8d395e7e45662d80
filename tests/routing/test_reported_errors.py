"""Errors that come with status 200, or in strange clothes: told from answers, read to the service's own words."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from azure_connector import errors
from azure_connector.errors._classify import classify, error_class
from azure_connector.errors._envelope import parse_envelope, reported_error
from azure_connector.routing import outcome_of_error, outcome_of_reply
from tests.support.bodies import envelope
from tests.support.tables import each_row

LIMIT = "Your requests to the deployment have exceeded rate limit."
FILTERED = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"hate": {"filtered": True}}}
PROXY = {
    "message": "litellm.ContentPolicyViolationError: AzureException - The prompt was filtered.",
    "type": None,
    "param": None,
    "code": "400",
    "provider_specific_fields": {
        "innererror": FILTERED,
        "azure_error": {"code": "content_filter", "innererror": FILTERED},
    },
}


@each_row(
    ("body", "event", "cls", "kind", "words"),
    [
        ({"error": {"code": "429", "message": LIMIT}}, None, errors.QuotaExceededError, "rate_limited", LIMIT),
        ({"statusCode": 429, "message": "Rate limit is exceeded."}, None, errors.QuotaExceededError, "rate_limited",
         "Rate limit is exceeded."),
        ({"statusCode": 401, "message": "Access denied."}, None, errors.AccessTokenError, "auth", "Access denied."),
        ({"code": "rate_limit_exceeded", "message": LIMIT}, None, errors.QuotaExceededError, "rate_limited", LIMIT),
        ({"code": "InternalServerError", "message": "Oops"}, None, errors.ServiceUnavailableError, "transient", "Oops"),
        ({"object": "error", "message": "bad", "type": "BadRequestError", "code": 400}, None,
         errors.RequestRefusedError, "refused", "bad"),
        ({"type": "error", "error": {"type": "too_many_requests", "code": "rate_limit_exceeded", "message": LIMIT}},
         None, errors.QuotaExceededError, "rate_limited", LIMIT),
        ({"type": "error", "code": "server_error", "message": "Oops", "param": None}, None,
         errors.ServiceUnavailableError, "transient", "Oops"),
        ({"id": "x", "object": "chat.completion.chunk", "choices": [], "error": {"code": 502, "message": "Gone"}}, None,
         errors.ServiceUnavailableError, "transient", "Gone"),
        ({"error": "model is loading"}, None, errors.ServiceUnavailableError, "transient", "model is loading"),
        ("upstream reset", "error", errors.ServiceUnavailableError, "transient", "upstream reset"),
        ('{"code": "NoCapacity", "message": "none"}', "error", errors.CapacityError, "no_capacity", "none"),
        ({"message": "Slow down", "code": "too_many_requests"}, "error", errors.QuotaExceededError, "rate_limited",
         "Slow down"),
        ({"error": PROXY}, None, errors.ContentFilteredError, "refused", PROXY["message"]),
        ({"error": {"code": "DeploymentNotFound", "message": "No."}}, None, errors.DeploymentNotFoundError,
         "not_found_deployment", "No."),
        ({"error": {"code": "invalid_image_url", "message": "No."}}, None, errors.RequestRefusedError, "refused",
         "No."),
        ({"error": {"code": "image_content_policy_violation", "message": "No."}}, None, errors.ContentFilteredError,
         "refused", "No."),
    ],
)  # fmt: skip
def test_an_error_with_status_200_has_its_class_and_its_words(body, event, cls, kind, words):
    facts = reported_error(body, event=event)
    assert facts is not None
    assert facts.message == words
    assert error_class(None, facts) is cls
    assert outcome_of_error(facts).kind == kind


@each_row(
    "body",
    [
        {"id": "c", "object": "chat.completion", "choices": [{"message": {"content": "hi"}}], "error": None},
        {"object": "chat.completion.chunk", "choices": [], "message": "hi", "code": 400},
        {"object": "response", "status": "failed", "error": {"code": "server_error", "message": "Oops"}},
        {"object": "fine_tuning.job", "status": "failed", "error": {"code": "invalid", "message": "bad file"}},
        {"object": "video", "error": {"code": "x", "message": "y"}},
        {"object": "list", "data": []},
        {"object": ["error"], "error": {"message": "x"}},
        {"type": "response.failed", "response": {"error": {"code": "server_error"}}},
        {"text": "hello"},
        {"choices": [{"text": "x"}], "code": "x", "message": "y"},
        {"message": "hello"},
        {"status": "completed", "message": "hello"},
        {}, [], None, "text", b"bytes", 7,
    ],
)  # fmt: skip
def test_an_answer_is_no_error(body):
    assert reported_error(body) is None


def test_a_rate_limit_inside_a_200_names_its_time_in_the_headers():
    facts = reported_error({"type": "error", "error": {"code": "rate_limit_exceeded", "message": LIMIT}})
    assert facts is not None
    assert outcome_of_error(facts, {"Retry-After": "12"}).retry_after == 12.0
    assert outcome_of_error(facts, {"retry-after-ms": "250"}).retry_after == 0.25
    assert outcome_of_error(facts, {}).retry_after is None


INNER = {
    "error": {"message": "imagegen deployment must be provided", "type": "invalid_request_error", "param": "tools"}
}


@each_row("prefix", ["data: ", "data:", "data: data: ", "event: error\ndata: ", "\n: x\nid: 1\n"])
def test_the_lines_of_an_event_stream_as_the_body_of_a_400(prefix):
    envelope = {"error": {"message": json.dumps(INNER, indent=1), "type": "None", "param": "None", "code": "400"}}
    text = prefix + ("" if prefix.endswith(("data: ", "data:")) else "data: ") + json.dumps(envelope) + "\n\n"
    for body in (text, text.encode(), text + "data: [DONE]\n\n"):
        facts = parse_envelope(400, body)
        assert (facts.message, facts.param, facts.code) == ("imagegen deployment must be provided", "tools", "400")
        assert facts.type == "invalid_request_error"
        assert error_class(400, facts) is errors.RequestRefusedError


def test_a_proxys_copy_of_the_filter_s_verdict_is_read_and_its_bare_word_is_not():
    facts = parse_envelope(400, {"error": PROXY})
    assert error_class(400, facts) is errors.ContentFilteredError
    assert [category.name for category in facts.categories] == ["hate"]
    bare = {key: value for key, value in PROXY.items() if key != "provider_specific_fields"}
    assert error_class(400, parse_envelope(400, {"error": bare})) is errors.RequestRefusedError


BLOCKED = (
    "Your resource has been temporarily blocked because we detected behavior that may violate our content policy. "
    "For more details please visit https://aka.ms/aoaicodeofconduct"
)


@each_row(
    ("status", "body", "cls"),
    [
        (403, envelope("Forbidden", BLOCKED), errors.ResourceBlockedError),
        (403, {"error": "Forbidden", "message": json.dumps(envelope("Forbidden", BLOCKED))},
         errors.ResourceBlockedError),
        (403, envelope("AccessDenied", "Public access is disabled."), errors.NetworkBlockedError),
        (400, envelope("moderation_blocked", "Your request was rejected by the safety system."),
         errors.ContentFilteredError),
        (400, envelope("invalid_prompt", "Invalid prompt: it was flagged as potentially violating our policy."),
         errors.ContentFilteredError),
        (400, envelope("invalid_value", "Validation error at #/name: must be a string"), errors.RequestRefusedError),
        (422, envelope(1001, "Validation error at #/input/0/content"), errors.RequestRefusedError),
        (413, envelope(None, "Request Entity Too Large"), errors.RequestRefusedError),
        (413, b"<html><title>413 Request Entity Too Large</title></html>", errors.RequestRefusedError),
        (413, envelope("tokens_limit_reached", "Request body too large for gpt-4o model. Max size: 8000 tokens."),
         errors.ContextWindowExceededError),
        (422, {"detail": "The prompt is too long: 9000 tokens"}, errors.ContextWindowExceededError),
        (422, {"detail": "Argument not supported on this model: stop"}, errors.UnsupportedParameterError),
        (422, b"no such thing", errors.UnprocessableRequestError),
        (400, envelope(None, "Container is expired."), errors.StateBoundToResourceError),
        (404, envelope(None, "Container with id 'cntr_1' not found."), errors.ResourceNotFoundError),
        (400, envelope("BadRequest", "Please reduce the length of the messages."), errors.ContextWindowExceededError),
        (400, envelope(None, "Input exceeds the maximum number of tokens allowed (8192)."),
         errors.ContextWindowExceededError),
        (400, envelope(None, "This request exceeded this model's context limit."), errors.ContextWindowExceededError),
        (400, envelope(None, "max_tokens is too large: 20000. This model supports at most 16384 completion tokens."),
         errors.RequestRefusedError),
        (400, envelope("Tenant provided in token does not match resource token", "Token tenant a does not match b."),
         errors.AccessTokenError),
        (404, envelope(None, "The API deployment 'sora-2' for this resource does not exist.",
                       type="video_generation_user_error"), errors.DeploymentNotFoundError),
        (421, None, errors.ServiceUnavailableError),
        (425, None, errors.ServiceUnavailableError),
    ],
)  # fmt: skip
def test_each_refusal_has_its_class(status, body, cls):
    assert error_class(status, parse_envelope(status, body)) is cls


def test_the_services_own_check_names_the_field():
    assert parse_envelope(400, envelope(None, "Validation error at #/input/0/name: too long")).param == "input.0.name"


@each_row("status", [421, 425])
def test_a_misdirected_or_early_request_was_not_executed(status):
    outcome = outcome_of_reply(status, {}, parse_envelope(status, None))
    assert outcome.kind == "transient"
    assert not outcome.maybe_executed


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["error", "code", "message", "status", "statusCode", "object", "type", "innererror", "param",
                         "provider_specific_fields", "azure_error", "detail", "choices"]), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@given(JSON, st.none() | st.sampled_from(["error", "message"]))
def test_nothing_that_json_can_be_raises(body, event):
    facts = reported_error(body, event=event)
    if facts is not None:
        assert facts.message
        assert classify(None, facts).kind == outcome_of_error(facts, {}).kind


@each_row("depth", [100, 10_000])
def test_deep_nesting_is_read_to_its_end_or_not_at_all(depth):
    for text in ("[" * depth, '{"error":' * depth, '{"a":' * depth + "1" + "}" * depth):
        assert parse_envelope(400, text).message
    nested: dict[str, object] = {"message": "deep"}
    for _ in range(depth):
        nested = {"error": nested}
    facts = reported_error(nested)
    assert facts is not None
    assert isinstance(facts.message, str)
