import hashlib
import io
import os
import pickle
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from alc.arrays import IntArray, UInt8Array
from alc.errors import InputError
from alc.sources import cifar10_batches, cifar10h
from alc.sources.cifar10 import Cifar10Source
from alc.sources.cifar10h import Cifar10HSource, read_counts
from alc.sources.cifar10h_paper import Cifar10HPaperSource, paper_subset

SMALL = 30


def pictures(count: int, seed: int) -> UInt8Array:
    return np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def encode(picture: UInt8Array, kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind)
    return buffer.getvalue()


def write_parquet(path: Path, images: list[bytes], labels: IntArray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame({"img": [{"bytes": image, "path": None} for image in images], "label": labels})
    frame.to_parquet(path, index=False)


def parquet_copy(root: Path, kind: str = "PNG") -> None:
    for seed, part in enumerate(("train", "test")):
        images = [encode(picture, kind) for picture in pictures(SMALL, seed)]
        write_parquet(root / f"{part}.parquet", images, np.arange(SMALL) % 10)


def batch_copy(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Batch files in the published layout with the same pictures, and their checksums in place of the published."""
    folder = root / cifar10_batches.BATCH_FOLDER
    folder.mkdir(parents=True)
    sums: dict[str, dict[str, str]] = {}
    for seed, (part, names) in enumerate(cifar10_batches.BATCH_MD5.items()):
        rows = np.array_split(np.arange(SMALL), len(names))
        sums[part] = {}
        for name, chosen in zip(names, rows, strict=True):
            data = pictures(SMALL, seed)[chosen].transpose(0, 3, 1, 2).reshape(len(chosen), -1)
            content = pickle.dumps({"data": data, "labels": (chosen % 10).tolist(), "batch_label": name}, protocol=2)
            (folder / name).write_bytes(content)
            sums[part][name] = hashlib.md5(content, usedforsecurity=False).hexdigest()
    monkeypatch.setattr(cifar10_batches, "BATCH_MD5", sums)
    return folder


def test_both_layouts_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet_copy(tmp_path / "hub" / "cifar10")
    batch_copy(tmp_path / "tv", monkeypatch)
    hub, tv = (Cifar10Source(str(tmp_path / name)).load(0) for name in ("hub", "tv"))
    assert hub.test_images is not None
    assert tv.test_images is not None
    np.testing.assert_array_equal(hub.images.as_array(), pictures(SMALL, 0))
    np.testing.assert_array_equal(tv.images.as_array(), pictures(SMALL, 0))
    np.testing.assert_array_equal(hub.test_images.as_array(), tv.test_images.as_array())
    for data in (hub, tv):
        np.testing.assert_array_equal(data.samples.given, np.arange(SMALL) % 10)
        np.testing.assert_array_equal(data.samples.reference, np.arange(SMALL) % 10)
        np.testing.assert_array_equal(data.distribution, np.eye(10)[np.arange(SMALL) % 10])
        assert "JPEG" not in data.description


def test_part_and_subsets(tmp_path: Path) -> None:
    parquet_copy(tmp_path, "JPEG")
    data = Cifar10Source(str(tmp_path), part="test", subset=12, test_subset=7).load(0)
    again, other = (Cifar10Source(str(tmp_path), part="test", subset=12).load(seed) for seed in (0, 1))
    assert len(data) == 12
    assert data.test_images is not None
    assert len(data.test_images) == 7
    np.testing.assert_array_equal(data.samples.sample_id, again.samples.sample_id)
    assert not np.array_equal(data.samples.sample_id, other.samples.sample_id)
    whole = Cifar10Source(str(tmp_path), part="test").load(0)
    np.testing.assert_array_equal(data.images.as_array(), whole.images.as_array()[data.samples.sample_id])
    np.testing.assert_array_equal(data.samples.given, data.samples.sample_id % 10)
    assert "slightly below" in data.description


def test_digests_name_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet_copy(tmp_path / "hub")
    digests = Cifar10Source(str(tmp_path / "hub")).digests()
    assert set(digests) == {"train.parquet", "test.parquet"}
    content = (tmp_path / "hub" / "train.parquet").read_bytes()
    assert digests["train.parquet"] == hashlib.sha256(content).hexdigest()
    batch_copy(tmp_path / "tv", monkeypatch)
    assert len(Cifar10Source(str(tmp_path / "tv")).digests()) == 6


def test_a_changed_batch_file_is_never_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = batch_copy(tmp_path, monkeypatch)
    (folder / "data_batch_3").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(InputError, match="data_batch_3 is not the published CIFAR-10 file"):
        Cifar10Source(str(tmp_path)).load(0)


@pytest.mark.parametrize("content", [b"cos\nsystem\n(S'false'\ntR.", pickle.dumps([1]), pickle.dumps({}), b"", b"junk"])
def test_even_with_the_checksum_only_arrays_are_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    folder = batch_copy(tmp_path, monkeypatch)
    (folder / "test_batch").write_bytes(content)
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    monkeypatch.setitem(cifar10_batches.BATCH_MD5, "test", {"test_batch": md5})
    with pytest.raises(InputError, match="test_batch is not a CIFAR-10 batch file"):
        Cifar10Source(str(tmp_path)).load(0)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Cifar10Source(str(tmp_path)).load(0)
    for part in (str(tmp_path), "cifar-10-batches-py/", "{train,test}.parquet", "data.root=", "data.download=true"):
        assert part in str(caught.value)
    with pytest.raises(InputError, match="does not exist"):
        Cifar10Source(str(tmp_path / "no")).digests()
    with pytest.raises(InputError, match=r"data.part is 'tset'.*Did you mean 'test'"):
        Cifar10Source(str(tmp_path), part="tset")  # type: ignore[arg-type]  # a wrong word is what is tested


def test_download_only_when_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torchvision_utils = ModuleType("torchvision.datasets.utils")  # the real one takes seconds to import
    monkeypatch.setitem(sys.modules, torchvision_utils.__name__, torchvision_utils)
    calls: list[tuple[Any, ...]] = []

    def fetch(url: str, root: str, filename: str, md5: str) -> None:
        calls.append((url, filename, md5))
        batch_copy(Path(root), monkeypatch)

    monkeypatch.setattr(torchvision_utils, "download_and_extract_archive", fetch, raising=False)
    data = Cifar10Source(str(tmp_path / "new"), download=True).load(0)
    assert len(data) == SMALL
    assert [call[2] for call in calls] == [cifar10_batches.ARCHIVE_MD5]

    def fail(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(torchvision_utils, "download_and_extract_archive", fail)
    with pytest.raises(InputError, match=r"could not be downloaded.*no route"):
        Cifar10Source(str(tmp_path / "other"), download=True).load(0)


def test_parquet_that_is_none_or_lacks_something(tmp_path: Path) -> None:
    parquet_copy(tmp_path)
    train = tmp_path / "train.parquet"

    def refused(message: str) -> None:
        with pytest.raises(InputError, match=message):
            Cifar10Source(str(tmp_path)).load(0)

    train.write_bytes(b"PK not parquet")
    refused("train.parquet is not a parquet file")
    pd.DataFrame({"image": [1], "label": [0]}).to_parquet(train)
    refused("has the columns|not a parquet file")
    pd.DataFrame({"img": ["a.png"], "label": [0]}).to_parquet(train)
    refused("has the columns")
    pd.DataFrame({"img": [{"bytes": None, "path": "a.png"}], "label": [0]}).to_parquet(train)
    refused("row 0 holds no image bytes|has the columns")
    write_parquet(train, [encode(pictures(1, 0)[0], "PNG")], np.array([10]))
    refused("column label: row 0 holds 10")
    write_parquet(train, [b"no image"], np.array([1]))
    with pytest.raises(InputError, match=r"train.parquet row 0 is no image"):
        Cifar10Source(str(tmp_path)).load(0).images.as_array()


# ---- CIFAR-10H


def human_copy(root: Path) -> tuple[IntArray, IntArray]:
    """10,000 test images (one picture, repeated), labels, and human counts that mostly agree with them."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 10, 10_000)
    counts = np.zeros((10_000, 10), dtype=np.int64)
    counts[np.arange(10_000), labels] = 40
    hard = rng.permutation(10_000)[:400]
    counts[hard, (labels[hard] + 1) % 10] += rng.integers(20, 60, 400)
    image = encode(pictures(1, 0)[0], "PNG")
    write_parquet(root / "test.parquet", [image] * 10_000, labels)
    write_parquet(root / "train.parquet", [image] * 20, np.arange(20) % 10)
    np.save(root / "cifar10h-counts.npy", counts)
    return labels, counts


@pytest.fixture(scope="module")
def human(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, IntArray, IntArray]:
    root = tmp_path_factory.mktemp("human")
    return root, *human_copy(root)


def test_cifar10h(human: tuple[Path, IntArray, IntArray]) -> None:
    root, labels, counts = human
    data = Cifar10HSource(str(root), test_subset=5).load(0)
    np.testing.assert_array_equal(data.samples.sample_id, np.arange(10_000))
    np.testing.assert_array_equal(data.samples.reference, counts.argmax(axis=1))
    np.testing.assert_array_equal(data.samples.given, labels)
    np.testing.assert_array_equal(data.published, labels)
    assert data.distribution is not None
    assert data.test_images is not None
    np.testing.assert_allclose(data.distribution, counts / counts.sum(axis=1, keepdims=True))
    assert len(data.test_images) == 5
    assert set(Cifar10HSource(str(root)).digests()) == {"cifar10h-counts.npy", "train.parquet", "test.parquet"}


def test_cifar10h_paper_subset(human: tuple[Path, IntArray, IntArray]) -> None:
    root, labels, _ = human
    counts = read_counts(root / "cifar10h-counts.npy")
    data = Cifar10HPaperSource(str(root)).load(0)
    ids = data.samples.sample_id
    assert len(set(ids.tolist())) == 5000
    assert set(np.flatnonzero(counts.is_ambiguous()).tolist()) <= set(ids.tolist())
    np.testing.assert_array_equal(ids, Cifar10HPaperSource(str(root)).load(7).samples.sample_id)
    np.testing.assert_array_equal(data.published, labels[ids])
    assert Cifar10HPaperSource(str(root)).digests() == Cifar10HSource(str(root)).digests()
    np.testing.assert_array_equal(data.samples.reference, counts.majority[ids])
    few = paper_subset(counts, 50, 1234)
    np.testing.assert_array_equal(np.sort(few), np.flatnonzero(counts.is_ambiguous())[:50])
    with pytest.raises(InputError, match=r"data.samples is 10001"):
        paper_subset(counts, 10_001, 1234)


def test_cifar10h_counts_in_another_order_are_refused(tmp_path: Path, human: tuple[Path, IntArray, IntArray]) -> None:
    root, _, counts = human
    for part in ("train", "test"):
        (tmp_path / f"{part}.parquet").symlink_to(root / f"{part}.parquet")
    (tmp_path / "cifar-10h").mkdir()
    np.save(tmp_path / "cifar-10h" / "cifar10h-counts.npy", counts[::-1])
    with pytest.raises(InputError, match=r"agree with only 1.?%"):
        Cifar10HSource(str(tmp_path)).load(0)


def test_cifar10h_needs_all_test_images(tmp_path: Path, human: tuple[Path, IntArray, IntArray]) -> None:
    parquet_copy(tmp_path)
    np.save(tmp_path / "cifar10h-counts.npy", human[2])
    with pytest.raises(InputError, match="has 30 test images"):
        Cifar10HSource(str(tmp_path)).load(0)


def test_bad_counts(tmp_path: Path) -> None:
    path = tmp_path / "cifar10h-counts.npy"

    def refused(message: str) -> None:
        with pytest.raises(InputError, match=message) as caught:
            read_counts(path)
        assert str(path) in str(caught.value)

    path.write_text("not numpy")
    refused("not a .npy file")
    np.save(path, np.ones((10_000, 9), dtype=np.int64))
    refused(r"shape \(10000, 9\)")
    np.save(path, np.full((10_000, 10), 0.1))
    refused("dtype float64")
    counts = np.ones((10_000, 10), dtype=np.int64)
    counts[17] = 0
    np.save(path, counts)
    refused("row 17 has no vote")
    with path.open("wb") as file:
        np.savez(file, a=counts)
    refused("several arrays")
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    refused("not a .npy file")


def test_counts_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"the counts"
    monkeypatch.setattr(cifar10h, "urlopen", lambda url, timeout: io.BytesIO(content))
    with pytest.raises(InputError, match="10 bytes of another content"):
        cifar10h.find_counts(tmp_path, download=True)
    assert not any(tmp_path.iterdir())
    with pytest.raises(InputError, match=r"looked for cifar10h-counts.npy, cifar-10h/cifar10h-counts.npy"):
        cifar10h.find_counts(tmp_path, download=False)
    monkeypatch.setattr(cifar10h, "SHA256", hashlib.sha256(content).hexdigest())
    path = cifar10h.find_counts(tmp_path / "new", download=True)
    assert path.read_bytes() == content

    def fail(url: str, timeout: float) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(cifar10h, "urlopen", fail)
    assert cifar10h.find_counts(tmp_path / "new", download=True) == path
    with pytest.raises(InputError, match=r"could not be downloaded.*no route"):
        cifar10h.find_counts(tmp_path, download=True)


# ---- the published data


def data_root() -> str:
    root = os.environ.get("ALC_DATA_ROOT")
    if root is None:
        pytest.fail("set ALC_DATA_ROOT to the folder with the data")
    return root


@pytest.mark.reproduction
def test_published_paper_subset() -> None:
    data = Cifar10HPaperSource(data_root(), test_subset=10).load(0)
    ids = np.asarray(data.samples.sample_id, dtype=np.int64)
    assert ids[:10].tolist() == [8117, 7512, 6351, 6584, 4065, 3449, 5360, 3499, 3876, 7095]
    assert hashlib.sha256(ids.tobytes()).hexdigest()[:16] == "16052d5b0b82ab3e"
    assert len(ids) == 5000


@pytest.mark.reproduction
def test_published_cifar10h() -> None:
    source = Cifar10HSource(data_root(), test_subset=10)
    assert source.digests()["cifar10h-counts.npy"] == cifar10h.SHA256
    counts = read_counts(cifar10h.find_counts(data_root(), download=False))
    assert counts.counts.sum(axis=1).mean() == pytest.approx(51.1, abs=0.1)
    assert int(counts.is_ambiguous().sum()) == 454
    assert int(counts.is_tied.sum()) == 3
    data = source.load(0)
    assert data.published is not None
    assert (data.published != data.samples.reference).mean() == pytest.approx(0.008, abs=0.0005)
    assert data.images.as_array().shape == (10_000, 32, 32, 3)


@pytest.mark.reproduction
def test_published_cifar10() -> None:
    data = Cifar10Source(data_root(), test_subset=100).load(0)
    assert np.bincount(data.samples.given).tolist() == [5000] * 10
    assert data.images.read(np.arange(8)).shape == (8, 32, 32, 3)
