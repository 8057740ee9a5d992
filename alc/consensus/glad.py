"""GLAD: votes weighed by the ability of the annotator and the difficulty of the sample, computed by crowd-kit."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from alc.annotations import Annotations
from alc.consensus.consensus import Belief
from alc.consensus.crowd_kit import aggregators, fitted_probabilities
from alc.consensus.iterations import check_iterations
from alc.consensus.requirements import require_annotators
from alc.posteriors import Posteriors

__all__ = ["Glad"]


@dataclass(frozen=True)
class Glad:
    """Whitehill et al. (2009, NeurIPS): P(right vote) = 1 / (1 + exp(-a_j b_n)), wrong ones equally likely.

    a_j is the ability of annotator j (below 0 for one who errs on purpose), b_n > 0 the ease of sample n; a and log b
    have normal priors with mean 1 and variance 1.  Fitted by expectation maximisation with conjugate gradients, by
    ``crowdkit.aggregation.GLAD``: 35 s for 10,000 samples of 10 classes with 3 votes each, on one core.  The prior over
    classes is uniform over all C; crowd-kit's own is over those that were voted for, and it divides by zero where that
    is one.

    - crowd-kit compares the first likelihood, a sum, with later ones per entry, so it often ends after two steps.
    - A class nobody voted for keeps what the wrong answers leave for it, the same for each of them.
    - An annotator with a single vote stays near the prior ability.

    Attributes:
        iterations: Most steps of expectation maximisation.
        tolerance: It stops when the likelihood grows by less.

    Raises:
        InputError: All votes carry one annotator id, a sample has no vote, or crowd-kit is not installed.
    """

    iterations: int = 100
    tolerance: float = 1e-5
    needs_posteriors: ClassVar[bool] = False
    needs_annotator_ids: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_iterations(self.iterations, self.tolerance)

    def fuse(
        self, annotations: Annotations, num_samples: int, num_classes: int, posteriors: Posteriors | None = None
    ) -> Belief:
        """Posterior of the fitted model."""
        annotations.counts(num_samples, num_classes)  # every sample has a vote, every vote is of a class
        require_annotators(annotations, "glad")
        if num_classes == 1:
            return Belief(np.ones((num_samples, 1)))
        import pandas as pd

        aggregator = aggregators("glad").GLAD(
            n_iter=self.iterations,
            tol=self.tolerance,
            labels_priors=pd.Series(1 / num_classes, index=range(num_classes)),
        )
        return Belief(fitted_probabilities(aggregator, annotations, num_samples, num_classes))
