"""Arguments that a model may emit: valid JSON of an object, or the marked raw text, and never an exception."""

from __future__ import annotations

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_connector.tools import (
    RAW_ARGUMENTS,
    Arguments,
    Repair,
    ToolCallStream,
    name_map,
    normalize_items,
    normalize_message,
    read_arguments,
)
from tests.support.tables import each_row

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=4)
TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="{}[]\"'`:,\\ \nabnrtu01Nonenull"),
    OBJECTS.map(repr),
    OBJECTS.map(lambda value: json.dumps(json.dumps(value))),
    JSON_VALUES.map(json.dumps),
)


@each_row(
    ("text", "value"),
    [
        ("{'city': 'Oslo'}", {"city": "Oslo"}),
        ('{"city": "Oslo",}', {"city": "Oslo"}),
        ('{"a": [1, 2,], "b": {"c": 3,},}', {"a": [1, 2], "b": {"c": 3}}),
        ('```json\n{"city": "Oslo"}\n```', {"city": "Oslo"}),
        ('```\n{"city": "Oslo"}', {"city": "Oslo"}),
        ('"{\\"city\\": \\"Oslo\\"}"', {"city": "Oslo"}),
        ('"\\"{}\\""', {}),
        ("\"{'city': 'Oslo'}\"", {"city": "Oslo"}),
        ("", {}),
        (" \n", {}),
        ("None", {}),
        ("null", {}),
        ('""', {}),
        ("{'a': True, 'b': None, 'c': False}", {"a": True, "b": None, "c": False}),
        ("{'a': \"it's\"}", {"a": "it's"}),
        ('{"a": "it\\\'s"}', {"a": "it's"}),
        ('{"path": "C:\\Users\\me"}', {"path": "C:\\Users\\me"}),
        ('{"code": "a\nb"}', {"code": "a\nb"}),
        ('{"a": 1}}', {"a": 1}),
        ('{"a": 1}\n```', {"a": 1}),
        ('{city: "Oslo"}', {"city": "Oslo"}),
        ('{"a": 1 "b": 2}', {"a": 1, "b": 2}),
        ('{"a": 1.50, "b": "\\u00e9",}', {"a": 1.5, "b": "é"}),
    ],
)
def test_malformed_arguments_are_repaired_and_flagged(text: str, value: object) -> None:
    arguments = read_arguments(text)
    assert json.loads(arguments.text) == value
    assert arguments.repaired
    assert not arguments.raw


@each_row(
    "text",
    [
        '{"path": "/var/data/tm',
        '{"path": "/var/data/tmp"',
        "{'path': '/var/da",
        '{"a": [1, 2',
        "```json\n",
        "```json",
        "[1, 2]",
        "3",
        "true",
        '"Oslo"',
        "Oslo",
        '[{"a": 1}]',
        '{"a": 1}{"a": 2}',
        '{"a": 1} and {"a": 2}',
        '{"a" "b" 1}',
        '{"a": undefined}',
        '{"a": NaN}',
        '{"a": "x", // a remark\n "b": 2}',
        "[" * 100_000,
        '{"a":' * 100_000,
        json.dumps(json.dumps(json.dumps(json.dumps("{}")))),
        '{"a": 1,' + " " * 200_000 + "}",
        '{"a": ' + "9" * 5000 + "}",
    ],
)
def test_what_was_cut_off_or_is_no_object_keeps_its_text(text: str) -> None:
    arguments = read_arguments(text)
    assert arguments.raw
    assert json.loads(arguments.text) == {RAW_ARGUMENTS: text}


@each_row("text", ['{"city": "Oslo"}', "{}", ' { "a" : 1 }\n', '{"a":1,"a":2}', '{"ü": "é"}'])
def test_valid_arguments_stand_as_they_are(text: str) -> None:
    arguments = read_arguments(text)
    assert arguments.text is text
    assert arguments.repaired is None


def test_half_a_surrogate_pair_can_be_sent() -> None:
    arguments = read_arguments('{"a": "\ud83d"}')
    assert arguments.text.encode()
    assert json.loads(arguments.text) == {"a": "\ud83d"}
    assert read_arguments("\ud83d").text.encode()
    assert not read_arguments('{"a": "\ud83d"}', cut=True).raw


