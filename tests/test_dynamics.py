"""Training dynamics on disk."""

from pathlib import Path

import numpy as np
import pytest

from alc.dynamics import TrainingDynamics
from alc.errors import InputError


def dynamics(num_epochs: int = 4, num_samples: int = 6) -> TrainingDynamics:
    rng = np.random.default_rng(0)
    shape = (num_epochs, num_samples)
    loss, p_given, margin = rng.exponential(size=shape), rng.random(shape), rng.normal(size=shape)
    return TrainingDynamics(loss, p_given, margin, p_given > 0.5, np.arange(num_samples) * 3)


def test_round_trip(tmp_path: Path) -> None:
    written = dynamics()
    written.save(tmp_path / "run" / "dynamics.npz")
    read = TrainingDynamics.load(tmp_path / "run" / "dynamics.npz")
    assert read.num_epochs == written.num_epochs == 4
    for name in ("loss", "p_given", "margin"):
        np.testing.assert_allclose(getattr(read, name), getattr(written, name), rtol=1e-3)
        assert getattr(read, name).dtype == np.float32
    np.testing.assert_array_equal(read.correct, written.correct)
    np.testing.assert_array_equal(read.sample_id, written.sample_id)


def test_samples_that_were_not_trained_on_stay_nan_and_nothing_overflows(tmp_path: Path) -> None:
    made = dynamics()
    made.loss[0, 0], made.loss[0, 1], made.margin[1, 0], made.margin[1, 1] = np.nan, 1e9, -1e9, 1e9
    made.save(tmp_path / "dynamics.npz")
    read = TrainingDynamics.load(tmp_path / "dynamics.npz")
    assert np.isnan(read.loss[0, 0])
    assert read.loss[0, 1] == read.margin[1, 1] == -read.margin[1, 0] == 65504
    assert np.isfinite(read.loss[1:]).all()


def test_aligned_to() -> None:
    made = dynamics()
    assert made.aligned_to(made.sample_id) is made
    part = made.aligned_to(np.array([15, 0]))
    for name in ("loss", "p_given", "margin", "correct"):
        np.testing.assert_array_equal(getattr(part, name), getattr(made, name)[:, [5, 0]])
    np.testing.assert_array_equal(part.sample_id, [15, 0])
    with pytest.raises(InputError, match="training dynamics lack 1 of 2 samples, the first is id 4"):
        made.aligned_to(np.array([3, 4]))


def test_shapes_and_ids_are_checked() -> None:
    good = dynamics()
    with pytest.raises(InputError, match=r"margin has shape \(6,\)\. Allowed: \(E, N\), here \(4, 6\)"):
        TrainingDynamics(good.loss, good.p_given, good.margin[0], good.correct, good.sample_id)
    with pytest.raises(InputError, match=r"loss has shape \(6,\)"):
        TrainingDynamics(good.loss[0], good.p_given, good.margin, good.correct, good.sample_id)
    with pytest.raises(InputError, match="training dynamics: sample ids: id 0 occurs 6 times"):
        TrainingDynamics(good.loss, good.p_given, good.margin, good.correct, np.zeros(6, dtype=int))


def test_files_of_something_else_are_named(tmp_path: Path) -> None:
    path = tmp_path / "dynamics.npz"
    message = rf"{path} is not a training-dynamics file .* Give a dynamics.npz of alc-train"
    with pytest.raises(InputError, match=message):
        TrainingDynamics.load(path)
    path.write_bytes(b"hello")
    with pytest.raises(InputError, match=message):
        TrainingDynamics.load(path)
    np.savez(path, loss=np.zeros((1, 1)))
    with pytest.raises(InputError, match=message):
        TrainingDynamics.load(path)
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(InputError, match=message):
        TrainingDynamics.load(path)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dynamics.npz"
    dynamics().save(path)
    content, messages = path.read_bytes(), []
    for at in range(0, len(content), 7):
        for data in (content[:at], content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]):
            path.write_bytes(data)
            try:
                TrainingDynamics.load(path)
            except InputError as error:
                messages.append(str(error))
    assert len(messages) > len(content) / 7
    assert all(str(path) in message for message in messages)


def test_a_failing_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dynamics.npz"
    dynamics().save(path)
    old = path.read_bytes()

    def full_disk(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full_disk)
    with pytest.raises(OSError, match="No space"):
        dynamics(2).save(path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
