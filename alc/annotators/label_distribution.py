"""Annotators that answer from each image's label distribution, e.g. the histogram of what people said about it."""

import numpy as np

from alc.annotators.philox import uniforms
from alc.arrays import FloatArray, IntArray
from alc.categorical import cumulative, draw
from alc.labels import check_label_distribution
from alc.posteriors import check_sample_ids
from alc.seeding import derive_seed

__all__ = ["LabelDistributionAnnotator"]


class LabelDistributionAnnotator:
    """Independent answers drawn from q[sample] (Bernhardt et al. 2022, Algorithm 1), keyed by (seed, sample id, draw).

    The k-th answer about a sample is the same whoever asks and whenever, so all selectors of one seed face the same
    annotators and their differences are paired.

    Args:
        distribution: (N, C) probability of each answer.
        sample_id: (N,) stable ids; a subset of a data set gets the same answers as the whole.
        seed: 0 or more; one seed is one panel of annotators.

    >>> annotator = LabelDistributionAnnotator(np.eye(3), np.arange(3), seed=0)
    >>> annotator.ask(np.array([2, 0]), first_draw=0, num_draws=2)
    array([[2, 2],
           [0, 0]])
    """

    def __init__(self, distribution: FloatArray, sample_id: IntArray, seed: int) -> None:
        distribution = check_label_distribution(distribution, "the annotators' label distribution")
        self.num_classes = int(distribution.shape[1])
        self._cumulative = cumulative(distribution)
        self._sample_id = check_sample_ids(sample_id, len(distribution))
        self._seed = derive_seed(seed, "annotator")

    def reseeded(self, seed: int) -> "LabelDistributionAnnotator":
        """Another panel for the same images, sharing the tables."""
        other = object.__new__(LabelDistributionAnnotator)
        other.num_classes, other._cumulative, other._sample_id = self.num_classes, self._cumulative, self._sample_id
        other._seed = derive_seed(seed, "annotator")
        return other

    def ask(self, row: IntArray, first_draw: int, num_draws: int) -> IntArray:
        """Answers (K, num_draws)."""
        uniform = uniforms(self._seed, self._sample_id[row], first_draw, num_draws)
        return draw(self._cumulative, np.repeat(row, num_draws), uniform.reshape(-1)).reshape(-1, num_draws)