def test_objects_and_nothing_become_text() -> None:
    assert read_arguments({"a": 1}).text == '{"a": 1}'
    assert read_arguments(None).text == "{}"
    assert json.loads(read_arguments([1]).text) == {RAW_ARGUMENTS: "[1]"}
    assert read_arguments({"a": object()}).raw


@each_row("text", ["", "{", '{"a": 1,}', "{'a': 1}", '"{}"'])
def test_after_an_early_end_nothing_is_repaired(text: str) -> None:
    arguments = read_arguments(text, cut=True)
    assert json.loads(arguments.text) == {RAW_ARGUMENTS: text}
    assert read_arguments('{"a": 1}', cut=True).repaired is None


@given(TEXTS, st.booleans())
def test_any_text_gives_an_object(text: str, cut: bool) -> None:
    arguments = read_arguments(text, cut=cut)
    value = json.loads(arguments.text)
    assert type(value) is dict
    assert arguments.text.encode()
    assert arguments.raw == (list(value) == [RAW_ARGUMENTS] and arguments.repaired is not None)
    if arguments.raw:
        assert value[RAW_ARGUMENTS] == text
    # What is replayed is not mended again.
    assert read_arguments(arguments.text).repaired is None


@given(OBJECTS, st.booleans(), st.sampled_from([None, 1]), st.data())
def test_a_cut_object_never_becomes_another_object(
    value: dict[str, object], ascii_only: bool, indent: int | None, data: st.DataObject
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    length = data.draw(st.integers(1, len(text) - 1))
    arguments = read_arguments(text[:length])
    assert json.loads(arguments.text) == {RAW_ARGUMENTS: text[:length]}


@given(OBJECTS, st.sampled_from(["```json\n%s\n```", "```\n%s```", "%s}", "\ufeff%s"]), st.data())
def test_a_cut_wrapping_never_changes_the_object(value: dict[str, object], wrapping: str, data: st.DataObject) -> None:
    text = wrapping % json.dumps(value)
    arguments = read_arguments(text[: data.draw(st.integers(2, len(text)))])
    assert arguments.raw or json.loads(arguments.text) == value


@given(OBJECTS.map(repr), st.data())
def test_a_cut_python_dictionary_is_raw(text: str, data: st.DataObject) -> None:
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    arguments = read_arguments(cut)
    assert arguments.raw or "'" in cut or '"' in cut
    assert json.loads(arguments.text) == {RAW_ARGUMENTS: cut}


@given(OBJECTS)
def test_double_encoding_is_undone(value: dict[str, object]) -> None:
    assert json.loads(read_arguments(json.dumps(json.dumps(value))).text) == value


def test_repairs_are_logged_without_the_arguments(caplog: pytest.LogCaptureFixture) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "pay", "arguments": "{'card': '4111'}"}}
    repairs: list[Repair] = []
    with caplog.at_level(logging.WARNING, "azure_connector.tools"):
        normalize_message({"role": "assistant", "tool_calls": [call]}, known=frozenset({"pay"}), repairs=repairs)
    assert repairs == [Repair("tool_calls[0].function.arguments", "pay", "malformed JSON")]
    assert "tool_calls[0].function.arguments" in caplog.text
    assert "4111" not in caplog.text


@each_row("text", ["{'a': 1}", '```json\n{"a": 1}\n```', "", "null", '{"path": "/var/da', '{"a": 1,}'])
def test_whoever_wants_no_repair_gets_the_models_own_text(text: str) -> None:
    assert read_arguments(text, repair=False) == Arguments(text)
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": text}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    assert normalize_message(message, finish_reason="tool_calls", repair=False)["tool_calls"] == [call]
    item = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": text, "status": "completed"}
    assert normalize_items([item], name_map(frozenset({"f"})), repair=False) == [item]
    stream = ToolCallStream(known=frozenset({"f"}), repair=False)
    passed = stream.feed([{"index": 0, "id": "call_1", "type": "function", "function": {"name": "f"}}])
    for letter in text:
        passed += stream.feed([{"index": 0, "function": {"arguments": letter}}])
    finished = stream.finish("tool_calls")
    passed += finished.deltas
    assert "".join(one["function"]["arguments"] for one in passed) == text
    assert (finished.calls, finished.repairs) == ([call], ())


def test_without_repair_an_object_is_still_given_as_text() -> None:
    assert read_arguments({"a": 1}, repair=False).text == '{"a": 1}'
