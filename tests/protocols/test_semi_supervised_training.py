"""Semi-supervised trainings for real: they resume exactly, and no label of another row reaches them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from alc.arrays import IntArray, UInt8Array
from alc.data.augmentation import Augmentation
from alc.errors import InputError
from alc.methods.cross_entropy import CrossEntropy
from alc.methods.semi_supervised import SemiSupervised
from alc.methods.step_schedule import StepSchedule
from alc.models.small_resnet import SmallResNet
from alc.protocols.cross_fit import CrossFit
from alc.protocols.fit import Fit
from alc.sources.images import ArrayImages
from tests.protocols.conftest import halves
from tests.protocols.interruption import StopAfter, parameters

SMALL = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,), dropout=0.2)
SGD = partial(torch.optim.SGD, lr=0.05, momentum=0.9)
OPTIONS: dict[str, dict[str, Any]] = {
    "mixture": {"division": "mixture", "mixup": 1.0, "sharpening": 0.7, "label_smoothing": 0.1},
    "posterior": {"division": "posterior", "alignment": True, "threshold": 0.6, "labelled_views": "weak"},
    "none": {"division": "none", "unlabelled_ratio": 0.0, "labelled_views": "weak", "mixup": 0.5},
}


def module(**options: Any) -> SemiSupervised:
    defaults: dict[str, Any] = {"warm_up": 2, "ramp": 1, "unlabelled_ratio": 1.0, "teacher_decay": 0.9}
    strong = Augmentation(shift=1, cutout=2)
    schedule = partial(StepSchedule, warm_up=0.2)
    return SemiSupervised(SMALL, 2, SGD, schedule, strong=strong, **defaults | options)


@pytest.fixture
def make(make_fit: Callable[..., Fit]) -> Callable[..., Fit]:
    """Builds a Fit with 20 images without labels beside the 60."""
    return partial(make_fit, epochs=5, unlabelled_images=ArrayImages(halves(20, seed=1)[0]))


def states(directory: Path) -> tuple[dict[str, torch.Tensor], Any]:
    content = torch.load(directory / "last.ckpt", weights_only=True)
    return parameters(directory), content["lr_schedulers"][0]["last_epoch"]


@pytest.mark.parametrize(("name", "interrupted_in"), [("mixture", 2), ("mixture", 4), ("posterior", 3), ("none", 1)])
def test_resumed_equals_uninterrupted(
    make: Callable[..., Fit], labelled: tuple[UInt8Array, IntArray], tmp_path: Path, name: str, interrupted_in: int
) -> None:
    labels, rows, train = labelled[1].copy(), np.arange(60), np.arange(40)
    labels[:12] ^= 1
    make = partial(make, build_module=lambda: module(**OPTIONS[name]))
    whole = make()(labels, train, rows, seed=0, directory=tmp_path / "whole")
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        make(extra_callbacks=lambda: [StopAfter(interrupted_in)])(
            labels, train, rows, seed=0, directory=tmp_path / "cut"
        )
    resumed = make()(labels, train, rows, seed=0, directory=tmp_path / "cut")
    (ours, our_step), (theirs, their_step) = states(tmp_path / "whole"), states(tmp_path / "cut")
    assert our_step == their_step
    assert ours.keys() == theirs.keys()
    assert {"losses", "clean", "marginal", "rate", "teacher.network.classifier.weight"} <= ours.keys()
    assert all(torch.equal(ours[each], theirs[each]) or ours[each].isnan().any() for each in ours)
    np.testing.assert_array_equal(ours["losses"].numpy(), theirs["losses"].numpy())
    np.testing.assert_array_equal(whole.probs, resumed.probs)
    if name == "mixture":
        assert 0 < float(ours["clean"][:40].min()) < 1 or float(ours["clean"][:40].min()) == 0
        assert bool((ours["clean"][40:] == 1).all())
    if name == "posterior":
        assert 0 < float(ours["rate"]) < 1
        assert not torch.equal(ours["marginal"], torch.full((2,), 0.5))


@pytest.mark.parametrize("name", OPTIONS)
def test_labels_of_the_fold_left_out_never_reach_a_training(
    make: Callable[..., Fit], labelled: tuple[UInt8Array, IntArray], tmp_path: Path, name: str
) -> None:
    """Its images do, as images without labels: poisoned labels change nothing, poisoned images do."""
    labels, train, rest = labelled[1], np.arange(40), np.arange(40, 60)
    make = partial(make, epochs=4, build_module=lambda: module(**OPTIONS[name]))
    plain = make()(labels, train, rest, seed=0, directory=tmp_path / "plain")
    poisoned = labels.copy()
    poisoned[rest] = 1 - poisoned[rest]
    other = make()(poisoned, train, rest, seed=0, directory=tmp_path / "poisoned")
    np.testing.assert_array_equal(plain.probs, other.probs)
    impossible = labels.copy()
    impossible[rest] = 10**6
    np.testing.assert_array_equal(
        plain.probs, make()(impossible, train, rest, seed=0, directory=tmp_path / "impossible").probs
    )
    pixels = labelled[0].copy()
    pixels[rest[:10]] = 255 - pixels[rest[:10]]
    seen = make(images=ArrayImages(pixels), normalisation="none")
    blind = make(normalisation="none")
    ours, theirs = (
        fit(labels, train, rest[10:], seed=0, directory=tmp_path / f"seen {number}").probs
        for number, fit in enumerate((seen, blind))
    )
    assert np.array_equal(ours, theirs) == (name == "none")


@pytest.mark.parametrize("held_out", [True, False])
def test_cross_fitting_uses_the_fold_left_out_only_where_asked(
    make: Callable[..., Fit], labelled: tuple[UInt8Array, IntArray], tmp_path: Path, held_out: bool
) -> None:
    """Beyond the 20 images without labels there is nothing else to learn from."""
    seen: list[set[int]] = []

    class Spy(SemiSupervised):
        def prepare(self, labels: torch.Tensor, train_rows: torch.Tensor) -> None:
            super().prepare(labels, train_rows)
            assert bool((labels[torch.isin(torch.arange(len(labels)), train_rows, invert=True)] == -1).all())
            assert self.unlabelled is not None
            seen.append(set(self.unlabelled.rows(train_rows.numpy(), 60, 80).tolist()))

    build = lambda: Spy(SMALL, 2, SGD, strong=Augmentation(), warm_up=1, held_out=held_out)  # noqa: E731
    fit = make(epochs=1, build_module=build)
    CrossFit(2).obtain(fit, labelled[1], sample_id=np.arange(60), group=None, seed=0, directory=tmp_path)
    for rows in seen:
        assert set(range(60, 80)) <= rows
        assert len(rows) == (50 if held_out else 20)


def test_distributions_may_take_the_place_of_labels(
    make: Callable[..., Fit], labelled: tuple[UInt8Array, IntArray], tmp_path: Path
) -> None:
    """One-hot distributions give what labels give; those of other rows do not matter; others give something else."""
    labels, train, rest = labelled[1], np.arange(40), np.arange(40, 60)
    make = partial(make, epochs=3, build_module=lambda: module(**OPTIONS["mixture"]))
    targets = np.eye(2)[labels]
    by_label = make()(labels, train, rest, seed=0, directory=tmp_path / "labels")
    same = make()(labels, train, rest, seed=0, directory=tmp_path / "one-hot", targets=targets)
    np.testing.assert_array_equal(by_label.probs, same.probs)
    poisoned = targets.copy()
    poisoned[rest] = 1 - poisoned[rest]
    again = make()(labels, train, rest, seed=0, directory=tmp_path / "poisoned", targets=poisoned)
    np.testing.assert_array_equal(by_label.probs, again.probs)
    soft = make()(labels, train, rest, seed=0, directory=tmp_path / "soft", targets=0.8 * targets + 0.1)
    assert not np.array_equal(by_label.probs, soft.probs)


def test_a_method_that_learns_from_labels_only_says_so(
    make: Callable[..., Fit], labelled: tuple[UInt8Array, IntArray], tmp_path: Path
) -> None:
    fit = make(build_module=lambda: CrossEntropy(SMALL, 2, SGD))
    with pytest.raises(InputError, match=r"CrossEntropy learns from labels.*method=semi_supervised"):
        fit(labelled[1], np.arange(60), np.arange(60), seed=0, directory=tmp_path, targets=np.full((60, 2), 0.5))


def test_wrong_labels_are_found(
    make: Callable[..., Fit], labelled: tuple[UInt8Array, IntArray], tmp_path: Path
) -> None:
    labels, rows = labelled[1].copy(), np.arange(60)
    wrong = np.array([3, 17, 28, 44])
    labels[wrong] = 1 - labels[wrong]
    fit = make(epochs=12, dropout=0.0, build_module=lambda: module(warm_up=5, predicted=None))
    result = fit(labels, rows, rows, seed=0, directory=tmp_path)
    assert set(np.argsort(result.probs[0, rows, labels])[:4]) == set(wrong)
    assert set(np.argsort(parameters(tmp_path)["clean"].numpy())[:4]) == set(wrong)
