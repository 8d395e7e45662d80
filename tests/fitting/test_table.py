"""Each family, each parameter, both APIs: the whole body that goes out.

The tables are written from Microsoft's documentation and from the replies that people quote, not from the package's
own data: a slip in one does not hide in the other.
"""

from __future__ import annotations

from typing import Any

import pytest

from azure_connector.deployments import CHAT, RESPONSES, profile_for
from azure_connector.requests import adapt_request
from tests.support.tables import each_row

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
SAMPLING = {
    "temperature": 0.2,
    "top_p": 0.5,
    "presence_penalty": 0.5,
    "frequency_penalty": -0.5,
    "logprobs": True,
    "top_logprobs": 3,
    "logit_bias": {"50256": -100},
}
DEFAULTS = {"temperature": 1, "top_p": 1.0, "presence_penalty": 0, "frequency_penalty": 0.0, "logprobs": False}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
FLAT_TOOLS = [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}]

# limit: the name that is sent (as: the caller's). sampling: kept, dropped, or kept without effort (free).
# efforts: what becomes of none, minimal, low, medium, high, xhigh, max (-: dropped; R: goes through Responses).
# parallel: parallel_tool_calls kept, dropped, or dropped with minimal effort. tools: tools with effort high over chat.
CHAT_TABLE = """
model         limit                  sampling  stop     efforts                                    verbosity  parallel  stream  role       tools
gpt-4o        as                     kept      kept     - - - - - - -                              dropped    kept      yes     system     chat
gpt-4o-mini   as                     kept      kept     - - - - - - -                              dropped    kept      yes     system     chat
gpt-4.1       as                     kept      kept     - - - - - - -                              dropped    kept      yes     system     chat
gpt-4.1-nano  as                     kept      kept     - - - - - - -                              dropped    kept      yes     system     chat
gpt-35-turbo  as                     kept      kept     - - - - - - -                              dropped    kept      yes     system     chat
o1            max_completion_tokens  dropped   kept     low low low medium high high high          dropped    dropped   no      developer  chat
o1-mini       max_completion_tokens  dropped   kept     - - - - - - -                              dropped    dropped   yes     user       chat
o3            max_completion_tokens  dropped   dropped  low low low medium high high high          dropped    dropped   yes     developer  chat
o3-mini       max_completion_tokens  dropped   kept     low low low medium high high high          dropped    dropped   yes     developer  chat
o4-mini       max_completion_tokens  dropped   dropped  low low low medium high high high          dropped    dropped   yes     developer  chat
gpt-5         max_completion_tokens  dropped   dropped  minimal minimal low medium high high high  kept       minimal   yes     developer  chat
gpt-5-mini    max_completion_tokens  dropped   dropped  minimal minimal low medium high high high  kept       minimal   yes     developer  chat
gpt-5-nano    max_completion_tokens  dropped   dropped  minimal minimal low medium high high high  kept       minimal   yes     developer  chat
gpt-5-chat    max_completion_tokens  kept      kept     - - - - - - -                              dropped    kept      yes     system     chat
gpt-5.1       max_completion_tokens  free      dropped  none none low medium high high high        kept       kept      yes     developer  chat
gpt-5.2       max_completion_tokens  free      dropped  none none low medium high xhigh xhigh      kept       kept      yes     developer  chat
gpt-5.1-chat  max_completion_tokens  kept      kept     medium medium medium medium medium medium medium  kept  kept    yes     developer  chat
gpt-5.2-chat  max_completion_tokens  dropped   kept     medium medium medium medium medium medium medium  kept  kept    yes     developer  chat
gpt-5.4       max_completion_tokens  free      dropped  none none low medium high xhigh xhigh      kept       kept      yes     developer  responses
gpt-5.4-mini  max_completion_tokens  free      dropped  none none low medium high xhigh xhigh      kept       kept      yes     developer  responses
gpt-5.5       max_completion_tokens  dropped   kept     none none low medium high xhigh xhigh      kept       kept      yes     developer  responses
gpt-5.6-sol   max_completion_tokens  dropped   kept     none none low medium high xhigh R          kept       kept      yes     developer  responses
gpt-6-astra   max_completion_tokens  dropped   kept     none none low medium high xhigh R          kept       kept      yes     developer  responses
mistral-large-3  max_tokens          kept      kept     none minimal low medium high xhigh max     kept       kept      yes     system     chat
deepseek-v3.1 as                     kept      kept     none minimal low medium high xhigh max     kept       kept      yes     system     chat
grok-4        as                     kept      dropped    none minimal low medium high xhigh max     kept       kept      yes     any        chat
gpt-oss-120b  as                     kept      kept     none minimal low medium high xhigh max     kept       kept      yes     any        chat
"""  # noqa: E501 a table

