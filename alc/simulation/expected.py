"""The expected curve of a static order, exactly: no sampling, no seeds.

When the order of the samples is fixed beforehand, each sample's cost and outcome have a closed law, independent of the
others.  The annotations spent before a sample is reached are the sum of the costs before it, so their law is a
convolution along the order, and the expected label accuracy after x annotations is a sum over samples of the chance
that the sample was settled by then times what settling it changed.
"""

import numpy as np

from alc.adjudication import Adjudication, SingleAnswer, UntilMajority
from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.simulation.replay import Reference

__all__ = ["closing_law", "expected_annotations", "expected_label_accuracy"]

NEGLIGIBLE = 1e-15  # chance cut off each end of the law of the annotations spent, per sample
NODES = 32
"""Of the quadrature in :func:`expected_annotations`: exact for ties of up to 63 answers."""

BLOCK_ROWS, BLOCK_ELEMENTS = 1 << 12, 1 << 20


def closing_law(label: IntArray, reference: IntArray, distribution: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Law of asking until a strict majority, from one initial vote.

    The vote of class a is tied as long as every answer names a class not yet named.  After k answers the chance of that
    is k! e_k(q without a), with e_k the elementary symmetric polynomial; the next answer that repeats a class settles
    it.  So the cost is at most C, and it ends on the reference y != a at cost k + 1 with chance k! q_y^2 e_{k-1}(q
    without a, y).

    Args:
        label: (N,) the one vote each sample starts with.
        reference: (N,) labels taken as true.
        distribution: (N, C) law of each answer.

    Returns:
        Chance of each cost 1..C, (N, C), and chance of that cost *and* of ending on the reference label, (N, C).

    >>> cost, right = closing_law(np.array([0]), np.array([1]), np.array([[0.25, 0.75]]))
    >>> cost, right
    (array([[0.25, 0.75]]), array([[0.    , 0.5625]]))
    """
    num_samples, num_classes = distribution.shape
    rows = np.arange(num_samples)
    others = np.array(distribution, dtype=np.float64)
    others[rows, label] = 0
    symmetric = _elementary_symmetric(others)
    factorial = np.cumprod(np.concatenate([[1.0], np.arange(1, num_classes)]))
    tied = factorial * symmetric[:, :num_classes]  # tied after k = 0 .. C-1 answers
    cost = tied - np.concatenate([tied[:, 1:], np.zeros((num_samples, 1))], axis=1)
    others[rows, reference] = 0
    without_both = _elementary_symmetric(others)
    q = distribution[rows, reference][:, None]
    ends_changed = np.zeros_like(cost)
    ends_changed[:, 1:] = factorial[1:] * q**2 * without_both[:, : num_classes - 1]
    right = np.where((label == reference)[:, None], tied * q, ends_changed)
    return cost, right


def expected_annotations(label: IntArray, distribution: FloatArray) -> FloatArray:
    """Mean number of answers until a strict majority, from one initial vote: the mean of :func:`closing_law`, (N,).

    A cost is above k as long as k answers have tied, so the mean is the sum over k of k! e_k(q without the label), from
    1 (everybody repeats the label) to about sqrt(pi C / 2) (nobody knows).  That sum is the integral of
    exp(-t) prod(1 + q_c t) over t > 0, which Gauss-Laguerre quadrature gives exactly for up to 64 classes; for 1,000
    classes of which nobody knows any it is right to 0.1 %.  With the posteriors in the place of the law of answers
    it is what a model expects a question to cost.

    Args:
        label: (N,) the one vote each sample starts with.
        distribution: (N, C) law of each answer; not changed.

    >>> expected_annotations(np.array([0, 0]), np.array([[1.0, 0.0], [0.25, 0.75]]))
    array([1.  , 1.75])
    """
    num_samples, num_classes = distribution.shape
    time, weight = np.polynomial.laguerre.laggauss(min(-(-num_classes // 2), NODES))
    mean = np.empty(num_samples)
    step = max(1, min(BLOCK_ROWS, BLOCK_ELEMENTS // num_classes))
    for start in range(0, num_samples, step):
        rows = slice(start, start + step)
        others = np.array(distribution[rows].T, dtype=np.float64, order="C")
        others[label[rows], np.arange(others.shape[1])] = 0
        product = np.ones((len(time), others.shape[1]))
        factor = np.empty_like(product)
        for chance in others:
            np.multiply(time[:, None], chance, out=factor)
            factor += 1
            product *= factor
        mean[rows] = weight @ product
    return mean


def _elementary_symmetric(values: FloatArray) -> FloatArray:
    """e_0 .. e_C of each row (N, C) -> (N, C + 1); all terms are non-negative, so nothing cancels."""
    result = np.zeros((len(values), values.shape[1] + 1))
    result[:, 0] = 1
    for column in values.T:
        result[:, 1:] += column[:, None] * result[:, :-1]
    return result


def _law(adjudication: Adjudication, initial: LabelCounts, reference: Reference) -> tuple[FloatArray, FloatArray]:
    label = initial.majority
    if isinstance(adjudication, SingleAnswer):
        rows = np.arange(len(initial))
        return np.ones((len(initial), 1)), reference.distribution[rows, reference.labels][:, None]
    if isinstance(adjudication, UntilMajority) and bool((initial.counts.sum(axis=1) == 1).all()):
        return closing_law(label, reference.labels, reference.distribution)
    raise InputError(
        f"no closed law of cost and outcome for {type(adjudication).__name__} from these initial votes",
        allowed="adjudication=until_majority from one vote per sample, or adjudication=single",
    )


def expected_label_accuracy(
    order: IntArray, initial: LabelCounts, reference: Reference, *, budget: int, adjudication: Adjudication
) -> FloatArray:
    """Expected label accuracy after 0 .. ``budget`` annotations, (budget + 1,), under the exact budget rule.

    The expectation is over the answers of :class:`~alc.annotators.label_distribution.LabelDistributionAnnotator`.
    Chances below 1e-15 at the far ends are cut off; everything else is exact.

    Args:
        order: (K,) rows of the data set, best first, each at most once and fixed beforehand.
        initial: One vote per sample.
        reference: The law of the answers, and what accuracy is measured against.
        budget: Annotations bought.
        adjudication: until_majority or single.

    Raises:
        InputError: The adjudication, or initial votes other than one each, have no closed law here.
    """
    cost, right = _law(adjudication, initial, reference)
    was_right = initial.majority == reference.labels
    gain = np.where(was_right[:, None], right - cost, right)
    change = np.zeros(budget + cost.shape[1] + 1)
    spent: FloatArray = np.ones(1)  # spent[j] = chance that offset + j annotations were bought before this sample
    offset = 0
    for row in order.tolist():
        if offset >= budget:
            break
        step = np.convolve(spent, gain[row])
        end = min(offset + 1 + len(step), len(change))
        change[offset + 1 : end] += step[: end - offset - 1]
        spent, offset = _trimmed(np.convolve(spent, cost[row]), offset + 1, budget)
    return np.asarray(was_right.mean() + np.cumsum(change[: budget + 1]) / len(initial))


def _trimmed(law: FloatArray, offset: int, budget: int) -> tuple[FloatArray, int]:
    """Without the negligible ends and without what lies beyond the budget."""
    first = 0
    while first < len(law) - 1 and law[first] < NEGLIGIBLE:
        first += 1
    last = len(law)
    while last > first + 1 and law[last - 1] < NEGLIGIBLE:
        last -= 1
    last = max(first + 1, min(last, budget - offset))
    return law[first:last], offset + first
