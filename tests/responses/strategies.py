"""Conversations and replies as hypothesis makes them up, and the way back from Responses, which only tests need."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.responses import wire

Json = dict[str, Any]

# Text that JSON can hold, with line breaks, since they also separate the messages of a reply.
text = st.text(st.characters(codec="utf-8") | st.sampled_from("\n\n "), max_size=12)
words = st.text(st.characters(codec="utf-8") | st.sampled_from("\n\n "), min_size=1, max_size=12)
names = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)

# --- conversations -------------------------------------------------------------------------------------------------

user_parts = st.one_of(
    st.builds(lambda said: {"type": "text", "text": said}, text),
    st.builds(
        lambda url, detail: {"type": "image_url", "image_url": {"url": url, "detail": detail}},
        st.sampled_from(["https://example.org/a.png", "data:image/png;base64,AAAA"]),
        st.sampled_from(["auto", "low", "high"]),
    ),
    st.just({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}),
    st.just({"type": "file", "file": {"file_id": "file_1"}}),
    st.just({"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"}}),
)
questions = st.builds(
    lambda role, content: {"role": role, "content": content},
    st.sampled_from(["user", "system", "developer"]),
    text | st.lists(user_parts, min_size=1, max_size=3),
)
calls = st.one_of(
    st.builds(
        lambda name, args: {"id": "", "type": "function", "function": {"name": name, "arguments": args}}, names, text
    ),
    st.builds(lambda name, said: {"id": "", "type": "custom", "custom": {"name": name, "input": said}}, names, text),
)
text_parts = st.lists(st.builds(lambda said: {"type": "text", "text": said}, words), min_size=2, max_size=3)


@st.composite
def turns(draw: st.DrawFn) -> list[Json]:
    """A question, or an answer of the assistant with the results of its tool calls."""
    if draw(st.booleans()):
        return [draw(questions)]
    made = draw(st.lists(calls, max_size=3))
    said = draw(words | text_parts | st.none()) if made else draw(words | text_parts)
    answer: Json = {"role": "assistant", "content": said}
    if draw(st.booleans()):
        answer["refusal"] = draw(words)
    if not made:
        # Chat Completions can have two answers in a row, the inverse below cannot tell them from one.
        return [answer, draw(questions)]
    outputs = text | text_parts
    results = [{"role": "tool", "tool_call_id": "", "content": draw(outputs)} for _ in made]
    return [{**answer, "tool_calls": made}, *results]


def with_ids(found: list[list[Json]]) -> list[Json]:
    """The turns as one conversation, in which every call has its own id."""
    messages = [dict(message) for turn in found for message in turn]
    for at, message in enumerate(messages):
        if message.get("tool_calls"):
            message["tool_calls"] = [{**call, "id": f"call_{at}_{n}"} for n, call in enumerate(message["tool_calls"])]
            for n, call in enumerate(message["tool_calls"]):
                messages[at + 1 + n]["tool_call_id"] = call["id"]
    return messages


conversations = st.lists(turns(), max_size=4).map(with_ids)

schemas = st.just(
    {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
)
tools = st.lists(
    st.one_of(
        st.builds(
            lambda name, schema, strict: {
                "type": "function",
                "function": {"name": name, "description": "d", "parameters": schema, "strict": strict},
            },
            names,
            schemas,
            st.booleans(),
        ),
        st.builds(lambda name: {"type": "custom", "custom": {"name": name}}, names),
        st.builds(
            lambda name: {
                "type": "custom",
                "custom": {
                    "name": name,
                    "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: A"}},
                },
            },
            names,
        ),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda tool: tool[tool["type"]]["name"],
)


@st.composite
def choices(draw: st.DrawFn, defined: list[Json]) -> Any:
    """A choice among these tools."""
    chosen = draw(st.sampled_from(defined))
    named = {"type": chosen["type"], chosen["type"]: {"name": chosen[chosen["type"]]["name"]}}
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [named]}}
    return draw(st.sampled_from(["none", "auto", "required", named, allowed]))


@st.composite
def with_tools(draw: st.DrawFn, body: Json) -> Json:
    """The body with tools of different names and a choice among them, or without any."""
    if not draw(st.booleans()):
        return body
    defined = draw(tools)
    body = {**body, "tools": defined, "parallel_tool_calls": draw(st.booleans())}
    return {**body, "tool_choice": draw(choices(defined))} if draw(st.booleans()) else body


formats = st.one_of(
    st.sampled_from([{"type": "text"}, {"type": "json_object"}]),
    st.builds(
        lambda name, schema: {"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": True}},
        names,
        schemas,
    ),
)
bodies = st.fixed_dictionaries(
    {"model": names, "messages": conversations},
    optional={
        "response_format": formats,
        "verbosity": st.sampled_from(["low", "high"]),
        "reasoning_effort": st.sampled_from(["none", "minimal", "high"]),
        "max_completion_tokens": st.integers(16, 9999),
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "metadata": st.dictionaries(names, names, max_size=2),
        "user": names,
        "store": st.just(True),
        "logprobs": st.just(True),
        "top_logprobs": st.integers(0, 20),
        "stream": st.booleans(),
        "service_tier": st.just("default"),
        "prompt_cache_key": names,
        "safety_identifier": names,
    },
).flatmap(with_tools)


def back_to_chat(sent: Json) -> Json:
    """A chat completion's body that says the same as a Responses body."""
    chat = {key: value for key, value in sent.items() if key not in ("input", "include", "text", "reasoning", "tools")}
    chat["messages"] = back_to_messages(sent["input"])
    if not sent["store"]:
        del chat["store"]
    if "max_output_tokens" in chat:
        chat["max_completion_tokens"] = chat.pop("max_output_tokens")
    if "message.output_text.logprobs" in sent.get("include", ()):
        chat["logprobs"] = True
    if "effort" in sent.get("reasoning", {}):
        chat["reasoning_effort"] = sent["reasoning"]["effort"]
    if "verbosity" in sent.get("text", {}):
        chat["verbosity"] = sent["text"]["verbosity"]
    if form := sent.get("text", {}).get("format"):
        chat["response_format"] = nested(form, "json_schema")
    if "tools" in sent:
        chat["tools"] = [nested(tool, tool["type"]) for tool in sent["tools"]]
    choice = sent.get("tool_choice")
    if isinstance(choice, dict):
        chat["tool_choice"] = nested(choice, choice["type"])
        if choice["type"] == "allowed_tools":
            allowed = chat["tool_choice"]["allowed_tools"]
            allowed["tools"] = [nested(tool, tool["type"]) for tool in choice["tools"]]
    return chat