RESPONSES_TABLE = """
model              sampling  efforts                                    verbosity  parallel  stream  role
gpt-4o             kept      - - - - - - -                              dropped    kept      yes     system
gpt-4.1            kept      - - - - - - -                              dropped    kept      yes     system
o1                 dropped   low low low medium high high high          dropped    dropped   no      developer
o1-pro             dropped   low low low medium high high high          dropped    dropped   no      developer
o3                 dropped   low low low medium high high high          dropped    dropped   yes     developer
o3-mini            dropped   low low low medium high high high          dropped    dropped   yes     developer
o3-pro             dropped   low low low medium high high high          dropped    dropped   no      developer
o4-mini            dropped   low low low medium high high high          dropped    dropped   yes     developer
codex-mini         dropped   low low low medium high high high          dropped    dropped   yes     developer
gpt-5              dropped   minimal minimal low medium high high high  kept       minimal   yes     developer
gpt-5-mini         dropped   minimal minimal low medium high high high  kept       minimal   yes     developer
gpt-5-pro          dropped   high high high high high high high         kept       dropped   no      developer
gpt-5-codex        dropped   low low low medium high high high          dropped    kept      yes     developer
gpt-5-chat         kept      - - - - - - -                              dropped    kept      yes     system
gpt-5.1            free      none none low medium high high high        kept       kept      yes     developer
gpt-5.1-codex      dropped   none none low medium high high high        dropped    kept      yes     developer
gpt-5.1-codex-max  dropped   none none low medium high xhigh xhigh      kept       kept      yes     developer
gpt-5.2            free      none none low medium high xhigh xhigh      kept       kept      yes     developer
gpt-5.2-codex      dropped   low low low medium high xhigh xhigh        kept       kept      yes     developer
gpt-5.3-codex      dropped   low low low medium high xhigh xhigh        kept       kept      yes     developer
gpt-5.9-codex      dropped   none minimal low medium high xhigh max     kept       kept      yes     developer
gpt-5.4            free      none none low medium high xhigh xhigh      kept       kept      yes     developer
gpt-5.4-pro        dropped   medium medium medium medium high xhigh xhigh  kept    dropped   yes     developer
gpt-5.5            dropped   none none low medium high xhigh xhigh      kept       kept      yes     developer
gpt-5.6-terra      dropped   none none low medium high xhigh max        kept       kept      yes     developer
gpt-oss-120b       kept      none minimal low medium high xhigh max     kept       kept      yes     any
"""

RESPONSES_ONLY = (
    "o1-pro", "o3-pro", "codex-mini", "gpt-5-pro", "gpt-5-codex", "gpt-5.1-codex", "gpt-5.1-codex-mini",
    "gpt-5.1-codex-max", "gpt-5.2-codex", "gpt-5.3-codex", "gpt-5.9-codex", "gpt-5.2-pro", "gpt-5.4-pro",
    "o3-deep-research", "computer-use-preview",
)  # fmt: skip


