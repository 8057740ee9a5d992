"""The released code's annotators: one random stream, consumed in the order of the questions."""

from bisect import bisect_right

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.categorical import cumulative
from alc.errors import InputError
from alc.labels import check_label_distribution

__all__ = ["SequentialAnnotator"]


def _stream(seed: int) -> np.random.RandomState:
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 1 << 32:
        raise InputError(
            f"annotator seed {seed!r} is not usable by annotator=sequential",
            allowed=f"a whole number from 0 to {(1 << 32) - 1}",
        )
    return np.random.RandomState(seed)


class SequentialAnnotator:
    """The k-th question of a simulation gets the k-th uniform of ``RandomState(seed)``, inverted through q[sample].

    This reproduces the released simulator exactly (one legacy ``choice`` consumes one uniform).  Two selectors face
    different answers for the same image, which is why it is not the default.

    Args:
        distribution: (N, C) probability of each answer.
        sample_id: Not used; the stream knows only the order.
        seed: The released code's simulation seed.
    """

    def __init__(self, distribution: FloatArray, sample_id: IntArray, seed: int) -> None:
        distribution = check_label_distribution(distribution, "the annotators' label distribution")
        self.num_classes = int(distribution.shape[1])
        self._rows = cumulative(distribution)
        self._stream = _stream(seed)

    def reseeded(self, seed: int) -> "SequentialAnnotator":
        """The stream of another simulation seed, from its start."""
        other = object.__new__(SequentialAnnotator)
        other.num_classes, other._rows, other._stream = self.num_classes, self._rows, _stream(seed)
        return other

    def ask_next(self, row: int) -> int:
        """The answer to the next question."""
        return bisect_right(self._rows[row], self._stream.random_sample())
