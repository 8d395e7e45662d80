from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from azure_connector.errors import FilterCategory
from azure_connector.errors._envelope import ErrorFacts, filter_categories, parse_envelope
from tests.support.tables import each_row

DEPLOYMENT = {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}


def test_wrapped_and_unwrapped_read_the_same():
    assert parse_envelope(404, {"error": DEPLOYMENT}) == parse_envelope(404, DEPLOYMENT)
    facts = parse_envelope(404, json.dumps({"error": DEPLOYMENT}).encode())
    assert (facts.code, facts.message) == (DEPLOYMENT["code"], DEPLOYMENT["message"])


def test_api_management_s_flat_form():
    facts = parse_envelope(401, {"statusCode": 401, "message": "Unauthorized. Access token is missing"})
    assert (facts.code, facts.message) == ("401", "Unauthorized. Access token is missing")


def test_foundry_s_text_within_text():
    inner = {"object": "error", "message": "max_completion_tokens is unknown", "param": "x", "code": 400}
    facts = parse_envelope(400, {"error": {"code": 400, "message": json.dumps(inner), "status": 400}})
    assert facts == ErrorFacts("max_completion_tokens is unknown", code="400", param="x", status=400)


def test_foundry_s_inner_code_is_taken_where_it_says_more():
    inner = {"error": {"message": "too long", "code": "context_length_exceeded", "type": "invalid_request_error"}}
    facts = parse_envelope(400, {"error": {"code": 400, "message": json.dumps(inner)}})
    assert (facts.code, facts.message, facts.type) == ("context_length_exceeded", "too long", "invalid_request_error")


def test_the_complaints_of_a_422():
    body = {"detail": [{"type": "extra_forbidden", "loc": ["body", "max_completion_tokens"], "msg": "Extra inputs"}]}
    facts = parse_envelope(422, body)
    assert (facts.param, facts.message) == ("max_completion_tokens", "max_completion_tokens: Extra inputs")
    assert parse_envelope(422, {"detail": "no"}).message == "no"


@each_row(
    ("body", "message"),
    [
        (b"<html><head><title>502 Bad\n Gateway</title></head><body>x</body></html>", "502 Bad Gateway"),
        (b"<!DOCTYPE html><h1>Our services aren&#39;t available</h1>", "Our services aren't available"),
        (b"<html></html>", "is a web page)"),
    ],
)
def test_a_web_page_is_told_by_its_title(body, message):
    facts = parse_envelope(502, body)
    assert facts.html
    assert message in facts.message
    assert facts.message.startswith("HTTP 502 Bad Gateway")
    assert "<" not in facts.message


@each_row("body", [None, b"", "", {}, [], {"error": {}}, {"error": None}, {"error": {"message": None}}])
def test_an_empty_body_is_named_by_its_status(body):
    assert parse_envelope(503, body) == ErrorFacts("HTTP 503 Service Unavailable")


def test_odd_bodies():
    assert parse_envelope(500, b"upstream connect error").message == "upstream connect error"
    assert parse_envelope(400, {"error": "invalid_grant", "error_description": "AADSTS70011"}) == ErrorFacts(
        "AADSTS70011", code="invalid_grant"
    )
    assert parse_envelope(400, {"error": "just words"}).message == "just words"
    assert parse_envelope(400, [{"error": DEPLOYMENT}]).code == "DeploymentNotFound"
    assert parse_envelope(599, b"").message == "HTTP 599"
    assert parse_envelope(None, b"").message
    assert parse_envelope(500, b"x" * 100_000).message == "x" * 4_000 + "… (96,000 more characters)"
    assert parse_envelope(500, b"[" * 100_000).message
    assert parse_envelope(400, b'{"error": {"message": "cut o').message == '{"error": {"message": "cut o'


HATE = {"filtered": True, "severity": "high"}


