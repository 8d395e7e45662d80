"""Every reply has one typed outcome: a table of shapes, asked for by every door that may meet them."""

from __future__ import annotations

import pytest

from azure_connector import errors
from tests.replies.service import DOORS, Pair, ask, text_of
from tests.replies.shapes import GOOD, ROWS, Row, good
from tests.support.tables import each_row


def test_the_table_is_large_enough():
    assert len({row.name for row in ROWS}) >= 80


@pytest.mark.parametrize("door", DOORS)
@each_row("row", ROWS, ids=lambda row: row.name)
def test_a_shape(pair: Pair, row: Row, door: str):
    if door.removesuffix(" async") not in row.doors:
        return
    pair.first.says(row.answer)
    pair.second.says(row.answer)
    if isinstance(row.outcome, str):
        assert _delivered(pair, row.outcome, door)
    else:
        _check_error(pair, row, door)
    assert (len(pair.first.requests), len(pair.second.requests)) == (1, int(row.elsewhere))


@pytest.mark.parametrize("door", DOORS)
def test_the_next_deployment_answers_in_its_place(pair: Pair, door: str):
    row = next(row for row in ROWS if row.name == "a web page")
    pair.first.says(row.answer)
    pair.second.says(good(door))
    assert text_of(ask(door, pair.options())) == GOOD


def _delivered(pair: Pair, text: str, door: str) -> bool:
    """Whether the answer has this text; after `?`, a typed interruption with it will do, after `*`, more text."""
    try:
        found = text_of(ask(door, pair.options()))
    except errors.StreamInterruptedError as broken:
        return text[0] == "?" and broken.partial.text == text[1:] == text_of(broken.delivered)
    return found.startswith(text[1:]) if text[:1] == "*" else found == text.removeprefix("?")


def _check_error(pair: Pair, row: Row, door: str) -> None:
    assert isinstance(row.outcome, type)
    with pytest.raises(errors.AzureErrorDetails) as caught:
        ask(door, pair.options())
    error = caught.value
    assert type(error) is row.outcome
    assert [words for words in row.words if words not in str(error)] == []
    assert {name: getattr(error, name) for name in row.attributes or ()} == (row.attributes or {})
    if "stream" in door:
        assert text_of(error.delivered) == row.text
    if isinstance(error, errors.StreamInterruptedError):
        assert error.partial.text == row.text
