"""The small-loss mixture: which labels the model finds hard, read off two normal distributions fitted to the losses."""

from dataclasses import dataclass

import numpy as np

from alc.arrays import FloatArray
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection.dynamics import mean_loss
from alc.selection.information import LOG_GUARD
from alc.selection.inputs import label_of, mean_of
from alc.selection.scores import check_scores

__all__ = ["Mixture", "fit_mixture", "small_loss", "small_loss_by_class", "small_loss_dynamics"]

BINS = 1 << 14
LEAST_VARIANCE = 5e-4  # of losses scaled to 0 to 1, as in DivideMix: a spread of 0.022
STEPS = 1000
TOLERANCE = 1e-10
LEAST_SAMPLES = 50
"""Labels of a class from which it gets a mixture of its own."""


@dataclass(frozen=True)
class Mixture:
    """Two normal distributions of losses scaled to 0 to 1, the clean one first.

    Attributes:
        weight: (2,), they sum to 1.
        mean: (2,) rising.
        variance: (2,).
    """

    weight: FloatArray
    mean: FloatArray
    variance: FloatArray

    def log_odds(self, loss: FloatArray) -> FloatArray:
        """Log-odds of the noisy group given the loss, in nats (N,), never lower for a larger loss.

        The difference of two normal log densities is a parabola: with the noisy one broader the very smallest losses
        would count as noisy again, with the clean one broader the very largest as clean.  From its vertex on, the
        parabola is continued by a straight line of slope 1.  Nor does it saturate where the posterior rounds to 1.
        """
        square, linear, constant = self._parabola()
        value = (square * loss + linear) * loss + constant
        if square == 0:
            return np.asarray(value)
        vertex = -linear / (2 * square)
        beyond = loss < vertex if square > 0 else loss > vertex
        straight = constant + linear * vertex / 2 + (loss - vertex)
        return np.asarray(np.where(beyond, straight, value))

    def noisy(self, loss: FloatArray) -> FloatArray:
        """P(noisy | loss) of the mixture as it is, (N,)."""
        square, linear, constant = self._parabola()
        return np.asarray(1 / (1 + np.exp(-np.clip((square * loss + linear) * loss + constant, -700, 700))))

    def _parabola(self) -> tuple[float, float, float]:
        logs = np.log(self.weight) - np.log(self.variance) / 2 - self.mean**2 / (2 * self.variance)
        (a, b), (c, d) = -1 / (2 * self.variance), self.mean / self.variance
        return float(b - a), float(d - c), float(logs[1] - logs[0])


def small_loss(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
    """Log-odds that a label belongs to the noisy of two groups of losses, in nats, any sign.

    Loss -log p[label]; two normal distributions fitted to the losses scaled to 0 to 1; the noisy one has the larger
    mean.  Arazo et al. (2019) with normal distributions, as DivideMix (Li et al. 2020, section 3.1) has them; their
    posterior is the logistic function of this, which still ranks by the loss where that rounds to 1.  They take losses
    of networks in training; any posteriors will do, and cross-fitted ones need no early stopping.  A single mixture
    orders as the loss does, by :meth:`Mixture.log_odds`; what it adds is where the two groups part, at 0.  Not
    row-local.
    """
    return check_scores(_log_odds(_loss(posteriors, counts)), posteriors.sample_id)


def small_loss_by_class(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
    """The same with a mixture for each class of labels: a class that is hard as a whole is not noisy for that.

    Classes of fewer than 50 labels, or whose labels all have one loss, keep the mixture of all.
    """
    loss, label = _loss(posteriors, counts), label_of(counts)
    score = _log_odds(loss)
    order = np.argsort(label, kind="stable")
    for rows in np.split(order, np.searchsorted(label[order], np.arange(1, counts.num_classes))):
        if len(rows) >= LEAST_SAMPLES and np.ptp(loss[rows]) > 0:
            score[rows] = _log_odds(loss[rows])
    return check_scores(score, posteriors.sample_id)


def small_loss_dynamics(dynamics: TrainingDynamics) -> FloatArray:
    """The same of the mean loss over the epochs of training, :func:`~alc.selection.dynamics.mean_loss`."""
    loss = mean_loss(dynamics)
    seen = np.isfinite(loss)
    score = np.full(len(loss), np.nan)
    score[seen] = _log_odds(loss[seen])
    return score


def fit_mixture(loss: FloatArray) -> Mixture:
    """Two normal distributions fitted to losses (N,) between 0 and 1 by expectation maximisation.

    Started from the halves below and above the mean.  Losses are first gathered in 16,384 bins, each at its mean, so
    that a million take no longer than a few thousand.  Variances have 5e-4 added, as in DivideMix.
    """
    bin_of = np.minimum((loss * BINS).astype(np.int64), BINS - 1)
    size = np.bincount(bin_of, minlength=BINS)
    total = np.bincount(bin_of, weights=loss, minlength=BINS)
    value, weight = total[size > 0] / size[size > 0], size[size > 0].astype(np.float64)
    share = np.stack([value <= loss.mean(), value > loss.mean()]).astype(np.float64)
    last = -np.inf
    mixture = _maximised(share, weight, value)
    for _ in range(STEPS):
        logs = np.log(mixture.weight)[:, None] - 0.5 * (
            np.log(2 * np.pi * mixture.variance)[:, None]
            + (value - mixture.mean[:, None]) ** 2 / mixture.variance[:, None]
        )
        highest = logs.max(axis=0)
        share = np.exp(logs - highest)
        evidence = share.sum(axis=0)
        share /= evidence
        likelihood = float(weight @ (np.log(evidence) + highest)) / len(loss)
        mixture = _maximised(share, weight, value)
        if likelihood - last < TOLERANCE:
            break
        last = likelihood
    order = np.argsort(mixture.mean, kind="stable")
    return Mixture(mixture.weight[order], mixture.mean[order], mixture.variance[order])


def _maximised(share: FloatArray, size: FloatArray, value: FloatArray) -> Mixture:
    weight = share * size
    number = np.maximum(weight.sum(axis=1), 1e-10 * size.sum())
    mean = (weight @ value) / number
    variance = (weight * (value - mean[:, None]) ** 2).sum(axis=1) / number + LEAST_VARIANCE
    return Mixture(number / number.sum(), mean, variance)


def _loss(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
    """Cross-entropy of the majority label in nats (N,)."""
    probs, label = mean_of(posteriors, counts), label_of(counts)
    return np.asarray(-np.log(probs[np.arange(len(label)), label].astype(np.float64) + LOG_GUARD))


def _log_odds(loss: FloatArray) -> FloatArray:
    lowest, width = float(loss.min()), float(np.ptp(loss))
    if width == 0:
        raise InputError(
            f"all {len(loss)} losses are {lowest:.4g}, so there are no two groups of them",
            allowed="losses that differ",
            fix="Check the posteriors: do they say anything about these samples?",
        )
    scaled = (loss - lowest) / width
    return fit_mixture(scaled).log_odds(scaled)