@each_row("inner_key", ["innererror", "inner_error", "innerError"])
@each_row("result_key", ["content_filter_result", "content_filter_results"])
def test_the_filter_s_verdict_is_found_under_every_spelling(inner_key, result_key):
    inner = {"code": "ResponsibleAIPolicyViolation", result_key: {"hate": HATE}}
    facts = parse_envelope(400, {"error": {"message": "m", "code": "content_filter", inner_key: inner}})
    assert facts.inner_code == "ResponsibleAIPolicyViolation"
    assert facts.categories == (FilterCategory("hate", filtered=True, severity="high"),)


@each_row(
    "body",
    [
        {"error": {"message": "m", "content_filter_result": {"hate": HATE}}},
        {"error": {"message": "m"}, "content_filter_results": {"hate": HATE}},
        {"error": {"message": "m", "innererror": {"innererror": {"content_filter_result": {"hate": HATE}}}}},
        {"error": {"message": "m", "content_filters": [{"blocked": True, "content_filter_results": {"hate": HATE}}]}},
        {"error": {"message": "m", "innererror": {"content_filter_result": [{"hate": HATE}]}}},
        {"error": {"message": "m", "innererror": {"content_filter_result": {"prompt": {"hate": HATE}}}}},
    ],
)
def test_the_filter_s_verdict_is_found_wherever_it_stands(body):
    assert [category.name for category in parse_envelope(400, body).categories if category.filtered] == ["hate"]


def test_a_missing_inner_error_is_no_fault():
    facts = parse_envelope(400, {"error": {"message": "m", "code": "content_filter", "param": "prompt"}})
    assert (facts.code, facts.param, facts.categories, facts.inner_code) == ("content_filter", "prompt", (), None)


def test_every_kind_of_verdict():
    categories = {
        category.name: category
        for category in filter_categories(
            {
                "hate": {"filtered": False, "severity": "safe"},
                "jailbreak": {"filtered": True, "detected": True},
                "custom_blocklists": [{"filtered": True, "id": "names"}],
                "brand_new": {"filtered": True, "severity": "extreme", "score": 7},
                "protected_material_code": {"detected": True, "filtered": False, "citation": {"URL": "u"}},
                "odd": True,
                "empty": None,
                "text": "what",
                "error": {"code": "content_filter_error", "message": "not finished"},
            }
        )
    }
    assert categories["hate"] == FilterCategory("hate", filtered=False, severity="safe")
    assert categories["jailbreak"] == FilterCategory("jailbreak", filtered=True, detected=True)
    assert categories["custom_blocklists"].filtered
    assert categories["custom_blocklists"].details == {"details": [{"filtered": True, "id": "names"}]}
    assert categories["brand_new"] == FilterCategory("brand_new", True, "extreme", None, {"score": 7})
    assert categories["protected_material_code"].detected
    assert categories["odd"].filtered
    assert not categories["empty"].filtered
    assert not categories["text"].filtered
    assert not categories["error"].filtered
    assert filter_categories({"custom_blocklists": {"filtered": True, "details": []}})[0].filtered


def test_a_refusal_wins_over_a_pass_of_the_same_name():
    results = [{"hate": {"filtered": False}}, {"hate": {"filtered": True}}, {"hate": {"filtered": False}}]
    assert filter_categories(results) == (FilterCategory("hate", filtered=True),)


KEYS = st.sampled_from(
    ["error", "message", "code", "param", "type", "innererror", "inner_error", "content_filter_result", "detail", "loc",
     "content_filter_results", "hate", "filtered", "severity", "custom_blocklists", "statusCode", "status"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=5),
    max_leaves=25,
)


@given(st.none() | st.integers(100, 999), JSON | st.binary() | st.text() | JSON.map(json.dumps))
def test_no_body_can_break_it(status, body):
    facts = parse_envelope(status, body)
    assert facts.message
    assert all(isinstance(text, str | None) for text in (facts.code, facts.param, facts.type, facts.inner_code))
    assert all(isinstance(category, FilterCategory) for category in facts.categories)


@given(JSON)
def test_text_within_text_cannot_break_it(inner):
    assert parse_envelope(400, {"error": {"code": 400, "message": json.dumps(inner)}}).message