def nested(flat: Json, kind: str) -> Json:
    if flat["type"] != kind:
        return flat
    inner = {key: value for key, value in flat.items() if key != "type"}
    form = inner.get("format", {})
    if form.get("type") == "grammar":
        inner["format"] = {"type": "grammar", "grammar": {k: v for k, v in form.items() if k != "type"}}
    return {"type": kind, kind: inner}


def back_to_messages(items: list[Json]) -> list[Json]:
    messages: list[Json] = []
    for item in items:
        kind = item["type"]
        if kind in ("function_call_output", "custom_tool_call_output"):
            content = back_to_content(item["output"])
            messages.append({"role": "tool", "tool_call_id": item["call_id"], "content": content})
        elif kind == "message" and item["role"] != "assistant":
            messages.append({"role": item["role"], "content": back_to_content(item["content"])})
        elif kind == "message":
            said = [{"type": "text", "text": part["text"]} for part in item["content"] if part["type"] == "output_text"]
            refusals = [part["refusal"] for part in item["content"] if part["type"] == "refusal"]
            content = None if not said else said[0]["text"] if len(said) == 1 else said
            messages.append({"role": "assistant", "content": content, **({"refusal": refusals[0]} if refusals else {})})
        else:
            if not messages or messages[-1]["role"] != "assistant":
                messages.append({"role": "assistant", "content": None})
            messages[-1].setdefault("tool_calls", []).append(back_to_call(item))
    return messages


