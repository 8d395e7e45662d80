"""Every operation that names a deployment, over HTTP: what stands in the path, the query, the body or the form."""

from __future__ import annotations

import asyncio
import io
import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.deployments import OPERATIONS, operation_of
from azure_connector.emulator import Emulator, Reply
from azure_connector.emulator.served import SERVED
from azure_connector.errors import InvalidRequestError
from tests.support import asking

MAPPING = {
    "gpt-5": ["chat-deployment", "spare-deployment"],
    "gpt-realtime": "voice-deployment",
    "whisper-1": "ears-deployment",
    "sora-2": "film-deployment",
    "gpt-image-1": "picture-deployment",
}
CLASSIC = "2024-10-21"
TEXT = [{"role": "user", "content": "Hi"}]
GRADER = {"type": "score_model", "name": "g", "model": "gpt-5", "input": TEXT}


# Something of every operation's reply.
ANSWER = {"id": "x", "object": "thing", "value": "ek", "client_secret": {}, "reward": 1.0, "grader": {}}
ANSWER |= {"output": [], "choices": []}


@dataclass(frozen=True)
class Row:
    """One call and what it sends; `seen` are dotted paths of the body, or parts of the form."""

    method: str
    arguments: dict[str, Any]
    path: str
    classic: str
    seen: dict[str, Any] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    verb: str = "POST"


def _res(path: str) -> str:
    return f"/openai{path}?api-version={CLASSIC}"


def _v1(path: str) -> str:
    return f"/openai/v1{path}"


