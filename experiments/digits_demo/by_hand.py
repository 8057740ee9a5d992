"""The demo continued by hand: rank, review 30 images in the page in a real Chromium, clean, see accuracy go up.

    python experiments/digits_demo/by_hand.py [--images 30] [--folder FOLDER]

Whoever sits at the page is a script: for every image it reads which one is shown, presses the key of the *true* digit,
and waits until the next image stands there.  Nothing else tells the commands the truth.  Needs chromium and its driver
on the path and ``pip install selenium``.  Writes by_hand.json and two pictures beside this file.
"""

import argparse
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver import ActionChains, Chrome, ChromeOptions, ChromeService

from alc.samples import SampleTable

HERE = Path(__file__).parent
COMMANDS = Path(sys.executable).parent
DECODED = "const all = [...document.images]; return all.length > 8 && all.every((each) => each.complete)"
SHOWN = "return document.querySelector('#holder img')?.src ?? ''"


def command(name: str, *arguments: str, folder: Path) -> str:
    """Run one of the project's commands as typed; returns what it says."""
    print(f"$ {name} {' '.join(arguments)}", flush=True)
    done = subprocess.run(
        [COMMANDS / name, *arguments], cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return done.stdout


@contextmanager
def chromium() -> Iterator[Chrome]:
    """A browser without a window."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        raise SystemExit("chromium and chromedriver are not on the path (Debian: chromium chromium-driver)")
    options = ChromeOptions()
    options.binary_location = program
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1100,900"):
        options.add_argument(flag)
    browser = Chrome(options=options, service=ChromeService(driver))
    try:
        yield browser
    finally:
        browser.quit()


@contextmanager
def review(folder: Path) -> Iterator[str]:
    """``alc-review`` while it runs: its address."""
    arguments = ["campaign", "--annotator", "the true digits"]
    print(f"$ alc-review {' '.join(arguments[:1])}", flush=True)
    process = subprocess.Popen([COMMANDS / "alc-review", *arguments], cwd=folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        found = next(re.search(r"http\S+", line) for line in process.stdout if line.startswith("open"))
        assert found is not None
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def until(browser: Chrome, script: str, seconds: float = 20) -> Any:
    """Wait until a script says something true."""
    end = time.monotonic() + seconds
    while not (said := browser.execute_script(script)):
        if time.monotonic() > end:
            raise SystemExit(f"waited in vain for {script}")
        time.sleep(0.02)
    return said


def answer_all(browser: Chrome, address: str, count: int, truth: dict[int, str]) -> None:
    """Press the key of the true digit for one image after the other."""
    browser.get(address)
    for number in range(1, count + 1):
        until(browser, f"return document.getElementById('place').textContent.startsWith('Image {number} of')")
        until(browser, "return !document.getElementById('unsure').disabled")
        sample = int(str(browser.execute_script(SHOWN)).rpartition("/")[2])
        time.sleep(0.15)  # the page takes no answer before anybody can have seen the image
        if number == 4:
            browser.save_screenshot(str(HERE / "by_hand_review.png"))
        ActionChains(browser).send_keys(truth[sample]).perform()
    until(browser, "return document.getElementById('notice-text').textContent.includes('are answered')")


def found(folder: Path, images: int, seconds: float) -> dict[str, float]:
    """What the commands have written about the labels and the networks before and after."""
    (file,) = folder.glob("runs/evaluate/*/accuracy.json")
    content = json.loads(file.read_text())
    labels, total = content["labels"], content["data"]["samples"]
    return {
        "images": images,
        "seconds_in_the_page": round(seconds, 1),
        "changed": labels["changed"],
        "wrong_before": labels["wrong_before"],
        "wrong_after": labels["wrong_after"],
        "labels_before": round(1 - labels["wrong_before"] / total, 4),
        "labels_after": round(1 - labels["wrong_after"] / total, 4),
        "test_before": round(content["accuracy"]["before"], 4),
        "test_after": round(content["accuracy"]["after"], 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=30, help="to review")
    parser.add_argument("--folder", type=Path, help="to work in; default: a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = (options.folder or Path(name)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        command("alc-rank", "name=first", folder=folder)
        command("alc-export", "project=campaign", "ranking=first", f"budget={options.images}", folder=folder)
        (table,) = folder.glob("runs/train/*/samples.parquet")
        samples = SampleTable.load(table)
        assert samples.reference is not None
        truth = dict(zip(samples.sample_id.tolist(), map(str, samples.reference), strict=True))
        with review(folder) as address, chromium() as browser:
            browser.get((folder / "runs/first/report.html").as_uri())
            until(browser, DECODED)
            browser.save_screenshot(str(HERE / "by_hand_report.png"))
            begin = time.perf_counter()
            answer_all(browser, address, options.images, truth)
            seconds = time.perf_counter() - begin
        print(command("alc-clean", "project=campaign", "adjudication=single", folder=folder))
        command("alc-clean", "labels.project=campaign", "name=cleaned", folder=folder)
        print(command("alc-evaluate", "clean=cleaned", folder=folder))
        text = json.dumps(found(folder, options.images, seconds), indent=2)
        (HERE / "by_hand.json").write_text(text + "\n")
        print(text)


if __name__ == "__main__":
    main()
