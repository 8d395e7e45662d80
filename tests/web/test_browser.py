"""The page in a real headless Chromium: select, send, stream, tools, errors, phone, dark, keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from azure_connector.emulator import Emulator, faults

from .browser import chromium, missing, resize

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

Serve = Callable[..., str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as driver:
        yield driver


class Page:
    """What a person does with the page, and sees on it."""

    def __init__(self, driver: Any, address: str) -> None:
        self.driver = driver
        resize(driver, 1100, 900)
        driver.get(address)
        self.until(lambda: not self.one("#send").get_property("disabled"), "the models are loaded")

    def one(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        return self.driver.find_elements("css selector", selector)

    def until(self, holds: Callable[[], Any], what: str) -> Any:
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.driver, 10, poll_frequency=0.03).until(lambda _: holds(), what)

    def select(self, name: str, value: str) -> None:
        from selenium.webdriver.support.ui import Select

        Select(self.one(f"#{name}")).select_by_value(value)

    def send(self, text: str) -> None:
        self.one("#message").send_keys(text)
        self.one("#send").click()

    def answer(self) -> Any:
        """The last answer, once it is whole."""
        self.until(lambda: self.all(".assistant:not(.busy)") and not self.all(".busy"), "the answer is whole")
        return self.all(".assistant")[-1]

    def value(self, expression: str) -> Any:
        return self.driver.execute_script(f"return {expression}")

    def press(self, *keys: str) -> None:
        self.driver.switch_to.active_element.send_keys(*keys)

    def focused(self) -> str:
        return self.value("document.activeElement.id")


@pytest.fixture
def page(serve: Serve, browser: Any) -> Iterator[Page]:
    opened = Page(browser, serve())
    yield opened
    said = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert not [line for line in said if "409" not in line], "the browser's console is clean"


def test_select_send_and_see_which_deployment_answered(page: Page) -> None:
    page.select("provider", "azure")
    page.select("model", "gpt-5-mini")
    page.send("Say hello to Oslo")
    text = page.answer().text
    assert "hello to Oslo" in text
    assert re.search(r"gpt-5-mini@default · gpt-5-mini\S* · .* · \d+ \+ \d+ tokens · \d+\.\d s", text)


def test_unavailable_providers_are_shown_with_the_reason(page: Page) -> None:
    gemini = page.one("#provider option[value=gemini]")
    assert gemini.text == "Gemini (GEMINI_API_KEY or GOOGLE_API_KEY is not set)"
    assert not gemini.is_enabled()


def test_text_appears_while_it_arrives_and_can_be_stopped(page: Page, resource: Emulator) -> None:
    resource.script(faults.slow_drip(0.05), deployment="gpt-4o")
    page.select("model", "gpt-4o")
    page.send("Count to 50")
    first = page.until(lambda: next((one.text for one in page.all(".busy .text") if one.text), None), "text appears")
    page.until(lambda: len(page.one(".busy .text").text) > len(first), "it grows")
    assert page.one("#stop").is_displayed()
    assert not page.one("#send").is_displayed()
    page.one("#stop").click()
    assert "stopped" in page.answer().text
    assert page.one("#send").is_displayed()


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


def test_tool_calls_are_shown_with_their_results(page: Page) -> None:
    page.select("model", "gpt-4o")
    page.select("agent", "travel")
    assert page.one("#message").get_attribute("placeholder").endswith("How is the weather in Bergen?")
    page.send("How is the weather in Bergen?")
    answer = page.answer()
    tool = answer.find_element("css selector", ".tool")
    assert re.match(r'weather\({"city": ?"Bergen"}\)\n→ {"city": "Bergen", "degrees": \d+, "sky": "sunny"}', tool.text)
    assert answer.find_element("css selector", ".text").text


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
    assert alert.text.startswith("ContentFilteredError: ")
    assert "violence (high)" in alert.text
    page.send("Say well")
    page.until(lambda: len(page.all(".assistant:not(.busy)")) == 2, "the next answer")
    assert "well" in page.all(".assistant")[-1].text


def test_an_answer_is_never_read_as_html(page: Page) -> None:
    page.select("model", "gpt-4o")
    page.send("Say <img src=x onerror=document.title='taken'><b>bold</b>")
    answer = page.answer()
    assert "<b>bold</b>" in answer.text
    assert not answer.find_elements("css selector", "img, b")
    assert page.driver.title == "Azure connector"


def test_everything_can_be_done_with_the_keyboard(page: Page, resource: Emulator) -> None:
    from selenium.webdriver.common.keys import Keys

    assert page.focused() == "message"
    seen = []
    for _ in range(8):
        page.press(Keys.TAB)
        seen.append(page.focused())
    # After the last one the browser's own controls have their turn.
    assert [name for name in seen if name] == ["send", "provider", "model", "agent", "clear", "log", "message"]
    assert page.value("getComputedStyle(document.activeElement).outlineStyle") == "solid", "focus can be seen"

    page.press("Say one", Keys.SHIFT + Keys.ENTER + Keys.NULL, "two", Keys.ENTER)
    page.answer()
    assert resource.requests.last.body["messages"][-1]["content"] == "Say one\ntwo"
    assert page.focused() == "message", "the next question can be typed at once"

    resource.script(faults.slow_drip(0.05), deployment=resource.requests.last.body["model"])
    page.press("Count to 50", Keys.ENTER)
    page.until(lambda: page.all(".busy .text"), "text appears")
    page.press(Keys.ESCAPE)
    assert "stopped" in page.answer().text


@pytest.mark.parametrize("width", [320, 390])
def test_it_fits_a_phone(page: Page, width: int) -> None:
    resize(page.driver, width, 700)
    page.select("agent", "travel")
    page.send("How is the weather in Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch?")
    page.answer()
    assert page.value("document.documentElement.scrollWidth") <= width
    outside = page.value(
        "[...document.querySelectorAll('body *')].filter(e => !e.closest('.hidden')"
        " && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"
    )
    assert outside == []
    for name in ("#provider", "#model", "#agent", "#message", "#send"):
        assert page.one(name).is_displayed()
        assert page.one(name).size["height"] >= 38, "a finger finds it"


CONTRAST = """
const [selector] = arguments;
const channel = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const light = (colour) => {
  const [r, g, b] = colour.match(/[\\d.]+/g).map(Number);
  return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
};
const behind = (element) => {
  for (let e = element; e; e = e.parentElement) {
    const colour = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$|transparent/.test(colour)) return colour;
  }
  return "rgb(255, 255, 255)";
};
return [...document.querySelectorAll(selector)].map((e) => {
  const [a, b] = [light(getComputedStyle(e).color), light(behind(e))];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
});
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_can_be_read_in_both_colour_schemes(page: Page, dark: bool) -> None:
    resize(page.driver, 1100, 900, dark=dark)
    page.select("agent", "travel")
    page.send("How is the weather in Bergen?")
    page.answer()
    page.send("[filter:violence=high]")
    page.until(lambda: page.all(".failure"), "an error is shown")
    brightness = page.value("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
    assert (int(brightness) < 60) == dark
    selectors = ".text, .tool, .tool .result, .facts, .failure, label, select, button, h1, .keys"
    ratios = page.driver.execute_script(CONTRAST, selectors)
    assert len(ratios) > 10
    assert min(ratios) >= 4.5
