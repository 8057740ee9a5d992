"""Posteriors: every bad input has its message, files are whole, and joins go by id."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc import posteriors as posteriors_module
from alc.errors import InputError
from alc.posteriors import Posteriors, check_sample_ids

PROBS = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.25, 0.5, 0.25]])
IDS = np.array([10, 30, 20])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "posteriors.npz"


def test_check_sample_ids_gives_int64() -> None:
    assert check_sample_ids(np.array([3, 0], dtype=np.uint16), 2).dtype == np.int64
    assert check_sample_ids(np.array([], dtype=int), 0).shape == (0,)


@pytest.mark.parametrize(
    ("sample_id", "message"),
    [
        ([5, 7, 5, 7], r"rows: id 5 occurs 2 times, first in row 0 \(2 rows too many\)\. Allowed: every id once"),
        ([5, 7, 9, -2], r"rows: row 3 holds -2\. Allowed: 0 or more"),
        ([5, 7, 9], r"rows have shape \(3,\) .* Allowed: 4 whole numbers"),
        ([0.0, 1.0, 2.0, 3.0], "dtype float64"),
        ([[0, 1], [2, 3]], r"shape \(2, 2\)"),
    ],
)
def test_check_sample_ids_refuses(sample_id: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_sample_ids(np.asarray(sample_id), 4, "rows")


def test_members_are_averaged_as_probabilities() -> None:
    posteriors = Posteriors(np.stack([PROBS, PROBS[:, ::-1]]), IDS, "ensemble")
    assert (posteriors.num_members, len(posteriors), posteriors.num_classes) == (2, 3, 3)
    np.testing.assert_allclose(posteriors.mean[0], [0.4, 0.2, 0.4])
    np.testing.assert_array_equal(Posteriors.single(PROBS).mean, PROBS)
    np.testing.assert_array_equal(Posteriors.single(PROBS).sample_id, [0, 1, 2])


def with_row(row: int, values: list[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    probs = PROBS.copy()
    probs[row] = values
    return probs[None]


@pytest.mark.parametrize(
    ("probs", "message"),
    [
        (with_row(1, [np.nan, 0.5, 0.5]), r"member 0, row 1 \(sample id 30\) is \[nan 0\.5 0\.5\] .*Allowed: finite"),
        (with_row(2, [np.inf, 0.0, 0.0]), r"row 2 \(sample id 20\) is \[inf"),
        (with_row(0, [0.5, 0.2, 0.1]), r"row 0 .* sums to 0\.8 \(1 such rows\).* Apply a softmax to logits first"),
        (with_row(1, [1.2, -0.3, 0.1]), r"row 1 .* is \[ 1\.2 -0\.3  0\.1\]"),
        (PROBS, r"shape \(3, 3\)\. Allowed: \(M, N, C\).*Posteriors\.single"),
        (np.empty((0, 3, 3)), r"shape \(0, 3, 3\)"),
        (np.ones((1, 3, 1), dtype=int), "dtype int"),
    ],
)
def test_bad_probabilities_are_named(probs: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Posteriors(probs, IDS)


def test_the_member_of_a_bad_row_is_named() -> None:
    with pytest.raises(InputError, match="member 1, row 2"):
        Posteriors(np.concatenate([PROBS[None], with_row(2, [0.9, 0.0, 0.0])]), IDS)


def test_wrong_ids_are_named_even_beside_bad_rows() -> None:
    with pytest.raises(InputError, match=r"posteriors: sample ids have shape \(1,\)"):
        Posteriors(with_row(2, [0.9, 0.0, 0.0]), np.array([4]))
    with pytest.raises(InputError, match="posteriors: sample ids: id 1 occurs 2 times"):
        Posteriors.single(PROBS, np.array([0, 1, 1]))


def test_unknown_protocol_and_shape_of_a_table() -> None:
    protocol: Any = "guessed"
    with pytest.raises(InputError, match=r"'guessed' is unknown\. Allowed: in_sample, cross_fit, mc_dropout"):
        Posteriors(PROBS[None], IDS, protocol)
    with pytest.raises(InputError, match=r"shape \(1, 3, 3\)\. Allowed: \(N, C\)"):
        Posteriors.single(PROBS[None])


def test_aligned_to_goes_by_id() -> None:
    posteriors = Posteriors.single(PROBS, IDS, "cross_fit", "run 7")
    aligned = posteriors.aligned_to(np.array([20, 10]))
    np.testing.assert_array_equal(aligned.mean, PROBS[[2, 0]])
    np.testing.assert_array_equal(aligned.sample_id, [20, 10])
    assert (aligned.protocol, aligned.source) == ("cross_fit", "run 7")
    assert posteriors.aligned_to(IDS) is posteriors


@pytest.mark.parametrize(("wanted", "first", "number"), [([10, 11, 30, 99], 11, 2), ([1, 10], 1, 1), ([99], 99, 1)])
def test_missing_ids_are_named(wanted: list[int], first: int, number: int) -> None:
    posteriors = Posteriors.single(PROBS, IDS, source="run 7")
    message = rf"posteriors of run 7 lack {number} of {len(wanted)} samples, the first is id {first}\. Use posteriors"
    with pytest.raises(InputError, match=message):
        posteriors.aligned_to(np.array(wanted))


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_aligned_to_property(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ids = rng.permutation(50)[:12]
    posteriors = Posteriors(rng.dirichlet(np.ones(3), (2, 12)), ids)
    back = posteriors.aligned_to(rng.permutation(ids)).aligned_to(ids)
    np.testing.assert_array_equal(back.probs, posteriors.probs)


@pytest.mark.parametrize(("dtype", "precision"), [(np.float64, 0), (np.float32, 1e-7), (np.float16, 1e-3)])
def test_round_trip(path: Path, dtype: type[np.floating[Any]], precision: float) -> None:
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.full(40, 0.1), (3, 20))
    written = Posteriors(probs, rng.permutation(20), "ensemble", "run 7", {"folds": 5, "note": "ä"})
    written.save(path, dtype)
    read = Posteriors.load(path)
    np.testing.assert_allclose(read.probs, probs, atol=precision)
    np.testing.assert_allclose(read.probs.sum(axis=2), 1, atol=1e-6)
    np.testing.assert_array_equal(read.sample_id, written.sample_id)
    assert (read.protocol, read.source, read.details) == ("ensemble", "run 7", {"folds": 5, "note": "ä"})
    assert read.probs.dtype == (np.float64 if dtype == np.float64 else np.float32)


def test_any_file_name_will_do(tmp_path: Path) -> None:
    Posteriors.single(PROBS).save(tmp_path / "beliefs")
    assert [entry.name for entry in tmp_path.iterdir()] == ["beliefs"]
    np.testing.assert_allclose(Posteriors.load(tmp_path / "beliefs").mean, PROBS, atol=1e-7)


def test_a_failing_write_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Posteriors.single(PROBS).save(path)
    old = path.read_bytes()

    def full_disk(file: io.BufferedWriter, **_: object) -> None:
        file.write(b"half")
        file.flush()
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full_disk)
    with pytest.raises(OSError, match="No space"):
        Posteriors.single(PROBS[::-1]).save(path)
    assert path.read_bytes() == old
    assert list(path.parent.iterdir()) == [path]


def npz(path: Path, metadata: object, **arrays: Any) -> None:
    text = json.dumps(metadata).encode()
    np.savez(path, metadata=np.frombuffer(text, dtype=np.uint8), **arrays)


GOOD = {"format": "alc-posteriors-1", "protocol": "external", "source": "", "details": {}}


def test_a_file_by_hand_is_read(path: Path) -> None:
    npz(path, GOOD, probs=PROBS[None], sample_id=IDS)
    np.testing.assert_array_equal(Posteriors.load(path).mean, PROBS)


@pytest.mark.parametrize(
    ("metadata", "arrays", "message"),
    [
        (GOOD, {"sample_id": IDS}, "is not a posteriors file .*probs"),
        (GOOD, {"probs": PROBS[None]}, "is not a posteriors file .*sample_id"),
        (GOOD, {"probs": with_row(1, [0.5, 0.0, 0.0]), "sample_id": IDS}, r"npz: posteriors: member 0, row 1 .* id 30"),
        (GOOD, {"probs": PROBS[None], "sample_id": np.array([1, 1, 2])}, r"npz: .* id 1 occurs 2 times"),
        (GOOD, {"probs": PROBS, "sample_id": IDS}, r"npz: posteriors have shape \(3, 3\)"),
        (GOOD | {"format": "other-2"}, {"probs": PROBS[None], "sample_id": IDS}, "format 'other-2'.* alc-posteriors-1"),
        (GOOD | {"protocol": "guess"}, {"probs": PROBS[None], "sample_id": IDS}, "npz: posterior protocol 'guess'"),
        ({"format": "alc-posteriors-1"}, {"probs": PROBS[None], "sample_id": IDS}, "npz: posterior protocol ''"),
        ({}, {"probs": PROBS[None], "sample_id": IDS}, "is not a posteriors file"),
        ([1, 2], {"probs": PROBS[None], "sample_id": IDS}, "is not a posteriors file"),
    ],
)
def test_wrong_content_names_the_file(path: Path, metadata: object, arrays: dict[str, Any], message: str) -> None:
    npz(path, metadata, **arrays)
    with pytest.raises(InputError, match=message) as caught:
        Posteriors.load(path)
    assert str(path) in str(caught.value)


def test_pickled_objects_are_refused(path: Path) -> None:
    objects = np.array([{"probs": 1}], dtype=object)
    np.savez(path, allow_pickle=True, probs=objects, sample_id=IDS, metadata=objects)
    with pytest.raises(InputError, match="is not a posteriors file"):
        Posteriors.load(path)
    npz(path, GOOD, probs=PROBS[None])
    with zipfile.ZipFile(path, "a") as archive, archive.open("sample_id.npy", "w") as file:
        np.save(file, objects, allow_pickle=True)
    with pytest.raises(InputError, match=r"is not a posteriors file .*pickle"):
        Posteriors.load(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 nothing", "ä".encode("utf-16")])
def test_a_file_of_something_else_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"is not a posteriors file .* Give a posteriors.npz written by alc-train"):
        Posteriors.load(path)


def test_an_array_file_and_no_file_are_refused(tmp_path: Path, path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, PROBS)
    with pytest.raises(InputError, match="is not a posteriors file"):
        Posteriors.load(path)
    for missing in (tmp_path / "no.npz", tmp_path):
        with pytest.raises(InputError, match=f"{missing} does not exist"):
            Posteriors.load(missing)


def test_a_damaged_file_is_refused_or_read_right(path: Path) -> None:
    """Cut anywhere, or with any byte changed, a file never raises anything else and never gives other numbers."""
    written = Posteriors.single(np.random.default_rng(0).dirichlet(np.ones(3), 20).astype(np.float32))
    written.save(path)
    content = path.read_bytes()
    damaged = [content[:end] for end in range(0, len(content), 9)]
    for at in range(0, len(content), 3):
        damaged.append(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
    messages = []
    for data in damaged:
        path.write_bytes(data)
        try:
            read = Posteriors.load(path)
        except InputError as error:
            messages.append(str(error))
        else:
            np.testing.assert_array_equal(read.probs, written.probs)
            np.testing.assert_array_equal(read.sample_id, written.sample_id)
    assert len(messages) > len(damaged) / 2
    assert all(str(path) in message for message in messages)


def table(dtype: type[np.floating[Any]], num_samples: int = 40, num_classes: int = 5) -> Any:
    return np.random.default_rng(0).dirichlet(np.ones(num_classes), num_samples).astype(dtype)


def test_a_memory_map_stays_on_disk(tmp_path: Path) -> None:
    np.save(tmp_path / "probs.npy", table(np.float32))
    mapped = np.load(tmp_path / "probs.npy", mmap_mode="c")
    assert np.shares_memory(Posteriors.single(mapped).mean, mapped)


def test_half_precision_is_widened_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half = table(np.float16)
    np.save(tmp_path / "probs.npy", half)
    single = half.astype(np.float32)
    expected = single / single.sum(axis=1, keepdims=True)
    for elements in (posteriors_module.BLOCK_ELEMENTS, 15, 1):
        monkeypatch.setattr(posteriors_module, "BLOCK_ELEMENTS", elements)
        for source in (half, np.load(tmp_path / "probs.npy", mmap_mode="c")):
            before = source.copy()
            made = Posteriors.single(source)
            np.testing.assert_array_equal(made.mean, expected)
            assert made.probs.dtype == np.float32
            np.testing.assert_array_equal(source, before)
