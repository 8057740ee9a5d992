"""The page as a file: self-contained, escaped, as small as promised, and right in what it says."""

import base64
import hashlib
import html
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from alc.metrics.confident_joint import confident_noise_rate
from alc.posteriors import PosteriorProtocol, Posteriors
from alc.report.protocol import TEXTS, protocol_text
from alc.report.summary import reach, summarise
from alc.report.thumbnails import LARGEST, ROOM, thumbnails
from tests.report.conftest import ENDING, NAMES, SCRIPT, Page, problem


class Elements(HTMLParser):
    """Every start tag with its attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self.tags.append(("", {}))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.tags[-1] if self.tags else ("", {})
        if tag in {"script", "style"}:
            name = attributes.get("id") or tag
            self.raw[name] = self.raw.get(name, "") + data


def test_nothing_in_it_runs_or_loads_but_its_own(page: Page) -> None:
    text = page(images=[np.full((9, 9, 3), 7, dtype=np.uint8)] * 60)[0].read_text(encoding="utf-8")
    elements = Elements(text)
    names = [tag for tag, _ in elements.tags]
    assert names.count("script") == 3  # data, the script, one block of pictures: none from a name
    assert names.count("img") == 1
    for _, attributes in elements.tags:
        assert not {"src", "href", "action", "style"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
    policy = next(each["content"] for _, each in elements.tags if each.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(elements.raw[tag].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "http" not in text.replace("http-equiv", "")
    assert SCRIPT not in text
    assert html.escape(SCRIPT) in text  # the title


def test_the_data_are_those_of_the_ranking(page: Page) -> None:
    path, written = page(60, budget=20)
    _, _, ranking = problem(60)
    data = json.loads(Elements(path.read_text(encoding="utf-8")).raw["data"])
    assert data["classes"] == list(NAMES)
    assert data["path"] == ranking["path"].tolist()
    assert ENDING in data["path"]
    assert data["given"] == ranking["given_class"].tolist()
    np.testing.assert_allclose(data["pGiven"], ranking["p_given"], atol=1e-4)
    assert data["reach"] == reach(ranking["expected_cost"].to_numpy(), 20)
    assert "pictures" not in data
    assert (written.rows, written.images, written.problems) == (60, 0, [])


def test_a_long_ranking_is_cut_and_says_so(page: Page) -> None:
    path, written = page(60, rows=10)
    assert written.rows == 10
    assert "first 10 of 60; ranking.csv holds all" in path.read_text(encoding="utf-8")


def test_the_same_input_makes_the_same_bytes(page: Page) -> None:
    assert page()[0].read_bytes() == page()[0].read_bytes()


def test_images_that_are_missing_are_counted(page: Page) -> None:
    path, written = page(60, images=[np.zeros((8, 8, 3), dtype=np.uint8), *["image x is not there"] * 59])
    assert (written.images, len(written.problems)) == (1, 59)
    block = json.loads(Elements(path.read_text(encoding="utf-8")).raw["p0"])
    assert block[0] is not None
    assert block[1:] == [None] * 59


def test_pictures_fit_the_room_there_is() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (12, 200, 300, 3), dtype=np.uint8)
    for count in (12, 20_000):
        sizes = [len(each.content or b"") for each in thumbnails(noise, count)]
        assert 0 < max(sizes) <= min(LARGEST, ROOM // count)
    exact = next(iter(thumbnails([noise[0, :20, :30]], 1))).content
    assert exact is not None
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(exact)).convert("RGB")), noise[0, :20, :30])


def test_summary_by_hand() -> None:
    probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.1, 0.9], [0.3, 0.7]])
    given = np.array([0, 0, 0, 1, 1])
    made = summarise(probs, given)
    assert (made.samples, made.disagrees) == (5, 1)
    assert made.noise == pytest.approx(confident_noise_rate(probs, given)) == pytest.approx(0.2)
    assert made.expected_noise == pytest.approx((0.1 + 0.2 + 0.9 + 0.1 + 0.3) / 5)
    first, second = made.classes
    assert (first.index, first.labels, first.disagrees, first.instead) == (0, 3, 1, 1)
    assert first.noise == pytest.approx(1 / 3)
    assert (second.disagrees, second.noise, second.instead) == (0, 0, None)
    assert [(pair.given, pair.suggested, pair.count) for pair in made.pairs] == [(0, 1, 1)]


@pytest.mark.parametrize("protocol", TEXTS)
def test_every_protocol_is_explained(protocol: PosteriorProtocol) -> None:
    text = protocol_text(Posteriors.single(np.array([[0.5, 0.5]]), protocol=protocol))
    assert text == TEXTS[protocol]
    assert re.fullmatch(r"[A-Z].*\.", text)
