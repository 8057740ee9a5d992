"""The vote law: how often an annotator names the class of an image, and what is said instead.

Annotators err together.  On a clear image nearly everybody is right, on an ambiguous one several people give the same
wrong answer, and it is the one the model finds likely too.  So votes are independent only given the class *and* the
level of difficulty, which is not known: it is summed over.  A second vote for the same wrong class then says less than
the first did, as it should.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.labels import normalised_entropy

__all__ = ["LEVELS", "VoteLaw", "tempered"]

LEVELS = ("clear", "ambiguous")
SMALLEST = 1e-12


def tempered(probs: FloatArray, temperature: float, floor: float) -> FloatArray:
    """Posteriors to the power 1 / temperature, rows normalised; ``floor`` of the uniform law is mixed in, twice.

    Before the power, so that it can do something about one-hot posteriors; after it, so that nothing makes certain.

    >>> tempered(np.array([[0.8, 0.2]]), 0.5, 0.0).round(4)
    array([[0.9412, 0.0588]])
    """
    even = floor / probs.shape[1]
    logs = np.log(np.maximum((1 - floor) * probs + even, SMALLEST)) / temperature
    logs -= logs.max(axis=1, keepdims=True)
    powers = np.exp(logs)
    powers /= powers.sum(axis=1, keepdims=True)
    return np.asarray((1 - floor) * powers + even)


@dataclass(frozen=True, slots=True)
class VoteLaw:
    """The parameters of the law of votes, levels in the order clear, ambiguous.

    With pi the tempered posterior of a sample, h its entropy in units of log C, d the level and c the class::

        P(c) = pi[c]
        P(ambiguous) = 1 / (1 + exp(-(intercept + slope h)))
        P(vote v | c, d) = reliability[d]                                            where v = c
                         = (1 - reliability[d]) ((1 - spread) pi[v] / (1 - pi[c]) + spread / (C - 1))  elsewhere

    A wrong vote is thus drawn from what the model finds likely beside the class, or evenly.  The vote a sample came
    with has a reliability of its own.

    Attributes:
        temperature: Of the posteriors; above 1 makes them less certain.
        intercept: Log odds of an ambiguous image where the model is certain.
        slope: By how much they grow until the model knows nothing.
        reliability: Chance that an annotator names the class, per level.
        given: The same for the label a sample came with.
        spread: Share of the wrong votes that fall evenly on all other classes.
    """

    temperature: float
    intercept: float
    slope: float
    reliability: tuple[float, float]
    given: tuple[float, float]
    spread: float

    def vector(self) -> FloatArray:
        """The eight parameters on the whole real line: logarithm of the temperature, log odds of the shares."""
        shares = np.array([*self.reliability, *self.given, self.spread])
        return np.array([np.log(self.temperature), self.intercept, self.slope, *(np.log(shares) - np.log1p(-shares))])

    @classmethod
    def of(cls, vector: FloatArray) -> Self:
        """The law of what :meth:`vector` gave."""
        shares = (1 / (1 + np.exp(-vector[3:]))).tolist()
        scale, intercept, slope = vector[:3].tolist()
        return cls(
            float(np.exp(scale)), intercept, slope, (shares[0], shares[1]), (shares[2], shares[3]), float(shares[4])
        )

    def prior(self, pi: FloatArray) -> FloatArray:
        """Log P(level, class) before any vote, from tempered posteriors: (K, C) -> (K, 2, C)."""
        odds = self.intercept + self.slope * normalised_entropy(pi)
        levels = -np.logaddexp(0, np.stack([odds, -odds], axis=1))
        return np.asarray(levels[:, :, None] + np.log(np.maximum(pi, SMALLEST))[:, None, :])

    def log_likelihood(self, pi: FloatArray, vote: IntArray, *, is_given: bool) -> FloatArray:
        """Log P(vote | level, class) of one vote (K,) about samples with tempered posteriors (K, C): (K, 2, C)."""
        rows = np.arange(len(vote))
        chance = self.wrong(pi, pi[rows, vote])
        reliability = self.given if is_given else self.reliability
        result = np.empty((len(vote), len(LEVELS), pi.shape[1]))
        for level, right in enumerate(reliability):
            np.multiply(chance, 1 - right, out=result[:, level])
            result[rows, level, vote] = right
        return np.asarray(np.log(np.maximum(result, SMALLEST, out=result), out=result))

    def wrong(self, pi: FloatArray, vote_pi: FloatArray) -> FloatArray:
        """Chance that a wrong vote is this class, (K, C) by true class, given pi[vote] (K,)."""
        others = np.maximum(1 - pi, SMALLEST)
        chance = vote_pi[:, None] / others
        chance *= 1 - self.spread
        chance += self.spread / max(pi.shape[1] - 1, 1)
        return np.asarray(np.minimum(chance, 1.0, out=chance))
