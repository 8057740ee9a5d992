"""The page in a real Chromium: ``pytest -m browser tests/report`` (Debian: chromium chromium-driver; extra browser)."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.report.conftest import ENDING, NAMES, SCRIPT, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from selenium import webdriver

    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert program, "chromium is not installed (Debian: apt-get install chromium chromium-driver)"
    assert driver, "chromedriver is not installed (Debian: apt-get install chromium-driver)"
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1400,900"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield started
    started.quit()


@pytest.fixture(autouse=True)
def wide(browser: Any) -> None:
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get_log("performance")


def picture(row: int) -> np.ndarray:
    """A picture that tells which row it is of, and is hard to compress."""
    noise = np.random.default_rng(row % 200).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    return np.kron(noise, np.ones((10, 10, 1), dtype=np.uint8))


def press(browser: Any, keys: str) -> None:
    browser.switch_to.active_element.send_keys(keys)


def count(browser: Any) -> str:
    return str(browser.execute_script("return document.getElementById('count').textContent"))


def quiet(browser: Any) -> None:
    """Nothing was blocked, failed or asked of the network."""
    assert [entry for entry in browser.get_log("browser") if "favicon" not in entry["message"]] == []
    asked = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    addresses = [each["params"]["request"]["url"] for each in asked if each["method"] == "Network.requestWillBeSent"]
    assert {address.partition(":")[0] for address in addresses} <= {"file", "data", "about"}


def test_markup_in_names_is_text(browser: Any, page: Page) -> None:
    browser.get(page(60, images=map(picture, range(60)))[0].as_uri())
    text = browser.execute_script("return document.body.innerText")
    assert SCRIPT in text
    assert browser.title == f"{SCRIPT} · labels to look at"
    assert browser.execute_script("return document.querySelectorAll('script:not([id])').length") == 1
    browser.execute_script("document.getElementById('search').value = 'onerror';")
    browser.execute_script("document.getElementById('search').dispatchEvent(new Event('input'));")
    assert count(browser) == "1 of 60"
    assert browser.execute_script("return document.querySelector('.path').textContent") == ENDING
    press(browser, "")
    browser.execute_script("document.getElementById('list').focus()")
    press(browser, "\ue007")
    assert ENDING in browser.execute_script("return document.getElementById('detail').innerText")
    assert SCRIPT in browser.title
    quiet(browser)


def test_filters_sort_and_keys(browser: Any, page: Page) -> None:
    browser.get(page(60, images=map(picture, range(60)), budget=30)[0].as_uri())
    data = json.loads(browser.execute_script("return document.getElementById('data').textContent"))
    assert count(browser) == "60"

    def current() -> int:
        return int(browser.execute_script("return document.querySelector('.item.current .rank').textContent"))

    press(browser, "jjk")
    assert current() == 2
    press(browser, "\ue010")  # End
    assert current() == 60
    press(browser, "\ue011")  # Home
    assert current() == 1
    press(browser, "p")
    pair = (data["given"][0], data["suggested"][0])
    same = sum(each == pair for each in zip(data["given"], data["suggested"], strict=True))
    assert count(browser) == f"{same} of 60"
    press(browser, "p")
    press(browser, "d")
    differ = sum(a != b for a, b in zip(data["given"], data["suggested"], strict=True))
    assert count(browser) == f"{differ} of 60"
    browser.refresh()  # the address keeps the filters
    assert count(browser) == f"{differ} of 60"
    press(browser, "c")
    assert count(browser) == "60"
    browser.find_element("css selector", "#pairs button").click()
    assert count(browser).endswith(" of 60")
    browser.find_element("id", "clear").click()
    browser.find_element("css selector", "#classes tbody tr").click()
    assert count(browser).endswith(" of 60")
    browser.find_element("id", "clear").click()
    browser.find_element("id", "within").click()
    assert count(browser) == f"{data['reach']} of 60"
    browser.find_element("id", "clear").click()
    browser.execute_script(
        "const sort = document.getElementById('sort'); sort.value = '1'; sort.dispatchEvent(new Event('change'))"
    )
    browser.execute_script("document.getElementById('list').focus()")
    assert current() == int(np.argmin(data["pGiven"])) + 1
    press(browser, "v")
    assert browser.execute_script("return document.querySelectorAll('.tile img').length") > 10
    press(browser, "\ue007\ue014")  # Enter, then right
    assert browser.execute_script("return document.getElementById('detail').open")
    assert browser.execute_script("return document.getElementById('detail-image').naturalWidth") > 0
    press(browser, "\ue00c")  # Escape
    assert not browser.execute_script("return document.getElementById('detail').open")
    quiet(browser)


def test_without_images_there_are_none(browser: Any, page: Page) -> None:
    browser.get(page(60)[0].as_uri())
    assert browser.execute_script("return document.querySelectorAll('#list img, #list .shot').length") == 0
    assert browser.execute_script("return document.querySelectorAll('.row').length") > 5
    quiet(browser)


def test_a_phone(browser: Any, page: Page) -> None:
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(page(60, images=map(picture, range(60)))[0].as_uri())
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    assert browser.execute_script("return document.getElementById('list').clientHeight") > 500
    browser.find_element("id", "open-summary").click()
    assert browser.find_element("id", "classes").is_displayed()
    browser.find_element("id", "close-summary").click()
    browser.find_element("css selector", ".item").click()
    assert browser.find_element("id", "detail-labels").is_displayed()
    assert NAMES[0] in browser.execute_script("return document.body.innerText")
    quiet(browser)


SCROLL = """
const done = arguments[0], list = document.getElementById('list'), frames = [];
let before = performance.now(), step = 0;
const next = (now) => {
  frames.push(now - before); before = now;
  list.scrollTop += 900;
  if (++step < 120) requestAnimationFrame(next); else done(frames.slice(2));
};
requestAnimationFrame(next);
"""


def test_twenty_thousand_rows(browser: Any, page: Page, tmp_path: Path) -> None:
    path, written = page(20_000, images=map(picture, range(20_000)))
    assert written.images == 20_000
    assert path.stat().st_size < 60_000_000
    browser.get(path.as_uri())
    paints = browser.execute_script("return performance.getEntriesByType('paint').map((each) => each.startTime)")
    frames = np.array(browser.execute_async_script(SCROLL))
    items = browser.execute_script("return document.querySelectorAll('.item').length")
    size, paint = path.stat().st_size / 1e6, max(paints)
    told = f"{size:.1f} MB, painted after {paint:.0f} ms, frames of {np.median(frames):.1f} ms, {items} items"
    sys.stdout.write(f"{told}, 95 % of frames within {np.quantile(frames, 0.95):.1f} ms\n")
    assert max(paints) < 1000
    assert items < 60
    assert np.median(frames) < 34
    press(browser, "\ue010")
    shown = "return [...document.querySelectorAll('.item.current img')].map((each) => each.src.slice(0, 10))"
    assert browser.execute_script(shown) == ["data:image"]
    quiet(browser)