SESSION = {
    "type": "realtime",
    "model": "gpt-realtime",
    "audio": {"input": {"transcription": {"model": "whisper-1"}}},
}
MAPPED_SESSION = {"session.model": "voice-deployment"}
ROWS = [
    Row(
        "completions.create",
        {"model": "gpt-5", "prompt": "Hi"},
        "/completions",
        f"/openai/deployments/chat-deployment/completions?api-version={CLASSIC}",
        {"model": "chat-deployment"},
    ),
    Row(
        "responses.compact",
        {"model": "gpt-5", "input": "Hi"},
        "/responses/compact",
        _v1("/responses/compact"),
        {"model": "chat-deployment"},
    ),
    Row(
        "responses.input_tokens.count",
        {"model": "gpt-5", "input": "Hi"},
        "/responses/input_tokens",
        _v1("/responses/input_tokens"),
        {"model": "chat-deployment"},
    ),
    Row(
        "responses.create",
        {"model": "gpt-5", "input": "Hi", "tools": [{"type": "image_generation", "model": "gpt-image-1"}]},
        "/responses",
        _v1("/responses"),
        {"model": "chat-deployment"},
        headers={"x-ms-oai-image-generation-deployment": "picture-deployment"},
    ),
    Row(
        "responses.create",
        {"model": "gpt-5", "input": "Hi", "tools": [{"type": "image_generation"}]},
        "/responses",
        _v1("/responses"),
        {"model": "chat-deployment"},
        headers={"x-ms-oai-image-generation-deployment": "picture-deployment"},
    ),
    Row("responses.create", {"prompt": {"id": "pmpt_1"}}, "/responses", _v1("/responses"), {"prompt.id": "pmpt_1"}),
    Row(
        "responses.create",
        {"input": "Hi", "extra_body": {"agent_reference": {"type": "agent_reference", "name": "N"}}},
        "/responses",
        _v1("/responses"),
        {"agent_reference.name": "N"},
    ),
    Row(
        "realtime.client_secrets.create",
        {"session": SESSION},
        "/realtime/client_secrets",
        _v1("/realtime/client_secrets"),
        {"session.model": "voice-deployment", "session.audio.input.transcription.model": "ears-deployment"},
    ),
    Row(
        "beta.realtime.sessions.create",
        {"model": "gpt-realtime", "input_audio_transcription": {"model": "whisper-1"}},
        "/realtime/sessions",
        _v1("/realtime/sessions"),
        {"model": "voice-deployment", "input_audio_transcription.model": "ears-deployment"},
    ),
    Row(
        "beta.realtime.transcription_sessions.create",
        {"input_audio_transcription": {"model": "whisper-1"}},
        "/realtime/transcription_sessions",
        _v1("/realtime/transcription_sessions"),
        {"input_audio_transcription.model": "ears-deployment"},
    ),
    Row(
        "realtime.calls.create",
        {"sdp": "v=0", "session": SESSION},
        "/realtime/calls",
        _v1("/realtime/calls"),
        form={"sdp": "v=0", "session": "voice-deployment"},
    ),
    Row(
        "realtime.calls.accept",
        {"call_id": "rtc_1", "type": "realtime", "model": "gpt-realtime"},
        "/realtime/calls/rtc_1/accept",
        _v1("/realtime/calls/rtc_1/accept"),
        {"model": "voice-deployment"},
    ),
    Row(
        "videos.create",
        {"model": "sora-2", "prompt": "A fjord"},
        "/videos",
        _v1("/videos"),
        form={"model": "film-deployment", "prompt": "A fjord"},
    ),
    Row(
        "videos.create",
        {"model": "sora-2", "prompt": "A fjord", "input_reference": ("a.png", b"png", "image/png")},
        "/videos",
        _v1("/videos"),
        form={"model": "film-deployment", "input_reference": "png"},
    ),
    Row(
        "beta.assistants.create",
        {"model": "gpt-5"},
        "/assistants",
        _res("/assistants"),
        {"model": "chat-deployment"},
    ),
    Row(
        "beta.assistants.update",
        {"assistant_id": "asst_1", "model": "gpt-5"},
        "/assistants/asst_1",
        _res("/assistants/asst_1"),
        {"model": "chat-deployment"},
    ),
    Row(
        "beta.threads.runs.create",
        {"thread_id": "thread_1", "assistant_id": "asst_1", "model": "gpt-5"},
        "/threads/thread_1/runs",
        _res("/threads/thread_1/runs"),
        {"model": "chat-deployment", "assistant_id": "asst_1"},
    ),
    Row(
        "beta.threads.create_and_run",
        {"assistant_id": "asst_1"},
        "/threads/runs",
        _res("/threads/runs"),
        {"assistant_id": "asst_1"},
    ),
    Row(
        "fine_tuning.alpha.graders.run",
        {"grader": GRADER, "model_sample": "Hi"},
        "/fine_tuning/alpha/graders/run",
        _v1("/fine_tuning/alpha/graders/run"),
        {"grader.model": "chat-deployment"},
    ),
    Row(
        "fine_tuning.alpha.graders.validate",
        {"grader": {"type": "multi", "name": "m", "calculate_output": "g", "graders": {"g": GRADER}}},
        "/fine_tuning/alpha/graders/validate",
        _v1("/fine_tuning/alpha/graders/validate"),
        {"grader.graders.g.model": "chat-deployment"},
    ),
    Row(
        "fine_tuning.jobs.create",
        {
            "model": "gpt-5",
            "training_file": "file-1",
            "method": {"type": "reinforcement", "reinforcement": {"grader": GRADER}},
        },
        "/fine_tuning/jobs",
        _res("/fine_tuning/jobs"),
        {"model": "gpt-5", "method.reinforcement.grader.model": "chat-deployment"},
    ),
    Row(
        "evals.create",
        {"data_source_config": {"type": "logs"}, "testing_criteria": [{"type": "string_check"}, GRADER]},
        "/evals",
        _v1("/evals"),
        {"testing_criteria.1.model": "chat-deployment"},
    ),
    Row(
        "evals.runs.create",
        {
            "eval_id": "eval_1",
            "data_source": {
                "type": "completions",
                "model": "gpt-5",
                "source": {"type": "stored_completions", "model": "gpt-5"},
            },
        },
        "/evals/eval_1/runs",
        _v1("/evals/eval_1/runs"),
        {"data_source.model": "chat-deployment", "data_source.source.model": "gpt-5"},
    ),
    Row(
        "evals.runs.cancel",
        {"eval_id": "eval_1", "run_id": "evalrun_1"},
        "/evals/eval_1/runs/evalrun_1",
        _v1("/evals/eval_1/runs/evalrun_1"),
    ),
    Row("conversations.create", {}, "/conversations", _v1("/conversations")),
    Row("containers.list", {}, "/containers", _v1("/containers"), verb="GET"),
    Row("batches.list", {}, "/batches", _res("/batches"), verb="GET"),
    Row("chat.completions.list", {}, "/chat/completions", _v1("/chat/completions"), verb="GET"),
]


def _method(client: Any, name: str) -> Any:
    for part in name.split("."):
        client = getattr(client, part)
    return client


def _call(way: str, row: Row, options: dict[str, Any]) -> None:
    """Makes the call; what matters is the request, so that the reply may be anything."""
    if way == "sync":
        with AzureConnector(**options) as client:
            reply = _method(client, row.method)(**row.arguments)
            list(reply) if row.verb == "GET" else None
        return

    async def run() -> None:
        async with AsyncAzureConnector(**options) as client:
            reply = _method(client, row.method)(**row.arguments)
            if row.verb == "GET":
                assert [one async for one in reply] == []
            else:
                await reply

    asyncio.run(run())


