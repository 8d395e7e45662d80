"""Takes the pictures of the sample page for docs/web-page.md: `python -m docs.capture_web`, with Chromium installed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from azure_connector.emulator import Deployment, Emulator, Reply, faults
from azure_connector.emulator.models import DEFAULT_MODELS
from samples.web.app import create_app
from tests.web.browser import chromium, missing, resize
from tests.web.conftest import serving
from tests.web.page import Page

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
                ("light", 1280, 900, False),
                ("dark", 1280, 900, True),
                ("phone", 390, 844, False),
                ("phone-dark", 390, 844, True),
            ):
                resize(driver, width, height, dark=dark)
                page.value("document.getElementById('log').scrollTo(0, 1e6)")
                time.sleep(0.3)  # the browser paints
                driver.save_screenshot(str(IMAGES / f"web-{name}.png"))
    return 0


QUESTION = "How much does it rain there, and what should I bring? A short table, please."
TABLE = """**Bergen** in short:

| month | rain |
|---|---|
| May | 106 mm |
| November | 259 mm |

Bring `boots`."""


def converse(page: Page, azure: Emulator) -> None:
    """A tool call, and an answer in Markdown that needed another deployment."""
    page.select("agent", "travel")
    page.send("How is the weather in Bergen?")
    page.answer()
    azure.script(faults.too_many_requests(30), deployment="provisioned")
    page.select("agent", "assistant")
    azure.script(written(TABLE), deployment="gpt-4.1")
    page.send(QUESTION)
    page.until(lambda: len(page.all(".assistant:not(.busy)")) == 2, "two answers")
    page.all(".facts summary")[-1].click()


def written(text: str) -> Reply:
    """A streamed answer with this text, which the emulator would not write by itself."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4.1-2025-04-14"}
    end = {"index": 0, "delta": {}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 231, "completion_tokens": 48, "total_tokens": 279}
    said = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
    return Reply(
        events=[{**head, "choices": [said]}, {**head, "choices": [end]}, {**head, "choices": [], "usage": usage}]
    )


if __name__ == "__main__":
    sys.exit(main())
