"""CIFAR-10N: labels read without torch, votes and workers joined to images, and the published noise rates."""

import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from alc.annotations import Annotations
from alc.arrays import IntArray
from alc.errors import InputError
from alc.sources.cifar10n import Cifar10NSource
from alc.sources.cifar10n_files import FIELDS, BatchOrder, find_labels, read_labels
from alc.sources.dataset import ImageDataset

N = 30
RNG = np.random.default_rng(0)
CLEAN = RNG.integers(0, 10, N)
ORDER = RNG.permutation(N)
HEADER = "Image-batch,Worker1-id,Worker2-id,Worker3-id\n"
WORKERS = np.array([[4, 0, 9], [7, 4, 2], [9, 7, 0]])


def human_labels() -> dict[str, IntArray]:
    rng = np.random.default_rng(1)
    votes = np.where(rng.random((3, N)) < 0.3, (CLEAN + 1) % 10, CLEAN)
    wrong = (votes != CLEAN).sum(axis=0)
    return {
        "clean_label": CLEAN,
        "aggre_label": np.where(wrong >= 2, (CLEAN + 1) % 10, CLEAN),
        "worse_label": np.where(wrong >= 1, (CLEAN + 1) % 10, CLEAN),
        **{f"random_label{slot + 1}": votes[slot] for slot in range(3)},
    }


HUMAN = human_labels()
VOTES = np.stack([HUMAN[f"random_label{slot}"] for slot in (1, 2, 3)], axis=1)


def write_copy(root: Path) -> Path:
    """Thirty train images, five test images, and the three files of CIFAR-10N for them."""
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((32, 32, 3), dtype=np.uint8)).save(buffer, "PNG")
    for part, labels in (("train", CLEAN), ("test", np.arange(5))):
        images = [{"bytes": buffer.getvalue(), "path": None}] * len(labels)
        pd.DataFrame({"img": images, "label": labels}).to_parquet(root / f"{part}.parquet", index=False)
    torch.save(HUMAN, root / "CIFAR-10_human.pt")
    columns: dict[str, Any] = {"Image-batch": [f"{start}--{start + 9}" for start in range(0, N, 10)]}
    for slot in range(3):
        columns |= {f"Worker{slot + 1}-id": WORKERS[:, slot], f"Work-time-in-seconds-{slot + 1}": [30, 40, 50]}
    pd.DataFrame(columns).to_csv(root / "side_info_cifar10N.csv", index=False)
    np.save(root / "image_order_c10.npy", ORDER)
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_copy(tmp_path)


def log_of(data: ImageDataset) -> Annotations:
    assert data.annotations is not None
    return data.annotations


@pytest.mark.parametrize(
    ("labels", "field"),
    [
        ("worse", "worse_label"),
        ("aggregate", "aggre_label"),
        ("random1", "random_label1"),
        ("random3", "random_label3"),
    ],
)
def test_labels(root: Path, labels: Any, field: str) -> None:
    data = Cifar10NSource(str(root), labels=labels).load(0)
    np.testing.assert_array_equal(data.samples.given, HUMAN[field])
    np.testing.assert_array_equal(data.samples.reference, CLEAN)
    np.testing.assert_array_equal(data.samples.sample_id, np.arange(N))
    assert data.test_labels is not None
    assert data.test_labels.tolist() == [0, 1, 2, 3, 4]
    assert f"{labels} labels" in data.description


@pytest.mark.parametrize("clean_votes", [0, 2])
def test_annotators_answer_from_the_votes(root: Path, clean_votes: int) -> None:
    data = Cifar10NSource(str(root), clean_votes=clean_votes).load(0)
    assert data.distribution is not None
    for i in range(N):
        counts = np.bincount([*VOTES[i], *[CLEAN[i]] * clean_votes], minlength=10)
        np.testing.assert_allclose(data.distribution[i], counts / (3 + clean_votes))


def test_without_an_order_the_annotators_are_the_slots(root: Path) -> None:
    (root / "side_info_cifar10N.csv").unlink()  # not needed then
    log = log_of(Cifar10NSource(str(root)).load(0))
    np.testing.assert_array_equal(log.sample.reshape(N, 3), np.arange(N)[:, None].repeat(3, axis=1))
    np.testing.assert_array_equal(log.annotator.reshape(N, 3), np.tile([1, 2, 3], (N, 1)))
    np.testing.assert_array_equal(log.label.reshape(N, 3), VOTES)
    np.testing.assert_array_equal(log.counts(N, 10).counts.sum(axis=1), 3)


