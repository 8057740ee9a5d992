"""Cross-fitting and in-sample posteriors, with a scripted fit and once for real."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from alc.arrays import FloatArray, IntArray, UInt8Array
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.protocols.cross_fit import CrossFit, merge_dynamics
from alc.protocols.fit import Fit
from alc.protocols.in_sample import InSample
from alc.protocols.obtained import Obtained
from alc.protocols.passes import ONE_PASS, Passes
from alc.protocols.result import FitResult

LABELS = np.arange(30) % 3
IDS = np.arange(30) * 10


class Scripted:
    """Says for each predicted row how many rows it trained on, and keeps a list of its calls."""

    def __init__(self, members: int = 1, fail_in: int | None = None) -> None:
        self.calls: list[tuple[IntArray, IntArray, int]] = []
        self.members, self.fail_in = members, fail_in

    def check(self, train_rows: IntArray) -> None:
        """Trains on anything."""

    def __call__(
        self,
        labels: IntArray,
        train_rows: IntArray,
        predict_rows: IntArray,
        *,
        seed: int,
        directory: Path,
        passes: Passes = ONE_PASS,
        targets: FloatArray | None = None,
    ) -> FitResult:
        assert targets is None
        if self.fail_in == len(self.calls):
            raise KeyboardInterrupt
        self.calls.append((train_rows, predict_rows, seed))
        share = len(train_rows) / len(labels) - predict_rows / 1000
        probs = np.stack([share, 1 - share, np.zeros_like(share)], axis=1).astype(np.float32)
        loss = np.full((2, len(train_rows)), float(len(self.calls)), dtype=np.float32)
        dynamics = TrainingDynamics(loss, loss, loss, loss > 2, train_rows)
        return FitResult(np.stack([probs] * self.members), np.full((4, 3), 1 / 3), dynamics)


def obtain(protocol: CrossFit | InSample, fit: Scripted, directory: Path, group: IntArray | None = None) -> Obtained:
    return protocol.obtain(fit, LABELS, sample_id=IDS, group=group, seed=0, directory=directory, source="run")


def test_every_sample_is_predicted_once_by_a_fit_that_did_not_see_it(tmp_path: Path) -> None:
    fit = Scripted(members=2)
    got = obtain(CrossFit(3), fit, tmp_path)
    assert sorted(np.concatenate([predict for _, predict, _ in fit.calls]).tolist()) == list(range(30))
    for train, predict, _ in fit.calls:
        assert sorted([*train, *predict]) == list(range(30))
    assert len({seed for *_, seed in fit.calls}) == 3
    np.testing.assert_allclose(got.posteriors.probs[:, :, 0], np.tile(2 / 3 - np.arange(30) / 1000, (2, 1)), rtol=1e-6)
    assert got.posteriors.protocol == "cross_fit"
    assert got.posteriors.sample_id.tolist() == IDS.tolist()
    assert got.posteriors.details == {"num_folds": 3, "grouped": False}
    assert got.test_probs is not None
    assert got.test_probs.shape == (4, 3)


def test_groups_stay_in_one_fold(tmp_path: Path) -> None:
    fit, group = Scripted(), np.arange(30) // 3
    obtain(CrossFit(5), fit, tmp_path, group)
    assert all(not set(group[train]) & set(group[predict]) for train, predict, _ in fit.calls)


def test_a_killed_run_continues_with_the_fold_it_was_in(tmp_path: Path) -> None:
    whole = obtain(CrossFit(4), Scripted(), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        obtain(CrossFit(4), Scripted(fail_in=2), tmp_path / "cut")
    assert sorted(path.name for path in (tmp_path / "cut").iterdir()) == ["fold_0.npz", "fold_1.npz"]
    fit = Scripted()
    resumed = obtain(CrossFit(4), fit, tmp_path / "cut")
    assert len(fit.calls) == 2
    np.testing.assert_array_equal(whole.posteriors.probs, resumed.posteriors.probs)


def test_a_damaged_fold_is_trained_again_and_others_are_not(tmp_path: Path) -> None:
    obtain(CrossFit(3), Scripted(), tmp_path)
    (tmp_path / "fold_1.npz").write_bytes(b"half a fi")
    fit = Scripted()
    with pytest.warns(UserWarning, match="fold_1.npz cannot be read"):
        obtain(CrossFit(3), fit, tmp_path)
    assert len(fit.calls) == 1


def test_impossible_folds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="num_folds=1"):
        CrossFit(1)
    with pytest.raises(InputError, match="31 folds"):
        obtain(CrossFit(31), Scripted(), tmp_path)


def test_in_sample_trains_once_on_everything(tmp_path: Path) -> None:
    fit = Scripted()
    got = obtain(InSample(), fit, tmp_path)
    again = obtain(InSample(), fit, tmp_path)
    assert len(fit.calls) == 1
    assert got.posteriors.protocol == "in_sample"
    np.testing.assert_array_equal(got.posteriors.probs, again.posteriors.probs)
    assert got.dynamics is not None
    assert got.dynamics.sample_id.tolist() == IDS.tolist()


def test_dynamics_are_means_over_the_trainings_that_saw_the_sample() -> None:
    def of(rows: list[int], value: float, correct: bool) -> TrainingDynamics:
        values = np.full((2, len(rows)), value, dtype=np.float32)
        return TrainingDynamics(values, values, values, np.full(values.shape, correct), np.array(rows))

    merged = merge_dynamics([of([0, 1], 1.0, True), of([0, 2], 3.0, False), of([1, 2], 5.0, True)], 4)
    assert merged is not None
    np.testing.assert_allclose(merged.loss, [[2, 3, 4, np.nan]] * 2)
    assert merged.correct.tolist() == [[False, True, False, False]] * 2
    assert merge_dynamics([of([0], 1.0, True), None], 4) is None


def test_real_trainings(make_fit: Callable[..., Fit], labelled: tuple[UInt8Array, IntArray], tmp_path: Path) -> None:
    labels = labelled[1].copy()
    wrong = np.array([3, 17, 44])
    labels[wrong] = 1 - labels[wrong]
    protocol = CrossFit(2)
    fit, ids = make_fit(epochs=5, dropout=0.0, batch_size=10), np.arange(60)
    got = protocol.obtain(fit, labels, sample_id=ids, group=None, seed=0, directory=tmp_path)
    doubt = 1 - got.posteriors.mean[np.arange(60), labels]
    assert set(np.argsort(-doubt)[:3]) == set(wrong)
    assert got.dynamics is not None
    assert np.isfinite(got.dynamics.loss).all()