def _at(body: Any, path: str) -> Any:
    for step in path.split("."):
        body = body[int(step)] if isinstance(body, list) else body[step]
    return body


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the SDK, for Assistants
@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("version", [None, CLASSIC], ids=["v1", "classic"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method}-{'-'.join(row.arguments)}")
def test_an_operation_on_the_wire(azure: Emulator, row: Row, version: str | None, way: str) -> None:
    page = {"object": "list", "data": [], "has_more": False}
    azure.script(Reply(body=page if row.verb == "GET" else ANSWER))
    _call(way, row, asking.options(azure, deployment_mapping=MAPPING, api_version=version))
    (sent,) = azure.requests
    assert (sent.method, sent.url) == (row.verb, row.classic if version else _v1(row.path))
    for path, value in row.seen.items():
        assert _at(sent.body, path) == value
    for part, value in row.form.items():
        head, _, rest = sent.raw.partition(f'name="{part}"'.encode())
        assert head != sent.raw
        assert value.encode() in rest.partition(b"\r\n\r\n")[2].partition(b"\r\n--")[0]
    for name, value in row.headers.items():
        assert sent.headers[name] == value


def test_a_session_in_a_form_is_mapped_whole(azure: Emulator) -> None:
    azure.script(Reply(status=201, raw=b"v=0"))
    with AzureConnector(**asking.options(azure, deployment_mapping=MAPPING)) as client:
        client.realtime.calls.create(sdp="v=0", session=SESSION)
    part = azure.requests.last.raw.partition(b'name="session"')[2].partition(b"\r\n\r\n")[2].partition(b"\r\n--")[0]
    assert json.loads(part)["audio"]["input"]["transcription"]["model"] == "ears-deployment"


def test_the_callers_own_image_deployment_is_kept(azure: Emulator) -> None:
    header = "x-ms-oai-image-generation-deployment"
    azure.script(Reply(body={"id": "resp_1", "object": "response", "output": []}))
    with AzureConnector(**asking.options(azure, deployment_mapping=MAPPING)) as client:
        client.responses.create(
            model="gpt-5", input="Hi", tools=[{"type": "image_generation"}], extra_headers={header: "mine"}
        )
    assert azure.requests.last.headers[header] == "mine"


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # the SDK's own, of variations, from 3.57 on
@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("host", ["r.openai.azure.com", "r.services.ai.azure.com"])
@pytest.mark.parametrize(
    ("method", "arguments", "advice"),
    [
        ("moderations.create", {"input": "Hi"}, "Content Safety"),
        ("images.create_variation", {"image": io.BytesIO(b"png")}, "images.edit"),
    ],
)
def test_what_azure_does_not_have_is_refused_before_it_is_sent(
    method: str, arguments: Any, advice: str, host: str, way: str
) -> None:
    row = Row(method, arguments, "", "")
    with pytest.raises(InvalidRequestError, match=advice):
        _call(way, row, {"azure_endpoint": f"https://{host}", "api_key": "k"})


def test_a_gateway_is_sent_everything(azure: Emulator) -> None:
    azure.script(Reply(body={"id": "modr-1", "model": "m", "results": []}))
    with AzureConnector(**asking.options(azure, deployment_mapping=MAPPING)) as client:
        client.moderations.create(input="Hi", model="gpt-5")
    assert azure.requests.last.path == "/openai/v1/moderations"
    assert azure.requests.last.body["model"] == "gpt-5"


def test_an_unknown_operation_is_sent_as_it_is(azure: Emulator) -> None:
    body = {"model": "gpt-5", "session": {"model": "gpt-5"}}
    azure.script(Reply(body={}))
    with AzureConnector(**asking.options(azure, deployment_mapping=MAPPING)) as client:
        client.post("/brand_new/things?beta=true", body=body, cast_to=object)
    assert azure.requests.last.url == "/openai/v1/brand_new/things?beta=true"
    assert azure.requests.last.body == body


def test_the_path_to_which_the_sdk_moved_a_cancellation_is_azures(azure: Emulator) -> None:
    azure.script(Reply(body={}))
    with AzureConnector(**asking.options(azure)) as client:
        client.post("/evals/eval_1/runs/evalrun_1/cancel", cast_to=object)
    assert azure.requests.last.path == "/openai/v1/evals/eval_1/runs/evalrun_1"


def test_models_of_one_request_must_have_a_resource_in_common(azure: Emulator) -> None:
    there = {"azure_endpoint": "http://127.0.0.1:9", "api_key": "k"}
    mapping = {"gpt-realtime": "voice", "whisper-1": "ears@west"}
    options = asking.options(azure, deployment_mapping=mapping, resources={"west": there})
    with AzureConnector(**options) as client, pytest.raises(InvalidRequestError, match="no common resource") as caught:
        client.realtime.client_secrets.create(session=SESSION)
    assert caught.value.param == "session.audio.input.transcription.model"
    assert len(azure.requests) == 0


def test_a_request_goes_where_all_its_models_are(azure: Emulator) -> None:
    there = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}
    mapping = {"gpt-realtime": ["near", "far@west"], "whisper-1": "ears@west"}
    azure.script(Reply(body=ANSWER))
    options = asking.options(azure, deployment_mapping=mapping, resources={"west": there})
    with AzureConnector(**options) as client:
        client.realtime.client_secrets.create(session=SESSION)
    assert azure.requests.last.body["session"]["model"] == "far"
    assert azure.requests.last.body["session"]["audio"]["input"]["transcription"]["model"] == "ears"


