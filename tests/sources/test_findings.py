"""Image files that can not be read or are odd: listed, counted, refused, and left out only when asked for."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from alc.errors import InputError
from alc.sources.csv_file import CsvSource
from alc.sources.decode import image_oddity, image_problem
from alc.sources.findings import describe_findings, write_findings
from alc.sources.folder import FolderSource
from tests.sources.dicom_files import write_dicom

BAD = {
    "bad/zero.png": "is empty (0 bytes)",
    "bad/text.png": "is not the PNG its name says",
    "bad/cut.jpg": "is a damaged JPEG",
    "bad/cut.bmp": "is a damaged BMP",
    "bad/report.dcm": "is a DICOM file without pixels",
}
ODD = {
    "odd/wide.png": "16-bit grey, scaled to 8 bits",
    "odd/print.jpg": "CMYK, converted to RGB",
    "odd/map.png": "palette, converted to RGB",
    "odd/glass.png": "transparency, dropped",
    "odd/film.gif": "GIF of 3 frames, the first is used",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "images"
    for name in ("bad", "odd", "fine"):
        (root / name).mkdir(parents=True)
    colour = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8))
    for name in ("a.png", "b.jpg"):
        colour.save(root / "fine" / name)
    for name in ("cut.jpg", "cut.bmp"):
        colour.save(root / "bad" / name)
        (root / "bad" / name).write_bytes((root / "bad" / name).read_bytes()[:-300])
    (root / "bad" / "zero.png").write_bytes(b"")
    (root / "bad" / "text.png").write_text("no image")
    write_dicom(root / "bad" / "report.dcm", None)
    Image.fromarray(np.full((9, 9), 40000, dtype=np.uint16)).save(root / "odd" / "wide.png")
    colour.convert("CMYK").save(root / "odd" / "print.jpg")
    colour.convert("P").save(root / "odd" / "map.png")
    colour.convert("RGBA").save(root / "odd" / "glass.png")
    frames = [Image.new("L", (9, 9), value) for value in (1, 90, 200)]
    frames[0].save(root / "odd" / "film.gif", save_all=True, append_images=frames[1:])
    return root


def table(root: Path) -> str:
    names = [*BAD, "fine/a.png", *ODD, "fine/b.jpg"]
    rows = [f"{name},{('cat', 'dog')[row % 2]},{row // 2}" for row, name in enumerate(names)]
    file = root.parent / "labels.csv"
    file.write_text("path,label,group\n" + "\n".join(rows) + "\n")
    return str(file)


def test_every_kind_is_told(root: Path) -> None:
    for name, problem in BAD.items():
        assert problem in str(image_problem(root / name)), name
    for name, oddity in ODD.items():
        assert image_problem(root / name) is None, name
        assert image_oddity(root / name) == oddity
    for name in ("fine/a.png", "fine/b.jpg"):
        assert (image_problem(root / name), image_oddity(root / name)) == (None, None)


def test_a_whole_jpeg_with_something_behind_it_is_fine(root: Path) -> None:
    path = root / "fine" / "b.jpg"
    path.write_bytes(path.read_bytes() + b"appended by a camera" * 9)
    assert image_problem(path) is None


@pytest.mark.parametrize("cache", [None, "cache"])
def test_a_table_refuses_them_or_leaves_them_out(cache: str | None, root: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"root": str(root), "cache": cache and str(tmp_path / cache)}
    with pytest.raises(InputError, match=r"5 of 12 images cannot be read: .*zero.png .*data.skip_unreadable=true"):
        CsvSource(table(root), 8, **options).load(0)
    data = CsvSource(table(root), 8, skip_unreadable=True, **options).load(0)
    assert data.samples.sample_id.tolist() == [5, 6, 7, 8, 9, 10, 11]  # rows of the file
    assert data.samples.given.tolist() == [1, 0, 1, 0, 1, 0, 1]
    assert data.samples.group is not None
    assert len(data.samples.group) == 7
    assert data.images.as_array().shape == (7, 8, 8, 3)
    assert {each.path for each in data.findings if not each.is_used} == set(BAD)
    assert {each.path: each.what for each in data.findings if each.is_used} == ODD
    assert "7 images from labels.csv (cat 3, dog 4)" in data.description
    assert "5 unreadable images were left out; 5 are converted (" in data.description


def test_a_folder_leaves_them_out(root: Path) -> None:
    with pytest.raises(InputError, match="5 of 12 images"):
        FolderSource(str(root), 8).load(0)
    with pytest.raises(InputError, match=r"odd.*skip_unreadable|5 of 10"):
        FolderSource(str(root), 8, classes=["bad", "odd"]).load(0)
    data = FolderSource(str(root), 8, skip_unreadable=True).load(0)
    assert len(data) == 7
    assert data.samples.path.tolist()[:2] == ["fine/a.png", "fine/b.jpg"]
    assert "bad 0, fine 2, odd 5" in data.description


def test_none_left_is_refused_all_the_same(root: Path) -> None:
    file = root.parent / "labels.csv"
    file.write_text("path,label\nbad/zero.png,a\nbad/text.png,b\n")
    with pytest.raises(InputError, match="2 of 2 images cannot be read"):
        CsvSource(str(file), 8, str(root), skip_unreadable=True).load(0)


def test_of_the_test_set_too(root: Path) -> None:
    (root.parent / "test.csv").write_text("path,label\nfine/a.png,dog\nbad/cut.jpg,cat\n")
    (root.parent / "train.csv").write_text("path,label\nfine/b.jpg,dog\nodd/map.png,cat\n")
    files = (str(root.parent / "train.csv"), 8, str(root), str(root.parent / "test.csv"))
    data = CsvSource(*files, skip_unreadable=True).load(0)
    assert data.test_labels is not None
    assert data.test_labels.tolist() == [1]
    assert [finding.path for finding in data.findings] == ["odd/map.png", "bad/cut.jpg"]


def test_the_list(root: Path, tmp_path: Path) -> None:
    data = CsvSource(table(root), 8, str(root), skip_unreadable=True).load(0)
    write_findings(data.findings, tmp_path / "images.csv")
    with (tmp_path / "images.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows if row["used"] == "no"] == list(BAD)
    assert {row["path"]: row["finding"] for row in rows if row["used"] == "yes"} == ODD
    assert describe_findings(()) == ""
