"""Annotators with confusion matrices: who answers, what, at what cost, and who has nothing to say."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from alc.annotators.annotator import NO_ANSWER
from alc.annotators.philox import uniforms
from alc.arrays import BoolArray, FloatArray, IntArray
from alc.categorical import cumulative, draw
from alc.errors import InputError
from alc.labels import check_label_distribution, check_labels
from alc.posteriors import check_sample_ids
from alc.seeding import derive_seed

__all__ = ["ConfusionAnnotator"]


class ConfusionAnnotator:
    """A people, ids 1 to A: annotator a answers j about a sample of class i with probability T_a[i, j].

    Answers are independent given the class, the model of Dawid and Skene (1979).  Who gives which answer is a random
    order of the people, keyed by (seed, sample id); what they say is keyed by (seed, sample id, draw).  Everybody
    answers a sample once at most.  Who abstains on a sample is passed over and not paid, and when nobody is left the
    question ends unresolved.

    Args:
        distribution: (N, C); only the number of classes is used.
        sample_id: (N,) stable ids; a subset of a data set gets the same answers as the whole.
        seed: 0 or more; one seed is one panel.
        reference: (N,) true labels.
        accuracy: (A,) chance of the right answer, wrong ones equally likely; None with ``confusion``.
        confusion: (A, C, C) row-stochastic matrices T_a[i, j] = P(answer j | true i); None with ``accuracy``.
        abstention: Chance, of all or of each (A,), of having nothing to say about a sample; 0 or more and below 1.
        cost: Price of an answer, of all or of each (A,), above 0.  Budgets count answers; ``price`` tells what they
            cost.

    Raises:
        InputError: Neither or both of ``accuracy`` and ``confusion``, or numbers outside of their range.
    """

    needs: ClassVar[tuple[str, ...]] = ("reference",)
    answers_once: ClassVar[bool] = True

    def __init__(
        self,
        distribution: FloatArray,
        sample_id: IntArray,
        seed: int,
        *,
        reference: IntArray,
        accuracy: Sequence[float] | None = None,
        confusion: Sequence[Sequence[Sequence[float]]] | FloatArray | None = None,
        abstention: float | Sequence[float] = 0.0,
        cost: float | Sequence[float] = 1.0,
    ) -> None:
        num_samples, self.num_classes = distribution.shape
        self._sample_id = check_sample_ids(sample_id, num_samples)
        self._truth = check_labels(reference, self.num_classes, "reference labels of the annotators")
        matrices = _matrices(accuracy, confusion, self.num_classes)
        self.num_annotators = len(matrices)
        self._cumulative = cumulative(matrices.reshape(-1, self.num_classes))
        self._abstention = _per_annotator(abstention, self.num_annotators, "abstention", "0 or more and below 1")
        self._cost = _per_annotator(cost, self.num_annotators, "cost", "finite and above 0")
        self._seed = _Seeds(seed)

    def reseeded(self, seed: int) -> "ConfusionAnnotator":
        """Another panel of the same people."""
        other = object.__new__(ConfusionAnnotator)
        other.__dict__.update(self.__dict__, _seed=_Seeds(seed))
        return other

    def ask(self, row: IntArray, first_draw: int, num_draws: int) -> IntArray:
        """Answers (K, num_draws); :data:`~alc.annotators.annotator.NO_ANSWER` where nobody is left."""
        draws = np.arange(first_draw, first_draw + num_draws)
        who = self._people(row, draws)
        uniform = uniforms(self._seed.answer, self._sample_id[row], first_draw, num_draws)
        cell = np.maximum(who, 0) * self.num_classes + self._truth[row][:, None]
        answer = draw(self._cumulative, cell.reshape(-1), uniform.reshape(-1)).reshape(who.shape)
        return np.where(who >= 0, answer, NO_ANSWER)

    def who(self, row: IntArray, draw: IntArray) -> IntArray:
        """Annotator ids (K,), 1 to A."""
        place = self._place(row, draw)
        return np.where(place >= 0, place + 1, NO_ANSWER)

    def price(self, row: IntArray, draw: IntArray) -> FloatArray:
        """What each answer costs (K,); 0 where there is none."""
        place = self._place(row, draw)
        return np.where(place >= 0, self._cost[place], 0.0)

    def num_available(self, row: IntArray) -> IntArray:
        """How many do not abstain on each row (K,)."""
        return np.asarray((~self._abstains(row)).sum(axis=1))

    def _place(self, row: IntArray, draw: IntArray) -> IntArray:
        row, draw = np.asarray(row), np.asarray(draw)
        people = self._people(row, np.arange(int(draw.max(initial=0)) + 1))
        return np.asarray(people[np.arange(len(row)), draw])

    def _people(self, row: IntArray, draws: IntArray) -> IntArray:
        """Who answers the draws about each row, (K, D), 0 to A - 1, or NO_ANSWER."""
        abstains = self._abstains(row)
        key = uniforms(self._seed.order, self._sample_id[row], 0, self.num_annotators)
        order = np.argsort(np.where(abstains, 2.0, key), axis=1, kind="stable")
        who = order[:, np.minimum(draws, self.num_annotators - 1)]
        return np.where(draws < (~abstains).sum(axis=1)[:, None], who, NO_ANSWER)

    def _abstains(self, row: IntArray) -> BoolArray:
        if not self._abstention.any():
            return np.zeros((len(row), self.num_annotators), dtype=np.bool_)
        return uniforms(self._seed.abstention, self._sample_id[row], 0, self.num_annotators) < self._abstention


class _Seeds:
    """One stream for each thing that is drawn."""

    def __init__(self, seed: int) -> None:
        self.answer = derive_seed(seed, "annotator")
        self.order = derive_seed(seed, "annotator", "order")
        self.abstention = derive_seed(seed, "annotator", "abstention")


def _matrices(accuracy: object, confusion: object, num_classes: int) -> FloatArray:
    if (accuracy is None) == (confusion is None):
        raise InputError(
            "annotator=confusion takes annotator.accuracy or annotator.confusion, one of the two",
            allowed="annotator.accuracy=[a number per annotator] annotator.confusion=null, or the other way round",
        )
    if confusion is not None:
        matrices = np.asarray(confusion, dtype=np.float64)
        if matrices.ndim != 3 or matrices.shape[1:] != (num_classes, num_classes) or not len(matrices):
            raise InputError(
                f"annotator.confusion has shape {matrices.shape}", allowed=f"(A, {num_classes}, {num_classes}), A >= 1"
            )
        rows = check_label_distribution(matrices.reshape(-1, num_classes), "annotator.confusion")
        return rows.reshape(matrices.shape)
    right = np.asarray(accuracy, dtype=np.float64)
    if right.ndim != 1 or not len(right) or not ((right >= 0) & (right <= 1)).all():
        raise InputError(f"annotator.accuracy={accuracy!r}", allowed="a list of numbers from 0 to 1, one per annotator")
    if num_classes == 1:
        return np.ones((len(right), 1, 1))
    wrong = (1 - right) / (num_classes - 1)
    same = np.eye(num_classes, dtype=np.bool_)
    return np.where(same, right[:, None, None], wrong[:, None, None])


def _per_annotator(value: float | Sequence[float], num_annotators: int, name: str, allowed: str) -> FloatArray:
    numbers = np.asarray(value, dtype=np.float64)
    inside = (numbers >= 0) & (numbers < 1) if name == "abstention" else np.isfinite(numbers) & (numbers > 0)
    if numbers.shape not in {(), (num_annotators,)} or not np.all(inside):
        raise InputError(
            f"annotator.{name}={value!r} for {num_annotators} annotators",
            allowed=f"one number, or one per annotator, each {allowed}",
        )
    return np.broadcast_to(numbers, (num_annotators,))