def test_every_row_of_the_table_is_found_by_its_own_path() -> None:
    for row in OPERATIONS:
        for verb in row.methods.split():
            path = row.path.replace("{id}", "x_1").replace("{name}", "gpt-5").replace("*", "any/thing")
            assert operation_of(path, verb.lower()) is row, (verb, path)


# Where the two lists differ, and why; nothing else may. What the emulator has and the client does not know:
# An old listing, which the client asks for by its address; and what openai 3.57 asks for, which the client rewrites.
NOT_THE_SDKS = {("GET", "/deployments"), ("POST", "/evals/{}/runs/{}/cancel")}
# what it has at another place of the classic form: the client does everything of realtime by v1,
ELSEWHERE = {
    ("GET", "/realtime"): ("resource", "no"),
    ("POST", "/realtime/sessions"): ("resource", "no"),
    ("POST", "/realtime/transcription_sessions"): ("resource", "no"),
}
# from when on: there the client needs no date, since no version in use is older, or has none since v1 serves it, or
# keeps the date of the whole group, since what is refused for its date costs nothing,
OTHER_SINCE = {
    ("POST", "/chat/completions"),
    *ELSEWHERE,
    ("GET", "/fine_tuning/jobs/{}/checkpoints"),
    ("POST", "/fine_tuning/jobs/{}/pause"),
    ("POST", "/fine_tuning/jobs/{}/resume"),
    ("GET", "/vector_stores/{}/files/{}/content"),
    ("POST", "/vector_stores/{}/files/{}"),
    ("POST", "/vector_stores/{}/search"),
}
# and what it does not serve, by the first words of the path; asked for, it answers as for any path: 404.
NOT_SERVED = (
    "/agents",
    "/audio/voice_consents",
    "/audio/voices",
    "/chatkit",
    "/content_provenance_checks",
    "/decisions",
    "/fine_tuning",
    "/images/variations",
    "/live",
    "/moderations",
    "/organization",
    "/projects",
    "/realtime",
    "/safety",
    "/vaults",
    "/vector_stores",
    "/video",
    "/webhook",
)


def _bare(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def test_the_emulators_own_list_and_ours_differ_only_where_it_is_said() -> None:
    theirs = {(one.method, _bare(one.path)): one for one in SERVED if not one.inference}
    ours = {(verb, _bare(row.path)): row for row in OPERATIONS for verb in row.methods.split()}
    assert set(theirs) - set(ours) == NOT_THE_SDKS
    both = set(theirs) & set(ours)
    assert [one for one in both if theirs[one].v1 != ours[one].v1] == []
    places = {one: (theirs[one].classic.replace("deployed", "deployment"), ours[one].classic) for one in both}
    assert {one: pair for one, pair in places.items() if pair[0] != pair[1]} == ELSEWHERE
    dates = {one: (f"{since.preview}-preview" if (since := theirs[one].since) else "", ours[one].since) for one in both}
    assert {one for one, (first, second) in dates.items() if first != second} == OTHER_SINCE
    unserved = {path for _, path in set(ours) - set(theirs)}
    assert {path for path in unserved if not path.startswith(NOT_SERVED)} == set()
    assert [start for start in NOT_SERVED if not any(path.startswith(start) for path in unserved)] == []


@pytest.mark.parametrize(
    ("path", "body", "repeatable"),
    [
        ("/chat/completions", {}, True),
        ("/chat/completions", {"store": True}, False),
        ("/responses", {}, False),
        ("/responses", {"store": False}, True),
        ("/responses/compact", {}, True),
        ("/responses/resp_1/cancel", None, True),
        ("/files", None, False),
        ("/videos", {}, False),
        ("/brand_new", {}, False),
    ],
)
def test_what_may_be_sent_a_second_time(path: str, body: Any, repeatable: bool) -> None:
    assert operation_of(path).repeatable(body) is repeatable
