"""Kernel ridge regression that predicts every sample without its own label, from one matrix inverse."""

import numpy as np
import numpy.typing as npt

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.labels import check_labels

__all__ = ["cosine_kernel", "held_out_scores", "scores_to_probs"]

SCALES = np.geomspace(0.5, 30, 60)


def cosine_kernel(points: FloatArray, width: float) -> FloatArray:
    """exp(width (cos - 1)) of all pairs of rows (N, D), columns brought to mean 0 and standard deviation 1: (N, N).

    A Gaussian kernel on the unit sphere; 1 on the diagonal.
    """
    points = points - points.mean(axis=0)
    spread = points.std(axis=0)
    points /= spread + 0.01 * spread.mean() + 1e-12
    points /= np.linalg.norm(points, axis=1, keepdims=True) + 1e-12
    kernel = points @ points.T
    kernel -= 1
    kernel *= width
    return np.asarray(np.exp(kernel, out=kernel), dtype=np.float64)


def held_out_scores(
    kernel: FloatArray, labels: IntArray, num_classes: int, ridge: float, group: npt.NDArray[np.generic] | None = None
) -> FloatArray:
    """Scores (N, C) of ridge regression to one-hot labels, each sample's from a fit to all others.

    With A the inverse of kernel + ridge and Y the targets (1 for the label, -1 / (C - 1) elsewhere) the prediction for
    sample i without it is Y_i - (A Y)_i / A_ii (e.g. Rasmussen and Williams 2006, Eq. 5.12): N trainings for one
    inverse.  With groups, all samples of one are left out together: Y_g - (A_gg)^-1 (A Y)_g.

    Args:
        kernel: (N, N), symmetric.
        labels: (N,).
        num_classes: C, 2 or more.
        ridge: Above 0.
        group: (N,) what belongs together, e.g. the patient; None for every sample alone.

    >>> points = np.array([[1.0], [1.1], [-1.0], [-1.1]])
    >>> held_out_scores(points @ points.T, np.array([0, 1, 1, 1]), 2, 0.1).argmax(axis=1)
    array([0, 0, 1, 1])
    """
    labels = check_labels(labels, num_classes)
    if num_classes < 2:
        raise InputError("ridge regression of one class", allowed="two classes or more")
    if not ridge > 0:
        raise InputError(f"posteriors.ridge is {ridge}", allowed="a number above 0")
    if kernel.shape != (len(labels), len(labels)):
        raise InputError(f"a kernel of shape {kernel.shape} for {len(labels)} labels", allowed="(N, N)")
    from scipy.linalg import cho_factor, cho_solve

    regular = np.array(kernel, dtype=np.float64)
    regular[np.diag_indices_from(regular)] += ridge
    inverse = cho_solve(cho_factor(regular, lower=True, overwrite_a=True), np.eye(len(labels)))
    target = np.full((len(labels), num_classes), -1 / (num_classes - 1))
    target[np.arange(len(labels)), labels] = 1
    weight = inverse @ target
    if group is None:
        return np.asarray(target - weight / inverse.diagonal()[:, None])
    scores = np.empty_like(target)
    _, member = np.unique(group, return_inverse=True)
    order = np.argsort(member, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(member[order])) + 1):
        scores[rows] = target[rows] - np.linalg.solve(inverse[np.ix_(rows, rows)], weight[rows])
    return scores


def scores_to_probs(scores: FloatArray, labels: IntArray) -> FloatArray:
    """Softmax of scaled scores, (N, C) -> (N, C); the scale is the one under which the held-out labels are likeliest.

    One number is estimated from all labels; beyond that no probability has seen its own.
    """
    rows = np.arange(len(labels))

    def probs(scale: float) -> FloatArray:
        powers = np.exp(scale * (scores - scores.max(axis=1, keepdims=True)))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    likelihood = [np.log(probs(scale)[rows, labels]).sum() for scale in SCALES]
    return probs(float(SCALES[int(np.argmax(likelihood))]))
