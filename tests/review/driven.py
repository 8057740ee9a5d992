"""The review page in a headless Chromium, and what a person does with it."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.review.served import Client

SOONEST = 0.12
"""Seconds that the page takes no answer after an image has come."""


@contextmanager
def chromium() -> Iterator[Chrome]:
    """A browser that writes nothing anywhere but its own temporary folder."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("there is no chromium with its chromedriver")
    options = ChromeOptions()
    options.binary_location = program
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1280,900",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options=options, service=ChromeService(driver))
    try:
        yield browser
    finally:
        browser.quit()


@dataclass(frozen=True)
class Page:
    """A page that was opened, by the ids of its elements."""

    browser: Chrome

    def open(self, client: Client) -> None:
        self.browser.get(f"http://127.0.0.1:{client.port}/{client.token}/")

    def find(self, name: str) -> WebElement:
        return self.browser.find_element(By.ID, name)

    def classes(self) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, "#classes button")

    def text(self, name: str) -> str:
        return self.find(name).text

    def press(self, *keys: str) -> None:
        ActionChains(self.browser).send_keys(*keys).perform()

    def until(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (
                f"waited in vain; the page says {self.text('panel')!r} {self.text('stage')!r}"
            )
            time.sleep(0.02)

    def ready(self, number: int) -> None:
        """Wait until an image, counted from 1, is there and can be answered."""
        self.until(lambda: self.text("place").startswith(f"Image {number} of ") and self.find("unsure").is_enabled())
        time.sleep(SOONEST)

    def named(self, name: str) -> None:
        """Say who answers."""
        self.until(lambda: self.find("who").is_displayed())
        self.find("who-name").send_keys(name + "\n")

    def image_box(self) -> dict[str, float]:
        """Where the image is, in pixels of the window."""
        box = self.browser.execute_script(
            "const {x, y, width, height} = document.querySelector('#holder img').getBoundingClientRect();"
            "return {x, y, width, height};"
        )
        assert isinstance(box, dict)
        return box

    def phone(self) -> None:
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": 375, "height": 667, "deviceScaleFactor": 2, "mobile": True}
        )
        self.browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def desktop(self) -> None:
        self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})

    def tap(self, element: WebElement) -> None:
        box = element.rect
        point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        self.browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
        self.browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def complaints(self) -> list[str]:
        """Errors in the browser's console, but for images that can not be shown."""
        found = self.browser.execute("getLog", {"type": "browser"})["value"]
        return [str(entry["message"]) for entry in found if "/image/" not in entry["message"]]

    def screenshot(self, file: Path) -> None:
        self.browser.save_screenshot(str(file))
