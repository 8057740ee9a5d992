"""The page in a real browser: keyboard, mouse, touch; what is seen is what was saved."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from selenium.webdriver import ActionChains, Keys

from alc.answers.project import Project
from tests.review.driven import Page, chromium
from tests.review.served import make_project, serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def opened() -> Iterator[Page]:
    with chromium() as browser:
        yield Page(browser)


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    opened.desktop()
    opened.complaints()
    yield opened
    assert opened.complaints() == []


def answered(project: Project) -> list[tuple[int, str | None, str]]:
    return [(each.sample_id, each.label, each.annotator) for each in Project.open(project.folder).log.read()]


def test_answers_by_keyboard_and_a_reload_loses_nothing(tmp_path: Path, page: Page) -> None:
    project = make_project(tmp_path)
    with serving(project) as client:
        page.open(client)
        page.named("  Ana   Lima ")
        page.ready(1)
        assert page.text("shown") == ""
        page.press("1")
        page.ready(2)
        assert answered(project) == [(100, "cat", "Ana Lima")]
        page.press("3")
        page.ready(3)
        page.press("?")
        page.ready(4)
        page.press("0")
        page.ready(5)
        said = [(100, "cat"), (101, "<b>owl</b>"), (102, None), (103, None)]
        assert answered(project) == [(sample, label, "Ana Lima") for sample, label in said]
        assert page.text("count") == "4 of 6 answered"
        page.browser.refresh()
        page.ready(5)  # the name is not asked again
        assert page.text("count") == "4 of 6 answered"
        assert page.text("annotator") == "Ana Lima"
    with serving(Project.open(project.folder)) as client:
        page.open(client)  # another port: the browser has forgotten, the project has not
        page.until(lambda: page.find("known").is_displayed())
        page.find("known").click()
        page.find("known").find_element("tag name", "button").click()
        page.ready(5)
        page.press("2")
        page.ready(6)
        page.press("2")
        page.until(lambda: "All 6 images are answered" in page.text("notice"))
    assert len(answered(project)) == 6


def test_going_back_and_correcting(tmp_path: Path, page: Page) -> None:
    project = make_project(tmp_path)
    with serving(project, annotator="Ana") as client:
        page.open(client)
        for number in (1, 2, 3):
            page.ready(number)
            page.press("1")
        page.ready(4)
        page.press("u")
        page.ready(3)
        page.press(Keys.BACKSPACE)
        page.ready(2)
        assert [button.get_attribute("aria-pressed") for button in page.classes()] == ["true", "false", "false"]
        page.press("2")
        page.ready(4)
        page.press(Keys.ARROW_LEFT, Keys.ARROW_LEFT, Keys.ARROW_LEFT)
        page.ready(1)
        page.press("1")  # what was said before: there is nothing to write
        page.ready(4)
        page.press(Keys.ARROW_RIGHT)
        page.ready(5)
        page.press("1")
        page.ready(6)
        page.press("1")
        page.until(lambda: "1 of 6 images has no answer" in page.text("notice"))
        page.press(Keys.ENTER)
        page.ready(4)
    said = [(100, "cat"), (101, "cat"), (102, "cat"), (101, "dog"), (104, "cat"), (105, "cat")]
    assert answered(project) == [(sample, label, "Ana") for sample, label in said]


def test_a_failed_write_stays_at_the_image_and_is_sent_again(
    tmp_path: Path, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(tmp_path)
    sync, full = os.fsync, True

    def fsync(descriptor: int) -> None:
        if full:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with serving(project, annotator="Ana") as client:
        page.open(client)
        page.ready(1)
        page.press("1")
        page.until(lambda: "Not saved. The answer could not be written: No space left" in page.text("error"))
        assert page.text("place") == "Image 1 of 6"
        assert page.text("count") == "0 of 6 answered"
        full = False
        page.find("again").click()
        page.ready(2)
        assert not page.find("error").is_displayed()
    assert answered(project) == [(100, "cat", "Ana")]
    page.press("1")
    page.until(lambda: "Not saved." in page.text("error"))
    assert page.text("place") == "Image 2 of 6"
    assert answered(project) == [(100, "cat", "Ana")]
    assert len(page.complaints()) == 2  # one for each answer that was not saved


def test_names_are_shown_as_text(tmp_path: Path, page: Page) -> None:
    nasty = ("<img src=x onerror=document.title='hacked'>", "\"'><script>document.title='hacked'</script>", "ok")
    project = make_project(tmp_path, classes=nasty)
    with serving(project, shown="suggested", annotator=nasty[0]) as client:
        page.open(client)
        page.ready(1)
        assert [button.find_element("tag name", "bdi").text for button in page.classes()] == list(nasty)
        assert (page.text("given"), page.text("suggested"), page.text("path")) == (nasty[0], nasty[1], "class0/0.png")
        assert page.text("annotator") == nasty[0]
        page.press("1")
        page.ready(2)
        assert "hacked" not in page.browser.title
        assert page.browser.find_elements("css selector", "bdi img, bdi script, #panel img, #status img") == []
    assert project.log.read()[0].shown == "suggested"


def test_an_image_that_can_not_be_read_is_passed_over(tmp_path: Path, page: Page) -> None:
    project = make_project(tmp_path, count=3)
    (tmp_path / "images/class1/1.png").write_bytes(b"")
    with serving(project, annotator="Ana") as client:
        page.open(client)
        page.ready(1)
        page.press("1")
        page.until(lambda: "This image is empty" in page.text("notice"))
        page.press("1")
        assert not page.find("unsure").is_enabled()
        page.press(Keys.ENTER)
        page.ready(3)
        page.press("1")
        page.until(lambda: "1 of 3 images has no answer yet" in page.text("notice"))
    assert answered(project) == [(100, "cat", "Ana"), (102, "cat", "Ana")]


def test_looking_closer(tmp_path: Path, page: Page) -> None:
    project = make_project(tmp_path, count=2)
    Image.linear_gradient("L").resize((1600, 1200)).save(tmp_path / "images/class0/0.png")
    with serving(project, annotator="Ana") as client:
        page.open(client)
        page.ready(1)
        whole = page.image_box()
        assert whole["width"] / whole["height"] == pytest.approx(4 / 3, rel=0.01)
        page.press("z")
        assert page.image_box()["width"] == pytest.approx(1600, abs=1)
        page.press("+")
        assert page.image_box()["width"] > 2000
        before = page.image_box()["x"]
        ActionChains(page.browser).drag_and_drop_by_offset(page.find("stage"), 60, 0).perform()
        assert page.image_box()["x"] == pytest.approx(before + 60, abs=1)
        page.press("z")
        assert page.image_box() == whole
        page.press("i", "x")
        image = page.browser.find_element("css selector", "#holder img")
        assert image.value_of_css_property("filter").startswith("invert(1)")
        assert page.find("adjust").is_displayed()
        page.find("reset").click()
        assert image.value_of_css_property("filter") == "none"
        page.press("1")
        page.ready(2)
    assert answered(project) == [(100, "cat", "Ana")]


def test_a_phone_and_a_finger(tmp_path: Path, page: Page) -> None:
    project = make_project(tmp_path)
    with serving(project, annotator="Ana") as client:
        page.phone()
        page.open(client)
        page.ready(1)
        width, height = page.browser.execute_script(
            "return [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        assert (width, height) == (375, 667)
        buttons = [*page.classes(), *(page.find(name) for name in ("previous", "undo", "unsure", "next"))]
        for button in buttons:
            box = button.rect
            assert box["height"] >= 44
            assert 0 <= box["x"] <= box["x"] + box["width"] <= 375
            assert box["y"] + box["height"] <= 667
        assert page.image_box()["height"] > 200
        page.tap(page.classes()[1])
        page.ready(2)
        page.tap(page.find("undo"))
        page.ready(1)
        page.tap(page.classes()[0])
        page.ready(2)
    assert answered(project) == [(100, "dog", "Ana"), (100, "cat", "Ana")]


def test_many_classes_are_found_by_name(tmp_path: Path, page: Page) -> None:
    names = tuple(f"kind {number:02}" for number in range(60))
    project = make_project(tmp_path, count=3, classes=names)
    with serving(project, annotator="Ana") as client:
        page.open(client)
        page.ready(1)
        page.press("/", "d 57", Keys.ENTER)
        page.ready(2)
        page.press(Keys.ESCAPE, "a")
        page.ready(3)
    assert answered(project) == [(100, "kind 57", "Ana"), (101, "kind 09", "Ana")]
