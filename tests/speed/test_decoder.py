"""Our decoder of server-sent events against the SDK's, however the bytes are split."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from openai._streaming import SSEDecoder

from azure_connector.replies._sse import EventDecoder

TEXT = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)
LINES = st.one_of(
    st.builds("data: {}".format, TEXT),
    st.builds("data:{}".format, TEXT),
    st.builds("event: {}".format, TEXT),
    st.builds(": {}".format, TEXT),
    st.builds("unknown: {}".format, TEXT),
    st.builds("retry: {}".format, st.integers(0, 9)),
    st.sampled_from(["data", "event", ":", "data: [DONE]", 'data: {"a": "b: c"}', "data:  two spaces"]),
    st.just(""),
)
EVENTS = st.lists(st.lists(LINES, max_size=5), max_size=6)
ENDS = st.sampled_from(["\n", "\r", "\r\n"])
CUTS = st.lists(st.integers(0, 400), max_size=12)


def pieces(body: bytes, cuts: list[int]) -> list[bytes]:
    at = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    return [body[start:end] for start, end in pairwise(at)]


def ours(parts: list[bytes]) -> list[tuple[str | None, str]]:
    decoder = EventDecoder()
    events = [event for part in parts for event in decoder.feed(part)] + decoder.flush()
    return [(event.name or None, event.data.decode()) for event in events if event.data]


def theirs(parts: list[bytes]) -> list[tuple[str | None, str]]:
    return [(event.event, event.data) for event in SSEDecoder().iter_bytes(iter(parts)) if event.data]


@given(EVENTS, ENDS, CUTS)
def test_as_the_sdk_wherever_the_network_splits(events, end, cuts):
    body = "".join("".join(line + end for line in event) + end for event in events).encode()
    if body.startswith(b"\xef\xbb\xbf"):
        return  # the standard drops a mark at the start, the SDK does not
    assert ours(pieces(body, cuts)) == theirs([body])


@given(EVENTS, st.lists(ENDS, min_size=40, max_size=40), CUTS)
def test_splits_change_nothing_with_mixed_line_ends_either(events, ends, cuts):
    lines = [line for event in events for line in [*event, ""]]
    body = "".join(line + end for line, end in zip(lines, ends, strict=False)).encode()
    assert ours(pieces(body, cuts)) == ours([body])
    assert ours([bytes([byte]) for byte in body]) == ours([body])


@given(EVENTS, ENDS, st.integers(0, 400), CUTS)
def test_a_body_that_is_cut_off_loses_nothing_that_the_sdk_gives(events, end, length, cuts):
    body = "".join("".join(line + end for line in event) + end for event in events).encode()[:length]
    body = body.decode("utf-8", "ignore").encode()
    if body.startswith(b"\xef\xbb\xbf"):
        return
    found, given_out = ours(pieces(body, cuts)), theirs([body])
    assert found[: len(given_out)] == given_out
    assert len(found) - len(given_out) in (0, 1), "at most the event that was cut off"
