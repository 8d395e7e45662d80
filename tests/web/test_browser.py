"""The page in a real headless Chromium: select, send, stream, stop, tools, errors, another provider."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from azure_connector.emulator import Emulator, faults
from samples.web.app import create_app

from .browser import missing
from .conftest import serving
from .page import Page
from .stand_ins import Seen, gemini, ollama

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

Serve = Callable[..., str]


def test_select_send_and_see_which_deployment_answered(page: Page) -> None:
    page.select("provider", "azure-openai")
    page.select("model", "gpt-5-mini")
    page.send("Say hello to Oslo")
    text = page.answer().text
    assert "hello to Oslo" in text
    assert re.search(r"gpt-5-mini@default · gpt-5-mini\S* · .* · \d+ \+ \d+ tokens · \d+\.\d s", text)


def test_unavailable_providers_are_shown_with_reason_and_remedy(page: Page) -> None:
    gemini = page.one("#provider option[value=gemini]")
    assert gemini.text == "Gemini (not available)"
    assert not gemini.is_enabled()
    page.one("#unavailable summary").click()
    shown = page.one("#reasons").text
    assert "GEMINI_API_KEY or GOOGLE_API_KEY is not set. Export it and start the page again." in shown
    assert "ollama serve" in shown
    assert page.value("document.querySelector('#reasons').scrollWidth <= innerWidth")


def test_a_provider_that_was_started_meanwhile_is_found(
    page: Page, monkeypatch: pytest.MonkeyPatch, resource: Emulator
) -> None:
    page.select("model", "gpt-5-mini")
    page.select("agent", "travel")
    page.one("#unavailable summary").click()
    monkeypatch.setenv("MISTRAL_API_KEY", "key")
    page.one("#look-again").click()
    page.until(lambda: page.one("#provider option[value=mistral]").is_enabled(), "it is available")
    chosen = [page.one(name).get_property("value") for name in ("#provider", "#model", "#agent")]
    assert chosen == ["azure-openai", "gpt-5-mini", "travel"], "what was chosen stays"
    page.select("provider", "mistral")
    assert page.one("#model").get_property("value") == "mistral-large-latest"


def test_where_nothing_is_set_up_the_page_says_what_to_do(
    browser: Any, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT")
    address = serve()
    browser.get(address)
    from selenium.webdriver.support.ui import WebDriverWait

    said = "No provider is available"
    WebDriverWait(browser, 10).until(lambda _: said in browser.find_element("id", "notice").text)
    assert "azure-connector init" in browser.find_element("id", "reasons").text, "the whole reason, unfolded"
    assert browser.find_element("id", "send").get_property("disabled")


def test_text_appears_while_it_arrives_and_can_be_stopped(page: Page, resource: Emulator) -> None:
    resource.script(faults.slow_drip(0.05), deployment="gpt-4o")
    page.select("model", "gpt-4o")
    page.send("Count to 50")
    first = page.until(lambda: next((one.text for one in page.all(".busy .text") if one.text), None), "text appears")
    page.until(lambda: len(page.one(".busy .text").text) > len(first), "it grows")
    assert page.one("#stop").is_displayed()
    assert not page.one("#send").is_displayed()
    assert page.one(".busy").get_attribute("aria-busy") == "true", "a screen reader waits for the whole"
    page.one("#stop").click()
    assert "stopped" in page.answer().text
    assert page.one("#send").is_displayed()


def test_stop_keeps_the_question_and_the_partial_answer(page: Page, resource: Emulator) -> None:
    resource.script(faults.slow_drip(0.05), deployment="gpt-4o")
    page.select("model", "gpt-4o")
    page.send("Count to 50")
    page.until(lambda: page.all(".busy .text p"), "text appears")
    page.one("#stop").click()
    partial = page.answer().find_element("css selector", ".text").text
    page.send("Say well")
    page.until(lambda: len(page.all(".assistant:not(.busy)")) == 2, "the next answer")
    sent = resource.requests.last.body["messages"]
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "user"]
    assert sent[1]["content"] == "Count to 50"
    assert sent[2]["content"].strip() == partial


def test_waiting_is_visible(page: Page, resource: Emulator) -> None:
    resource.script(faults.hang(), deployment="gpt-4o")
    page.select("model", "gpt-4o")
    page.send("Hello")
    waiting = page.until(lambda: page.all(".busy .waiting"), "it says that it waits")[0]
    assert waiting.text.startswith("Waiting for GPT-4o")
    page.until(lambda: re.search(r"GPT-4o, \d+ s", waiting.text), "and for how long")
    page.press("\ue00c")
    page.answer()
    assert not page.all(".waiting")


def test_a_failed_send_keeps_the_text(browser: Any, resource: Emulator, serve: Serve) -> None:
    """The server has gone away; when it is back, the same text is sent by one click."""
    with ExitStack() as running:
        page = Page(browser, running.enter_context(serving(create_app())))
        page.select("model", "gpt-4o")
        page.send("Say first")
        page.answer()
    page.send("Say second\ue008\ue007\ue000and third")
    alert = page.until(lambda: page.all("[role=alert]"), "it says so")[0]
    assert "does not answer" in alert.text
    assert "python -m samples.web" in alert.text
    assert "Failed to fetch" not in page.one("#log").text
    assert page.one("#message").get_property("value") == "Say second\nand third"
    assert [one.text for one in page.all(".user")] == ["Say first"]
    browser.get_log("browser")


def test_a_refused_request_keeps_the_text_and_tells_the_reason(page: Page, resource: Emulator) -> None:
    page.value("document.getElementById('model').append(new Option('gone', 'gone'))")
    page.select("model", "gone")
    page.send("Say well")
    alert = page.answer().find_element("css selector", "[role=alert]")
    assert "Azure OpenAI has no model 'gone'" in alert.text
    assert page.one("#message").get_property("value") == "Say well"
    page.select("model", "gpt-4o")
    page.one(".retry").click()
    page.until(lambda: [one.text for one in page.all(".assistant .text")] == ["well"], "the answer")
    assert not page.all("[role=alert]"), "what was mended is gone"
    assert page.one("#message").get_property("value") == ""
    assert [one.text for one in page.all(".user")] == ["Say well"]
    page.driver.get_log("browser")


def test_a_cut_answer_stays_and_can_be_tried_again(page: Page, resource: Emulator) -> None:
    resource.script(faults.reset("during", after=6), deployment="gpt-4o")
    page.select("model", "gpt-4o")
    page.send("Count to 20")
    answer = page.answer()
    assert answer.find_element("css selector", ".text").text.startswith("1")
    alert = answer.find_element("css selector", "[role=alert]").text
    assert alert == "Azure OpenAI broke off before the answer was complete.\nWhat had arrived is kept. Try again."
    assert ".partial" not in page.one("#log").text
    answer.find_element("css selector", ".retry").click()
    page.until(lambda: "19, 20" in page.one(".assistant:not(.busy) .text").text, "the whole answer")
    assert len(page.all(".user")) == len(page.all(".assistant")) == 1
    assert [message["role"] for message in resource.requests.last.body["messages"]] == ["system", "user"]


def test_an_answer_can_be_copied_as_it_was_written(page: Page) -> None:
    origin = page.value("location.origin")
    granted = {"origin": origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    page.driver.execute_cdp_cmd("Browser.grantPermissions", granted)
    page.select("model", "gpt-4o")
    page.send("Say **bold** and `code`")
    copy = page.answer().find_element("css selector", ".actions .copy")
    copy.click()
    page.until(lambda: copy.text == "Copied", "it says so")
    copied = page.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied == "**bold** and `code`"


def test_parameters_are_passed_on(page: Page, resource: Emulator) -> None:
    page.one("#parameters summary").click()
    page.one("[name=temperature]").send_keys("0.3")
    page.one("[name=max_tokens]").send_keys("5")
    page.select("model", "gpt-4o")
    page.send("Count to 50")
    assert "the limit of tokens was reached" in page.answer().text
    sent = resource.requests.last.body
    assert (sent["temperature"], sent["max_tokens"]) == (0.3, 5)
    assert "reasoning_effort" not in sent


def test_thoughts_are_shown_and_folded_when_the_answer_is_there(page: Page) -> None:
    page.select("model", "thinker")
    page.send("Say well")
    answer = page.answer()
    thoughts = answer.find_element("css selector", ".thoughts")
    assert thoughts.text == "Thinking"
    thoughts.find_element("css selector", "summary").click()
    assert "tokens of thought" in thoughts.text


def test_three_providers_answer_in_one_conversation(browser: Any, serve: Serve, resource: Emulator) -> None:
    local, google = Seen(), Seen()
    with serving(ollama(local)) as host, serving(gemini(google)) as base:
        page = Page(browser, serve(OLLAMA_HOST=host, GEMINI_API_KEY="key", GEMINI_API_BASE=base))
        shown = []
        for provider, model, text in (
            ("azure-openai", "gpt-4o", "Say one"),
            ("ollama", "llama3.2:latest", "Say two"),
            ("gemini", "gemini-2.5-flash", "Say three"),
            ("azure-openai", "gpt-5-mini", "Say four"),
        ):
            page.select("provider", provider)
            page.select("model", model)
            page.send(text)
            done = len(shown) + 1
            # The first answer through LiteLLM waits for its import.
            page.until(lambda done=done: len(page.all(".assistant:not(.busy)")) == done, text, patience=40)
            shown.append(page.all(".assistant")[-1].find_element("css selector", ".text").text)
    assert shown == ["one", "I am llama3.2:latest", "Gemini heard: Say three", "four"]
    who = [one.text for one in page.all(".who")]
    assert who == [
        "GPT-4o · Azure OpenAI",
        "llama3.2:latest (3.2B) · Ollama",
        "Gemini 2.5 Flash · Gemini",
        "GPT-5 mini · Azure OpenAI",
    ]
    assert [message["content"] for message in local.last["messages"][1:]] == ["Say one", "one", "Say two"]
    assert len(google.last["contents"]) == 5
    assert len(resource.requests.last.body["messages"]) == 8


def test_the_conversation_goes_back_with_the_next_question(page: Page, resource: Emulator) -> None:
    page.select("model", "gpt-4o")
    page.send("Say first")
    page.answer()
    page.send("Say second")
    page.until(lambda: len(page.all(".assistant:not(.busy)")) == 2, "two answers")
    roles = [message["role"] for message in resource.requests.last.body["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    page.one("#clear").click()
    assert not page.all(".message")
    page.one(".idea").click()
    assert page.answer().text.startswith("GPT-4o · Azure OpenAI\n1, 2, 3")
    assert [message["role"] for message in resource.requests.last.body["messages"]] == ["system", "user"]


def test_tool_calls_are_shown_with_their_results(page: Page, resource: Emulator) -> None:
    page.select("model", "gpt-4o")
    page.select("agent", "travel")
    assert page.one("#message").get_attribute("placeholder").endswith("How is the weather in Bergen?")
    page.send("How is the weather in Bergen?")
    answer = page.answer()
    tool = answer.find_element("css selector", ".tool")
    assert re.match(r'weather\({"city": ?"Bergen"}\)\n→ {"city": "Bergen", "degrees": \d+, "sky": "sunny"}', tool.text)
    assert answer.find_element("css selector", ".text").text
    page.send("Say well")
    page.until(lambda: len(page.all(".assistant:not(.busy)")) == 2, "the next answer")
    roles = [message["role"] for message in resource.requests.last.body["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"], (
        "the model still knows its tools' results"
    )


def test_a_failover_is_shown_with_its_attempts(page: Page, resource: Emulator) -> None:
    resource.script(faults.too_many_requests(30), deployment="busy")
    page.select("model", "gpt-4.1")
    page.send("Hello")
    answer = page.answer()
    assert "gpt-4.1@default" in answer.text
    assert "1 failed over" in answer.text
    answer.find_element("css selector", "summary").click()
    assert answer.find_element("css selector", "li").text.startswith("busy@default: 429")


def test_an_error_says_what_to_do_and_the_page_goes_on(page: Page, resource: Emulator) -> None:
    page.select("model", "gpt-4o")
    page.send("[filter:violence=high] please")
    alert = page.answer().find_element("css selector", "[role=alert]")
    assert alert.text.startswith("The content filter refused the prompt for: violence (high).\nThe same prompt will be")
    page.send("Say well")
    page.until(lambda: len(page.all(".assistant:not(.busy)")) == 2, "the next answer")
    assert "well" in page.all(".assistant")[-1].text
