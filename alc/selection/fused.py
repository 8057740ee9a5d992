"""Scores of the fused state: which question is worth most, once the votes are in as well.

Such a score changes with every answer, so a simulation asks for one answer at a time and a sample that looked settled
can come back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import factorial, prod
from typing import ClassVar

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.consensus.fused_state import FusedState, joint_of
from alc.consensus.posterior_fusion import PosteriorFusion, counted_votes
from alc.consensus.requirements import held_out_probabilities
from alc.consensus.vote_law_fit import Votes
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection.information import row_blocks
from alc.selection.scores import check_scores
from alc.selection.selector import Scoring

__all__ = ["FusedScore", "FusedSelector", "expected_gain", "least_fused_confidence"]

FusedScore = Callable[[FusedState, IntArray], FloatArray]
"""Fused state of K samples and the labels they hold (K,) -> (K,), higher = ask sooner."""


def least_fused_confidence(state: FusedState, label: IntArray) -> FloatArray:
    """Chance that the label is wrong, 1 - P(label | posterior, votes); 0 to 1.

    Where the label is the likeliest class this is least-confidence sampling (Lewis and Gale 1994) on what model *and*
    votes say together; where it is still the one the data came with, it is the chance that this one is wrong.
    """
    return np.asarray(1 - state.belief[np.arange(len(label)), label])


def expected_gain(state: FusedState, label: IntArray, *, depth: int = 3, classes: int = 3) -> FloatArray:
    """Expected rise of the chance that the label is right, per annotation; 0 or more.

    max over k <= depth of (E max_c P(c | votes, k more) - P(label | votes)) / k, the expectation over the k answers as
    the fused state itself expects them.  One answer often can not change a label where two can, so looking one step
    ahead (``depth=1``, Roy and McCallum 2001; knowledge gradient) calls such questions worthless.

    Args:
        state: The fused state.
        label: (K,) the labels held; an answer makes them the likeliest class.
        depth: Most answers looked ahead.
        classes: Only answers among the likeliest so many classes are told apart, so that the gain comes out too low by
            little.  With ``classes=C`` it is exact.
    """
    if depth < 1 or classes < 2:
        raise InputError(f"expected_gain with depth={depth}, classes={classes}", allowed="depth 1, classes 2 or more")
    num_samples, num_classes = state.belief.shape
    score = np.empty(num_samples)
    for rows in row_blocks(num_samples, 8 * num_classes):
        part = state.copy_of(np.arange(num_samples)[rows])
        score[rows] = _gain(part, label[rows], depth, min(classes, num_classes))
    return score


def _gain(state: FusedState, label: IntArray, depth: int, classes: int) -> FloatArray:
    """The samples stand last, (..., K), so that every operation runs along them."""
    held = state.belief[np.arange(len(label)), label]
    likely = np.argpartition(-state.belief, classes - 1, axis=1)[:, :classes]  # (K, V)
    rows = np.arange(len(held))[:, None]
    joint = np.ascontiguousarray(joint_of(state.log_joint).transpose(1, 2, 0)[:, likely.T, rows[:, 0]])  # (L, V, K)
    pi, law, count = state.pi[rows, likely].T, state.law, state.pi.shape[1]
    wrong = (1 - law.spread) * pi[:, None] / np.maximum(1 - pi, 1e-12)[None] + law.spread / (count - 1)
    wrong = np.minimum(wrong, 1.0)  # (V said, V true, K)
    vote = np.empty((classes, len(law.reliability), classes, len(held)))  # P(vote v | level, class)
    own = np.arange(classes)
    for level, right in enumerate(law.reliability):
        vote[:, level] = (1 - right) * wrong
        vote[own, level, own] = right
    best: FloatArray = np.zeros(len(held))
    reached: dict[tuple[int, ...], FloatArray] = {(): joint}
    for answers in range(1, depth + 1):
        draws = list(combinations_with_replacement(range(classes), answers))
        reached = {draw: reached[draw[:-1]] * vote[draw[-1]] for draw in draws}
        left, expected = joint.sum(axis=0), np.zeros(len(held))  # (V, K) what no answer looked at has explained
        for draw, weighted in reached.items():
            by_class = weighted.sum(axis=0)
            by_class *= float(factorial(answers) // prod([factorial(draw.count(one)) for one in set(draw)]))
            expected += by_class.max(axis=0)
            left -= by_class
        expected += np.maximum(left, 0).max(axis=0)  # all other answers are taken for one, which tells least
        best = np.maximum(best, (expected - held) / answers)
    return best


@dataclass(frozen=True)
class FusedSelector(Scoring):
    """Ranks by a score of the fused state; in a fused simulation the score follows every answer.

    Attributes:
        score: The score.
        consensus: What fuses.
    """

    score: FusedScore
    consensus: PosteriorFusion

    needs_posteriors: ClassVar[bool] = True
    wants_out_of_sample: ClassVar[bool] = True

    def scores(self, posteriors: Posteriors | None, counts: LabelCounts) -> FloatArray:
        """The score of every sample (N,), from posteriors that have not seen the votes.

        Raises:
            InputError: There are no posteriors, or they were made on the same labels.
        """
        votes, label = counted_votes(counts), counts.majority
        num_samples, num_classes = len(label), counts.num_classes
        probs = held_out_probabilities(posteriors, num_samples, num_classes, "posterior_fusion")
        law, floor = self.consensus.law(probs, votes), self.consensus.floor
        score = np.empty(num_samples)
        everybody = [slice(0, num_samples)]
        for rows in everybody if len(votes.row) else row_blocks(num_samples, 2 * num_classes):
            part = Votes(votes.given[rows], votes.row, votes.answer)
            score[rows] = self.score(FusedState.of(law, probs[rows], part, floor), label[rows])
        assert posteriors is not None
        return check_scores(score, posteriors.sample_id)