def rows(table: str) -> list[dict[str, Any]]:
    head, *lines = [line.split() for line in table.strip().splitlines()]
    before = head.index("efforts")
    parsed: list[dict[str, Any]] = []
    for words in lines:
        efforts, rest = words[before : before + len(EFFORTS)], words[before + len(EFFORTS) :]
        parsed.append(
            {
                **dict(zip(head[:before], words[:before], strict=True)),
                "efforts": dict(zip(EFFORTS, efforts, strict=True)),
                **dict(zip(head[before + 1 :], rest, strict=True)),
            }
        )
    return parsed


def each(table: str) -> Any:
    return each_row("row", [pytest.param(row, id=row["model"]) for row in rows(table)])


def base(operation: str, **fields: Any) -> dict[str, Any]:
    asked = {"messages": [{"role": "user", "content": "Hi"}]} if operation == CHAT else {"input": "Hi"}
    return {"model": "private-name", **asked, **fields}


def sent(row: dict[str, Any], operation: str, **fields: Any) -> dict[str, Any]:
    adapted = adapt_request(operation, base(operation, **fields), profile=profile_for(row["model"]))
    assert adapted.operation == operation
    return adapted.body


@each(CHAT_TABLE)
def test_output_limit_over_chat(row: dict[str, Any]) -> None:
    for given in ("max_tokens", "max_completion_tokens"):
        name = given if row["limit"] == "as" else row["limit"]
        assert sent(row, CHAT, **{given: 7}) == base(CHAT, **{name: 7})
        assert sent(row, CHAT, **{given: None}) in (base(CHAT), base(CHAT, **{name: None}))
    name = "max_completion_tokens" if row["limit"] == "as" else row["limit"]
    assert sent(row, CHAT, max_output_tokens=7) == base(CHAT, **{name: 7})
    for both in ({"max_tokens": 5, "max_completion_tokens": 7}, {"max_completion_tokens": 7, "max_tokens": 5}):
        assert sent(row, CHAT, **both) == base(CHAT, **{name: 5 if name == "max_tokens" else 7})
    assert sent(row, CHAT, max_tokens=5, max_completion_tokens=None) in (
        base(CHAT, max_tokens=5),
        base(CHAT, max_completion_tokens=5),
    )


@each(RESPONSES_TABLE)
def test_output_limit_over_responses(row: dict[str, Any]) -> None:
    for given in ("max_output_tokens", "max_tokens", "max_completion_tokens"):
        assert sent(row, RESPONSES, **{given: 7}) == base(RESPONSES, max_output_tokens=7)
    assert sent(row, RESPONSES, max_output_tokens=7, max_tokens=5) == base(RESPONSES, max_output_tokens=7)


@each_row("operation", [CHAT, RESPONSES])
@each_row("name", SAMPLING)
def test_sampling(operation: str, name: str) -> None:
    for row in rows(CHAT_TABLE if operation == CHAT else RESPONSES_TABLE):
        value = {name: SAMPLING[name]}
        penal = name in ("presence_penalty", "frequency_penalty", "logit_bias")
        kept = row["sampling"] == "kept" or (row["sampling"] == "free" and not penal)
        assert sent(row, operation, **value) == base(operation, **(value if kept else {})), row["model"]
        if row["sampling"] == "free":
            high: dict[str, Any] = (
                {"reasoning_effort": "high"} if operation == CHAT else {"reasoning": {"effort": "high"}}
            )
            assert sent(row, operation, **value, **high) == base(operation, **high), row["model"]


@each_row("operation", [CHAT, RESPONSES])
def test_default_values_never_warn(operation: str) -> None:
    for row in rows(CHAT_TABLE if operation == CHAT else RESPONSES_TABLE):
        for name, value in DEFAULTS.items():
            adapted = adapt_request(
                operation, base(operation, **{name: value}), profile=profile_for(row["model"]), strict=True
            )
            assert adapted.body in (base(operation), base(operation, **{name: value})), row["model"]
            assert not any(change.loss for change in adapted.changes)


@each(CHAT_TABLE)
def test_stop(row: dict[str, Any]) -> None:
    kept = {"stop": ["END"]} if row["stop"] == "kept" else {}
    assert sent(row, CHAT, stop=["END"]) == base(CHAT, **kept)


