"""Votes that are independent given the class, with a known truth, and posteriors calibrated by construction."""

from dataclasses import dataclass

import numpy as np

from alc.annotations import Annotations
from alc.arrays import FloatArray, IntArray
from alc.posteriors import Posteriors


@dataclass(frozen=True)
class SyntheticVotes:
    """What is known about a crowd that was made up.

    The truth is drawn from the posteriors, so they are calibrated exactly, and the votes from the truth alone, so they
    are independent given the class, of each other and of the posteriors: ``exact`` is the belief nobody can improve on.
    """

    truth: IntArray  # (N,)
    annotations: Annotations
    posteriors: Posteriors  # (1, N, C), cross_fit
    confusion: FloatArray  # (A, C, C), P(answer j | true i)
    exact: FloatArray  # (N, C), P(class | posteriors and all votes)

    @property
    def num_classes(self) -> int:
        return int(self.confusion.shape[1])

    def __len__(self) -> int:
        return len(self.truth)


def one_coin_confusion(accuracy: FloatArray, num_classes: int) -> FloatArray:
    """Matrices (A, C, C) of annotators who are right with a probability (A,), wrong answers equally likely."""
    wrong = (1 - np.asarray(accuracy)) / (num_classes - 1)
    matrices = np.repeat(wrong, num_classes**2).reshape(-1, num_classes, num_classes)
    matrices[:, np.arange(num_classes), np.arange(num_classes)] = np.asarray(accuracy)[:, None]
    return matrices


def synthetic_votes(
    rng: np.random.Generator,
    num_samples: int,
    confusion: FloatArray,
    *,
    votes_per_sample: int = 3,
    concentration: float = 0.3,
) -> SyntheticVotes:
    """Annotator ids 0 .. A-1, different ones on each sample; a low ``concentration`` makes a certain classifier."""
    num_annotators, num_classes, _ = confusion.shape
    probs = rng.dirichlet(np.full(num_classes, concentration), num_samples)
    truth = (rng.random((num_samples, 1)) > np.cumsum(probs, axis=1)).sum(axis=1).clip(max=num_classes - 1)
    who = rng.permuted(np.tile(np.arange(num_annotators), (num_samples, 1)), axis=1)[:, :votes_per_sample]
    law = np.cumsum(confusion[who, truth[:, None]], axis=2)
    label = (rng.random((*who.shape, 1)) > law).sum(axis=2).clip(max=num_classes - 1)
    likelihood = np.prod(confusion[who[:, :, None], np.arange(num_classes), label[:, :, None]], axis=1)
    exact = probs * likelihood
    return SyntheticVotes(
        truth,
        Annotations(np.repeat(np.arange(num_samples), votes_per_sample), who.ravel(), label.ravel()),
        Posteriors.single(probs, protocol="cross_fit"),
        confusion,
        exact / exact.sum(axis=1, keepdims=True),
    )
