"""Paired differences: what one selector has over another on the same noise, training and answers."""

from dataclasses import dataclass

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError

__all__ = ["Difference", "hierarchical_difference", "t_difference"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean difference and its interval."""

    mean: float
    low: float
    high: float
    pairs: int

    def __str__(self) -> str:
        return f"{self.mean:+.4f} [{self.low:+.4f}, {self.high:+.4f}]"


def t_difference(difference: FloatArray, *, confidence: float = 0.95) -> Difference:
    """Student's interval of paired differences (K,) that are independent of one another.

    >>> str(t_difference(np.array([0.01, 0.02, 0.03])))
    '+0.0200 [-0.0048, +0.0448]'
    """
    from scipy.special import stdtrit

    difference = _checked(difference)
    mean, count = float(difference.mean()), len(difference)
    if count == 1:
        return Difference(mean, float("nan"), float("nan"), 1)
    half = float(stdtrit(count - 1, 0.5 + confidence / 2) * difference.std(ddof=1) / np.sqrt(count))
    return Difference(mean, mean - half, mean + half, count)


def hierarchical_difference(
    difference: FloatArray,
    noise: IntArray,
    training: IntArray,
    *,
    confidence: float = 0.95,
    draws: int = 4000,
    rng: np.random.Generator,
) -> Difference:
    """Bootstrap interval of paired differences that share noise draws and trainings.

    Noise draws are resampled, within each its trainings, within each its annotator panels: panels of one training are
    no independent evidence about another.  With one noise draw the interval speaks of that draw alone.

    Args:
        difference: (K,) one per panel.
        noise: (K,) which noise draw.
        training: (K,) which training of that draw.
        confidence: Of the interval.
        draws: Bootstrap draws.
        rng: Draws them.
    """
    difference = _checked(difference)
    groups = [
        [difference[(noise == one) & (training == two)] for two in np.unique(training[noise == one])]
        for one in np.unique(noise)
    ]
    means = np.empty(draws)
    for draw in range(draws):
        total, count = 0.0, 0
        for one in rng.integers(len(groups), size=len(groups)):
            trainings = groups[one]
            for two in rng.integers(len(trainings), size=len(trainings)):
                values = trainings[two]
                total += float(values[rng.integers(len(values), size=len(values))].mean())
                count += 1
        means[draw] = total / count
    low, high = np.quantile(means, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return Difference(float(difference.mean()), float(low), float(high), len(difference))


def _checked(difference: FloatArray) -> FloatArray:
    difference = np.asarray(difference, dtype=np.float64)
    if difference.ndim != 1 or not len(difference) or not np.isfinite(difference).all():
        raise InputError(
            "paired differences", allowed="one finite number or more; both must have run on the same seeds"
        )
    return difference
