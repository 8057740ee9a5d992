"""Dawid-Skene: votes weighed by a confusion matrix per annotator, computed by crowd-kit."""

from dataclasses import dataclass
from typing import ClassVar

from alc.annotations import Annotations
from alc.consensus.consensus import Belief
from alc.consensus.crowd_kit import aggregators, fitted_probabilities
from alc.consensus.iterations import check_iterations
from alc.consensus.requirements import require_annotators
from alc.errors import InputError
from alc.posteriors import Posteriors

__all__ = ["DawidSkene"]


@dataclass(frozen=True)
class DawidSkene:
    """Dawid and Skene (1979): P(true = c | votes) ∝ p_c ∏_votes e_a[vote | c], by expectation maximisation.

    Every annotator a has a confusion matrix e_a, every class a prior p_c; both start from the shares of votes.  Votes
    are taken as independent given the class, which people are not on hard images: the belief is then too certain.
    Computed by ``crowdkit.aggregation.DawidSkene``, or ``OneCoinDawidSkene`` with ``one_coin``.

    - The estimates are maximum likelihood, without pseudo-counts.  An annotator who has only ever named one class, one
      with a single vote among them, has e_a[that class | c] = 1 for all c, so such votes say nothing (not with
      ``one_coin``).
    - With few votes per annotator a full matrix is mostly guessed: with some 40 votes each it falls behind the majority
      on CIFAR-10N.  ``one_coin`` has one number per annotator, its accuracy; wrong answers then are equally likely.
    - A class nobody voted for has probability 0.

    Attributes:
        one_coin: One accuracy per annotator instead of a confusion matrix.
        iterations: Most steps of expectation maximisation.
        tolerance: It stops when the log-likelihood per vote grows by less.

    Raises:
        InputError: All votes carry one annotator id, a sample has no vote, or crowd-kit is not installed.
    """

    one_coin: bool = False
    iterations: int = 100
    tolerance: float = 1e-5
    needs_posteriors: ClassVar[bool] = False
    needs_annotator_ids: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not isinstance(self.one_coin, bool):
            raise InputError(f"consensus.one_coin={self.one_coin!r}", allowed="true or false")
        check_iterations(self.iterations, self.tolerance)

    def fuse(
        self, annotations: Annotations, num_samples: int, num_classes: int, posteriors: Posteriors | None = None
    ) -> Belief:
        """Posterior of the fitted model."""
        annotations.counts(num_samples, num_classes)  # every sample has a vote, every vote is of a class
        require_annotators(annotations, "dawid_skene")
        library = aggregators("dawid_skene")
        kind = library.OneCoinDawidSkene if self.one_coin else library.DawidSkene
        aggregator = kind(n_iter=self.iterations, tol=self.tolerance)
        return Belief(fitted_probabilities(aggregator, annotations, num_samples, num_classes))