@each(CHAT_TABLE)
@each_row("effort", EFFORTS)
def test_effort_over_chat(row: dict[str, Any], effort: str) -> None:
    expected = row["efforts"][effort]
    adapted = adapt_request(CHAT, base(CHAT, reasoning_effort=effort), profile=profile_for(row["model"]))
    if expected == "R":
        assert adapted.operation == RESPONSES
        assert adapted.body == base(CHAT, reasoning_effort=effort)
    else:
        assert adapted.operation == CHAT
        assert adapted.body == base(CHAT, **({} if expected == "-" else {"reasoning_effort": expected}))


@each(RESPONSES_TABLE)
@each_row("effort", EFFORTS)
def test_effort_over_responses(row: dict[str, Any], effort: str) -> None:
    expected = row["efforts"][effort]
    kept = {} if expected == "-" else {"reasoning": {"effort": expected}}
    assert sent(row, RESPONSES, reasoning={"effort": effort}) == base(RESPONSES, **kept)
    assert sent(row, RESPONSES, reasoning_effort=effort) == base(RESPONSES, **kept)


def test_a_reasoning_object_for_a_model_that_does_not_reason() -> None:
    assert sent({"model": "gpt-4o"}, RESPONSES, reasoning={"effort": "low", "summary": "auto"}) == base(RESPONSES)
    kept = {"reasoning": {"effort": "low", "summary": "auto"}}
    assert sent({"model": "o3"}, RESPONSES, **kept) == base(RESPONSES, **kept)


@each(CHAT_TABLE)
def test_verbosity_over_chat(row: dict[str, Any]) -> None:
    kept = row["verbosity"] == "kept"
    for value in ("low", "medium", "high"):
        assert sent(row, CHAT, verbosity=value) == base(CHAT, **({"verbosity": value} if kept else {}))


@each(RESPONSES_TABLE)
def test_verbosity_over_responses(row: dict[str, Any]) -> None:
    kept = row["verbosity"] == "kept"
    text = {"format": {"type": "text"}, "verbosity": "low"}
    assert sent(row, RESPONSES, text=text) == base(RESPONSES, text=text if kept else {"format": {"type": "text"}})
    alone = {"text": {"verbosity": "low"}} if kept else {}
    assert sent(row, RESPONSES, text={"verbosity": "low"}) == base(RESPONSES, **alone)
    assert sent(row, RESPONSES, verbosity="low") == base(RESPONSES, **alone)


@each_row("value", [True, False])
@each_row("operation", [CHAT, RESPONSES])
def test_parallel_tool_calls(operation: str, value: bool) -> None:
    tools = TOOLS if operation == CHAT else FLAT_TOOLS
    for row in rows(CHAT_TABLE if operation == CHAT else RESPONSES_TABLE):
        given: dict[str, Any] = {"tools": tools, "parallel_tool_calls": value}
        if row.get("tools") == "responses":
            given["reasoning_effort"] = "none"
        kept = (
            dict(given) if row["parallel"] != "dropped" else {k: given[k] for k in given if k != "parallel_tool_calls"}
        )
        assert sent(row, operation, **given) == base(operation, **kept), row["model"]
        if row["parallel"] == "minimal":
            low: dict[str, Any] = {"reasoning": {"effort": "minimal"}} if operation == RESPONSES else {}
            low |= {"reasoning_effort": "minimal"} if operation == CHAT else {}
            assert sent(row, operation, **given, **low) == base(operation, tools=tools, **low)


@each_row("operation", [CHAT, RESPONSES])
def test_streaming(operation: str) -> None:
    for row in rows(CHAT_TABLE if operation == CHAT else RESPONSES_TABLE):
        given: dict[str, Any] = {"stream": True}
        if operation == CHAT:
            given["stream_options"] = {"include_usage": True}
        adapted = adapt_request(operation, base(operation, **given), profile=profile_for(row["model"]))
        streams = row["stream"] == "yes"
        assert adapted.body == base(operation, **(given if streams else {})), row["model"]
        assert (adapted.stream, adapted.deliver_as_stream) == (streams, not streams)


