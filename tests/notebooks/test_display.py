"""What notebooks show, looked at without one; the notebooks' own tests look at it in one."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from typing import Any

import pytest

from azure_connector import AsyncAzureConnector, AzureConnector, StreamInterruptedError
from azure_connector._utils._html import html_table
from azure_connector.display import Shown, ashow, show
from azure_connector.emulator import Emulator, faults
from azure_connector.errors import Attempt, ConfigurationError

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


def test_what_had_arrived_stays_shown_when_a_stream_breaks(azure: Emulator, client: AzureConnector) -> None:
    azure.script(faults.reset("during", after=8))
    file = io.StringIO()
    with pytest.raises(StreamInterruptedError):
        show(client.chat.completions.create(**asking("Count to 50"), stream=True), file=file)
    assert file.getvalue().startswith("1, 2")


def test_nothing_that_a_model_or_a_service_says_is_html() -> None:
    shown = Shown()
    shown.take(EVIL)
    shown.tool_calls[0] = [EVIL, EVIL]
    shown.reasoning = shown.note = EVIL
    error = ConfigurationError(EVIL, hint=EVIL)
    error.attempts = (Attempt(EVIL, EVIL, 400, EVIL),)
    error.azure_request_id = EVIL
    for html in (shown.html(), error._repr_html_(), html_table(EVIL, [(EVIL, EVIL)])):
        assert "<script" not in html
        assert "&lt;script" in html


def test_an_error_tells_its_hint_once() -> None:
    html = ConfigurationError("The endpoint is missing.", hint="Set AZURE_OPENAI_ENDPOINT.")._repr_html_()
    assert html.count("Set AZURE_OPENAI_ENDPOINT.") == 1
    assert "what to do" in html


def test_ipython_is_imported_only_where_it_runs() -> None:
    code = "import sys, azure_connector.display as d; d.show(iter(['a', 'b'])); assert 'IPython' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "ab\n"), done.stderr
