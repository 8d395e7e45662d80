"""A headless Chromium for the tests and for the documentation's pictures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

__all__ = ["NPM", "chromium", "missing", "missing_from_npm", "resize"]

NPM = Path(__file__).with_name("npm")

# Chromium's own traffic stays off: nothing here may look for a network.
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def missing() -> str:
    """What has to be installed first; empty where all is there."""
    absent = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    return f"no {' and no '.join(absent)}: apt-get install chromium chromium-driver" if absent else ""


def missing_from_npm(package: str) -> str:
    """The same for what the tests take from npm."""
    if not shutil.which("node"):
        return f"no node: {package} needs it"
    installed = (NPM / "node_modules" / package).is_dir()
    return "" if installed else f"no {package}: npm ci --prefix tests/web/npm"


@contextmanager
def chromium(*, width: int = 1100, height: int = 900, dark: bool = False) -> Iterator[Any]:
    """A browser with a profile of its own.

    Args:
        width, height: of the page in CSS pixels.
        dark: whether the system prefers dark.
    """
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    with TemporaryDirectory(prefix="chromium-") as profile:
        options = Options()
        options.binary_location = str(shutil.which("chromium"))
        for flag in (*FLAGS, f"--user-data-dir={Path(profile)}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            resize(driver, width, height, dark=dark)
            yield driver
        finally:
            driver.quit()


def resize(driver: Any, width: int, height: int, *, dark: bool = False) -> None:
    """Gives the page a size and a colour scheme; a window cannot be as narrow as a phone."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
