"""Annotators who did answer: real recorded votes of named people, replayed without replacement."""

from typing import ClassVar

import numpy as np

from alc.annotations import Annotations
from alc.annotators.annotator import NO_ANSWER
from alc.annotators.philox import uniforms
from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.labels import check_labels
from alc.posteriors import check_sample_ids
from alc.seeding import derive_seed

__all__ = ["RecordedAnnotator"]


class RecordedAnnotator:
    """The recorded votes about each sample, the first as its initial label, the others as a pool that is used up.

    The order within a pool is random, keyed by (seed, sample id), so that a seed is a panel as elsewhere.  When the
    pool of a sample is empty its question ends unresolved, with the label it had: with three votes for three classes,
    as CIFAR-10N has on many images, nobody is left to decide.

    Args:
        distribution: (N, C); only the number of classes is used.
        sample_id: (N,) stable ids.
        seed: 0 or more.
        annotations: All recorded votes, those of one sample in the order they were given.  Derived labels, such as
            CIFAR-10N's ``worse_label``, have no place in it.
        initial: (N,) labels at the start; each must be the first recorded vote about its sample.

    Raises:
        InputError: There are no recorded votes, or a sample does not start with the first of its own.

    >>> votes = Annotations(np.array([0, 0, 0, 1]), np.array([4, 9, 2, 4]), np.array([1, 0, 0, 1]))
    >>> annotator = RecordedAnnotator(np.eye(2), np.arange(2), 0, annotations=votes, initial=np.array([1, 1]))
    >>> annotator.ask(np.array([0, 1]), first_draw=0, num_draws=3)
    array([[ 0,  0, -1],
           [-1, -1, -1]])
    """

    needs: ClassVar[tuple[str, ...]] = ("annotations", "initial")
    answers_once: ClassVar[bool] = True

    def __init__(
        self,
        distribution: FloatArray,
        sample_id: IntArray,
        seed: int,
        *,
        annotations: Annotations | None,
        initial: IntArray,
    ) -> None:
        num_samples, self.num_classes = distribution.shape
        self._sample_id = check_sample_ids(sample_id, num_samples)
        if annotations is None or not len(annotations):
            raise InputError(
                "annotator=recorded replays recorded votes, and these data have none",
                allowed="data with the votes of several people, e.g. data=cifar10n",
                fix="Type annotator=label_distribution",
            )
        check_labels(annotations.label, self.num_classes, "recorded votes")
        self._who, self._answer = _pools(annotations, check_labels(initial, self.num_classes), num_samples)
        self._order = self._shuffled(seed)

    def reseeded(self, seed: int) -> "RecordedAnnotator":
        """The same votes in another order."""
        other = object.__new__(RecordedAnnotator)
        other.num_classes, other._sample_id = self.num_classes, self._sample_id
        other._who, other._answer = self._who, self._answer
        other._order = other._shuffled(seed)
        return other

    def ask(self, row: IntArray, first_draw: int, num_draws: int) -> IntArray:
        """Answers (K, num_draws); :data:`~alc.annotators.annotator.NO_ANSWER` behind the last of a pool."""
        draw = np.arange(first_draw, first_draw + num_draws)
        return self._at(self._answer, np.repeat(row, num_draws), np.tile(draw, len(row))).reshape(-1, num_draws)

    def who(self, row: IntArray, draw: IntArray) -> IntArray:
        """Annotator ids (K,) as recorded."""
        return self._at(self._who, np.asarray(row), np.asarray(draw))

    def num_available(self, row: IntArray) -> IntArray:
        """Size of the pool of each row (K,)."""
        return np.asarray((self._answer[row] >= 0).sum(axis=1))

    def _at(self, table: IntArray, row: IntArray, draw: IntArray) -> IntArray:
        size = table.shape[1]
        found = table[row, self._order[row, np.minimum(draw, size - 1)]] if size else np.full(len(row), NO_ANSWER)
        return np.where(draw < size, found, NO_ANSWER)

    def _shuffled(self, seed: int) -> IntArray:
        """Places (N, P) in the order of asking; what fills a short pool up comes last."""
        size = self._answer.shape[1]
        if not size:
            return np.zeros((len(self._answer), 0), dtype=np.int64)
        key = uniforms(derive_seed(seed, "annotator"), self._sample_id, 0, size)
        return np.asarray(np.argsort(np.where(self._answer >= 0, key, 2.0), axis=1, kind="stable"))


def _pools(annotations: Annotations, initial: IntArray, num_samples: int) -> tuple[IntArray, IntArray]:
    """Who and what (N, P) of every sample but for its first vote, filled up with NO_ANSWER."""
    order = np.argsort(annotations.sample, kind="stable")
    sample = annotations.sample[order]
    number = np.bincount(sample, minlength=num_samples)
    if len(number) > num_samples or not number.all():
        row = num_samples if len(number) > num_samples else int(np.argmin(number))
        raise InputError(
            f"annotator=recorded: row {row} has {number[row]} recorded votes and there are {num_samples} samples",
            allowed="one recorded vote or more about every sample",
        )
    place = np.arange(len(sample)) - np.repeat(np.cumsum(number) - number, number)
    first = annotations.label[order[place == 0]]
    other = np.flatnonzero(first != initial)
    if other.size:
        raise InputError(
            f"annotator=recorded: row {other[0]} starts with label {initial[other[0]]}, its first recorded vote is "
            f"{first[other[0]]} ({other.size} such rows)",
            allowed="labels that are the first recorded votes, so that no vote counts twice",
            fix="For CIFAR-10N type data.labels=random1 noise=none",
        )
    tables = []
    for values in (annotations.annotator, annotations.label):
        table = np.full((num_samples, int(number.max()) - 1), NO_ANSWER, dtype=np.int64)
        pooled = place > 0
        table[sample[pooled], place[pooled] - 1] = values[order[pooled]]
        tables.append(table)
    return tables[0], tables[1]
