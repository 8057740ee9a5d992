"""Self-training: later models learn from what earlier ones and the votes say together, and no vote meets itself."""

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.folds import assign_folds
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.protocols.finished import finished_training
from alc.protocols.fit import FitPredict
from alc.protocols.obtained import Obtained
from alc.protocols.result import FitResult
from alc.seeding import derive_seed, stream

__all__ = ["Fusion", "LearnsFromTargets", "SelfTraining", "num_trainings"]


class Fusion(Protocol):
    """Joins what a model says with the votes, e.g. :class:`alc.consensus.posterior_fusion.PosteriorFusion`."""

    def fuse_counts(self, posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
        """Class probabilities (N, C), from posteriors that have not seen the votes and counts of these."""
        ...


@runtime_checkable
class LearnsFromTargets(Protocol):
    """A fit that takes distributions in the place of labels, also of images beyond the samples, whose rows follow."""

    @property
    def num_further(self) -> int:
        """How many images there are beyond the samples."""
        ...

    def check_targets(self) -> None:
        """Refuse a method that learns from labels only, before anything is trained."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class SelfTraining:
    """Rounds of training on fused targets, cross-fitted: the posterior of a sample has not seen its own vote.

    The samples are cut into K folds.  For every fold k there is a *pipeline* that runs without the votes of fold k from
    its first training to its last:

    1. Teachers, trained on labels, each without two folds.  That without k and l says of the images of fold l what no
       vote of k or l has entered; of fold k and of images without labels all K - 1 teachers without k say it, on mean.
       The pipelines share the teachers: K (K - 1) / 2 trainings.
    2. Targets: the teachers' word fused with the vote, except in fold k and where there is no label, where it is
       sharpened.
    3. In each of ``rounds`` - 1 rounds, K - 1 students per pipeline learn from the targets of all images, each without
       the votes of one further fold l, about whose images its word makes the next targets: K (K - 1) trainings.
    4. One student per pipeline learns from the last targets and predicts fold k: K trainings.

    So ``rounds`` = 1 costs 10 trainings at K = 4, and every further round 12.  The students of step 3 learn from
    targets of other folds, which teachers that knew the votes of fold l have made: inside a pipeline a vote can so,
    faintly, reach the target of its own sample, but it never reaches a posterior of its own sample, since that pipeline
    has not seen it.  Changing the votes of a fold leaves the posteriors of that fold as they are, bit by bit.

    Attributes:
        fusion: Joins posteriors and votes; what it estimates, it estimates from the votes it is handed, those of the
            other folds.
        num_folds: K, 3 or more.
        rounds: 1 or more.
        sharpening: Temperature of targets that no vote has entered, above 0; below 1 sharper.
        unlabelled: Whether students learn from images beyond the samples, where the data have any.
    """

    one_model: ClassVar[bool] = False
    learns_from_unlabelled: ClassVar[bool] = True

    fusion: Fusion
    num_folds: int = 4
    rounds: int = 1
    sharpening: float = 0.67
    unlabelled: bool = True

    def __post_init__(self) -> None:
        for name, value, least in (("num_folds", self.num_folds, 3), ("rounds", self.rounds, 1)):
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InputError(f"posteriors.{name}={value!r}", allowed=f"a whole number of {least} or more")
        if isinstance(self.sharpening, bool) or not self.sharpening > 0:
            raise InputError(f"posteriors.sharpening={self.sharpening!r}", allowed="a temperature above 0")
        if not callable(getattr(self.fusion, "fuse_counts", None)):
            raise InputError(
                f"posteriors.fusion is {type(self.fusion).__name__}, which can not fuse counts of votes",
                allowed="an object with fuse_counts(posteriors, counts)",
                fix="Type posteriors=self_training, whose fusion is that of consensus=posterior_fusion",
            )

    def obtain(
        self,
        fit: FitPredict,
        labels: IntArray,
        *,
        sample_id: IntArray,
        group: npt.NDArray[Any] | None,
        seed: int,
        directory: Path,
        source: str = "",
    ) -> Obtained:
        """Train :func:`num_trainings` times; see :class:`~alc.protocols.obtained.PosteriorSource`.

        The folds do not depend on the labels, unlike those of ``cross_fit``: they could tell of a vote.
        """
        further = 0
        if isinstance(fit, LearnsFromTargets):
            fit.check_targets()
            further = fit.num_further if self.unlabelled else 0
        evenly = np.zeros(len(labels), dtype=np.int64)
        fold = assign_folds(evenly, self.num_folds, stream(seed, "folds"), group)
        work = _Work(self, fit, labels, np.concatenate([fold, np.full(further, -1)]), seed, directory)
        for pair in combinations(range(self.num_folds), 2):
            fit.check(np.flatnonzero(~np.isin(fold, pair)))
        teachers = {pair: work.teacher(pair) for pair in combinations(range(self.num_folds), 2)}
        results = [work.pipeline(k, teachers) for k in range(self.num_folds)]
        probs = np.empty((results[0].probs.shape[0], len(labels), results[0].probs.shape[2]), dtype=np.float32)
        for k, result in enumerate(results):
            probs[:, fold == k] = result.probs
        details = {
            "kind": "self_training",
            "num_folds": self.num_folds,
            "rounds": self.rounds,
            "trainings": num_trainings(self.num_folds, self.rounds),
            "images_without_labels": further,
            "grouped": group is not None,
        }
        posteriors = Posteriors(probs, np.asarray(sample_id), "cross_fit", source, details)
        tests = [result.test_probs for result in results if result.test_probs is not None]
        return Obtained(posteriors, np.mean(tests, axis=0) if tests else None, None)


def num_trainings(num_folds: int, rounds: int) -> int:
    """How many trainings self-training costs.

    >>> num_trainings(4, 1), num_trainings(4, 2)
    (10, 22)
    """
    return num_folds * (num_folds - 1) // 2 + (rounds - 1) * num_folds * (num_folds - 1) + num_folds


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """One self-training: its settings, and all rows with their folds (N + U,), -1 where there is no label."""

    settings: SelfTraining
    fit: FitPredict
    labels: IntArray
    fold: IntArray
    seed: int
    directory: Path

    def teacher(self, pair: tuple[int, int]) -> FloatArray:
        """What a model says of all images (N + U, C) that was trained on the labels of all folds but two."""
        name = f"teacher_{pair[0]}_{pair[1]}"
        labelled = np.flatnonzero((self.fold >= 0) & ~np.isin(self.fold, pair))
        return self._mean(self._train(name, labelled, np.arange(len(self.fold)), None))

    def pipeline(self, k: int, teachers: dict[tuple[int, int], FloatArray]) -> FitResult:
        """The prediction of fold k by models that no vote of fold k has reached."""
        others = [each for each in range(self.settings.num_folds) if each != k]
        said = {each: teachers[min(k, each), max(k, each)] for each in others}
        everything = np.arange(len(self.fold))
        for number in range(1, self.settings.rounds):
            word, targets = self._targets(k, said)
            later: dict[int, FloatArray] = {}
            for each in others:
                without = np.where((self.fold == each)[:, None], self._sharpened(word), targets)
                result = self._train(f"round_{number}_{k}_{each}", everything, everything, without)
                later[each] = self._mean(result)
            said = later
        return self._train(f"student_{k}", everything, np.flatnonzero(self.fold == k), self._targets(k, said)[1])

    def _targets(self, k: int, said: dict[int, FloatArray]) -> tuple[FloatArray, FloatArray]:
        """What models without fold k say of all images, and the targets that come of it, (N + U, C) each."""
        word = np.mean(list(said.values()), axis=0)
        for each, theirs in said.items():
            word[self.fold == each] = theirs[self.fold == each]
        targets, known = self._sharpened(word), np.flatnonzero((self.fold >= 0) & (self.fold != k))
        votes = LabelCounts.from_labels(self.labels[known], word.shape[1])
        posteriors = Posteriors.single(word[known] / word[known].sum(axis=1, keepdims=True), known, "cross_fit")
        targets[known] = self.settings.fusion.fuse_counts(posteriors, votes)
        return word, targets

    def _sharpened(self, probs: FloatArray) -> FloatArray:
        powers = np.asarray(probs, dtype=np.float64) ** (1 / self.settings.sharpening)
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def _train(self, name: str, rows: IntArray, predicted: IntArray, targets: FloatArray | None) -> FitResult:
        return finished_training(
            self.fit,
            self.labels,
            rows,
            predicted,
            seed=derive_seed(self.seed, name),
            directory=self.directory / name,
            targets=targets,
            name=name.replace("_", " ").capitalize(),
        )

    @staticmethod
    def _mean(result: FitResult) -> FloatArray:
        return np.asarray(result.probs.mean(axis=0), dtype=np.float64)
