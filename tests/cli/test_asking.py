"""`chat`, `compare` and `embed`: what reaches the wire, what is printed, what is kept, and what it cost."""

from __future__ import annotations

import io
import json
import stat
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from azure_connector.cli import _prices
from azure_connector.cli._markdown import MarkdownAnswer
from azure_connector.cli._prices import PriceList, read_price
from azure_connector.emulator import Emulator, faults

from .test_terminal import drawn

Run = Callable[..., Result]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
SCHEMA = {"title": "city", "type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
SCHEMA |= {"additionalProperties": False}


@pytest.fixture(autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(made))
    return made


def fed(*arguments: str, stdin: bytes) -> Result:
    from azure_connector.cli._app import app

    return CliRunner().invoke(app, arguments, input=stdin)


def test_options_reach_the_model(run: Run, here: Emulator) -> None:
    Path("city.json").write_text(json.dumps(SCHEMA))
    more = ("--max-tokens", "900", "--reasoning-effort", "low", "--verbosity", "low", "--schema", "city.json")
    answer = json.loads(run("chat", "Oslo", "-m", "gpt-5", *more, "--json").stdout)
    sent = here.requests.last.body
    assert (sent["max_completion_tokens"], sent["reasoning_effort"], sent["verbosity"]) == (900, "low", "low")
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert sent["response_format"]["json_schema"]["name"] == "city"
    assert set(answer["object"]) == {"name"}
    assert run("chat", "Oslo", "-m", "gpt-4o", "--temperature", "0.5").exit_code == 0
    assert here.requests.last.body["temperature"] == 0.5
    for wrong in (("--temperature", "3"), ("--max-tokens", "0"), ("--schema", "none.json")):
        assert run("chat", "Oslo", *wrong).exit_code == 2


def test_files_go_along(run: Run, here: Emulator) -> None:
    Path("a.bin").write_bytes(PNG)  # what it is stands in it, not in its name
    Path("b.pdf").write_bytes(b"%PDF-1.4\n")
    Path("c.md").write_text("# Notes\n", encoding="utf-8")
    names = ["a.bin", "https://example.com/x.png", "b.pdf", "c.md"]
    found = run("chat", "What?", "-m", "gpt-4o", "--json", *[part for name in names for part in ("--attach", name)])
    assert found.exit_code == 0, found.output
    parts = here.requests.last.body["messages"][-1]["content"]
    assert [part["type"] for part in parts] == ["text", "image_url", "image_url", "file", "text"]
    assert parts[1]["image_url"]["url"].startswith("data:image/png;base64,")
    assert (parts[3]["file"]["filename"], parts[4]["text"]) == ("b.pdf", "c.md:\n\n# Notes\n")
    Path("d").write_bytes(b"\0\1\2")
    Path("e").write_bytes(b"")
    for name, told in (("d", "no image"), ("e", "empty"), ("nothing", "cannot be read")):
        refused = run("chat", "What?", "--attach", name)
        assert (refused.exit_code, told in refused.stderr) == (2, True), refused.output


@pytest.mark.parametrize(
    "command",
    [["chat", "-m", "gpt-4o"], ["embed"], ["embed", "--whole"], ["compare", "-m", "gpt-4o", "--file", "-"]],
    ids=" ".join,
)
def test_what_is_no_text_is_one_line(here: Emulator, command: list[str]) -> None:
    for data, told in ((b"ok\ncaf\xe9\n", "0xe9 in line 2"), (bytes(range(256)), "binary")):
        result = fed(*command, stdin=data)
        assert (result.exit_code, result.stderr.count("\n"), told in result.stderr) == (2, 1, True), result.output
    assert not here.requests
    assert fed(*command, stdin="\ufeffcaf\u00e9\n".encode()).exit_code == 0
    assert "caf\u00e9" in json.dumps(here.requests.last.body, ensure_ascii=False)
    assert "\ufeff" not in json.dumps(here.requests.last.body, ensure_ascii=False)


def test_what_it_cost(run: Run, here: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = json.loads(run("chat", "Hello", "-m", "gpt-4o", "--json").stdout)
    assert answer["cost"] == pytest.approx(answer["input_tokens"] * 2.5e-6 + answer["output_tokens"] * 1e-5)
    assert (answer["currency"], answer["prices"].startswith("list prices of LiteLLM")) == ("USD", True)
    own = json.loads(run("chat", "Hello", "-m", "gpt-4o", "--json", "--price", "1/2 EUR").stdout)
    assert own["currency"] == "EUR"
    assert own["cost"] == pytest.approx((own["input_tokens"] + 2 * own["output_tokens"]) / 1e6)
    for wrong in ("-1/2", "nan/1", "1/2/3", "1"):
        assert run("chat", "Hello", "--price", wrong).exit_code == 2

    def gone(name: str) -> Any:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(_prices, "distribution", gone)
    _prices._listed.cache_clear()
    answer = json.loads(run("chat", "Hello", "--json").stdout)
    _prices._listed.cache_clear()
    assert (answer["cost"], "not installed" in answer["prices"]) == (None, True)


def test_prices_know_the_cache_and_prefer_azure() -> None:
    price = PriceList().of("no-such-model", "gpt-5")
    assert price is not None
    usage = {"prompt_tokens": 1000, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 900}}
    assert price.of(usage) == pytest.approx((100 * 1.25 + 900 * 0.125 + 10 * 10) / 1e6)
    assert PriceList().of("no-such-model", None) is None
    assert PriceList(read_price("1/2")).of("anything") == read_price("1/2")


def test_conversations_are_kept_when_asked(run: Run, here: Emulator, state: Path) -> None:
    assert run("chat", "My name is Kari", "-m", "gpt-4o").exit_code == 0
    assert not list(state.iterdir())
    assert run("chat", "My name is Kari", "-m", "gpt-4o", "--save", "trip").exit_code == 0
    kept = state / "azure-connector" / "conversations" / "trip.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert run("chat", "What is my name?", "--continue", "trip").exit_code == 0
    sent = here.requests.last
    assert [message["role"] for message in sent.body["messages"]] == ["user", "assistant", "user"]
    assert sent.body["model"] == "gpt-4o"
    assert len(json.loads(kept.read_text())["messages"]) == 4
    assert [file.name for file in kept.parent.iterdir()] == ["trip.json"]
    before = kept.read_text()
    wrong = [("--save", "trip"), ("--continue", "other"), ("--save", "../x"), ("--save", "a", "--continue", "trip")]
    for options in wrong:
        assert run("chat", "Hello", *options).exit_code == 2
    assert "There are: trip" in run("chat", "Hello", "--continue", "other").stderr
    with here.outage():
        assert run("chat", "Hello", "--continue", "trip").exit_code == 1
    assert json.loads(kept.read_text()) == json.loads(before)


def test_a_comparison(run: Run, here: Emulator) -> None:
    Path("questions.txt").write_text("What is 6 * 7?\n\nName a | fish\n", encoding="utf-8")
    arguments = ("compare", "--file", "questions.txt", "-m", "gpt-5", "-m", "gpt-4o")
    found = run(*arguments, "--json", "--system", "Be brief")
    assert found.exit_code == 0, found.output
    answers = json.loads(found.stdout)["answers"]
    assert [(one["number"], one["model"]) for one in answers] == [
        (1, "gpt-5"),
        (1, "gpt-4o"),
        (2, "gpt-5"),
        (2, "gpt-4o"),
    ]
    assert all("42" in one["text"] and 0 < one["first"] <= one["seconds"] for one in answers[:2])
    assert all(one["cost"] > 0 and one["currency"] == "USD" and one["input_tokens"] for one in answers)
    sums = {one["model"]: one for one in json.loads(found.stdout)["totals"]}
    assert sums["gpt-4o"]["cost"] == pytest.approx(answers[1]["cost"] + answers[3]["cost"])
    assert {len(request.body["messages"]) for request in here.requests} == {2}
    lines = run(*arguments, "--markdown").stdout.splitlines()
    assert lines[0].startswith("| question | model | first token |")
    columns = {len(line.replace("\\|", "").split("|")) for line in lines[:6]}
    assert columns == {10}, "as many cells in each line"
    assert any("Name a \\| fish" in line for line in lines)
    Path("q.jsonl").write_text('{"prompt": "What is 1 + 1?"}\n"Hello"\n')
    assert run("compare", "-f", "q.jsonl", "-m", "gpt-4o", "--json").exit_code == 0
    assert {request.body["messages"][-1]["content"] for request in list(here.requests)[-2:]} == {
        "What is 1 + 1?",
        "Hello",
    }


def test_a_deployment_that_fails_is_a_row(run: Run, here: Emulator) -> None:
    found = run("compare", "What is 6 * 7?", "-m", "nope", "-m", "gpt-4o", "--json")
    answers = json.loads(found.stdout)["answers"]
    assert found.exit_code == 1
    assert "There is no deployment 'nope'" in answers[0]["error"]
    assert (answers[1]["error"], "42" in answers[1]["text"]) == (None, True)
    here.script(faults.reset("during", after=8), deployment="gpt-5")
    table = run("compare", "Count to 200", "-m", "gpt-5", "-m", "gpt-4o").stdout
    assert "**failed:**" in table.splitlines()[2]
    assert "199, 200" in table.splitlines()[3]
    assert run("compare", "Hello").exit_code == 2
    assert run("compare", "-m", "gpt-5").exit_code == 2


def test_embeddings(run: Run, here: Emulator) -> None:
    rows = run("embed", "a cat", "a tiger", "--dimensions", "8").stdout.splitlines()
    vectors = [[float(number) for number in row.split()] for row in rows]
    assert [len(vector) for vector in vectors] == [8, 8]
    found = json.loads(run("embed", "a cat", "a tiger", "a cat", "--dimensions", "8", "--similarity", "--json").stdout)
    assert [one["text"] for one in found["embeddings"]] == ["a cat", "a tiger", "a cat"]
    assert found["embeddings"][1]["embedding"] == pytest.approx(vectors[1])
    cosines = {tuple(one["texts"]): one["cosine"] for one in found["similarities"]}
    assert (len(cosines), cosines[0, 2]) == (3, pytest.approx(1))
    assert found["cost"] == pytest.approx(found["input_tokens"] * 2.2e-8)
    assert float(run("embed", "a cat", "a cat", "--similarity").stdout) == pytest.approx(1)
    Path("texts.jsonl").write_text('{"text": "one"}\n{"text": "two"}\n')
    assert len(run("embed", "-f", "texts.jsonl").stdout.splitlines()) == 2
    assert len(run("embed", stdin="one\n\ntwo\n").stdout.splitlines()) == 2
    assert len(run("embed", "--whole", stdin="one\n\ntwo\n").stdout.splitlines()) == 1
    for wrong in (("one", "--similarity"), ("-f", "nothing.txt"), ()):
        assert run("embed", *wrong).exit_code == 2


MARKDOWN = """# Title

Some *words*, and a long line that has to be wrapped since the terminal has only forty columns.

- one
- two

  more of two

| a | b |
|---|---|
| 1 | 2 |

```python
def f():

    return 1
```
The end \x1b[31m."""


@pytest.mark.parametrize("size", [1, 3, 17, 1000])
def test_markdown_is_drawn_alike_however_it_arrives(size: int) -> None:
    def shown(pieces: list[str]) -> list[str]:
        file = io.StringIO()
        answer = MarkdownAnswer(Console(file=file, force_terminal=True, width=40, height=12, color_system=None))
        for piece in pieces:
            answer.add(piece)
        answer.end()
        return [line.rstrip() for line in drawn(file.getvalue().replace("\n", "\r\n"))]

    at_once = shown([MARKDOWN])
    assert shown([MARKDOWN[at : at + size] for at in range(0, len(MARKDOWN), size)]) == at_once
    text = "\n".join(at_once)
    assert "*words*" not in text
    assert " • two" in at_once
    assert "```" not in text
    assert "\n\n\n" not in text
    assert "The end \\x1b[31m." in text


def test_only_what_was_asked_for_is_written(run: Run, here: Emulator) -> None:
    before = set(Path().iterdir())
    assert run("chat", "Hello").exit_code == run("compare", "Hello", "-m", "gpt-4o").exit_code == 0
    assert set(Path().iterdir()) == before