def back_to_call(item: Json) -> Json:
    if item["type"] == "custom_tool_call":
        return {"id": item["call_id"], "type": "custom", "custom": {"name": item["name"], "input": item["input"]}}
    function = {"name": item["name"], "arguments": item["arguments"]}
    return {"id": item["call_id"], "type": "function", "function": function}


def back_to_content(content: str | list[Json]) -> str | list[Json]:
    return content if isinstance(content, str) else [back_to_part(part) for part in content]


def back_to_part(part: Json) -> Json:
    if part["type"] == "input_text":
        return {"type": "text", "text": part["text"]}
    if part["type"] == "input_image":
        return {"type": "image_url", "image_url": {"url": part["image_url"], "detail": part["detail"]}}
    if part["type"] == "input_file":
        return {"type": "file", "file": {key: value for key, value in part.items() if key != "type"}}
    return part


# --- replies -------------------------------------------------------------------------------------------------------

tokens = st.builds(
    lambda token: {"token": token, "bytes": list(token.encode()), "logprob": -0.5, "top_logprobs": []}, words
)
citations = st.just(
    {"type": "url_citation", "start_index": 0, "end_index": 1, "url": "https://example.org", "title": "t"}
)


@st.composite
def message_items(draw: st.DrawFn) -> Json:
    part = {
        "type": "output_text",
        "text": "",
        "annotations": draw(st.lists(citations, max_size=1)),
        "logprobs": draw(st.lists(tokens, max_size=2)),
    }
    parts = [{**part, "text": said} for said in draw(st.lists(text, min_size=1, max_size=2))]
    phase = draw(st.sampled_from([None, None, "commentary", "final_answer"]))
    # Where a phase may put text aside, its log probabilities come with the text: a bare token has no place.
    for piece in parts:
        if not piece["text"]:
            piece["logprobs"] = []
    item = {"id": "msg", "type": "message", "role": "assistant", "status": "completed"}
    return {**item, **({"phase": phase} if phase else {}), "content": parts}


reasoning_items = st.builds(
    lambda summaries: {
        "id": "rs",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": said} for said in summaries],
        "encrypted_content": "gAAAAsecret",
    },
    st.lists(text, max_size=2),
)
call_items = st.one_of(
    st.builds(lambda name, args: wire.call(name=name, arguments=args), names, text),
    st.builds(lambda name, said: wire.custom_call(name=name, text=said), names, text),
)
other_items = st.just({"id": "ig", "type": "image_generation_call", "status": "completed", "result": "iVBO"})
items = st.one_of(message_items(), reasoning_items, call_items, other_items)


def with_item_ids(output: list[Json]) -> list[Json]:
    return [
        {**item, "id": f"{item['id']}_{n}", **({"call_id": f"call_{n}"} if "call_id" in item else {})}
        for n, item in enumerate(output)
    ]


outputs = st.lists(items, max_size=6).map(with_item_ids)
refused = st.builds(lambda output, said: [*output, wire.refusal(said)], outputs, words)


@st.composite
def replies(draw: st.DrawFn) -> Json:
    fields = draw(
        st.sampled_from(
            [
                {},
                {},
                {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
                {"usage": None, "content_filters": None},
            ]
        )
    )
    return wire.reply(*draw(outputs | refused), **fields)


@st.composite
def ways(draw: st.DrawFn, output: list[Json]) -> list[str]:
    """How each item is told in a stream; what is said to be commentary only by its `added` keeps it."""
    found: list[str] = []
    for item in output:
        known = ["full", "deltas", "done"] if item.get("phase") else ["full", "added", "deltas", "done"]
        found.append(draw(st.sampled_from(known)))
    silent = draw(st.integers(0, len(output)))
    return [*found[: len(output) - silent], *["silent"] * silent] if draw(st.booleans()) else found
