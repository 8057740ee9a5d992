"""Selectors: from a score to the order in which samples are relabelled."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np

from alc.arrays import BoolArray, FloatArray, IntArray
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.features import Features
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection.inputs import wants_out_of_sample
from alc.selection.scores import Score, bald, check_scores

__all__ = [
    "Random",
    "Scoring",
    "SelectionRule",
    "Selector",
    "best_first",
    "compares_members",
    "needs_out_of_sample",
    "parts_of",
]


class SelectionRule(Protocol):
    """What a simulation or a ranking asks of a selector; :class:`Selector`, :class:`Random` and ``Oracle`` fit."""

    @property
    def repeats(self) -> bool:
        """Whether a sample may be selected again after it was settled."""

    @property
    def needs_posteriors(self) -> bool:
        """Whether ``rank`` refuses ``posteriors=None``."""

    @property
    def needs_distribution(self) -> bool:
        """Whether ``rank`` refuses ``distribution=None``: true of selectors that know the truth."""

    @property
    def needs_dynamics(self) -> bool:
        """Whether ``rank`` works only after :meth:`bound` was given training dynamics."""

    @property
    def needs_features(self) -> bool:
        """Whether ``rank`` works only after :meth:`bound` was given features."""

    def bound(
        self, sample_id: IntArray, *, dynamics: TrainingDynamics | None = None, features: Features | None = None
    ) -> "SelectionRule":
        """The rule that ranks the samples ``sample_id`` (N,) by what it needs of these; they are joined by id."""

    def rank(
        self,
        posteriors: Posteriors | None,
        counts: LabelCounts,
        *,
        rng: np.random.Generator,
        exclude: BoolArray | None = None,
        distribution: FloatArray | None = None,
    ) -> IntArray:
        """Rows 0..N-1, the first to be relabelled first, without those excluded (N,)."""


def best_first(score: FloatArray, *, rng: np.random.Generator, exclude: BoolArray | None = None) -> IntArray:
    """Rows by falling score (N,); ties in random order, since any other would favour one end of the data set.

    The rows are shuffled and then sorted stably, so the order depends on the generator and not on the machine's sort.

    >>> best_first(np.array([0.1, 0.9, 0.5]), rng=np.random.default_rng(0), exclude=np.array([False, True, False]))
    array([2, 0])
    """
    rows = _shuffled(len(score), rng, exclude)
    return rows[np.argsort(-score[rows], kind="stable")]


class Scoring(ABC):
    """Base of the rules that rank by one number per sample; every sample at most once.

    What the number is made of differs: :class:`Selector` takes posteriors, others are bound to training dynamics or to
    features before they rank.
    """

    repeats: ClassVar[bool] = False
    needs_posteriors: ClassVar[bool] = False
    needs_distribution: ClassVar[bool] = False
    needs_dynamics: ClassVar[bool] = False
    needs_features: ClassVar[bool] = False

    @abstractmethod
    def scores(self, posteriors: Posteriors | None, counts: LabelCounts) -> FloatArray:
        """The score of every sample (N,), finite, higher = relabel sooner; what is missing is an error."""

    def bound(
        self, sample_id: IntArray, *, dynamics: TrainingDynamics | None = None, features: Features | None = None
    ) -> Self:
        """This rule: it needs nothing beside posteriors."""
        del sample_id, dynamics, features
        return self

    def rank(
        self,
        posteriors: Posteriors | None,
        counts: LabelCounts,
        *,
        rng: np.random.Generator,
        exclude: BoolArray | None = None,
        distribution: FloatArray | None = None,
    ) -> IntArray:
        """Rows with the highest score first; see :class:`SelectionRule`."""
        return best_first(self.scores(posteriors, counts), rng=rng, exclude=exclude)


@dataclass(frozen=True)
class Selector(Scoring):
    """Ranks by a score of posteriors and label counts."""

    score: Score

    needs_posteriors: ClassVar[bool] = True

    def scores(self, posteriors: Posteriors | None, counts: LabelCounts) -> FloatArray:
        """The score of every sample (N,), checked to be finite.

        Raises:
            InputError: There are no posteriors, or a score is not finite; the message names the sample ids.
        """
        if posteriors is None:
            raise InputError(
                "this selector ranks by posteriors and there are none", fix="Give posteriors, or type selector=random"
            )
        return check_scores(self.score(posteriors, counts), posteriors.sample_id)


def parts_of(rule: SelectionRule) -> Sequence[SelectionRule]:
    """The rules that an ensemble of them combines; any other is its own only part."""
    parts: Sequence[SelectionRule] = getattr(rule, "selectors", (rule,))
    return parts


def compares_members(rule: SelectionRule) -> bool:
    """Whether a rule compares the members of posteriors with one another, so that it needs two or more.

    >>> compares_members(Selector(bald)), compares_members(Random())
    (True, False)
    """
    return any(
        isinstance(part, Selector) and getattr(part.score, "func", part.score) is bald for part in parts_of(rule)
    )


def needs_out_of_sample(rule: SelectionRule) -> bool:
    """Whether a rule refuses posteriors of a model that was trained on the labels it ranks."""
    return any(wants_out_of_sample(each) for part in parts_of(rule) for each in (part, getattr(part, "score", None)))


@dataclass(frozen=True)
class Random:
    """Ranks uniformly at random: the lower bound every selector is compared with."""

    repeats: ClassVar[bool] = False
    needs_posteriors: ClassVar[bool] = False
    needs_distribution: ClassVar[bool] = False
    needs_dynamics: ClassVar[bool] = False
    needs_features: ClassVar[bool] = False

    def bound(
        self, sample_id: IntArray, *, dynamics: TrainingDynamics | None = None, features: Features | None = None
    ) -> Self:
        """This rule: it needs no evidence."""
        del sample_id, dynamics, features
        return self

    def rank(
        self,
        posteriors: Posteriors | None,
        counts: LabelCounts,
        *,
        rng: np.random.Generator,
        exclude: BoolArray | None = None,
        distribution: FloatArray | None = None,
    ) -> IntArray:
        """Rows in random order; see :class:`SelectionRule`."""
        return _shuffled(len(counts), rng, exclude)


def _shuffled(num_samples: int, rng: np.random.Generator, exclude: BoolArray | None) -> IntArray:
    if exclude is None:
        return rng.permutation(num_samples)
    exclude = np.asarray(exclude)
    if exclude.shape != (num_samples,) or exclude.dtype != np.bool_:
        raise InputError(
            f"exclude has shape {exclude.shape} and dtype {exclude.dtype}",
            allowed=f"one True or False per sample, shape ({num_samples},)",
        )
    return rng.permutation(np.flatnonzero(~exclude))
