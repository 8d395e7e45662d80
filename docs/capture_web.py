"""Takes the pictures of the sample page for docs/web-page.md: `python -m docs.capture_web`, with Chromium installed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from azure_connector.emulator import Deployment, Emulator, faults
from azure_connector.emulator.models import DEFAULT_MODELS
from samples.web.app import create_app
from tests.web.browser import chromium, missing, resize
from tests.web.conftest import serving
from tests.web.test_browser import Page

IMAGES = Path(__file__).with_name("images")


def main() -> int:
    if missing():
        print(missing(), file=sys.stderr)
        return 1
    with Emulator([*DEFAULT_MODELS, Deployment("provisioned", "gpt-4.1")]) as azure:
        os.environ |= {
            "AZURE_OPENAI_ENDPOINT": azure.endpoint,
            "AZURE_OPENAI_API_KEY": azure.api_key,
            "AZURE_OPENAI_DEPLOYMENT_MAPPING": '{"gpt-4.1": ["provisioned", "gpt-4.1"]}',
            "DEFAULT_MODEL": "gpt-4.1",
        }
        with serving(create_app()) as address, chromium() as driver:
            page = Page(driver, address)
            converse(page, azure)
            for name, width, height, dark in (
                ("light", 900, 760, False),
                ("dark", 900, 760, True),
                ("phone", 390, 760, False),
            ):
                resize(driver, width, height, dark=dark)
                page.value("document.getElementById('log').scrollTo(0, 1e6)")
                time.sleep(0.3)  # the browser paints
                driver.save_screenshot(str(IMAGES / f"web-{name}.png"))
    return 0


def converse(page: Page, azure: Emulator) -> None:
    """A tool call, and an answer that needed another deployment."""
    page.select("agent", "travel")
    page.send("How is the weather in Bergen?")
    page.answer()
    azure.script(faults.too_many_requests(30), deployment="provisioned")
    page.select("agent", "assistant")
    page.send("What is 6 * 7?")
    page.until(lambda: len(page.all(".assistant:not(.busy)")) == 2, "two answers")
    page.all("summary")[-1].click()


if __name__ == "__main__":
    sys.exit(main())
