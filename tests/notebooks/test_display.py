"""What notebooks show, looked at without one; the notebooks' own tests look at it in one."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from openai.types.chat import ChatCompletionChunk

from azure_connector import (
    AsyncAzureConnector,
    AzureConnector,
    AzureInfo,
    DeploymentNotFoundError,
    StreamInterruptedError,
    azure_info,
)
from azure_connector._utils import _html, html_table
from azure_connector.deployments import Target
from azure_connector.display import Shown, ashow, show
from azure_connector.emulator import Emulator, Reply, faults
from azure_connector.errors import Attempt, ConfigurationError
from tests.support.programs import Launcher

EVIL = "<script>alert(1)</script>"
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tells the weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def asking(text: str) -> dict[str, Any]:
    return {"model": "gpt-5", "messages": [{"role": "user", "content": text}]}


@pytest.fixture
def client(azure: Emulator) -> Any:
    with AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as made:
        yield made


def test_a_chat_stream_is_printed_as_it_comes_with_a_line_about_its_origin(client: AzureConnector) -> None:
    file = io.StringIO()
    options = {"stream": True, "stream_options": {"include_usage": True}}
    shown = show(client.chat.completions.create(**asking("Say hello to Oslo"), **options), file=file)
    assert str(shown) == "hello to Oslo"
    assert re.fullmatch(r"hello to Oslo\n\[gpt-5@default, Sweden Central, \d+ tokens\]\n", file.getvalue())


def test_tool_calls_are_shown_and_kept(client: AzureConnector) -> None:
    file = io.StringIO()
    stream = client.chat.completions.create(**asking("How is the weather in Oslo?"), tools=[WEATHER], stream=True)
    shown = show(stream, file=file)
    assert list(shown.tool_calls.values()) == [["weather", '{"city":"Oslo"}']]
    assert 'weather {"city":"Oslo"}' in file.getvalue()
    assert "<b>weather</b>" in shown.html()
    (call,) = shown.calls
    assert call == {
        "id": call["id"],
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
    }
    assert call["id"].startswith("call_")
    assert call["id"] in shown.html()
    assert shown.info is not None
    assert str(shown.info.request_id) in shown.html()


async def test_responses_events_are_shown_by_the_async_client(azure: Emulator) -> None:
    file = io.StringIO()
    tool = {"type": "function", **WEATHER["function"]}
    async with AsyncAzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        text = await client.responses.create(model="gpt-4o", input="Say hello to Oslo", stream=True)
        assert str(await ashow(text, file=file)) == "hello to Oslo"
        calls = await client.responses.create(
            model="gpt-4o", input="How is the weather in Oslo?", tools=[tool], stream=True
        )
        shown = await ashow(calls, file=file)
    assert list(shown.tool_calls.values()) == [["weather", '{"city":"Oslo"}']]
    assert shown.calls[0]["id"].startswith("call_")


def test_what_had_arrived_stays_shown_when_a_stream_breaks(azure: Emulator, client: AzureConnector) -> None:
    azure.script(faults.reset("during", after=8))
    file = io.StringIO()
    with pytest.raises(StreamInterruptedError):
        show(client.chat.completions.create(**asking("Count to 50"), stream=True), file=file)
    assert file.getvalue().startswith("1, 2")


def _calling(text: str) -> ChatCompletionChunk:
    call = {"index": 0, "id": text, "type": "function", "function": {"name": text, "arguments": text}}
    choice = {"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None}
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "gpt-5"}
    return ChatCompletionChunk.model_validate({**frame, "choices": [choice]})


def test_nothing_that_a_model_or_a_service_says_is_html() -> None:
    shown = Shown()
    shown.take(EVIL)
    shown.take(_calling(EVIL))
    shown.reasoning = shown.note = EVIL
    error = ConfigurationError(EVIL, hint=EVIL)
    error.attempts = (Attempt(EVIL, EVIL, 400, EVIL),)
    error.azure_request_id = EVIL
    info = AzureInfo(Target(EVIL, EVIL, EVIL), EVIL, changes=(EVIL,), prompt_filters={EVIL: {"filtered": True}})
    for html in (
        info._repr_html_(),
        shown.html(),
        error._repr_html_(),
        html_table(EVIL, [(EVIL, EVIL)]),
    ):
        assert "<script" not in html
        assert "&lt;script" in html


def test_an_error_tells_its_hint_once() -> None:
    html = ConfigurationError("The endpoint is missing.", hint="Set AZURE_OPENAI_ENDPOINT.")._repr_html_()
    assert html.count("Set AZURE_OPENAI_ENDPOINT.") == 1
    assert "what to do" in html


def test_ipython_is_imported_only_where_it_runs(launcher: Launcher, tmp_path: Path) -> None:
    program = tmp_path / "shows.py"
    program.write_text(
        "import sys, azure_connector.display as d; d.show(iter(['a', 'b'])); assert 'IPython' not in sys.modules"
    )
    done = launcher.run(program=str(program))
    assert (done.returncode, done.stdout) == (0, "ab\n"), done.stderr


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** and `code`", "<strong>bold</strong> and <code>code</code>"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>1</td>"),
        ("- one\n- two", "<li>two</li>"),
        ("```python\nif a < b:\n```", "if a &lt; b:"),
        ("one\ntwo", "one<br>"),
        ("6 * 7 = 42", "6 * 7 = 42"),
    ],
)
def test_markdown_is_rendered(text: str, html: str) -> None:
    shown = Shown()
    shown.take(text)
    assert html in shown.html().replace("<br />", "<br>")


@pytest.mark.parametrize(
    "text",
    [
        "![](http://spy.example.com/a.png)",
        "[press me](javascript:alert(1))",
        "<img src=x onerror=alert(1)>",
        "<iframe src='http://spy.example.com'></iframe>",
        "[a]: javascript:alert(1)\n\n[press][a]",
    ],
)
def test_markdown_fetches_and_runs_nothing(text: str) -> None:
    shown = Shown()
    shown.take(text)
    html = shown.html()
    assert "<img" not in html
    assert "<iframe" not in html
    assert 'href="javascript' not in html


def test_text_stays_as_it_is_where_markdown_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_html, "_markdown", lambda: None)
    assert "**bold** &lt;b&gt;" in _html.markdown_html("**bold** <b>")


def test_where_a_reply_came_from_is_a_table(azure: Emulator, client: AzureConnector) -> None:
    azure.script(Reply(503, {"error": {"code": "503", "message": "busy"}}, headers={"retry-after-ms": "1"}))
    reply = client.chat.completions.create(**asking("Say hello"), max_tokens=400)
    info = azure_info(reply)
    html = info._repr_html_()
    for part in ("gpt-5@default", "gpt-5-2025-08-07", "Sweden Central", str(info.request_id), "503", "renamed"):
        assert part in html
    assert f"{reply.usage.total_tokens} total" in html  # type: ignore[union-attr]  # it has one
    assert "content filter" not in html, "what is safe is not worth a line"
    embedded = client.embeddings.create(model="text-embedding-3-small", input="Oslo")
    assert re.search(r">\d+ prompt, \d+ total<", azure_info(embedded)._repr_html_())


def test_an_uncaught_error_keeps_its_cause(azure: Emulator, client: AzureConnector) -> None:
    with pytest.raises(DeploymentNotFoundError) as caught:
        client.chat.completions.create(model="none", messages=[{"role": "user", "content": "x"}])
    error = caught.value
    before = (error.__cause__, error.__context__, error.__suppress_context__)
    lines = "".join(error._render_traceback_())
    assert (error.__cause__, error.__context__, error.__suppress_context__) == before
    assert "During handling" not in lines
    assert lines.count("DeploymentNotFoundError") == 1
    assert "test_display.py" in lines
    assert "_call.py" not in lines
