"""Items of earlier replies, sent again: what the target would refuse is left out, what works is not touched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import azure_connector as ac
from azure_connector.emulator import Deployment, Emulator, Reply

QUESTION: dict[str, Any] = {"role": "user", "content": "What is the weather in Oslo?"}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAsecret"}
BARE = {"type": "reasoning", "id": "rs_1", "summary": []}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "call_1", "output": "Rain"}
HM = {"type": "output_text", "text": "Hm", "annotations": []}
SAID = {"type": "message", "id": "msg_1", "role": "assistant", "content": [HM]}
REFERENCE = {"type": "item_reference", "id": "fc_9"}
TOOL: Any = {"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}, "strict": False}


@pytest.fixture(scope="module")
def resource() -> Iterator[Emulator]:
    models = ("gpt-5-mini", "gpt-4o", "gpt-5.1")
    with Emulator([*map(Deployment, models), Deployment("house", "gpt-5-mini")]) as azure:
        yield azure


@pytest.fixture
def azure(resource: Emulator) -> Emulator:
    resource.clear()
    return resource


@pytest.fixture
def client(azure: Emulator) -> Iterator[ac.AzureConnector]:
    with ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        yield client


ANSWER = Reply(
    status=200,
    body={"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "house-model",
          "output": [], "parallel_tool_calls": True, "tool_choice": "auto", "tools": []},
)  # fmt: skip


def refusal(message: str, param: str = "input") -> Reply:
    return Reply(
        status=400, body={"error": {"message": message, "type": "invalid_request_error", "param": param, "code": None}}
    )


def replayed(client: ac.AzureConnector, azure: Emulator, model: str, items: list[Any], **more: Any) -> list[Any]:
    azure.script(ANSWER)
    client.responses.create(model=model, input=[QUESTION, *items], **more)
    return azure.requests.last.body["input"][1:]


def plain(*items: dict[str, Any]) -> list[dict[str, Any]]:
    return [{name: value for name, value in item.items() if name != "id"} for item in items]


FAKE = "__fake_id__"
# model, what is replayed, more parameters, what is sent
ROWS: dict[str, tuple[str, list[Any], dict[str, Any], list[Any]]] = {
    "stateless, whole": ("gpt-5-mini", [REASONING, CALL, RESULT], {"store": False}, [REASONING, *plain(CALL, RESULT)]),
    "stateless, reasoning that is stored nowhere": (
        "gpt-5-mini", [BARE, CALL, RESULT], {"store": False}, plain(CALL, RESULT),
    ),
    "stateless, a call alone": ("gpt-5-mini", [CALL, RESULT], {"store": False}, plain(CALL, RESULT)),
    "stateless, a message": ("gpt-4o", [SAID, QUESTION], {"store": False}, [*plain(SAID), QUESTION]),
    "stored, whole": ("gpt-5-mini", [BARE, CALL, RESULT], {}, [BARE, CALL, RESULT]),
    "stored, the reasoning is missing": ("gpt-5-mini", [CALL, RESULT], {}, plain(CALL, RESULT)),
    "stored, nothing ever reasoned": ("gpt-4o", [CALL, RESULT, SAID, QUESTION], {}, [CALL, RESULT, SAID, QUESTION]),
    "continued": (
        "gpt-5-mini", [CALL, RESULT], {"previous_response_id": "resp_0"}, [CALL, RESULT],
    ),
    "a fake id of a call": ("gpt-4o", [CALL | {"id": FAKE}, RESULT], {}, plain(CALL, RESULT)),
    "a fake id of a message": ("house", [SAID | {"id": FAKE}, QUESTION], {}, [*plain(SAID), QUESTION]),
    "another API's id": ("house", [CALL | {"id": "call_1"}, RESULT], {}, plain(CALL, RESULT)),
    "null": ("house", [CALL | {"id": None}, RESULT], {}, plain(CALL, RESULT)),
    "fake reasoning": ("house", [BARE | {"id": FAKE}, CALL, RESULT], {}, plain(CALL, RESULT)),
    "reasoning that led to nothing": ("gpt-5-mini", [REASONING, QUESTION], {"store": False}, [QUESTION]),
    "reasoning at the end": ("house", [REASONING], {}, []),
    "reasoning of another model": ("gpt-4o", [REASONING, CALL, RESULT], {"store": False}, plain(CALL, RESULT)),
    "status": ("gpt-4o", [CALL | {"status": "completed"}, RESULT], {}, [CALL, RESULT]),
    "a reference": ("house", [REFERENCE], {}, [REFERENCE]),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_what_is_sent(client, azure, row):
    model, items, more, expected = row
    assert replayed(client, azure, model, items, **more) == expected


def test_fake_reasoning_that_can_be_read_gets_an_id_of_the_right_kind(client, azure):
    sent = replayed(client, azure, "house", [REASONING | {"id": FAKE}, CALL, RESULT], store=False)
    assert sent[0]["id"].startswith("rs_")
    assert sent[0]["encrypted_content"] == REASONING["encrypted_content"]


# the words, what was replayed, what is sent then
LESSONS: dict[str, tuple[str, list[Any], dict[str, Any], list[Any]]] = {
    "a call without its reasoning": (
        "Item 'fc_1' of type 'function_call' was provided without its required 'reasoning' item: 'rs_1'.",
        [CALL, RESULT], {}, plain(CALL, RESULT),
    ),
    "reasoning is not stored": (
        "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false. Try again with "
        "`store` set to true, or remove this item from your input.",
        [BARE, CALL, RESULT], {}, plain(CALL, RESULT),
    ),
    "the id of encrypted reasoning": (
        "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.",
        [REASONING, CALL, RESULT], {"store": False}, [*plain(REASONING), *plain(CALL, RESULT)],
    ),
    "a wrong prefix of a result": (
        "Invalid 'input[2].id': 'x'. Expected an ID that begins with 'fc'.",
        [CALL, RESULT | {"id": "x"}], {}, plain(CALL, RESULT),
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", LESSONS.values(), ids=LESSONS)
def test_a_refusal_of_an_item_teaches(client, azure, row):
    words, items, more, expected = row
    azure.script(refusal(words))
    assert replayed(client, azure, "house", items, **more) == expected
    assert [request.status for request in azure.requests] == [400, 200]
    assert replayed(client, azure, "house", items, **more) == expected
    assert [request.status for request in azure.requests] == [400, 200, 200]


def test_an_item_that_is_not_stored_yet_is_sent_without_its_id_this_once(client, azure):
    azure.script(refusal("Item with id 'msg_1' not found."))
    assert replayed(client, azure, "house", [SAID, QUESTION]) == [*plain(SAID), QUESTION]
    assert replayed(client, azure, "house", [SAID, QUESTION]) == [SAID, QUESTION]


def test_ids_are_put_back_where_they_are_demanded(client, azure):
    azure.script(refusal("Item with id 'rs_1' not found."))
    assert replayed(client, azure, "house", [REASONING, CALL, RESULT], store=False)[0] == plain(REASONING)[0]
    azure.script(refusal("Missing required parameter: 'input[1].id'.", "input[1].id"))
    assert replayed(client, azure, "house", [REASONING, CALL, RESULT], store=False)[0] == REASONING


def test_a_reference_without_an_id_is_the_callers_to_mend(client, azure):
    azure.script(refusal("Missing required parameter: 'input[1].id'.", "input[1].id"))
    with pytest.raises(ac.RequestRefusedError, match="Missing required"):
        client.responses.create(model="house", input=[QUESTION, {"type": "item_reference"}])  # pyright: ignore


def test_what_follows_from_encrypted_content_goes_with_it(client, azure):
    azure.script(refusal("Encrypted content is not supported with this model.", "include"))
    more = {"store": False, "include": ["reasoning.encrypted_content"]}
    assert replayed(client, azure, "house", [REASONING, CALL, RESULT], **more) == plain(CALL, RESULT)
    assert "include" not in azure.requests.last.body


@pytest.mark.parametrize("store", [True, None])
def test_nothing_is_stripped_where_it_works(client, azure, store):
    kept: dict[str, Any] = {} if store is None else {"store": store}
    first = client.responses.create(model="gpt-5-mini", input=[QUESTION], tools=[TOOL], **kept)
    items: list[Any] = [item.to_dict() for item in first.output]
    call = next(item for item in items if item["type"] == "function_call")
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "Rain"}
    client.responses.create(model="gpt-5-mini", input=[result], previous_response_id=first.id, tools=[TOOL], **kept)
    client.responses.create(model="gpt-5-mini", input=[QUESTION, *items, result], tools=[TOOL], **kept)
    assert {request.status for request in azure.requests} == {200}
    sent = azure.requests.last.body["input"]
    assert [item.get("id") for item in sent] == [None, *(item.get("id") for item in items), None]


@pytest.mark.parametrize("model", ["gpt-5-mini", "house", "gpt-5.1", "gpt-4o"])
@pytest.mark.parametrize("include", [True, False])
def test_two_turns_with_tools_where_nothing_is_stored(client, azure, model: str, include: bool):
    more: dict[str, Any] = {"store": False, "tools": [TOOL]}
    if include and model != "gpt-4o":
        more["include"] = ["reasoning.encrypted_content"]
    items: list[Any] = [QUESTION]
    for _ in range(2):
        reply = client.responses.create(model=model, input=items, **more)
        items += [item.to_dict() for item in reply.output]
        for call in [item for item in reply.output if item.type == "function_call"]:
            items.append({"type": "function_call_output", "call_id": call.call_id, "output": "Rain"})
        if reply.output[-1].type == "message":
            items.append(QUESTION)
    assert azure.requests.last.status == 200
