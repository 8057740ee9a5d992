"""Posterior fusion: the class posterior given a model that has not seen the votes, and all votes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from alc.annotations import INITIAL_ANNOTATOR, Annotations
from alc.arrays import FloatArray, IntArray
from alc.consensus.consensus import Belief
from alc.consensus.fused_state import FusedState
from alc.consensus.requirements import held_out_probabilities
from alc.consensus.vote_law import VoteLaw
from alc.consensus.vote_law_fit import Votes, fit_vote_law
from alc.errors import InputError
from alc.labels import LabelCounts, check_labels
from alc.posteriors import Posteriors

__all__ = ["Estimate", "PosteriorFusion", "counted_votes", "votes_of"]

Estimate = Literal["likelihood", "fixed"]


@dataclass(frozen=True, kw_only=True)
class PosteriorFusion:
    """P(class | posterior, votes) under the :class:`~alc.consensus.vote_law.VoteLaw`.

    CROWDLAB (Goh et al. 2022) takes a weighted mean of the model and the annotators, which stays unsure however many
    agree; Dawid and Skene (1979) multiply the votes as if they were independent given the class, which is too sure
    where people err together.  Here votes are independent given the class and a level of difficulty that is summed
    over, and the model's posterior is one more witness, tempered.  All constants are estimated by the likelihood of the
    votes (``likelihood``), never from reference labels, with these values as centres of the priors; ``fixed`` takes the
    values as they are.

    Attributes:
        temperature: Of the posteriors.
        intercept: Log odds of an ambiguous image where the model is certain.
        slope: By how much they grow until the model knows nothing.
        reliability: How often an annotator names the class, of clear and of ambiguous images.
        given_reliability: The same for the labels the data came with.
        spread: Share of wrong votes that fall evenly on all classes and not on those the model finds likely.
        floor: Share of the uniform law in every posterior, so that no model is believed without end.
        estimate: ``likelihood`` or ``fixed``.
    """

    temperature: float = 0.75
    intercept: float = -3.0
    slope: float = 4.0
    reliability: Sequence[float] = (0.97, 0.65)
    given_reliability: Sequence[float] = (0.87, 0.55)
    spread: float = 0.9
    floor: float = 0.01
    estimate: Estimate = "likelihood"

    needs_posteriors: ClassVar[bool] = True
    needs_annotator_ids: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.estimate not in get_args(Estimate):
            raise InputError(f"consensus.estimate={self.estimate!r}", allowed=", ".join(get_args(Estimate)))
        if not self.temperature > 0:
            raise InputError(f"consensus.temperature={self.temperature}", allowed="a number above 0")
        for name in ("reliability", "given_reliability"):
            values = getattr(self, name)
            if len(values) != 2 or not all(0 < value < 1 for value in values):
                raise InputError(
                    f"consensus.{name}={list(values)}",
                    allowed="two shares above 0 and below 1: of clear and of ambiguous images",
                )
        if not 0 < self.spread < 1:
            raise InputError(f"consensus.spread={self.spread}", allowed="above 0 and below 1")
        if not 0 < self.floor < 1:
            raise InputError(
                f"consensus.floor={self.floor}",
                allowed="above 0 and below 1; at 0 a one-hot posterior would outvote any number of people",
            )

    @property
    def expected(self) -> VoteLaw:
        """The law these settings describe."""
        clear, ambiguous = self.reliability
        given_clear, given_ambiguous = self.given_reliability
        return VoteLaw(
            self.temperature,
            self.intercept,
            self.slope,
            (clear, ambiguous),
            (given_clear, given_ambiguous),
            self.spread,
        )

    def law(self, probs: FloatArray, votes: Votes, *, start: VoteLaw | None = None) -> VoteLaw:
        """The law of these votes: estimated, or as set."""
        if self.estimate == "fixed":
            return self.expected
        return fit_vote_law(probs, votes, self.expected, floor=self.floor, start=start)

    def state(
        self,
        posteriors: Posteriors | None,
        votes: Votes,
        *,
        start: VoteLaw | None = None,
        law: VoteLaw | None = None,
    ) -> FusedState:
        """The fused state of all samples after these votes, under a law that is given or else found.

        Raises:
            InputError: The posteriors have seen the votes, or belong to other samples; the message names the option.
        """
        num_classes = posteriors.num_classes if posteriors is not None else 0
        mean = held_out_probabilities(posteriors, len(votes.given), num_classes, "posterior_fusion")
        probs = np.asarray(mean, dtype=np.float64)
        if num_classes < 2:
            raise InputError("consensus=posterior_fusion: the posteriors have one class", allowed="two or more")
        return FusedState.of(law or self.law(probs, votes, start=start), probs, votes, self.floor)

    def fuse(
        self, annotations: Annotations, num_samples: int, num_classes: int, posteriors: Posteriors | None = None
    ) -> Belief:
        """The belief about every sample; see :class:`~alc.consensus.consensus.Consensus`."""
        check_labels(annotations.label, num_classes, "annotations: label")
        return Belief(self.state(posteriors, votes_of(annotations, num_samples)).belief)

    def fuse_counts(self, posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
        """P(class | posterior, votes) (N, C) where votes are counted."""
        return self.state(posteriors, counted_votes(counts)).belief


def counted_votes(counts: LabelCounts) -> Votes:
    """Votes of which only counts are known: one for the majority is taken as the label the sample came with.

    >>> counted_votes(LabelCounts(np.array([[1, 2], [1, 0]])))
    Votes(given=array([1, 0]), row=array([0, 0]), answer=array([0, 1]))
    """
    given = counts.majority
    if counts.only_vote is not None:
        return Votes(given, given[:0], given[:0])
    rest = counts.counts.copy()
    rest[np.arange(len(given)), given] -= 1
    row, label = np.nonzero(rest)
    times = rest[row, label]
    return Votes(given, np.repeat(row, times), np.repeat(label, times))


def votes_of(annotations: Annotations, num_samples: int) -> Votes:
    """Annotations as a given label per sample and answers; where nobody gave one, the first answer is taken."""
    order = np.argsort(annotations.annotator != INITIAL_ANNOTATOR, kind="stable")
    sample, label = annotations.sample[order], annotations.label[order]
    seen, first = np.unique(sample, return_index=True)
    if not np.array_equal(seen, np.arange(num_samples)):
        missing = np.setdiff1d(np.arange(num_samples), seen)
        raise InputError(
            f"{len(missing)} of {num_samples} samples have no vote"
            + (f", the first is row {missing[0]}" if len(missing) else f", and one is about row {seen[-1]}"),
            allowed=f"one vote or more about each of the rows 0 to {num_samples - 1}",
        )
    rest: IntArray = np.setdiff1d(np.arange(len(sample)), first)
    return Votes(label[first], sample[rest], label[rest])
