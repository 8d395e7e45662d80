"""What a person does with the page, and sees on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .browser import resize

__all__ = ["Page"]


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

    def until(self, holds: Callable[[], Any], what: str, *, patience: float = 10) -> Any:
        from selenium.common.exceptions import StaleElementReferenceException
        from selenium.webdriver.support.ui import WebDriverWait

        # The page may draw an element anew between its being found and its being asked.
        again = [StaleElementReferenceException]
        waiting = WebDriverWait(self.driver, patience, poll_frequency=0.03, ignored_exceptions=again)
        return waiting.until(lambda _: holds(), what)

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
