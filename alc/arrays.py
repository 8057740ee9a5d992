"""Array aliases and the shape alphabet used everywhere in the project.

======  =====================================================================
letter  meaning
======  =====================================================================
``N``   samples
``C``   classes
``M``   ensemble members: networks, Monte-Carlo draws or folds
``E``   training epochs
``D``   feature dimensions
``A``   annotators
``B``   mini-batch
``K``   rows of a log (annotations, events)
======  =====================================================================

Axes always stand in the order M, N, C.  Scores point one way: *higher = relabel sooner*.  Noise matrices are
row-stochastic, ``T[i, j] = P(observed = j | true = i)``.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]
BoolArray = npt.NDArray[np.bool_]
UInt8Array = npt.NDArray[np.uint8]

__all__ = ["BoolArray", "FloatArray", "IntArray", "UInt8Array", "num_true"]


def num_true(mask: BoolArray) -> IntArray:
    """How many entries of the last axis are true, (..., C) -> (...): a product of bytes instead of a sum of bools.

    >>> num_true(np.array([[True, False, True], [False, False, False]]))
    array([2, 0], dtype=uint8)
    """
    num_classes = mask.shape[-1]
    counts: IntArray = mask.view(np.uint8) @ np.ones(num_classes, dtype=np.uint8 if num_classes < 256 else np.int64)
    return counts
