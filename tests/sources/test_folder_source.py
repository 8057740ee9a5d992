from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from alc.errors import InputError
from alc.sources.folder import FolderSource
from tests.sources.dicom_files import write_dicom


def picture(path: Path, value: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (10, 8), (value, 0, 0)).save(path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "pets"
    for value, name in enumerate(("dog/b.png", "dog/a.jpg", "cat/z.bmp", "cat/deep/c.PNG", "owl/o.tif")):
        picture(root / name, value)
    (root / "dog" / "notes.txt").write_text("no image")
    (root / "dog" / ".hidden.png").write_text("no image")
    (root / ".cache").mkdir()
    return root


def refused(message: str, **options: Any) -> None:
    with pytest.raises(InputError, match=message):
        FolderSource(image_size=8, **options).load(0)


def test_folder(root: Path) -> None:
    data = FolderSource(str(root), 8).load(0)
    assert data.samples.class_names == ("cat", "dog", "owl")
    assert data.samples.path.tolist() == ["cat/deep/c.PNG", "cat/z.bmp", "dog/a.jpg", "dog/b.png", "owl/o.tif"]
    assert data.samples.given.tolist() == [0, 0, 1, 1, 2]
    assert data.samples.reference is None
    assert data.distribution is None
    assert data.images.as_array().shape == (5, 8, 8, 3)
    assert data.images.read(np.array([1, 0]))[:, 0, 0, 0].tolist() == [2, 3]
    assert "cat 2, dog 2, owl 1" in data.description


def test_class_list_orders_and_chooses(root: Path) -> None:
    data = FolderSource(str(root), 8, classes=["owl", "cat"]).load(0)
    assert data.samples.class_names == ("owl", "cat")
    assert data.samples.given.tolist() == [0, 1, 1]


def test_test_folder(root: Path, tmp_path: Path) -> None:
    for name in ("dog", "cat", "owl"):
        picture(tmp_path / "test" / name / "t.png")
    data = FolderSource(str(root), 8, test_root=str(tmp_path / "test")).load(0)
    assert data.test_labels is not None
    assert data.test_labels.tolist() == [0, 1, 2]
    (tmp_path / "test" / "owl" / "t.png").unlink()
    refused("owl holds no image", root=str(root), test_root=str(tmp_path / "test"))
    (tmp_path / "test" / "owl").rmdir()
    refused("has no folder owl", root=str(root), test_root=str(tmp_path / "test"))
    refused("is data.root itself", root=str(root), test_root=str(root))


def test_digests(root: Path, tmp_path: Path) -> None:
    source = FolderSource(str(root), 8)
    before = source.digests()
    assert set(before) == {"images"}
    (root / "dog" / "notes.txt").write_text("still no image")
    assert source.digests() == before
    assert FolderSource(str(root), 8, classes=["cat", "dog"]).digests() != before
    picture(root / "dog" / "a.jpg", 99)
    assert source.digests() != before
    for name in ("dog", "cat", "owl"):
        picture(tmp_path / "test" / name / "t.png")
    assert set(FolderSource(str(root), 8, test_root=str(tmp_path / "test")).digests()) == {"images", "test_images"}


def test_what_is_refused(root: Path, tmp_path: Path) -> None:
    refused("does not exist", root=str(tmp_path / "no"))
    refused("names 'dgo', which is no folder.*Did you mean 'dog'", root=str(root), classes=["cat", "dgo"])
    refused("allowed|Allowed: a list", root=str(root), classes="cat")
    refused("two different names", root=str(root), classes=["cat", "cat"])
    (root / "empty").mkdir()
    refused(r"folder .*empty holds no image \(0 other files\)", root=str(root))
    (root / "empty").rmdir()
    (root / "cat" / "z.bmp").write_bytes(b"")
    (root / "owl" / "o.tif").write_bytes(b"GIF89a")
    refused(
        r"2 of 5 images cannot be read: .*z.bmp is empty .*o.tif is a damaged GIF, and not the TIFF", root=str(root)
    )
    lonely = tmp_path / "lonely"
    picture(lonely / "only" / "a.png")
    refused("holds 1 subfolders", root=str(lonely))
    with pytest.raises(InputError, match=r"data.image_size is 0"):
        FolderSource(str(root), 0)


def test_dicom_needs_no_ending(root: Path) -> None:
    grey = np.full((8, 8), 200, dtype=np.uint8)
    for name in ("owl/IM0001", "owl/1.2.840.113619.2", "owl/DICOMDIR", "cat/.IM0002"):
        write_dicom(root / name, grey)
    (root / "owl" / "README").write_text("no image, and longer than the preamble of a DICOM file " * 4)
    data = FolderSource(str(root), 8).load(0)
    assert data.samples.path.tolist()[-3:] == ["owl/1.2.840.113619.2", "owl/IM0001", "owl/o.tif"]
    assert (data.images.read(np.array([4, 5])) == 200).all()
    write_dicom(root / "owl" / "report", None)
    refused(r"owl/report is a DICOM file without pixels", root=str(root))
    assert len(FolderSource(str(root), 8, skip_unreadable=True).load(0).samples) == 7


def test_parts_are_not_taken_for_classes(tmp_path: Path) -> None:
    for name in ("train/cat/a.png", "train/dog/b.png", "test/cat/c.png", "test/dog/d.png"):
        picture(tmp_path / name)
    refused("holds test, train, which look like parts", root=str(tmp_path))
    assert len(FolderSource(str(tmp_path), 8, classes=["train", "test"]).load(0)) == 4


def test_links_are_followed_but_not_in_circles(root: Path, tmp_path: Path) -> None:
    picture(tmp_path / "elsewhere" / "x.png")
    (root / "owl" / "more").symlink_to(tmp_path / "elsewhere")
    (root / "owl" / "loop").symlink_to(root / "owl")
    data = FolderSource(str(root), 8).load(0)
    assert data.samples.path.tolist()[-2:] == ["owl/more/x.png", "owl/o.tif"]


def test_file_names_must_be_text(root: Path) -> None:
    import os

    source = os.fsencode(root / "owl" / "o.tif")
    try:
        os.link(source, os.fsencode(root / "owl") + b"/\xff.tif")
    except OSError:
        pytest.skip("this file system refuses such names")
    refused("is not UTF-8", root=str(root))
