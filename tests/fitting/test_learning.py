"""What a refusal teaches, and what it must not."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from azure_connector.deployments import CHAT, RESPONSES, profile_for
from azure_connector.errors._classify import parse_envelope
from azure_connector.requests import Adaptation, adapt_request
from azure_connector.requests._adaptation_from_error import AdaptationCache, adaptation_from_error
from tests.fitting.bodies import USER, chat
from tests.support.tables import each_row

TOOLS = [{"type": "function", "function": {"name": "f"}}]
SYSTEM = {"role": "system", "content": "A"}
DEVELOPER = {"role": "developer", "content": "A"}
THOUGHT = {"role": "assistant", "content": "Yes", "reasoning_content": "hm"}


def native(**fields: Any) -> dict[str, Any]:
    return {"model": "d", "input": [USER], **fields}


def taught(status: int, error: Any, operation: str, body: dict[str, Any], **known: Any) -> Adaptation | None:
    return adaptation_from_error(status, parse_envelope(status, error), operation, body, **known)


def refused(message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def unsupported(name: str, more: str = "") -> dict[str, Any]:
    message = f"Unsupported parameter: '{name}' is not supported with this model.{more}"
    return refused(message, name, "unsupported_parameter")


def value(name: str, text: str, code: str = "unsupported_value") -> dict[str, Any]:
    return refused(f"Unsupported value: '{name}' does not support {text}", name, code)


INSTEAD = " Use 'max_completion_tokens' instead."
EXTRA = [{"type": "extra_forbidden", "loc": ["body", "max_completion_tokens"], "msg": "Extra inputs are not permitted"}]
STREAM_EXTRA = [
    {"type": "extra_forbidden", "loc": ["body", "stream_options", "include_usage"], "msg": "…", "input": True}
]
MESSAGE_EXTRA = [
    {"type": "extra_forbidden", "loc": ["body", "messages", 1, "assistant", "reasoning_content"], "msg": "…"}
]
FUNCTION_TOOLS = (
    "Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions. "
    "Please use /v1/responses instead."
)
NOT_CHAT = "The chatCompletion operation does not work with the specified model, {}. Please choose different model."
NONE = "Invalid value: 'none'. Supported values are: 'low', 'medium', and 'high'."
NO_STREAM = "Unsupported value: 'stream' does not support true with this model. Supported values are: false."
UNRECOGNIZED = "Unrecognized request argument supplied: {}"
TOO_LARGE = (
    "max_tokens is too large: 20000. This model supports at most 16384 completion tokens, whereas you provided 20000."
)
MOVED = (
    "Unsupported parameter: 'reasoning_effort'. In the Responses API, this parameter has moved to 'reasoning.effort'."
)
LIMIT = Adaptation("rename", CHAT, "max_tokens", to="max_completion_tokens")
BACK = Adaptation("rename", CHAT, "max_completion_tokens", to="max_tokens")

TAUGHT: list[tuple[int, Any, str, dict[str, Any], Adaptation, dict[str, Any] | None]] = [
    (400, unsupported("max_tokens", INSTEAD), CHAT, chat(max_tokens=5), LIMIT, chat(max_completion_tokens=5)),
    (400, unsupported("max_tokens"), CHAT, chat(max_tokens=5), LIMIT, chat(max_completion_tokens=5)),
    (
        400,
        refused(UNRECOGNIZED.format("max_completion_tokens")),
        CHAT,
        chat(max_completion_tokens=5),
        BACK,
        chat(max_tokens=5),
    ),
    (422, {"detail": EXTRA}, CHAT, chat(max_completion_tokens=5), BACK, chat(max_tokens=5)),
    (422, {"object": "error", "message": {"detail": EXTRA}}, CHAT, chat(max_completion_tokens=5), BACK, None),
    (
        422,
        {"error": {"code": "Invalid input", "status": 422, "message": json.dumps({"detail": STREAM_EXTRA})}},
        CHAT,
        chat(stream=True, stream_options={"include_usage": True}),
        Adaptation("drop", CHAT, "stream_options"),
        chat(stream=True),
    ),
    (
        422,
        {"error": {"code": "Invalid input", "message": f"{EXTRA}"}},
        CHAT,
        chat(max_completion_tokens=5),
        BACK,
        None,
    ),
    (
        422,
        {"detail": MESSAGE_EXTRA},
        CHAT,
        chat(messages=[USER, THOUGHT]),
        Adaptation("drop", CHAT, "messages.reasoning_content"),
        chat(messages=[USER, {"role": "assistant", "content": "Yes"}]),
    ),
    (
        400,
        value("temperature", "0.2 with this model. Only the default (1) value is supported."),
        CHAT,
        chat(temperature=0.2),
        Adaptation("values", CHAT, "temperature", values=(1,), reasoning=True),
        chat(),
    ),
    (
        400,
        refused("Unsupported parameter: 'temperature' is not supported with this model."),  # no code, no param
        CHAT,
        chat(temperature=0.2),
        Adaptation("drop", CHAT, "temperature", reasoning=True),
        chat(),
    ),
    (
        400,
        refused(UNRECOGNIZED.format("parallel_tool_calls") + ". Please contact us through an Azure support request."),
        CHAT,
        chat(tools=TOOLS, parallel_tool_calls=True),
        Adaptation("drop", CHAT, "parallel_tool_calls"),
        chat(tools=TOOLS),
    ),
    (
        400,
        refused("Unrecognized request arguments supplied: x_mine, reasoning_effort"),
        CHAT,
        chat(reasoning_effort="low"),
        Adaptation("drop", CHAT, "reasoning_effort"),
        chat(),
    ),
    (
        400,
        unsupported("parallel_tool_calls"),
        CHAT,
        chat(tools=TOOLS, parallel_tool_calls=False),
        Adaptation("drop", CHAT, "parallel_tool_calls"),
        chat(tools=TOOLS),
    ),
    (
        400,
        value(
            "reasoning_effort", "'minimal' with this model. Supported values are: 'none', 'low', 'medium', and 'high'."
        ),
        CHAT,
        chat(reasoning_effort="minimal"),
        Adaptation("values", CHAT, "reasoning_effort", values=("none", "low", "medium", "high")),
        chat(reasoning_effort="none"),
    ),
    (
        400,
        refused(NONE, "reasoning_effort", "invalid_value"),
        CHAT,
        chat(reasoning_effort="none"),
        Adaptation("values", CHAT, "reasoning_effort", values=("low", "medium", "high")),
        chat(reasoning_effort="low"),
    ),
    (
        400,
        refused(
            "Unsupported value: 'xhigh' is not supported with the 'x' model. Supported values are: 'low' and 'high'.",
            "reasoning.effort",
            "unsupported_value",
        ),
        RESPONSES,
        native(reasoning={"effort": "xhigh", "summary": "auto"}),
        Adaptation("values", RESPONSES, "reasoning.effort", values=("low", "high")),
        native(reasoning={"effort": "high", "summary": "auto"}),
    ),
    (
        400,
        value("verbosity", "'low' with this model. Supported values are: 'medium'."),
        CHAT,
        chat(verbosity="low"),
        Adaptation("values", CHAT, "verbosity", values=("medium",)),
        chat(),
    ),
    (
        400,
        unsupported("reasoning.summary"),
        RESPONSES,
        native(reasoning={"effort": "low", "summary": "auto"}),
        Adaptation("drop", RESPONSES, "reasoning.summary"),
        native(reasoning={"effort": "low"}),
    ),
    (
        400,
        refused("Encrypted content is not supported with this model.", "include"),
        RESPONSES,
        native(include=["reasoning.encrypted_content", "x"]),
        Adaptation("drop", RESPONSES, "include", values=("reasoning.encrypted_content",)),
        native(include=["x"]),
    ),
    (
        400,
        refused(TOO_LARGE, "max_tokens", "invalid_value"),
        CHAT,
        chat(max_tokens=20000),
        Adaptation("at_most", CHAT, "max_tokens", limit=16384),
        chat(max_tokens=16384),
    ),
    (
        400,
        value("messages[0].role", "'system' with this model."),
        CHAT,
        chat(messages=[SYSTEM, USER]),
        Adaptation("role", CHAT, "system", to="developer"),
        chat(messages=[DEVELOPER, USER]),
    ),
    (
        400,
        refused(
            "Invalid value: 'developer'. Supported values are: 'system', 'assistant', 'user', 'function', and 'tool'.",
            "messages[0].role",
            "invalid_value",
        ),
        CHAT,
        chat(messages=[DEVELOPER, USER]),
        Adaptation("role", CHAT, "developer", to="system"),
        chat(messages=[SYSTEM, USER]),
    ),
    (
        400,
        refused(NO_STREAM, "stream", "unsupported_value"),
        CHAT,
        chat(stream=True),
        Adaptation("no_stream", CHAT),
        chat(),
    ),
    (
        400,
        {"error": {"code": "OperationNotSupported", "message": NOT_CHAT.format("gpt-5-pro")}},
        CHAT,
        chat(),
        Adaptation("responses", CHAT),
        None,
    ),
    (
        400,
        refused(FUNCTION_TOOLS, "reasoning_effort"),
        CHAT,
        chat(tools=TOOLS),
        Adaptation("responses", CHAT, "tools"),
        None,
    ),
    # Foundry: an integer code, and the true error as JSON within the message.
    (
        400,
        {"error": {"code": 400, "message": json.dumps(unsupported("max_tokens", INSTEAD))}},
        CHAT,
        chat(max_tokens=5),
        LIMIT,
        chat(max_completion_tokens=5),
    ),
    # As the SDK gives it: without the envelope.
    (400, unsupported("max_tokens", INSTEAD)["error"], CHAT, chat(max_tokens=5), LIMIT, None),
]


@each_row(("status", "error", "operation", "body", "adaptation", "adapted"), TAUGHT)
def test_a_refusal_teaches(
    status: int,
    error: Any,
    operation: str,
    body: dict[str, Any],
    adaptation: Adaptation,
    adapted: dict[str, Any] | None,
) -> None:
    assert taught(status, error, operation, body) == adaptation
    if adapted is not None:
        again = adapt_request(operation, body, profile=None, adaptations=[adaptation])
        assert again.body == adapted
        assert again.operation == operation


SCHEMA = "Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."
TYPED = "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."


@each_row(
    ("status", "error", "body"),
    [
        (400, refused("…", "prompt", "content_filter"), chat(temperature=0.2)),
        (400, refused("The maximum is 8 tokens.", "messages", "context_length_exceeded"), chat()),
        (400, refused(SCHEMA, "tools[0].function.parameters", "invalid_function_parameters"), chat(tools=TOOLS)),
        (400, refused(TYPED, "response_format"), chat(response_format={"type": "json_schema"})),
        (400, unsupported("tools"), chat(tools=TOOLS)),
        (400, unsupported("temperature"), chat()),  # not in what was sent
        (400, refused(UNRECOGNIZED.format("temprature")), chat(temprature=0.2)),  # the caller must see it
        (400, refused("Missing: 'messages'.", "messages", "missing_required_parameter"), {"model": "d"}),
        (400, refused("Invalid value: 'turbo'. Supported values are: 'low'.", "reasoning_effort", "invalid_value"),
         chat(reasoning_effort="turbo")),
        (400, refused("Invalid 'temperature': decimal above maximum value.", "temperature", "decimal_above_max_value"),
         chat(temperature=3)),
        (400, refused("Invalid type for 'stop': expected a string.", "stop", "invalid_type"), chat(stop=3)),
        (400, refused("'messages[0].role' is wrong", "messages[0].role", "invalid_value"), chat()),
        (400, refused("Invalid value: 'x'.", "messages[0].role", "invalid_value"), chat(messages=[{"role": "x"}])),
        (400, refused(NOT_CHAT.format("text-embedding-3-small"), None, "OperationNotSupported"), chat()),
        (400, refused(FUNCTION_TOOLS, "reasoning_effort"), chat()),
        (404, refused("The API deployment for this resource does not exist.", None, "DeploymentNotFound"), chat()),
        (404, unsupported("temperature"), chat(temperature=0.2)),
        (429, unsupported("temperature"), chat(temperature=0.2)),
        (500, unsupported("temperature"), chat(temperature=0.2)),
        (400, None, chat(temperature=0.2)),
        (400, {}, chat(temperature=0.2)),
        (400, {"statusCode": 400, "message": "Bad request"}, chat(temperature=0.2)),
        (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "tools"]}]}, chat(tools=TOOLS)),
        (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "messages", 0, "user", "content"]}]}, chat()),
        (422, {"detail": [{"type": "missing", "loc": ["body", "max_tokens"]}]}, chat(max_tokens=5)),
    ],
)  # fmt: skip
def test_the_callers_own_fault_teaches_nothing(status: int, error: Any, body: dict[str, Any]) -> None:
    assert taught(status, error, CHAT, body) is None


def test_other_operations_teach_nothing() -> None:
    assert taught(400, unsupported("user"), "/embeddings", {"model": "d", "input": "x", "user": "u"}) is None
    native_refusal = {"error": {"code": "OperationNotSupported", "message": "The responses operation does not work."}}
    assert taught(400, native_refusal, RESPONSES, native()) is None


def test_what_was_known_when_the_body_was_fitted_teaches_nothing_new() -> None:
    """Two calls may be refused at once: the second one may still try what the first has learned."""
    refusal, body = unsupported("max_tokens", INSTEAD), chat(max_tokens=5)
    assert taught(400, refusal, CHAT, body, known=[LIMIT]) is None
    assert taught(400, refusal, CHAT, body, known=[BACK]) == LIMIT


def test_what_bounds_the_cost_or_the_storage_is_never_left_out() -> None:
    assert taught(400, unsupported("max_output_tokens"), RESPONSES, native(max_output_tokens=5)) is None
    assert taught(400, unsupported("store"), RESPONSES, native(store=False)) is None
    assert taught(400, unsupported("store"), CHAT, chat(store=False)) == Adaptation("drop", CHAT, "store")


def test_a_flat_effort_moves_into_its_object_over_responses() -> None:
    adaptation = taught(400, refused(MOVED, None, "unsupported_parameter"), RESPONSES, native(reasoning_effort="low"))
    assert adaptation == Adaptation("rename", RESPONSES, "reasoning_effort", to="reasoning.effort")


KEYS = st.sampled_from(["error", "message", "param", "code", "detail", "loc"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
JUNK = st.recursive(
    LEAVES | st.sampled_from(["Unsupported parameter: 'stop'", "{", '{"error": 3}']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)


@given(
    st.sampled_from([400, 422]),
    st.dictionaries(KEYS, JUNK),
    JUNK,
)
def test_no_reply_is_so_strange_that_it_raises(status: int, error: dict[str, Any], messages: Any) -> None:
    body = {"model": "d", "messages": messages, "stop": "x", "reasoning": messages}
    for operation in (CHAT, RESPONSES):
        adaptation = taught(status, error, operation, body)
        assert adaptation is None or isinstance(str(adaptation), str)


def test_what_is_left_out_by_a_lesson_is_a_loss_unless_it_is_the_default() -> None:
    adaptation = Adaptation("drop", CHAT, "temperature")
    assert [
        c.loss for c in adapt_request(CHAT, chat(temperature=0.2), profile=None, adaptations=[adaptation]).changes
    ] == [True]
    assert [
        c.loss for c in adapt_request(CHAT, chat(temperature=1), profile=None, adaptations=[adaptation]).changes
    ] == [False]
    capped = adapt_request(
        CHAT, chat(max_tokens=9), profile=None, adaptations=[Adaptation("at_most", CHAT, "max_tokens", limit=4)]
    )
    assert [c.loss for c in capped.changes] == [False]


def test_a_refused_default_effort_is_left_out_instead_of_replaced() -> None:
    """gpt-5.1 does not reason by default: leaving out a refused `none` keeps its meaning, `low` would not."""
    adaptation = Adaptation("values", CHAT, "reasoning_effort", values=("low", "medium", "high"))
    adapted = adapt_request(
        CHAT, chat(reasoning_effort="none"), profile=profile_for("gpt-5.1"), adaptations=[adaptation], strict=True
    )
    assert adapted.body == chat()


def test_a_lesson_holds_for_the_api_that_taught_it() -> None:
    adaptation = Adaptation("drop", RESPONSES, "top_p")
    body = chat(top_p=0.5)
    assert adapt_request(CHAT, body, profile=None, adaptations=[adaptation]).body is body


def test_lessons_choose_the_api() -> None:
    always, with_tools = Adaptation("responses", CHAT), Adaptation("responses", CHAT, "tools")
    assert adapt_request(CHAT, chat(), profile=None, adaptations=[always]).operation == RESPONSES
    assert adapt_request(CHAT, chat(), profile=None, adaptations=[always], api="chat").operation == CHAT
    assert adapt_request(CHAT, chat(), profile=None, adaptations=[with_tools]).operation == CHAT
    assert adapt_request(CHAT, chat(tools=TOOLS), profile=None, adaptations=[with_tools]).operation == RESPONSES
    quiet = chat(tools=TOOLS, reasoning_effort="none")
    assert adapt_request(CHAT, quiet, profile=None, adaptations=[with_tools]).operation == CHAT


def test_a_lesson_is_kept_for_its_deployment_only() -> None:
    adaptations = AdaptationCache()
    assert adaptations.add("a@default", LIMIT)
    assert not adaptations.add("a@default", LIMIT)
    assert adaptations.of("a@default") == (LIMIT,)
    assert adaptations.of("b@default") == ()


def test_a_new_lesson_outweighs_what_contradicts_it() -> None:
    adaptations = AdaptationCache()
    for adaptation in (LIMIT, BACK):
        assert adaptations.add("a", adaptation)
    assert adaptations.of("a") == (BACK,)
    adaptations.add("b", Adaptation("values", CHAT, "reasoning_effort", values=("low",)))
    adaptations.add("b", Adaptation("values", CHAT, "reasoning_effort", values=("high",)))
    assert adaptations.of("b") == (Adaptation("values", CHAT, "reasoning_effort", values=("high",)),)


def test_where_neither_role_is_taken_instructions_come_from_the_user() -> None:
    adaptations = AdaptationCache()
    adaptations.add("a", Adaptation("role", CHAT, "developer", to="system"))
    adaptations.add("a", Adaptation("role", CHAT, "system", to="developer"))
    adapted = adapt_request(
        CHAT, chat(messages=[SYSTEM, DEVELOPER, USER]), profile=None, adaptations=adaptations.of("a")
    )
    assert [message["role"] for message in adapted.body["messages"]] == ["user", "user", "user"]


def test_memory_is_bounded() -> None:
    adaptations = AdaptationCache(deployments=3, adaptations=2)
    for number in range(10):
        for name in ("stop", "seed", "user"):
            adaptations.add(f"{number}@default", Adaptation("drop", CHAT, name))
    assert [key for number in range(10) if adaptations.of(key := f"{number}@default")] == [
        "7@default",
        "8@default",
        "9@default",
    ]
    assert [adaptation.parameter for adaptation in adaptations.of("9@default")] == ["seed", "user"]


def test_what_was_learned_can_be_read() -> None:
    adaptations = AdaptationCache()
    for _, error, operation, body, _, _ in TAUGHT:
        adaptation = taught(400, error, operation, body)
        assert adaptation is not None
        adaptations.add("a", adaptation)
    lines = adaptations.explain("a")
    assert len(lines) == len(adaptations.of("a"))
    assert any(
        line.startswith("verbosity is kept to medium (learnt on /chat/completions: Unsupported") for line in lines
    )
    assert any(line.startswith("reasoning.effort is kept to low, high") for line in lines)
    assert any(line.startswith("chat goes through the Responses API") for line in lines)
