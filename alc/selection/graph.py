"""Label propagation on a k-NN graph of features: what its surroundings would label a sample, were its label unknown."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError, did_you_mean
from alc.features import Features
from alc.labels import LabelCounts
from alc.selection.information import row_cross_entropy
from alc.selection.neighbours import nearest_neighbours

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Kernel", "LabelPropagation", "affinity", "propagate"]

Kernel = Literal["cosine", "gaussian"]

RELEASED_SHARE = 200  # the released code takes N // 200 neighbours and hides N // 200 labels at a time
RELEASED_SEED = 1234
TOLERANCE = 1e-8  # of the residual's length against the right-hand side's


@dataclass(frozen=True)
class LabelPropagation:
    """Cross-entropy from the label counts to the labels that diffuse in from the rest, in units of log C.

    The graph selector of the released code of Bernhardt et al. (2022).  The labels of one chunk of samples at a time
    are hidden and predicted from all others: Z = (I - alpha S)^-1 Y, Y one-hot majority labels divided by the size of
    their class among the others, S the symmetric normalised graph (Zhou et al. 2004); p = softmax(Z / temperature).
    The released code inverts the N x N matrix densely; here a sparse system is solved by conjugate gradients.  Class
    sizes grow with N, so at one temperature p is flatter for larger data sets.

    Attributes:
        k: Neighbours per sample; None for N // 200, as released.
        alpha: How far labels travel, between 0 and 1.
        kernel: Edge weights: ``cosine``, (1 + cos) / 2, or ``gaussian``, exp(-d^2 / (2 sigma^2)).
        sigma: Width of the Gaussian; None for the number of dimensions, as released.
        chunks: In how many parts labels are hidden; None for parts of N // 200 samples, as released (about 200).
        temperature: Of the softmax.
    """

    k: int | None = 12
    alpha: float = 0.9
    kernel: Kernel = "cosine"
    sigma: float | None = None
    chunks: int | None = 10
    temperature: float = 0.01

    def __post_init__(self) -> None:
        _check_whole(self.k, "k", 1, "null for N // 200")
        _check_whole(self.chunks, "chunks", 2, "null for parts of N // 200 samples")
        if self.kernel not in get_args(Kernel):
            hint = did_you_mean(str(self.kernel), get_args(Kernel))
            raise InputError(f"kernel is {self.kernel!r}", allowed=", ".join(get_args(Kernel)), fix=hint)
        if not _is_number(self.alpha) or not 0 < self.alpha < 1:
            raise InputError(f"alpha is {self.alpha!r}", allowed="a number between 0 and 1, both excluded")
        for name in ("temperature", "sigma"):
            value = getattr(self, name)
            if not (name == "sigma" and value is None) and not (_is_number(value) and 0 < value < np.inf):
                raise InputError(f"{name} is {value!r}", allowed="a number above 0")

    def __call__(self, features: Features, counts: LabelCounts) -> FloatArray:
        """The score of every sample (N,)."""
        k = max(1, len(features) // RELEASED_SHARE) if self.k is None else self.k
        graph = affinity(features.values, k, self.kernel, self.sigma)
        predicted = np.empty(counts.shape)
        for hidden in self._hidden(len(features)):
            z = propagate(graph, counts.majority, counts.num_classes, hidden, self.alpha)
            predicted[hidden] = _softmax(z / self.temperature)
        return row_cross_entropy(counts.counts, predicted)

    def _hidden(self, num_samples: int) -> list[IntArray]:
        """The chunks: a fixed random order, the released code's, cut into parts."""
        order = np.random.RandomState(RELEASED_SEED).permutation(num_samples)
        if self.chunks is not None:
            return np.array_split(order, min(self.chunks, num_samples))
        size = max(1, num_samples // RELEASED_SHARE)
        return [order[start : start + size] for start in range(0, num_samples, size)]


def affinity(values: FloatArray, k: int, kernel: Kernel, sigma: float | None = None) -> "csr_array":
    """The graph S = D^-1/2 W D^-1/2 (N, N) of features (N, D), W = (A + A') / 2, A the weighted k-NN graph.

    D holds the row sums of W; the row of a sample whose edges all weigh nothing stays empty.
    """
    from scipy.sparse import csr_array, diags_array

    num_samples, dim = values.shape
    index, distance = nearest_neighbours(values, k, "cosine" if kernel == "cosine" else "euclidean")
    weight = 1 - distance / 2 if kernel == "cosine" else np.exp(-0.5 * (distance / (sigma or dim)) ** 2)
    starts = np.arange(0, num_samples * k + 1, k)
    directed = csr_array((weight.ravel(), index.ravel(), starts), shape=(num_samples, num_samples))
    both = (directed + directed.T) / 2
    degree = np.asarray(both.sum(axis=1)).ravel()
    scale = diags_array(1 / np.sqrt(np.where(degree > 0, degree, 1)))
    return csr_array(scale @ both @ scale)


def propagate(graph: "csr_array", label: IntArray, num_classes: int, hidden: IntArray, alpha: float) -> FloatArray:
    """What diffuses to the hidden rows (Q,) from the labels (N,) of all other rows: Z (Q, C), 0 or more.

    Each class's column is divided by how many other rows carry it; a class that none of them carries has 0.
    """
    known = np.zeros((len(label), num_classes))
    known[np.arange(len(label)), label] = 1.0
    known[hidden] = 0.0
    size = known.sum(axis=0)
    return np.asarray(_solve(graph, known, alpha)[hidden] / np.where(size > 0, size, 1))


def _solve(graph: "csr_array", right: FloatArray, alpha: float) -> FloatArray:
    """X (N, C) with (I - alpha S) X = right by conjugate gradients, all columns at once.

    The eigenvalues of S lie between -1 and 1, so the matrix is positive definite with a condition number of at most
    (1 + alpha) / (1 - alpha): at alpha = 0.9 the error falls by 0.63 or more with every step.
    """
    solution = np.zeros_like(right)
    residual, direction = right.copy(), right.copy()
    squares = np.einsum("nc,nc->c", residual, residual)
    target = TOLERANCE**2 * squares
    for _ in range(_steps(alpha)):
        if (squares <= target).all():
            break
        image = direction - alpha * (graph @ direction)
        curvature = np.einsum("nc,nc->c", direction, image)
        step = np.divide(squares, curvature, out=np.zeros_like(squares), where=curvature > 0)
        solution += step * direction
        residual -= step * image
        before, squares = squares, np.einsum("nc,nc->c", residual, residual)
        direction *= np.divide(squares, before, out=np.zeros_like(squares), where=before > 0)
        direction += residual
    return solution


def _steps(alpha: float) -> int:
    """Twice the steps after which theory promises the tolerance; rounding may cost a few more than that."""
    root = np.sqrt((1 + alpha) / (1 - alpha))
    return int(np.ceil(2 * np.log(2 * root / TOLERANCE) / -np.log((root - 1) / (root + 1)))) + 1


def _softmax(logits: FloatArray) -> FloatArray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_whole(value: object, name: str, least: int, otherwise: str) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
        raise InputError(f"{name} is {value!r}", allowed=f"a whole number of {least} or more, or {otherwise}")
