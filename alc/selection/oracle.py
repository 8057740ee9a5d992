"""The oracle: a selector that knows the true label distributions, the upper bound of a cleaning curve."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from alc.arrays import BoolArray, FloatArray, IntArray
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.features import Features
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection.information import row_blocks
from alc.selection.selector import best_first

__all__ = ["Oracle", "expected_relabels"]


def expected_relabels(label: IntArray, distribution: FloatArray) -> FloatArray:
    """Answers a sample is expected to need until a majority forms, (N,) and (N, C) -> (N,), from 1 to 4.

    The released code's recursion over answers that disagree with everything seen so far, cut at depth 3: with S_k the
    sum of q[c]^k over the classes other than the current label,
    E = 1 + S1 + (S1^2 - S2) + (S1^3 - 3 S1 S2 + 2 S3), i.e. one, two, three distinct other classes in a row.

    >>> expected_relabels(np.array([0, 1]), np.array([[1.0, 0.0], [1.0, 0.0]]))
    array([1., 2.])
    """
    current = distribution[np.arange(len(distribution)), label]
    return _expected_relabels(current, *_power_sums(distribution))


@dataclass(frozen=True)
class Oracle:
    """Ranks by (1 - q[label]) / E: the probability that the label is wrong per answer it takes to settle it.

    Attributes:
        repeats: Whether a settled sample stays in the pool, as in the released code.  Without repeats a sample that
            the annotators happened to settle on a wrong label stays wrong.
    """

    repeats: bool

    needs_posteriors: ClassVar[bool] = False
    needs_distribution: ClassVar[bool] = True
    needs_dynamics: ClassVar[bool] = False
    needs_features: ClassVar[bool] = False

    def bound(
        self, sample_id: IntArray, *, dynamics: TrainingDynamics | None = None, features: Features | None = None
    ) -> Self:
        """This rule: it knows the truth."""
        del sample_id, dynamics, features
        return self

    @staticmethod
    def score_table(distribution: FloatArray) -> FloatArray:
        """Score of every sample for every label it might currently hold, (N, C) -> (N, C), 0 to 0.5.

        A wrong label on an image that all annotators agree on has 0.5; a label they all agree with has 0.
        """
        table = np.empty_like(distribution)
        for rows in row_blocks(*distribution.shape):
            q = distribution[rows]
            power_sums = (sums[:, None] for sums in _power_sums(q))
            np.divide(1.0 - q, _expected_relabels(q, *power_sums), out=table[rows])
        return table

    @staticmethod
    def scores(label: IntArray, distribution: FloatArray) -> FloatArray:
        """Score of every sample for the label (N,) it holds: its entry of :meth:`score_table`, (N,)."""
        wrong = 1.0 - distribution[np.arange(len(label)), label]
        return np.asarray(wrong / expected_relabels(label, distribution))

    def rank(
        self,
        posteriors: Posteriors | None,
        counts: LabelCounts,
        *,
        rng: np.random.Generator,
        exclude: BoolArray | None = None,
        distribution: FloatArray | None = None,
    ) -> IntArray:
        """Rows by falling score of their majority label; with ``repeats`` this is the order before the first answer.

        Raises:
            InputError: There is no label distribution, or it belongs to other samples or classes.
        """
        if distribution is None:
            raise InputError(
                "the oracle needs the true label distribution of every sample and there is none",
                allowed="a data set with human label counts or simulated annotators",
                fix="Type selector=random, or give the distribution",
            )
        if distribution.shape != counts.shape:
            raise InputError(
                f"the label distribution has shape {distribution.shape}",
                allowed=f"the shape of the label counts, {counts.shape}",
            )
        return best_first(self.scores(counts.majority, distribution), rng=rng, exclude=exclude)


def _power_sums(distribution: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sums of q, q^2 and q^3 over the classes, (N, C) -> three of (N,)."""
    squares = distribution * distribution
    return np.einsum("nc->n", distribution), np.einsum("nc->n", squares), np.einsum("nc,nc->n", squares, distribution)


def _expected_relabels(current: FloatArray, first: FloatArray, second: FloatArray, third: FloatArray) -> FloatArray:
    square = current * current
    s1, s2, s3 = first - current, second - square, third - square * current
    square = s1 * s1
    return np.asarray(1.0 + s1 + (square - s2) + (square * s1 - 3.0 * s1 * s2 + 2.0 * s3))