@pytest.mark.parametrize("order", ["file", "image_order"])
def test_workers(root: Path, order: BatchOrder) -> None:
    """Batch b is of images 10 b .. 10 b + 9, or of the images that stand there in the order array."""
    log = log_of(Cifar10NSource(str(root), batch_order=order).load(0))
    images = np.arange(N) if order == "file" else ORDER
    for b in range(3):
        for image in images[10 * b : 10 * b + 10]:
            mine = log.sample == image
            np.testing.assert_array_equal(log.annotator[mine], WORKERS[b] + 1)
            np.testing.assert_array_equal(log.label[mine], VOTES[image])


def test_a_subset_keeps_its_votes_and_workers(root: Path) -> None:
    source = Cifar10NSource(str(root), batch_order="image_order", subset=11, test_subset=2)
    data, whole = source.load(3), Cifar10NSource(str(root), batch_order="image_order").load(3)
    ids, log, everyone = data.samples.sample_id, log_of(data), log_of(whole)
    assert len(data) == 11
    assert data.test_images is not None
    assert len(data.test_images) == 2
    np.testing.assert_array_equal(log.label.reshape(11, 3), VOTES[ids])
    np.testing.assert_array_equal(log.annotator.reshape(11, 3), everyone.annotator.reshape(N, 3)[ids])
    np.testing.assert_array_equal(log.sample.max(), 10)
    np.testing.assert_array_equal(data.samples.sample_id, source.load(3).samples.sample_id)


def test_digests_name_what_is_read(root: Path) -> None:
    images = {"train.parquet", "test.parquet"}
    assert set(Cifar10NSource(str(root)).digests()) == {"CIFAR-10_human.pt", *images}
    by_file = Cifar10NSource(str(root), batch_order="file").digests()
    assert set(by_file) == {"CIFAR-10_human.pt", "side_info_cifar10N.csv", *images}
    assert "image_order_c10.npy" in Cifar10NSource(str(root), batch_order="image_order").digests()


def test_what_torch_saves_is_read_as_torch_reads_it(root: Path) -> None:
    ours = read_labels(root / "CIFAR-10_human.pt")
    theirs = torch.load(root / "CIFAR-10_human.pt", weights_only=False)  # written by this test
    for field in FIELDS:
        np.testing.assert_array_equal(ours[field], theirs[field])


class Harm:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.system, ("touch harmed",)


