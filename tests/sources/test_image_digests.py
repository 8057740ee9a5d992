"""What a pre-training is told of a source: the images and their order, and nothing of labels or of the test set."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from alc.runs.identity import NOT_OF_PRETRAINING
from alc.sources.cifar10n import Cifar10NSource
from alc.sources.csv_file import CsvSource
from alc.sources.digits import DigitsSource
from alc.sources.folder import FolderSource
from alc.sources.medmnist import MedMnistSource
from tests.sources.test_cifar10n import write_copy

TABLE = "path,label,second,reference_label,group\n" + "".join(
    f"{name},{label},{other},{label},{group}\n"
    for name, label, other, group in [("a", "x", "y", 1), ("b", "y", "y", 1), ("c", "x", "x", 2), ("d", "y", "x", 2)]
)


def pictures(folder: Path, *names: str) -> str:
    for value, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 6), (10 * value, 0, 0)).save(folder / name, "PNG")
    return str(folder)


def table(folder: Path) -> CsvSource:
    pictures(folder, "a", "b", "c", "d", "t")
    (folder / "labels.csv").write_text(TABLE)
    (folder / "test.csv").write_text("path,label,second\nt,x,x\n")
    return CsvSource(str(folder / "labels.csv"), 6)


def classes(folder: Path) -> FolderSource:
    pictures(folder / "test", "x/t.png", "y/u.png")
    return FolderSource(pictures(folder / "own", "x/a.png", "x/b.png", "y/c.png"), 6)


def votes(folder: Path) -> Cifar10NSource:
    write_copy(folder)
    return Cifar10NSource(str(folder), subset=20)


def medical(folder: Path) -> MedMnistSource:
    rng = np.random.default_rng(0)
    parts: dict[str, Any] = {
        f"{part}_images": rng.integers(0, 255, (9, 6, 6), dtype=np.uint8) for part in ("train", "val", "test")
    }
    labels: dict[str, Any] = {f"{part}_labels": np.arange(9)[:, None] % 2 for part in ("train", "val", "test")}
    np.savez(folder / "pneumoniamnist.npz", **parts, **labels)
    return MedMnistSource(str(folder), subset=5)


CHANGES: list[tuple[Callable[[Path], Any], str, object]] = [
    (lambda folder: DigitsSource(), "annotator_accuracy", 0.9),
    (lambda folder: DigitsSource(), "neighbours", 5),
    (votes, "labels", "random1"),
    (votes, "batch_order", "file"),
    (votes, "clean_votes", 3),
    (votes, "test_subset", 2),
    (medical, "test_subset", 2),
    (table, "label_column", "second"),
    (table, "reference_column", None),
    (table, "group_column", None),
    (table, "test_file", "test.csv"),
    (classes, "test_root", "test"),
]


@pytest.mark.parametrize(("make", "key", "value"), CHANGES)
def test_what_a_pretraining_ignores_changes_no_image(
    make: Callable[[Path], Any], key: str, value: object, tmp_path: Path
) -> None:
    source = make(tmp_path)
    changed = replace(source, **{key: str(tmp_path / str(value)) if key in {"test_file", "test_root"} else value})
    assert changed != source
    ours, theirs = source.load(3), changed.load(3)
    np.testing.assert_array_equal(ours.images.as_array(), theirs.images.as_array())
    np.testing.assert_array_equal(ours.samples.sample_id, theirs.samples.sample_id)
    assert source.image_digests() == changed.image_digests()


def test_every_ignored_key_of_a_source_is_tried() -> None:
    tried = {f"data.{key}" for _, key, _ in CHANGES}
    assert tried == {key for key in NOT_OF_PRETRAINING if key.startswith("data.")}


def test_a_corrected_label_in_a_table_keeps_the_images_and_another_order_does_not(tmp_path: Path) -> None:
    source = table(tmp_path)
    images, everything = source.image_digests(), source.digests()
    (tmp_path / "labels.csv").write_text(TABLE.replace("a,x,", "a,y,"))
    assert source.image_digests() == images
    assert source.digests() != everything
    header, first, *rest = TABLE.splitlines()
    (tmp_path / "labels.csv").write_text("\n".join([header, *rest, first]))
    assert source.image_digests() != images
    (tmp_path / "labels.csv").write_text(TABLE)
    assert source.image_digests() == images
    Image.new("RGB", (6, 6), (200, 0, 0)).save(tmp_path / "a", "PNG")
    assert source.image_digests() != images


def test_files_of_labels_are_not_of_the_images(tmp_path: Path) -> None:
    source = votes(tmp_path)
    assert set(source.image_digests()) < set(source.digests())
    assert "CIFAR-10_human.pt" not in source.image_digests()