@each_row("given", ["system", "developer"])
@each_row("operation", [CHAT, RESPONSES])
def test_roles(operation: str, given: str) -> None:
    key = "messages" if operation == CHAT else "input"
    for row in rows(CHAT_TABLE if operation == CHAT else RESPONSES_TABLE):
        asked = [{"role": given, "content": "Be brief."}, {"role": "user", "content": "Hi"}]
        expected: list[dict[str, Any]] = [{**asked[0], "role": row["role"]}, asked[1]]
        if row["role"] == "any":
            expected = asked
        elif row["role"] == "user":
            expected = [{"role": "user", "content": "Be brief.\n\nHi"}]
        assert sent(row, operation, **{key: asked}) == base(operation, **{key: expected}), row["model"]


@each(CHAT_TABLE)
def test_tools_with_reasoning_over_chat(row: dict[str, Any]) -> None:
    asked = base(CHAT, tools=TOOLS, reasoning_effort="high")
    adapted = adapt_request(CHAT, asked, profile=profile_for(row["model"]))
    assert adapted.operation == (RESPONSES if row["tools"] == "responses" else CHAT)
    if row["tools"] == "responses":
        assert adapted.body is asked
        assert [change.action for change in adapted.changes] == ["moved"]
        quiet = base(CHAT, tools=TOOLS, reasoning_effort="none")
        assert adapt_request(CHAT, quiet, profile=profile_for(row["model"])).body is quiet


@each_row(("model", "goal"), [("gpt-5.4", CHAT), ("gpt-5.5", RESPONSES), ("gpt-5.6", RESPONSES)])
def test_tools_where_no_effort_is_given_follow_the_default_effort(model: str, goal: str) -> None:
    """gpt-5.4 does not reason unless asked; gpt-5.6 does, and Azure then refuses tools though no effort was sent."""
    assert adapt_request(CHAT, base(CHAT, tools=TOOLS), profile=profile_for(model)).operation == goal


@each_row("model", RESPONSES_ONLY)
def test_models_that_only_responses_serves(model: str) -> None:
    asked = base(CHAT, temperature=0.2, max_tokens=5, reasoning_effort="low")
    adapted = adapt_request(CHAT, asked, profile=profile_for(model))
    assert adapted.operation == RESPONSES
    assert adapted.body is asked  # the translation comes first, then the rules in Responses' own names
    assert adapt_request(CHAT, asked, profile=profile_for(model), api="chat").operation == CHAT


def test_json_object_leaves_a_thinking_deepseek_without_an_answer() -> None:
    json_object = {"response_format": {"type": "json_object"}}
    schema = {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}}
    assert sent({"model": "DeepSeek-R1-0528"}, CHAT, **json_object) == base(CHAT)
    assert sent({"model": "DeepSeek-R1-0528"}, CHAT, **schema) == base(CHAT, **schema)
    for thinking in (
        {"thinking": {"type": "enabled"}},
        {"chat_template_kwargs": {"thinking": True}},
        {"reasoning_effort": "high"},
    ):
        assert sent({"model": "DeepSeek-V3.1"}, CHAT, **json_object, **thinking) == base(CHAT, **thinking)
    for quiet in ({}, {"thinking": {"type": "disabled"}}, {"reasoning_effort": "none"}):
        assert sent({"model": "DeepSeek-V3.1"}, CHAT, **json_object, **quiet) == base(CHAT, **json_object, **quiet)


@each_row("operation", ["/embeddings", "/images/generations", "/audio/speech", "/files"])
def test_other_operations_pass_untouched(operation: str) -> None:
    body = {"model": "x", "input": "hello", "temperature": 0.2, "max_tokens": 5}
    for model in ("gpt-5", "text-embedding-3-small", None):
        assert adapt_request(operation, body, profile=profile_for(model)).body is body
