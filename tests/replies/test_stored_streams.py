"""Streams of responses that the service keeps: asked for elsewhere only where the service says that nothing ran."""

from __future__ import annotations

import pytest

from azure_connector import errors
from tests.replies.service import Answer, ask, events, sse, text_of
from tests.replies.shapes import GOOD, LIMIT, begun, failed, good, opening, response_events

DOORS = ("responses stream", "responses stream async")
FULL = {"code": "no_capacity", "message": "No capacity."}
LIMITED = {"code": "rate_limit_exceeded", "message": LIMIT}
BROKEN = {"code": "server_error", "message": "It broke."}
REASON = {"type": "error", "sequence_number": 3, "error": LIMITED}
ITEM = response_events()[2]

NOTHING_RAN = {
    "limited": [*opening(), failed(LIMITED)],
    "limited at once": [failed(LIMITED, 0)],
    "full": [*opening(), failed(FULL)],
    "reason follows": [*opening(), failed(None), REASON],
    "an error event": [*opening(), REASON],
    "an error event first": [REASON],
    "API Management's": [*opening(), {"statusCode": 429, "message": LIMIT}],
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", NOTHING_RAN)
def test_it_fails_over_where_the_service_says_that_nothing_ran(pair, door, name):
    pair.first.says(events(*NOTHING_RAN[name], headers={"retry-after": "17"}))
    pair.second.says(good(door))
    found = ask(door, pair.options(), store=True)
    assert text_of(found) == GOOD
    assert [event.sequence_number for event in found] == list(range(len(found))), "nothing is delivered twice"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("data", "cls"),
    [
        ([*opening(), failed(BROKEN)], errors.ServiceUnavailableError),
        ([*opening(), failed(None)], errors.ServiceUnavailableError),
        (opening(), errors.StreamInterruptedError),
        ([*opening(), "no JSON"], errors.StreamInterruptedError),
    ],
)
def test_it_is_never_asked_for_twice_where_something_may_have_run(pair, door, data, cls):
    pair.first.says(events(*data))
    pair.second.says(good(door))
    with pytest.raises(cls) as caught:
        ask(door, pair.options(), store=True)
    assert pair.second.requests == []
    if cls is errors.StreamInterruptedError:
        assert caught.value.partial.response_id == "resp_0a1"


@pytest.mark.parametrize("door", DOORS)
def test_a_lost_connection_is_no_word_of_the_service_s(pair, door):
    pair.first.says(Answer(sse(*opening()), headers={"content-type": "text/event-stream"}, cut=True))
    pair.second.says(good(door))
    with pytest.raises(errors.StreamInterruptedError) as caught:
        ask(door, pair.options(), store=True)
    assert caught.value.partial.response_id == "resp_0a1"
    assert pair.second.requests == []


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("data", [[*opening(), ITEM], begun()])
def test_once_the_service_has_begun_a_failure_is_the_sdk_s_event(pair, door, data):
    pair.first.says(events(*data, failed(LIMITED)))
    found = ask(door, pair.options(), store=True)
    assert [event.type for event in found][-1] == "response.failed"
    assert found[-1].response.error.message == LIMIT
    assert pair.second.requests == []


@pytest.mark.parametrize("door", DOORS)
def test_the_reason_that_follows_such_an_event_is_raised(pair, door):
    pair.first.says(events(*begun(), failed(None), REASON))
    with pytest.raises(errors.StreamInterruptedError, match=LIMIT) as caught:
        ask(door, pair.options(), store=True)
    assert [event.type for event in caught.value.delivered][-1] == "response.failed"
    assert caught.value.partial.text == "Hello"


@pytest.mark.parametrize("door", DOORS)
def test_a_background_response_tells_its_id_at_once(pair, door):
    pair.first.says(events(*opening()))
    with pytest.raises(errors.StreamInterruptedError) as caught:
        ask(door, pair.options(), store=True, background=True)
    assert caught.value.delivered[0].response.id == caught.value.partial.response_id


def test_a_failed_response_that_is_read_again_is_a_reply(pair):
    """`retrieve` asks what became of it: that is no error of this call."""
    from azure_connector import AzureConnector

    pair.first.says(events(*opening(), failed(LIMITED)))
    with AzureConnector(**pair.options()) as client:
        found = list(client.responses.retrieve("resp_0a1", stream=True))
    assert [event.type for event in found][-1] == "response.failed"
