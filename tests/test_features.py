"""Features: checked once, joined by id, on disk without pickle."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.errors import InputError
from alc.features import Features

VALUES = np.arange(12.0).reshape(4, 3)
IDS = np.array([10, 7, 30, 2])


def test_values_become_float32() -> None:
    made = Features(VALUES, IDS, "run")
    assert made.values.dtype == np.float32
    assert (len(made), made.dim, made.source) == (4, 3, "run")
    assert Features(VALUES.astype(np.float16), IDS).values.dtype == np.float32


def test_aligned_to() -> None:
    made = Features(VALUES, IDS)
    assert made.aligned_to(IDS) is made
    part = made.aligned_to(np.array([2, 10]))
    np.testing.assert_array_equal(part.values, VALUES[[3, 0]])
    np.testing.assert_array_equal(part.sample_id, [2, 10])
    with pytest.raises(InputError, match="features lack 2 of 3 samples, the first is id 1"):
        made.aligned_to(np.array([1, 10, 99]))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (VALUES[0], r"shape \(3,\)"),
        (VALUES[:, :0], r"shape \(4, 0\)"),
        (VALUES.astype(int), "dtype int64"),
        (np.where(VALUES == 7.0, np.nan, VALUES), r"row 2 \(sample id 30\) holds nan \(1 such rows\)"),
        (VALUES * 1e39, "holds inf"),
    ],
)
def test_what_is_refused(values: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Features(values, IDS)


def test_ids_are_checked() -> None:
    with pytest.raises(InputError, match="features: sample ids: id 0 occurs 4 times"):
        Features(VALUES, np.zeros(4, dtype=int))


def test_round_trip(tmp_path: Path) -> None:
    Features(VALUES, IDS, "a run").save(tmp_path / "new" / "features.npz")
    read = Features.load(tmp_path / "new" / "features.npz")
    np.testing.assert_array_equal(read.values, VALUES)
    np.testing.assert_array_equal(read.sample_id, IDS)
    assert read.source == "a run"


def test_files_of_something_else_are_named(tmp_path: Path) -> None:
    path = tmp_path / "features.npz"

    def refused(message: str) -> None:
        with pytest.raises(InputError, match=message) as caught:
            Features.load(path)
        assert str(path) in str(caught.value)

    refused("does not exist")
    path.write_bytes(b"hello")
    refused("begins with b'hello'")
    np.savez(path, values=VALUES)
    refused("not a features file")
    np.savez(path, values=VALUES, sample_id=IDS, metadata=np.frombuffer(b'{"format": "x", "source": ""}', np.uint8))
    refused("has format 'x'")
    good = np.frombuffer(b'{"format": "alc-features-1", "source": ""}', np.uint8)
    np.savez(path, values=VALUES * np.nan, sample_id=IDS, metadata=good)
    refused("holds nan")
    np.savez(path, values=np.array([{}], dtype=object), sample_id=IDS, metadata=good)
    refused("not a features file")


def test_a_damaged_file_is_refused_or_unharmed(tmp_path: Path) -> None:
    path = tmp_path / "features.npz"
    Features(VALUES, IDS).save(path)
    content, messages = path.read_bytes(), []
    for at in range(0, len(content), 11):
        for data in (content[:at], content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]):
            path.write_bytes(data)
            try:
                read = Features.load(path)
            except InputError as error:
                messages.append(str(error))
            else:
                np.testing.assert_array_equal(read.values, VALUES)
    assert len(messages) > len(content) / 11
    assert all(str(path) in message for message in messages)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 30), st.integers(0, 1000))
def test_aligned_to_property(num_samples: int, seed: int) -> None:
    """Aligning to any order and back is the identity."""
    rng = np.random.default_rng(seed)
    made = Features(rng.normal(size=(num_samples, 2)), rng.permutation(100)[:num_samples])
    moved = made.aligned_to(rng.permutation(made.sample_id))
    np.testing.assert_array_equal(moved.aligned_to(made.sample_id).values, made.values)
