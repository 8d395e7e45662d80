"""The page as it is read, in a real headless Chromium: Markdown, keyboard alone, phone, dark, accessibility."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from azure_connector.emulator import Emulator, faults
from samples.web.app import create_app

from .browser import NPM, missing, missing_from_npm, resize
from .conftest import serving
from .page import Page

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

Serve = Callable[..., str]


def test_an_answer_is_never_read_as_html(page: Page) -> None:
    page.select("model", "gpt-4o")
    page.send("Say <img src=x onerror=document.title='taken'><b>bold</b>")
    answer = page.answer()
    assert "<b>bold</b>" in answer.text
    assert not answer.find_elements("css selector", "img, b")
    assert page.driver.title == "Azure connector"


MARKDOWN = """
# Title

1. **bold** and `a < b`
2. [kept](https://example.org "tip")
3. [gone](javascript:document.title='taken') [data](data:text/html,x) ![picture](https://example.org/x.png)

- [x] done

| a | b |
|---|---|
| 1 | <script>document.title='taken'</script> |

```html
<b onclick="x">code</b>
```
"""


def test_markdown_is_rendered_and_sanitized(page: Page) -> None:
    shown = page.driver.execute_async_script(
        """
        const [text, done] = arguments;
        import("/static/markdown.js").then(({ render }) => {
          const box = document.createElement("div");
          document.getElementById("log").append(box);
          render(box, text);
          const links = [...box.querySelectorAll("a")];
          done({
            tags: [...new Set([...box.querySelectorAll("*")].map((one) => one.localName))].sort(),
            attributes: [...new Set([...box.querySelectorAll("*")].flatMap((one) => one.getAttributeNames()))].sort(),
            links: links.map((one) => [one.textContent, one.getAttribute("href"), one.target, one.rel]),
            code: box.querySelector("pre code").textContent,
            cell: box.querySelectorAll("td")[1].textContent,
            done: box.querySelector("ul li").textContent,
          });
        });
        """,
        MARKDOWN,
    )
    safe = ["noopener noreferrer", "_blank"][::-1]
    assert shown["links"] == [
        ["kept", "https://example.org", *safe],
        ["gone", None, *safe],
        ["data", None, *safe],
        ["picture", "https://example.org/x.png", *safe],
    ]
    assert {"h1", "strong", "code", "pre", "table", "ol"} <= {*shown["tags"]}
    assert not {"img", "script", "b", "input", "style"} & {*shown["tags"]}
    assert {*shown["attributes"]} <= {"class", "href", "rel", "target", "title", "type"}
    assert shown["code"] == '<b onclick="x">code</b>\n'
    assert shown["cell"] == "<script>document.title='taken'</script>"
    assert shown["done"].startswith("☑ done")
    assert page.driver.title == "Azure connector"


def test_everything_can_be_done_with_the_keyboard(page: Page, resource: Emulator) -> None:
    from selenium.webdriver.common.keys import Keys

    assert page.focused() == "message"
    seen = []
    for _ in range(12):
        page.press(Keys.TAB)
        seen.append(page.value("document.activeElement.id || document.activeElement.textContent.trim().slice(0, 11)"))
    # After the last one the browser's own controls have their turn.
    order = ["send", "provider", "model", "agent", "clear", "Parameters", "unavailable-title", "log", "Count to 20"]
    assert [name for name in seen if name in order] == order
    page.one("#message").click()
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

    retry = page.one(".retry")
    page.press(*[Keys.SHIFT + Keys.TAB + Keys.NULL] * 1)
    assert page.driver.switch_to.active_element == retry
    page.press(Keys.ENTER)
    page.until(lambda: "49, 50" in page.all(".assistant:not(.busy) .text")[-1].text, "the whole answer")
    assert page.focused() == "message"


@pytest.mark.skipif(bool(missing_from_npm("axe-core")), reason=missing_from_npm("axe-core"))
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)], ids=["desktop", "a dark phone"])
def test_no_rule_of_accessibility_is_broken(page: Page, width: int, dark: bool) -> None:
    resize(page.driver, width, 800, dark=dark)
    page.driver.execute_script((NPM / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    asked = "axe.run().then((found) => arguments[0](found.violations.map((one) => [one.id, one.nodes[0].html])))"
    assert page.driver.execute_async_script(asked) == []
    page.select("agent", "travel")
    page.send("How is the weather in Bergen?")
    page.answer()
    page.select("model", "thinker")
    page.send("Say # Title")
    page.until(lambda: page.all(".text h1"), "an answer in Markdown")
    page.until(lambda: not page.all(".busy"), "it is whole")
    page.send("[filter:violence=high]")
    page.until(lambda: page.all(".failure"), "an error is shown")
    page.one("#unavailable summary").click()
    page.one("#parameters summary").click()
    assert page.driver.execute_async_script(asked) == []


@pytest.mark.parametrize("width", [320, 390])
def test_it_fits_a_phone(page: Page, width: int) -> None:
    resize(page.driver, width, 700)
    wide = "Say `" + "inline" * 40 + "` | " + " | ".join("cells" * 9)
    page.select("model", "gpt-4o")
    page.send(wide)
    page.answer()
    page.driver.execute_async_script(
        """
        const done = arguments[0], box = document.querySelector(".assistant .text");
        const row = "| wide ".repeat(30) + "|\\n";
        const text = row + "|---".repeat(30) + "|\\n" + row + "\\n```\\n" + "code ".repeat(99) + "\\n```";
        import("/static/markdown.js").then(({ render }) => done(render(box, text)));
        """
    )
    assert len(page.all(".wide")) == 2
    for frame in page.all(".wide"):
        assert frame.rect["x"] + frame.rect["width"] <= width
    page.select("agent", "travel")
    page.send("How is the weather in Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch?")
    page.until(lambda: len(page.all(".assistant:not(.busy)")) == 2, "the next answer")
    assert page.value("document.documentElement.scrollWidth") <= width
    assert page.value("document.getElementById('log').scrollWidth") <= width
    outside = page.value(
        "[...document.querySelectorAll('body *')].filter(e => !e.closest('.hidden, header h1, .wide')"
        " && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"
    )
    assert outside == []
    for name in ("#provider", "#model", "#agent", "#clear", "#message", "#send"):
        assert page.one(name).is_displayed()
        assert page.one(name).size["height"] >= 38, "a finger finds it"


LONGEST_NAME = "Azure OpenAI (emulator)"


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_providers_name_is_not_cut_off(browser: Any, serve: Serve, width: int) -> None:
    serve()  # the settings of a resource
    with serving(create_app(azure_name=LONGEST_NAME)) as address:
        page = Page(browser, address)
        resize(browser, width, 800)
        room = page.driver.execute_script(
            """
            const select = document.getElementById("provider"), style = getComputedStyle(select);
            const context = document.createElement("canvas").getContext("2d");
            context.font = style.font;
            const arrow = 20;
            const inner = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - arrow;
            return [select.selectedOptions[0].text, inner - context.measureText(select.selectedOptions[0].text).width];
            """
        )
    assert room[0] == LONGEST_NAME
    assert room[1] >= 0


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
    page.one("#unavailable summary").click()
    selectors = (
        ".text, .tool, .tool .result, .facts, .failure *, .who, label, select, button, h1, .keys, dt, dd, summary"
    )
    ratios = page.driver.execute_script(CONTRAST, selectors)
    assert len(ratios) > 10
    assert min(ratios) >= 4.5
