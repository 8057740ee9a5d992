"""Categorical draws by inverting the cumulative distribution: one uniform number in, one class out."""

import numpy as np

from alc.arrays import FloatArray, IntArray, num_true

__all__ = ["cumulative", "draw"]

CHUNK_ROWS = 1 << 15


def cumulative(distribution: FloatArray) -> FloatArray:
    """Cumulative sums of the rows (N, C), divided by the last so that it is exactly 1, as in numpy's legacy choice."""
    sums = np.cumsum(distribution, axis=1, dtype=np.float64)
    sums /= sums[:, -1:]
    return sums


def draw(cumulative_rows: FloatArray, row: IntArray, uniform: FloatArray) -> IntArray:
    """Class of each draw (K,): the number of cumulative entries of its row that are <= its uniform number in [0, 1).

    Equal uniforms give equal classes whatever else is drawn, which is what makes comparisons paired.
    """
    answer = np.empty(len(row), dtype=np.int64)
    for start in range(0, len(row), CHUNK_ROWS):  # chunks stay in the cache; a million rows at once would not
        part = slice(start, start + CHUNK_ROWS)
        answer[part] = num_true(cumulative_rows.take(row[part], axis=0) <= uniform[part, None])
    return answer
