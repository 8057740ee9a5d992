"""Self-training: no vote reaches a posterior of its own sample, targets are as they should be, real trainings work."""

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from alc.arrays import FloatArray, IntArray, UInt8Array
from alc.consensus.posterior_fusion import PosteriorFusion
from alc.data.augmentation import Augmentation
from alc.errors import InputError
from alc.folds import assign_folds
from alc.labels import LabelCounts
from alc.methods.cross_entropy import CrossEntropy
from alc.methods.semi_supervised import SemiSupervised
from alc.models.small_resnet import SmallResNet
from alc.posteriors import Posteriors
from alc.protocols.fit import Fit
from alc.protocols.obtained import Obtained
from alc.protocols.passes import ONE_PASS, Passes
from alc.protocols.result import FitResult
from alc.protocols.self_training import SelfTraining, num_trainings
from alc.seeding import stream
from alc.sources.images import ArrayImages
from tests.protocols.conftest import halves

N, C, FURTHER = 24, 3, 6
LABELS = np.random.default_rng(0).integers(0, C, N)


class RightFourFifths:
    """Bayes' rule with labels that are right four times in five."""

    def fuse_counts(self, posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
        joint = posteriors.mean * np.where(counts.counts > 0, 0.8, 0.1)
        return np.asarray(joint / joint.sum(axis=1, keepdims=True))


class Digested:
    """Says of every image something that hangs on each label or target it was trained on: a leak shows in every bit."""

    def __init__(self, fail_in: int | None = None) -> None:
        self.calls: list[tuple[str, IntArray, IntArray, FloatArray | None]] = []
        self.fail_in, self.num_further = fail_in, FURTHER

    def check(self, train_rows: IntArray) -> None:
        """Trains on anything."""

    def check_targets(self) -> None:
        """Learns from anything."""

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
        if self.fail_in == len(self.calls):
            raise KeyboardInterrupt
        self.calls.append((directory.name, train_rows, predict_rows, targets))
        learned = labels[train_rows] if targets is None else targets[train_rows]
        digest = sha256(f"{seed}".encode() + np.ascontiguousarray(learned).tobytes()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
        probs = rng.dirichlet(np.ones(C), N + FURTHER)[predict_rows]
        return FitResult(probs[None].astype(np.float32), np.full((4, C), 1 / C), None)


def obtain(protocol: SelfTraining, fit: Digested, directory: Path, labels: IntArray = LABELS) -> Obtained:
    ids = np.arange(N) * 10
    return protocol.obtain(fit, labels, sample_id=ids, group=None, seed=0, directory=directory, source="run")


def folds(num_folds: int) -> IntArray:
    return assign_folds(np.zeros(N, dtype=np.int64), num_folds, stream(0, "folds"))


@pytest.mark.parametrize(("num_folds", "rounds"), [(3, 1), (4, 1), (4, 2), (5, 3)])
def test_votes_of_a_fold_never_reach_its_posteriors(tmp_path: Path, num_folds: int, rounds: int) -> None:
    protocol, fold = SelfTraining(RightFourFifths(), num_folds, rounds), folds(num_folds)
    fit = Digested()
    whole = obtain(protocol, fit, tmp_path / "whole").posteriors
    assert len(fit.calls) == num_trainings(num_folds, rounds)
    for k in range(num_folds):
        flipped = np.where(fold == k, (LABELS + 1) % C, LABELS)
        other = obtain(protocol, Digested(), tmp_path / f"flipped {k}", flipped).posteriors
        same = (whole.probs[0] == other.probs[0]).all(axis=1)
        np.testing.assert_array_equal(same, fold == k)


def test_a_single_vote_reaches_every_other_fold(tmp_path: Path) -> None:
    protocol, fold = SelfTraining(RightFourFifths(), 4, 2), folds(4)
    changed = LABELS.copy()
    changed[5] = (changed[5] + 1) % C
    one, other = (
        obtain(protocol, Digested(), tmp_path / f"{number}", each).posteriors
        for number, each in enumerate((LABELS, changed))
    )
    np.testing.assert_array_equal((one.probs[0] == other.probs[0]).all(axis=1), fold == fold[5])


def test_what_students_learn_from(tmp_path: Path) -> None:
    """Pipeline 0 of 3 folds, worked through: teachers 0-1 and 0-2 have not seen fold 0."""
    fit, fold = Digested(), folds(3)
    obtain(SelfTraining(RightFourFifths(), 3, 1, sharpening=0.5), fit, tmp_path)
    calls = {name: (train, predicted, targets) for name, train, predicted, targets in fit.calls}
    assert set(calls) == {*(f"teacher_{pair}" for pair in ("0_1", "0_2", "1_2")), *(f"student_{k}" for k in range(3))}
    assert calls["teacher_0_1"][0].tolist() == np.flatnonzero(fold == 2).tolist()
    train, predicted, targets = calls["student_0"]
    assert train.tolist() == list(range(N + FURTHER))
    assert predicted.tolist() == np.flatnonzero(fold == 0).tolist()
    assert targets is not None
    said: dict[int, FloatArray] = {}
    for other in (1, 2):
        file = tmp_path / f"teacher_0_{other}.npz"
        with np.load(file) as kept:
            said[other] = kept["probs"][0].astype(np.float64)
        rows = np.flatnonzero(fold == other)
        joint = said[other][rows] * np.where(np.eye(C)[LABELS[rows]] > 0, 0.8, 0.1)
        np.testing.assert_allclose(targets[rows], joint / joint.sum(axis=1, keepdims=True), rtol=1e-6)
    unseen = np.concatenate([np.flatnonzero(fold == 0), np.arange(N, N + FURTHER)])
    mean = (said[1][unseen] + said[2][unseen]) / 2
    np.testing.assert_allclose(targets[unseen], mean**2 / (mean**2).sum(axis=1, keepdims=True), rtol=1e-6)


def test_images_without_labels_are_optional(tmp_path: Path) -> None:
    fit = Digested()
    got = obtain(SelfTraining(RightFourFifths(), 3, unlabelled=False), fit, tmp_path)
    assert all(len(train) <= N and predicted.max() < N for _, train, predicted, _ in fit.calls)
    assert got.posteriors.details["images_without_labels"] == 0


def test_posteriors_say_how_they_came_to_be(tmp_path: Path) -> None:
    got = obtain(SelfTraining(RightFourFifths(), 4, 2), Digested(), tmp_path)
    assert got.posteriors.protocol == "cross_fit"
    assert got.posteriors.sample_id.tolist() == (np.arange(N) * 10).tolist()
    assert got.posteriors.details == {
        "kind": "self_training",
        "num_folds": 4,
        "rounds": 2,
        "trainings": 22,
        "images_without_labels": FURTHER,
        "grouped": False,
    }
    assert got.test_probs is not None
    assert got.test_probs.shape == (4, C)


def test_a_killed_run_continues_with_the_training_it_was_in(tmp_path: Path) -> None:
    protocol = SelfTraining(RightFourFifths(), 3)
    whole = obtain(protocol, Digested(), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        obtain(protocol, Digested(fail_in=4), tmp_path / "cut")
    fit = Digested()
    resumed = obtain(protocol, fit, tmp_path / "cut")
    assert len(fit.calls) == num_trainings(3, 1) - 4
    np.testing.assert_array_equal(whole.posteriors.probs, resumed.posteriors.probs)


def test_groups_stay_in_one_fold(tmp_path: Path) -> None:
    fit, group = Digested(), np.arange(N) // 4
    SelfTraining(RightFourFifths(), 3).obtain(
        fit, LABELS, sample_id=np.arange(N), group=group, seed=0, directory=tmp_path
    )
    predicted = [set(group[rows]) for name, _, rows, _ in fit.calls if name.startswith("student")]
    assert sum(map(len, predicted)) == len(set(group))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"num_folds": 2}, "num_folds=2"), ({"rounds": 0}, "rounds=0"), ({"sharpening": 0.0}, "sharpening=0.0")],
)
def test_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SelfTraining(RightFourFifths(), **options)
    with pytest.raises(InputError, match="fusion is str, which can not fuse counts"):
        SelfTraining("majority")  # type: ignore[arg-type]  # what cannot fuse is what is tested