def changed(**fields: object) -> dict[str, object]:
    return {**HUMAN, **fields}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (changed(extra=Harm()), "system is not allowed"),
        ({"clean_label": CLEAN}, "aggre_label"),
        ([1, 2], "is not CIFAR-10N's label file"),
        (changed(worse_label=torch.arange(N)), "is not CIFAR-10N's label file"),
        (changed(worse_label=CLEAN[:-1]), "different lengths"),
        (changed(worse_label=CLEAN + 1), r"worse_label: row \d+ holds 10"),
        (changed(worse_label=CLEAN + 0.5), "worse_label"),
    ],
)
def test_a_file_of_something_else_is_refused_and_runs_nothing(
    root: Path, content: object, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    torch.save(content, root / "CIFAR-10_human.pt")
    with pytest.raises(InputError, match=message) as caught:
        Cifar10NSource(str(root)).load(0)
    assert "CIFAR-10_human.pt" in str(caught.value)
    assert not (root / "harmed").exists()


@pytest.mark.parametrize("damage", ["cut", "junk", "empty zip", "pickle"])
def test_a_broken_file_is_refused(root: Path, damage: str) -> None:
    path = root / "CIFAR-10_human.pt"
    if damage == "empty zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/version", "3")
    else:
        content = path.read_bytes()
        path.write_bytes({"cut": content[: len(content) // 2], "junk": b"junk", "pickle": pickle.dumps(HUMAN)}[damage])
    with pytest.raises(InputError, match="is not CIFAR-10N's label file"):
        read_labels(path)


def test_images_in_another_order_are_refused(root: Path) -> None:
    frame = pd.read_parquet(root / "train.parquet")
    frame.assign(label=np.roll(CLEAN, 1)).to_parquet(root / "train.parquet", index=False)
    with pytest.raises(InputError, match=r"its 30 clean labels are not those of the 30 .* agree\)"):
        Cifar10NSource(str(root)).load(0)
    frame[:-1].to_parquet(root / "train.parquet", index=False)
    with pytest.raises(InputError, match="of the 29 CIFAR-10 train images"):
        Cifar10NSource(str(root)).load(0)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("side_info_cifar10N.csv", "a,b\n1,2\n", "is not CIFAR-10N's table of workers"),
        ("side_info_cifar10N.csv", HEADER + "0--9,1,x,3\n", "table of workers"),
        (
            "side_info_cifar10N.csv",
            HEADER + "10--19,1,2,3\n",
            "row 0 is batch '10--19'",
        ),
        ("side_info_cifar10N.csv", HEADER + "0--9,1,2,3\n", "it has 1 rows"),
        ("side_info_cifar10N.csv", "", "it has 0 rows"),
        ("image_order_c10.npy", "junk", "is not a .npy file"),
    ],
)
def test_bad_worker_files_are_named(root: Path, name: str, content: str, message: str) -> None:
    (root / name).write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        Cifar10NSource(str(root), batch_order="image_order").load(0)
    assert name in str(caught.value)
    assert "data.batch_order=null" in str(caught.value)


def test_an_order_with_a_repeated_image_is_refused(root: Path) -> None:
    np.save(root / "image_order_c10.npy", np.zeros(N, dtype=int))
    with pytest.raises(InputError, match="every number from 0 to 29 once"):
        Cifar10NSource(str(root), batch_order="image_order").load(0)


def test_missing_files_say_where_to_get_them(root: Path) -> None:
    (root / "side_info_cifar10N.csv").unlink()
    with pytest.raises(InputError, match=r"no CIFAR-10N workers.*cifar-10-100n there.*data\.batch_order=null"):
        Cifar10NSource(str(root), batch_order="file").digests()
    (root / "CIFAR-10_human.pt").unlink()
    with pytest.raises(InputError, match=r"no CIFAR-10N labels; looked for CIFAR-10_human\.pt, cifar-10-100n/"):
        Cifar10NSource(str(root)).digests()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": "worst"}, r"data\.labels is 'worst'\. Allowed: worse, aggregate.*Did you mean 'worse'"),
        ({"batch_order": "tf"}, r"data\.batch_order is 'tf'\. Allowed: file, image_order"),
        ({"clean_votes": -1}, r"data\.clean_votes is -1"),
        ({"clean_votes": 0.5}, r"data\.clean_votes is 0\.5"),
    ],
)
def test_bad_options_are_refused_when_built(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Cifar10NSource("x", **options)


def test_annotations_of_other_rows_or_classes_are_refused(root: Path) -> None:
    from dataclasses import replace

    data = Cifar10NSource(str(root)).load(0)
    with pytest.raises(InputError, match="an annotation is of row 30"):
        replace(data, annotations=Annotations(np.array([30]), np.array([1]), np.array([0])))
    with pytest.raises(InputError, match="labels of annotations"):
        replace(data, annotations=Annotations(np.array([0]), np.array([1]), np.array([10])))


# ---- the published data


def data_root() -> str:
    root = os.environ.get("ALC_DATA_ROOT")
    if root is None:
        pytest.fail("set ALC_DATA_ROOT to the folder with the data")
    return root


@pytest.mark.reproduction
def test_published_noise_rates() -> None:
    """Table 1 of Wei et al. (2022); worse is printed as 40.21 % and is 40.208 %."""
    human = read_labels(find_labels(data_root()))
    published = {
        "aggre_label": 9.03,
        "random_label1": 17.23,
        "random_label2": 18.12,
        "random_label3": 17.64,
        "worse_label": 40.21,
    }
    for field, rate in published.items():
        assert 100 * (human[field] != human["clean_label"]).mean() == pytest.approx(rate, abs=0.02), field


@pytest.mark.reproduction
@pytest.mark.parametrize("order", [None, "file", "image_order"])
def test_published_files_load(order: BatchOrder | None) -> None:
    data = Cifar10NSource(data_root(), batch_order=order, test_subset=10).load(0)
    log = log_of(data)
    assert len(data) == 50_000
    assert len(log) == 150_000
    assert len(np.unique(log.annotator)) == (3 if order is None else 747)
    votes = log.counts(50_000, 10)
    settled = votes.counts.max(axis=1) >= 2
    aggregate = Cifar10NSource(data_root(), labels="aggregate", test_subset=10).load(0)
    np.testing.assert_array_equal(votes.majority[settled], aggregate.samples.given[settled])
