"""The cache of decoded images: the same pixels, decoded once, whole or not there, shared by processes."""

import multiprocessing
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import alc.sources.decoded
from alc.errors import InputError
from alc.sources.digest_memo import DigestMemo, images_digest
from alc.sources.images import FileImages
from alc.sources.inputs import file_digest
from tests.sources.dicom_files import write_dicom

NAMES = ["a.png", "b.jpg", "c.dcm", "d.png"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "images"
    root.mkdir()
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (20, 30, 3), dtype=np.uint8)).save(root / "a.png")
    Image.fromarray(rng.integers(0, 255, (30, 20), dtype=np.uint8)).save(root / "b.jpg")
    write_dicom(root / "c.dcm", rng.integers(0, 4000, (20, 20), dtype=np.uint16), BitsStored=12)
    (root / "d.png").write_bytes((root / "a.png").read_bytes())  # the same content twice
    return root


def cached(root: Path, **options: Any) -> FileImages:
    return FileImages(root, NAMES, 12, cache=root.parent / "cache", **options)


def files(root: Path) -> list[Path]:
    return sorted((root.parent / "cache").glob("*/*.png"))


def test_the_cache_gives_the_same_pixels(root: Path) -> None:
    images = cached(root)
    assert images.examine() == ()
    np.testing.assert_array_equal(images.as_array(), FileImages(root, NAMES, 12).as_array())
    assert len(files(root)) == 3
    assert {Image.open(file).mode for file in files(root)} == {"L", "RGB"}


def test_what_is_there_is_not_decoded_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = cached(root).as_array()
    monkeypatch.setattr(alc.sources.decoded, "image_oddity", None)  # called for every image that is decoded
    np.testing.assert_array_equal(cached(root).as_array(), expected)
    with pytest.raises(TypeError):
        cached(root, resize="stretch").examine()


def test_a_changed_file_is_decoded_again(root: Path) -> None:
    before = cached(root).as_array()
    Image.new("RGB", (20, 20), (200, 0, 0)).save(root / "a.png")
    after = cached(root).as_array()
    assert after[0, 0, 0].tolist() == [200, 0, 0]
    np.testing.assert_array_equal(after[1:], before[1:])


def test_a_damaged_or_lost_entry_does_no_harm(root: Path) -> None:
    images = cached(root)
    expected = images.as_array()
    first, second, _ = files(root)
    first.write_bytes(first.read_bytes()[:40])
    second.unlink()
    np.testing.assert_array_equal(images.as_array(), expected)


def test_findings_are_remembered(root: Path) -> None:
    Image.fromarray(np.full((9, 9), 40000, dtype=np.uint16)).save(root / "a.png")
    (root / "b.jpg").write_bytes(b"")
    (root / "c.dcm").write_bytes((root / "c.dcm").read_bytes()[:-5])
    (root / "d.png").unlink()
    for _ in range(2):
        found = {finding.path: (finding.what, finding.is_used) for finding in cached(root).examine()}
        assert found["a.png"] == ("16-bit grey, scaled to 8 bits", True)
        assert found["b.jpg"] == ("is empty (0 bytes)", False)
        assert found["c.dcm"] == ("is a damaged DICOM file (795 of 800 bytes of pixels)", False)
        assert "cannot be read (No such file" in found["d.png"][0]


def test_a_cache_that_can_not_be_written(root: Path) -> None:
    (root.parent / "cache").write_text("a file")
    with pytest.raises(InputError, match=r"data.cache .* cannot be written"):
        cached(root).examine()


def prepare(root: Path) -> None:
    cached(root).examine()


def test_two_processes_at_once(root: Path) -> None:
    for number in range(30):
        NAMES_OF = root / f"x{number}.png"
        Image.new("RGB", (50, 50), (number, 0, 0)).save(NAMES_OF)
    context = multiprocessing.get_context("fork")
    both = [context.Process(target=prepare, args=(root,)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    np.testing.assert_array_equal(cached(root).as_array(), FileImages(root, NAMES, 12).as_array())
    assert not list((root.parent / "cache").rglob("*.tmp*"))


def test_digests_are_computed_once(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = str(tmp_path / "cache")
    before = images_digest(root, NAMES, cache)
    assert before == images_digest(root, NAMES, None)
    calls: list[Path] = []

    def counted(path: Path) -> str:
        calls.append(path)
        return file_digest(path)

    monkeypatch.setattr("alc.sources.digest_memo.file_digest", counted)
    assert images_digest(root, NAMES, cache) == before
    assert calls == []
    (root / "b.jpg").write_bytes(b"other")
    assert images_digest(root, NAMES, cache) != before
    assert calls == [root / "b.jpg"]
    os.utime(root / "a.png", ns=(1, 1))
    images_digest(root, NAMES, cache)
    assert calls == [root / "b.jpg", root / "a.png"]


@pytest.mark.parametrize("damage", [b"", b"[1]", b"{", b'{"a.png": 3}', b"\xff\xfe"])
def test_a_damaged_memo_counts_as_none(damage: bytes, root: Path, tmp_path: Path) -> None:
    expected = images_digest(root, NAMES, str(tmp_path))
    (memo,) = tmp_path.glob("digests-*.json")
    memo.write_bytes(damage)
    assert images_digest(root, NAMES, str(tmp_path)) == expected
    assert DigestMemo(tmp_path, root)(root / "a.png") == file_digest(root / "a.png")