SMALL = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,))
SGD = partial(torch.optim.SGD, lr=0.05, momentum=0.9)


def test_a_method_that_learns_from_labels_only_is_refused_first(
    make_fit: Callable[..., Fit], labelled: tuple[UInt8Array, IntArray], tmp_path: Path
) -> None:
    fit = make_fit(build_module=lambda: CrossEntropy(SMALL, 2, SGD))
    with pytest.raises(InputError, match="CrossEntropy learns from labels"):
        SelfTraining(RightFourFifths(), 3).obtain(
            fit, labelled[1], sample_id=np.arange(60), group=None, seed=0, directory=tmp_path
        )
    assert list(tmp_path.iterdir()) == []


def test_real_trainings(
    make_fit: Callable[..., Fit],
    labelled: tuple[UInt8Array, IntArray],
    tmp_path: Path,
) -> None:
    """Wrong labels are found, and flipping those of one fold leaves its posteriors as they are, bit by bit."""
    labels = labelled[1].copy()
    wrong = np.array([3, 17, 44])
    labels[wrong] = 1 - labels[wrong]
    options: dict[str, Any] = {"division": "none", "labelled_views": "weak", "unlabelled_ratio": 0.0}
    build = partial(SemiSupervised, SMALL, 2, SGD, strong=Augmentation(), mixup=0.2, teacher_decay=0.9, **options)
    fit = make_fit(epochs=12, build_module=build, batch_size=10, unlabelled_images=ArrayImages(halves(20, seed=1)[0]))
    protocol, fold = (
        SelfTraining(PosteriorFusion(), 3),
        assign_folds(np.zeros(60, dtype=np.int64), 3, stream(0, "folds")),
    )

    def obtained(labels: IntArray, name: str) -> FloatArray:
        ids = np.arange(60)
        got = protocol.obtain(fit, labels, sample_id=ids, group=None, seed=0, directory=tmp_path / name)
        return got.posteriors.mean

    whole = obtained(labels, "whole")
    assert set(np.argsort(whole[np.arange(60), labels])[:3]) == set(wrong)
    other = obtained(np.where(fold == 1, 1 - labels, labels), "flipped")
    np.testing.assert_array_equal((whole == other).all(axis=1), fold == 1)
